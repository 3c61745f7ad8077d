"""Records to learn from: synthetic seismograms and readers of labelled archives."""

from .fetch_fdsn import fetch_fdsn
from .load_records import load_records
from .load_seisbench import load_seisbench
from .make_seismograms import make_seismograms
from .read_quakeml import EVENT_TYPES, read_quakeml
from .read_stationxml import read_stationxml
from .save_seisbench import save_seisbench
from .seismic_archive import SeismicArchive
from .source_paths import source_paths

__all__ = [
    "EVENT_TYPES",
    "SeismicArchive",
    "fetch_fdsn",
    "load_records",
    "load_seisbench",
    "make_seismograms",
    "read_quakeml",
    "read_stationxml",
    "save_seisbench",
    "source_paths",
]
