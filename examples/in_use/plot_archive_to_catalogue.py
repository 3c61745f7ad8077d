"""
From an archive to a catalogue with types
=========================================

A folder of miniSEED, a catalogue in QuakeML and stations in StationXML become an
archive; a discriminator is trained on the events whose type is known, and gives types
to later events. All files are generated here; replace the first step by your own.
"""

# %%
# Files
# -----
# Forty events at six stations: earthquakes and quarry blasts. Their types are known to
# the analysts up to the thirtieth; the last ten came in today.

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from obspy import Stream, Trace, UTCDateTime, read_events
from obspy.core.event import Catalog, Event, Origin, Pick, WaveformStreamID
from obspy.core.inventory import Channel, Inventory, Network, Site, Station
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from skseisfp import FingerprintTransformer, load, make_seismograms, save
from skseisfp.archive import SeismicArchive
from skseisfp.inference import EventDiscriminator
from skseisfp.io import WaveformReader
from skseisfp.plotting import EventCalibrationDisplay

N_EVENTS, N_KNOWN = 40, 30
temporary = TemporaryDirectory()
folder = Path(temporary.name)
drawn = make_seismograms(
    4 * N_EVENTS,
    classes=("earthquake", "quarry_blast"),
    n_stations=6,
    noise_level=1.0,
    random_state=0,
)
names = np.random.default_rng(0).permutation(np.unique(drawn.groups))
begin = UTCDateTime(2024, 1, 1)
known, today, truth = Catalog(), Catalog(), {}
for number, name in enumerate(names):
    rows = np.flatnonzero(drawn.groups == name)
    kind = drawn.target.iloc[rows[0]].replace("_", " ")
    start = begin + 3600 * number
    origin = Origin(time=start + 10, latitude=46.0, longitude=7.0, depth=1000.0)
    event = Event(resource_id=f"smi:local/{name}", origins=[origin])
    (folder / "waveforms" / name).mkdir(parents=True)
    for row in rows:
        network, station = drawn.frame["station"][row].split(".")
        header = {
            "network": network,
            "station": station,
            "channel": "HHZ",
            "sampling_rate": drawn.sampling_rate,
            "starttime": start,
        }
        counts = np.round(1000 * drawn.data[row]).astype(np.int32)
        file = folder / "waveforms" / name / f"{station}.mseed"
        Stream([Trace(counts, header)]).write(str(file), format="MSEED")
        event.picks.append(
            Pick(
                time=start + drawn.frame["p_arrival"][row],
                phase_hint="P",
                waveform_id=WaveformStreamID(network, station, "", "HHZ"),
            )
        )
    if number < N_KNOWN:
        event.event_type = kind
        known.append(event)
    else:
        today.append(event)
        truth[event.resource_id.id] = "explosion" if "blast" in kind else kind
known.write(str(folder / "known.xml"), format="QUAKEML")
today.write(str(folder / "today.xml"), format="QUAKEML")

codes = sorted({station.split(".")[1] for station in drawn.frame["station"]})
network = drawn.frame["station"][0].split(".")[0]
stations = []
for place, code in enumerate(codes):
    where = {"latitude": 46.2 + 0.1 * place, "longitude": 7.0, "elevation": 500.0}
    channel = Channel("HHZ", "", depth=0.0, sample_rate=drawn.sampling_rate, **where)
    stations.append(Station(code, site=Site("rock"), channels=[channel], **where))
inventory = Inventory([Network(network, stations)], source="example")
inventory.write(str(folder / "stations.xml"), format="STATIONXML")

# %%
# Into an archive
# ---------------
# Events, picks and stations are rows of its database; waveforms are stored once,
# however often this runs.

archive = SeismicArchive(folder / "archive")
archive.add_stations(folder / "stations.xml")
report = archive.import_folder(
    folder / "waveforms", events=folder / "known.xml", groups="folder"
)
print(report["stored"].sum(), "recordings stored")
archive.query()[["event_id", "event_type", "station", "n_samples"]].head()

# %%
# Train a discriminator
# ---------------------
# The reader says how recordings become records, and stays with the classifier. Types of
# QuakeML become labels: a quarry blast is an explosion. Recordings of events without a
# type are left out.

reader = WaveformReader(
    components="Z", sampling_rate=40.0, window=(-5.0, 27.0), align="P"
)
pipeline = make_pipeline(
    FingerprintTransformer(sampling_rate=40.0, f_min=1.0, flatten=True),
    ExtraTreesClassifier(200, min_samples_leaf=3, random_state=0),
)
bunch = archive.to_bunch(reader, "event_type == event_type")
discriminator = EventDiscriminator(
    pipeline, reader=reader, units="counts", max_error=0.15, random_state=0
).fit(bunch)
for name, (score, low, high) in discriminator.contract_.scores.items():
    print(f"{name:20} {score:.2f} [{low:.2f}, {high:.2f}]")

# %%
# The scores are of events that were held out, and so is the reliability diagram:

held_out = discriminator.held_out_scores_[:, 1]
EventCalibrationDisplay.from_predictions(
    bunch.target == "explosion", held_out, bunch.groups, pos_label=True
)

# %%
# Save it, with its card
# ----------------------
# What it was made for is in the file: other records raise an error by name.

save(discriminator, folder / "discriminator.skops")
again = load(folder / "discriminator.skops")
print(again.model_card()[:600])
try:
    again.predict_events({**bunch, "sampling_rate": 100.0})
except ValueError as error:
    print(error)

# %%
# A catalogue with types
# ----------------------
# The events of today, from the files. Those that cannot be decided stay without type.

result = again.discriminate(
    folder / "today.xml",
    folder / "waveforms",
    inventory=folder / "stations.xml",
    agency_id="EX",
)
result.catalogue.write(str(folder / "typed.xml"), format="QUAKEML")
result.events[["n_stations", "score_explosion", "flags", "decision"]]

# %%
# Read again, as an agency would:

typed = read_events(str(folder / "typed.xml"))
right = wrong = 0
for event in typed:
    print(event.resource_id.id, event.event_type, event.event_type_certainty)
    right += event.event_type == truth[event.resource_id.id]
    wrong += event.event_type not in (None, truth[event.resource_id.id])
print(typed[0].comments[0].text)
print(f"{right} right, {wrong} wrong, {len(typed) - right - wrong} undecided")
temporary.cleanup()
