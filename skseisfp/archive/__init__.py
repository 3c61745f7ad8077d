"""An archive of events, recordings, fingerprints and models; data centres fill it."""

from .._utils.names import suggest_names as _suggest_names
from .fetch_fdsn import fetch_fdsn
from .seismic_archive import SeismicArchive

__all__ = [
    "SeismicArchive",
    "fetch_fdsn",
]

_suggest_names(__name__)
