"""Recordings, catalogues and station documents to arrays and tables."""

from .._utils.names import suggest_names as _suggest_names
from .lazy_records import lazy_records
from .pick_phases import pick_phases
from .read_quakeml import EVENT_TYPES, read_quakeml
from .read_stationxml import read_stationxml
from .source_paths import source_paths
from .waveform_reader import WaveformReader

__all__ = [
    "EVENT_TYPES",
    "WaveformReader",
    "lazy_records",
    "pick_phases",
    "read_quakeml",
    "read_stationxml",
    "source_paths",
]

_suggest_names(__name__)
