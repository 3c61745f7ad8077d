"""Synthetic seismograms: source, propagation, noise, catalogue."""

from .make_seismograms import make_seismograms

__all__ = [
    "make_seismograms",
]
