"""
A data centre
=============

Events by type, stations around them and their waveforms are fetched from a data centre
into an archive; a second run resumes where the first one stopped. The internet is
needed, so this page shows the code without its results.
"""

# %%
# Fetching
# --------
# A month of earthquakes and blasts in Washington state. Requests are made in bulk,
# repeated with increasing pauses, and never sent again once they are answered.

from skseisfp import FingerprintTransformer
from skseisfp.archive import SeismicArchive, fetch_fdsn
from skseisfp.io import WaveformReader

archive = SeismicArchive("washington")
report = fetch_fdsn(
    "EARTHSCOPE+USGS",
    archive,
    starttime="2023-06-01",
    endtime="2023-07-01",
    window=(-20.0, 95.0),
    max_distance_km=120.0,
    channels="HH?,BH?",
    networks="UW,CC",
    classes=["earthquake", "explosion"],
    event_query={
        "minmagnitude": 1.5,
        "minlatitude": 45.5,
        "maxlatitude": 49.0,
        "minlongitude": -124.0,
        "maxlongitude": -117.0,
    },
    verbose=True,
)
print(report["outcome"].value_counts())

# %%
# From recordings to fingerprints
# -------------------------------

reader = WaveformReader(sampling_rate=40.0, window=(-5.0, 60.0), align="origin")
fingerprints = archive.fingerprints(reader, FingerprintTransformer(sampling_rate=40.0))
print(fingerprints.DESCR)
print(fingerprints.rejected["reason"].value_counts())
