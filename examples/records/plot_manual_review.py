"""
Records that a person has looked at
===================================

No rule finds all records that should be left out. Here they are reviewed event by
event, ticked on a page in the browser, and left out by the reader.
"""

# %%
# Records, some of them damaged
# -----------------------------
# A folder of synthetic records is written here: one is clipped, one has a glitch, one
# is replaced by noise.

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from skseisfp import load_records, make_seismograms
from skseisfp.plotting import EventMapDisplay, RecordSectionDisplay, write_review
from skseisfp.preprocessing import WaveformPreprocessor

temporary = TemporaryDirectory()
folder = Path(temporary.name)
drawn = make_seismograms(
    60,
    classes=("earthquake", "quarry_blast"),
    records_per_event=8,
    noise_level=0.5,
    random_state=0,
)
event_id = drawn.frame["event_id"].value_counts().index[0]
clipped, glitch, noise = np.flatnonzero(drawn.groups == event_id)[:3]
limit = 0.1 * np.abs(drawn.data[clipped]).max()
drawn.data[clipped] = drawn.data[clipped].clip(-limit, limit)
drawn.data[glitch, 2800:2804] += 8 * np.abs(drawn.data[glitch]).max()
drawn.data[noise] = np.random.default_rng(0).normal(size=drawn.data.shape[1])
drawn.frame.to_csv(folder / "metadata.csv", index=False)
np.savez(folder / "waveforms.npz", X=drawn.data)

# %%
# The section of an event
# -----------------------
# Where distances are known, records are at their distances.

bunch = load_records(folder)
RecordSectionDisplay.from_bunch(bunch, event_id)

# %%
# One below the other, and filtered as for a classifier, records are easier to review;
# clipping is easier to see before.

high_pass = WaveformPreprocessor(sampling_rate=bunch.sampling_rate, f_min=1.0)
bunch.data = high_pass.fit_transform(bunch.data)
RecordSectionDisplay.from_bunch(bunch, event_id, spacing="even")

# %%
# Where events and stations are
# -----------------------------
# Places come from QuakeML, StationXML or tables. Synthetic records have distances and
# directions only, from which places relative to the first event are computed here.

events, stations = {bunch.groups[0]: np.zeros(2)}, {}
for name, rows in bunch.frame.groupby("event_id", sort=False):
    angle = np.radians(rows["back_azimuth_deg"].to_numpy())
    steps = np.column_stack([np.cos(angle), np.sin(angle)])
    steps *= rows["distance_km"].to_numpy()[:, None] / 111.2
    paths = dict(zip(rows["station"], steps, strict=True))
    if name not in events:
        seen = [stations[key] + paths[key] for key in paths if key in stations]
        events[name] = np.mean(seen, axis=0)
    for key, step in paths.items():
        stations.setdefault(key, events[name] - step)


def as_table(places, key):
    """Return latitudes and longitudes of steps north and east of a place."""
    north, east = np.array(list(places.values())).T
    longitude = 7.0 + east / np.cos(np.radians(46.0))
    return pd.DataFrame(
        {key: list(places), "latitude": 46.0 + north, "longitude": longitude}
    )


EventMapDisplay.from_bunch(
    bunch,
    events=as_table(events, "event_id"),
    stations=as_table(stations, "station"),
)

# %%
# The page
# --------
# ``review.html`` is one file to be opened in a browser, with the sections of all
# events. Records are ticked, with a reason; the browser keeps the choice. The button
# "save table" gives ``exclusions.csv``.

page = write_review(bunch, folder / "review.html", title="Synthetic records")
print(f"{page.name}: {page.stat().st_size / 1e3:.0f} kB")

# %%
# The table
# ---------
# It is written here in place of a person. A row that matches no record is an error, so
# that no table is used with the wrong data set.

chosen = bunch.frame.loc[[clipped, glitch, noise], ["record_id", "event_id", "station"]]
chosen["reason"] = ["clipped", "gap or glitch", "noise"]
chosen.to_csv(folder / "exclusions.csv", index=False)

reviewed = load_records(folder, exclusions=folder / "exclusions.csv")
print(reviewed.DESCR.replace(str(folder), "the folder"))
print(reviewed.rejected[["record_id", "station", "reason"]].to_string(index=False))

# %%
# ``WaveformReader.read``, ``SeismicArchive`` and ``load_seisbench`` take the same
# table. ``write_review(..., exclusions="exclusions.csv")`` continues a review.

temporary.cleanup()
