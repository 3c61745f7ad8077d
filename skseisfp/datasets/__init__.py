"""Records to learn from: synthetic seismograms and readers of labelled archives."""

from .make_seismograms import make_seismograms

__all__ = ["make_seismograms"]
