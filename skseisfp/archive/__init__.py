"""An archive of events, recordings, fingerprints and models, and data centres."""

from .fetch_fdsn import fetch_fdsn
from .seismic_archive import SeismicArchive

__all__ = [
    "SeismicArchive",
    "fetch_fdsn",
]
