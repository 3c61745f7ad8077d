"""
A data centre
=============

How do a hundred events of a data centre become an archive, although lines break and
servers are busy? Requests are made in bulk, repeated after failures, and never made
again once they are answered. The data centre of this page is a stand-in without the
internet, which fails on purpose; replace it by the name of a real one.
"""

# %%
# A stand-in
# ----------
# Twelve events and six stations, whose waveforms are generated. It has the three
# methods of obspy's client for FDSN services.

from io import BytesIO
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from obspy import Inventory, Stream, Trace, UTCDateTime
from obspy.clients.fdsn.header import FDSNNoDataException, FDSNTimeoutException
from obspy.core.event import Catalog, Event, Magnitude, Origin
from obspy.core.inventory import Channel, Network, Station

from skseisfp import FingerprintTransformer
from skseisfp.archive import SeismicArchive, fetch_fdsn
from skseisfp.datasets import make_seismograms
from skseisfp.io import WaveformReader
from skseisfp.plotting import EventMapDisplay


class StandIn:
    """A data centre in memory; it is too busy for every third request of waveforms."""

    def __init__(self, catalog, inventory, waveforms):
        self.catalog = catalog
        self.inventory = inventory
        self.waveforms = waveforms
        self.n_requests = 0

    def get_events(self, filename, **query):
        """Write the events."""
        self.catalog.write(filename, format="QUAKEML")

    def get_stations(self, filename, **query):
        """Write the stations."""
        self.inventory.write(filename, format="STATIONXML")

    def get_waveforms_bulk(self, bulk, filename, **query):
        """Write the waveforms of the lines of a request."""
        self.n_requests += 1
        if self.n_requests % 3 == 1:
            raise FDSNTimeoutException("Timed out")
        found = Stream()
        for network, station, *_, start, end in bulk:
            found += self.waveforms.select(network, station).slice(start, end)
        if not found:
            raise FDSNNoDataException("No data")
        content = BytesIO()
        found.write(content, format="MSEED")
        filename.write(content.getvalue())


rng = np.random.default_rng(0)
drawn = make_seismograms(
    48,
    classes=("earthquake", "quarry_blast"),
    n_stations=6,
    noise_level=0.5,
    random_state=0,
)
catalog, waveforms, begin = Catalog(), Stream(), UTCDateTime(2023, 6, 1)
for number, name in enumerate(dict.fromkeys(drawn.groups)):
    rows = np.flatnonzero(drawn.groups == name)
    start = begin + 3600 * number
    latitude, longitude = rng.uniform((46.0, -123.0), (47.0, -121.5))
    origin = Origin(time=start + 15, latitude=latitude, longitude=longitude)
    catalog.append(
        Event(
            resource_id=f"smi:local/{name}",
            event_type=drawn.target.iloc[rows[0]].replace("_", " "),
            origins=[origin],
            magnitudes=[Magnitude(mag=drawn.frame["magnitude"][rows[0]])],
        )
    )
    for row in rows:
        network, station = drawn.stations[row].split(".")
        header = {"network": network, "station": station, "channel": "HHZ"}
        counts = np.round(1000 * drawn.data[row]).astype(np.int32)
        waveforms += Trace(counts, {**header, "sampling_rate": 40, "starttime": start})
stations = []
for code in np.unique(drawn.stations):
    latitude, longitude = rng.uniform((46.0, -123.0), (47.0, -121.5))
    where = {"latitude": latitude, "longitude": longitude, "elevation": 300.0}
    channel = Channel("HHZ", "", depth=0.0, sample_rate=40.0, **where)
    stations.append(Station(code.split(".")[1], channels=[channel], **where))
network = drawn.stations[0].split(".")[0]
centre = StandIn(catalog, Inventory([Network(network, stations)]), waveforms)

# %%
# Fetching
# --------
# With a real data centre the first argument is its name, such as ``"EARTHSCOPE+USGS"``,
# and `event_query` narrows the events:
# ``{"minmagnitude": 1.5, "minlatitude": 45.5, "maxlatitude": 49.0}``.

temporary = TemporaryDirectory()
archive = SeismicArchive(temporary.name)
options = {
    "starttime": "2023-06-01",
    "endtime": "2023-07-01",
    "window": (-10.0, 60.0),
    "max_distance_km": 120.0,
    "channels": "HH?",
    "classes": ["earthquake", "explosion"],
    "pause": 0.1,
    "bulk_size": 12,
}
report = fetch_fdsn(centre, archive, attempts=1, **options)
print(report["outcome"].value_counts().to_string())

# %%
# With one attempt for each request, some have failed. The same lines again, with five
# attempts: what is in the archive is not asked for again.

again = fetch_fdsn(centre, archive, attempts=5, **options)
print(again["outcome"].value_counts().to_string())
print(centre.n_requests, "requests in all")

# %%
# Nothing failed, so a third time needs no waveforms at all:

before = centre.n_requests
last = fetch_fdsn(centre, archive, **options)
print(last["outcome"].value_counts().to_string(), "|", centre.n_requests - before)

# %%
# What has come
# -------------
# Every line is a record, from its event to its station.

reader = WaveformReader(
    components="Z", sampling_rate=40.0, window=(-5.0, 55.0), align="origin"
)
bunch = archive.to_bunch(reader)
EventMapDisplay.from_bunch(bunch, events=archive.events(), stations=archive.inventory())
plt.show()

# %%
# From recordings to fingerprints
# -------------------------------
# They are kept in the archive with their parameters.

fingerprints = archive.fingerprints(
    reader, FingerprintTransformer(sampling_rate=40.0, f_min=0.5)
)
print(fingerprints.DESCR)
temporary.cleanup()
