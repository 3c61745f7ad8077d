"""Functions on arrays: wavelets, scalograms, Haar transform, fingerprints, filters."""

from .cutoff import cutoff_range, estimate_cutoffs
from .encoding import (
    decode,
    encode,
    pack_fingerprints,
    select_top_k,
    unpack_fingerprints,
)
from .filters import bandpass, highpass, highpass_gain
from .haar import haar2d, haar_matrix, inverse_haar2d
from .onsets import pick_onsets, sta_lta
from .scalogram import detrend_records, scalogram
from .snr import snr
from .wavelets import Morlet, Morse, frequency_axis, get_wavelet
from .windows import cut_windows

__all__ = [
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
