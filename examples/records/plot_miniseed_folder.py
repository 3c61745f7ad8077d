"""
My folder of miniSEED
=====================

A folder of miniSEED files and a catalogue in QuakeML become an archive, records,
fingerprints and predictions. The files are generated here; replace the first step by
your own.
"""

# %%
# Files and a catalogue
# ---------------------
# Thirty events with a folder each, one file for each station; one file is cut short.

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from obspy import Stream, Trace, UTCDateTime
from obspy.core.event import Catalog, Event, Origin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from skseisfp import FingerprintTransformer, make_seismograms
from skseisfp.archive import SeismicArchive
from skseisfp.io import WaveformReader, read_quakeml
from skseisfp.metrics import event_balanced_accuracy
from skseisfp.plotting import FingerprintDisplay

temporary = TemporaryDirectory()
folder = Path(temporary.name)
drawn = make_seismograms(
    120, classes=("earthquake", "quarry_blast"), n_components=3, random_state=0
)
first = UTCDateTime(2024, 1, 1)
catalog = Catalog()
for number, name in enumerate(dict.fromkeys(drawn.groups)):
    rows = np.flatnonzero(drawn.groups == name)
    kind = drawn.target.iloc[rows[0]].replace("_", " ")
    origin = Origin(time=first + 3600 * number, latitude=46.0, longitude=7.0)
    event = Event(resource_id=f"smi:local/{name}", event_type=kind)
    event.origins = [origin]
    catalog.append(event)
    (folder / "waveforms" / name).mkdir(parents=True)
    for row in rows:
        header = {
            "network": "XX",
            "station": f"S{row:03d}",
            "sampling_rate": drawn.sampling_rate,
            "starttime": origin.time - 5,
        }
        samples = np.atleast_2d(drawn.data[row])
        counts = np.round(samples / np.abs(samples).max() * 2**20).astype(np.int32)
        stream = Stream(
            Trace(trace, {**header, "channel": f"HH{letter}"})
            for trace, letter in zip(counts, drawn.components, strict=True)
        )
        file = folder / "waveforms" / name / f"S{row:03d}.mseed"
        stream.write(str(file), format="MSEED")
file.write_bytes(file.read_bytes()[:100])
catalog.write(str(folder / "events.xml"), format="QUAKEML")

# %%
# Into an archive
# ---------------
# Types of events become labels by a table that can be changed. The file that was cut
# short is listed with the reason; all else is stored once, however often this runs.

archive = SeismicArchive(folder / "archive")
report = archive.import_folder(
    folder / "waveforms", events=folder / "events.xml", groups="folder"
)
print(report["stored"].sum(), "stored")
print(report.loc[~report["stored"], "reason"].str.partition(": ")[2].tolist())
read_quakeml(folder / "events.xml").events.head()

# %%
# Records
# -------
# The policy is stated: three components, one rate, a window around the origin time;
# gaps of up to half a second are filled with noise of the record's own level.

reader = WaveformReader(
    components="ZNE",
    sampling_rate=20.0,
    window=(0.0, 60.0),
    align="origin",
    gaps="noise",
    max_gap=0.5,
)
bunch = archive.to_bunch(reader)
print(bunch.DESCR)
bunch.frame[["event_id", "event_type", "station", "sampling_rate_hz", "filled"]].head()

# %%
# Fingerprints and predictions
# ----------------------------
# Fingerprints are computed once for each set of parameters and kept in the archive.

transformer = FingerprintTransformer(sampling_rate=20.0, f_min=0.5)
fingerprints = archive.fingerprints(reader, transformer)
scores = cross_val_score(
    ExtraTreesClassifier(200, min_samples_leaf=2, random_state=0),
    fingerprints.data.reshape(len(fingerprints.data), -1),
    fingerprints.target,
    groups=fingerprints.groups,
    cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
    scoring=event_balanced_accuracy,
)
print(f"balanced accuracy by event: {scores.mean():.2f}")
print("damaged:", len(archive.verify()))

# %%
# Fingerprints of the vertical component:

FingerprintDisplay.from_estimator(
    transformer.fit(bunch.data[:, 0]), bunch.data[:, 0], bunch.target, random_state=0
)
temporary.cleanup()
