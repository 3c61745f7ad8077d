"""Records to learn from: synthetic seismograms and readers of labelled archives."""

from .load_records import load_records
from .make_seismograms import make_seismograms

__all__ = ["load_records", "make_seismograms"]
