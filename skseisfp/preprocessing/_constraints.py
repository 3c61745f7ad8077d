"""Declarations of parameters that several transformers share."""

from numbers import Integral

from .._compat import StrOptions
from .._parameters import COUNT, FRACTION, HERTZ, Quantity, Where
from ..signal.scalogram import SCALES
from ..signal.wavelets import WAVELETS, get_wavelet

BATCHES = {"batch_size": [COUNT], "n_jobs": [Integral, None], "verbose": ["verbose"]}

FROM_ZERO_HERTZ = Quantity(0, None, closed="left", unit="Hz")

# single precision has powers down to 1e-38, 380 dB below 1
IMAGE = {
    "scale": [StrOptions(set(SCALES))],
    "dynamic_range_db": [Quantity(0, 300, closed="right", unit="dB")],
}

WAVELET_IMAGE = {
    **IMAGE,
    "f_min": [HERTZ, None],
    "f_max": [HERTZ, None],
    "wavelet": [
        StrOptions(set(WAVELETS)),
        Where(
            lambda wavelet: get_wavelet(wavelet) is not None,
            "a Morlet or Morse wavelet of positive parameters",
        ),
    ],
    "taper": [FRACTION],
}
