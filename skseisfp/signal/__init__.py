"""Functions on arrays: wavelets, scalograms, Haar transform, fingerprints, filters."""

from .._utils.names import suggest_names as _suggest_names
from .cutoff import cutoff_range, estimate_cutoffs
from .encoding import Encoding, decode, encode, get_encoding
from .filters import bandpass, highpass, highpass_gain
from .haar import haar2d, haar_matrix, inverse_haar2d
from .onsets import pick_onsets, sta_lta
from .packing import pack_fingerprints, unpack_fingerprints
from .scalogram import detrend_records, scalogram
from .selection import select_top_k
from .snr import snr
from .wavelets import Morlet, Morse, frequency_axis, get_wavelet
from .windows import cut_windows

__all__ = [
    "Encoding",
    "Morlet",
    "Morse",
    "bandpass",
    "cut_windows",
    "cutoff_range",
    "decode",
    "detrend_records",
    "encode",
    "estimate_cutoffs",
    "frequency_axis",
    "get_encoding",
    "get_wavelet",
    "haar2d",
    "haar_matrix",
    "highpass",
    "highpass_gain",
    "inverse_haar2d",
    "pack_fingerprints",
    "pick_onsets",
    "scalogram",
    "select_top_k",
    "snr",
    "sta_lta",
    "unpack_fingerprints",
]

_suggest_names(__name__)
