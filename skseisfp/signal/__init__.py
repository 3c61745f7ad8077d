"""Pure functions on arrays: wavelets, scalograms, Haar transform, prints, filters."""

from .encoding import (
    decode,
    encode,
    pack_fingerprints,
    select_top_k,
    unpack_fingerprints,
)
from .haar import haar2d, haar_matrix, inverse_haar2d
from .scalogram import detrend_records, scalogram
from .wavelets import Morlet, Morse, frequency_axis, get_wavelet
from .windows import cut_windows

__all__ = [
    "Morlet",
    "Morse",
    "cut_windows",
    "decode",
    "detrend_records",
    "encode",
    "frequency_axis",
    "get_wavelet",
    "haar2d",
    "haar_matrix",
    "inverse_haar2d",
    "pack_fingerprints",
    "scalogram",
    "select_top_k",
    "unpack_fingerprints",
]
