"""An archive of events, recordings, fingerprints and models; data centres fill it."""

from .fetch_fdsn import fetch_fdsn
from .seismic_archive import SeismicArchive

__all__ = [
    "SeismicArchive",
    "fetch_fdsn",
]
