"""
An SDS archive and a catalogue
==============================

A network has day files in the layout of SeisComP (SDS) and a catalogue in QuakeML. How
do the events become labelled records, without reading all of the days? The files are
generated here; replace the first step by your own.
"""

# %%
# A day of four stations
# ----------------------
# Twenty-three events, one an hour, in continuous noise; a station fails for four hours.

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from obspy import Trace, UTCDateTime
from obspy.clients.filesystem.sds import Client
from obspy.core.event import Catalog, Event, Origin, Pick, WaveformStreamID

from skseisfp import FingerprintTransformer, make_seismograms
from skseisfp.io import WaveformReader, read_quakeml
from skseisfp.plotting import FingerprintDisplay, RecordSectionDisplay

temporary = TemporaryDirectory()
folder = Path(temporary.name)
RATE, DAY, N_EVENTS = 20, UTCDateTime(2024, 3, 1), 23
drawn = make_seismograms(
    4 * 24,
    classes=("earthquake", "quarry_blast"),
    n_stations=4,
    sampling_rate=RATE,
    random_state=0,
)
names = list(dict.fromkeys(drawn.groups))[:N_EVENTS]
rng = np.random.default_rng(0)
traces = {
    station: rng.normal(scale=np.abs(drawn.data).std() / 20, size=86_400 * RATE)
    for station in np.unique(drawn.stations)
}
catalog = Catalog()
for hour, name in enumerate(rng.permutation(names), 1):
    rows = np.flatnonzero(drawn.groups == name)
    start = DAY + 3600 * hour
    event = Event(
        resource_id=f"smi:local/{name}",
        event_type=drawn.target.iloc[rows[0]].replace("_", " "),
        origins=[Origin(time=start + 8, latitude=46.0, longitude=7.0)],
    )
    for row in rows:
        network, station = drawn.stations[row].split(".")
        first = 3600 * hour * RATE
        trace = traces[drawn.stations[row]]
        trace[first : first + drawn.data.shape[1]] = drawn.data[row]
        event.picks.append(
            Pick(
                time=start + drawn.frame["p_arrival"][row],
                phase_hint="P",
                waveform_id=WaveformStreamID(network, station, "", "HHZ"),
            )
        )
    catalog.append(event)
catalog.write(str(folder / "events.xml"), format="QUAKEML")

for number, (code, samples) in enumerate(traces.items()):
    network, station = code.split(".")
    header = {"network": network, "station": station, "channel": "HHZ"}
    counts = np.round(samples * 100).astype(np.int32)
    trace = Trace(counts, {**header, "sampling_rate": RATE, "starttime": DAY})
    pieces = [trace]
    if number == 2:
        pieces = [trace.slice(endtime=DAY + 36_000), trace.slice(DAY + 50_400)]
    place = folder / "SDS" / "2024" / network / station / "HHZ.D"
    place.mkdir(parents=True)
    file = place / f"{network}.{station}..HHZ.D.2024.061"
    with open(file, "wb") as target:
        for piece in pieces:
            piece.write(target, format="MSEED")
size = sum(file.stat().st_size for file in (folder / "SDS").rglob("*.061"))
print(f"{len(traces)} day files, {size / 1e6:.0f} MB")

# %%
# The catalogue
# -------------
# Types of events become labels, here those of QuakeML: a quarry blast is an explosion.

catalogue = read_quakeml(folder / "events.xml")
catalogue.events[["event_id", "event_type", "origin_time"]].head()

# %%
# Records
# -------
# The client of obspy is asked for the windows of the events alone, at the stations of
# their P picks. Where a station has failed there is no record: nothing is filled with
# zeros.

client = Client(str(folder / "SDS"))
reader = WaveformReader(
    components="Z", sampling_rate=RATE, window=(-10.0, 40.0), align="P"
)
bunch = reader.read(client, events=catalogue)
print(bunch.DESCR)
print(len(catalogue.picks), "picks;", bunch.rejected["reason"].to_list())

# %%
# What there is and what was taken
# --------------------------------
# Bars are the recordings, strokes the records, crosses the picks without a record.

day = pd.Timestamp(DAY.datetime, tz="UTC")
hours = (bunch.frame["start_time"] - day).dt.total_seconds() / 3600
stations = sorted(traces)
figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
for number, code in enumerate(stations):
    network, station = code.split(".")
    for piece in client.get_waveforms(network, station, "*", "*", DAY, DAY + 86_400):
        span = [
            (time - DAY) / 3600 for time in (piece.stats.starttime, piece.stats.endtime)
        ]
        ax.plot(span, [number, number], color="#c9d3dc", linewidth=8, zorder=0)
for label, color in {"earthquake": "#0b7fab", "explosion": "#d1495b"}.items():
    chosen = (bunch.frame["event_type"] == label).to_numpy()
    rows = [stations.index(code) for code in bunch.frame["station"][chosen]]
    ax.plot(hours[chosen], rows, "|", color=color, markersize=14, mew=2, label=label)
asked = catalogue.picks.merge(
    bunch.frame[["event_id", "station"]], how="left", indicator="record"
)
lost = asked[asked["record"] == "left_only"]
ax.plot(
    (lost["time"] - day).dt.total_seconds() / 3600,
    [stations.index(code) for code in lost["station"]],
    "kx",
    label="no record",
)
ax.set_yticks(range(len(stations)), stations)
ax.set(xlabel="Hours of the day", xlim=(0, 24), ylim=(-0.6, len(stations) - 0.4))
figure.legend(loc="outside upper center", ncols=3, frameon=False)
plt.show()

# %%
# The records of one event:

most = bunch.frame["event_id"].value_counts().index[0]
RecordSectionDisplay.from_bunch(bunch, most, spacing="even", f_min=1.0)
plt.show()

# %%
# Fingerprints
# ------------

FingerprintDisplay.from_estimator(
    FingerprintTransformer(sampling_rate=RATE, f_min=0.5).fit(bunch.data),
    bunch.data,
    bunch.target,
    random_state=0,
)
plt.show()
temporary.cleanup()
