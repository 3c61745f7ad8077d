"""Labelled records: synthetic seismograms, readers of folders and of SeisBench sets."""

from .._utils.names import suggest_names as _suggest_names
from .load_records import load_records
from .load_seisbench import load_seisbench
from .save_seisbench import save_seisbench
from .synthetic.make_seismograms import make_seismograms

__all__ = [
    "load_records",
    "load_seisbench",
    "make_seismograms",
    "save_seisbench",
]

_suggest_names(__name__)
