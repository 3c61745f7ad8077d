"""Analytic wavelets in the frequency domain and the axis of their frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq

if TYPE_CHECKING:
    import numpy.typing as npt

# Logarithm of the response, relative to its peak, at the ends of the support: that of a
# Gaussian at five standard deviations, 4e-6.
_LOG_TRUNCATION = -12.5


@dataclass(frozen=True)
class Morlet:
    """Analytic Morlet wavelet, peak-normalised to 2 (L1 norm).

    Parameters
    ----------
    omega0 : float, default=6.0
        Centre frequency in radians per unit of time: the number of oscillations
        under the Gaussian, hence the trade between time and frequency.

    Examples
    --------
    >>> from skseisfp.signal import Morlet
    >>> Morlet().response([0.5, 1.0]).round(3)
    array([0.022, 2.   ])
    """

    omega0: float = 6.0

    def response(self, ratio: npt.ArrayLike) -> npt.NDArray:
        """Compute the frequency response.

        Parameters
        ----------
        ratio : array-like
            Frequency divided by the centre frequency.

        Returns
        -------
        ndarray
            Response; 2 at the centre.
        """
        ratio = np.asarray(ratio, dtype=float)
        return 2.0 * np.exp(-0.5 * (self.omega0 * (ratio - 1.0)) ** 2)

    @property
    def relative_bandwidth(self) -> float:
        """Equivalent noise bandwidth of the power, as a part of the frequency."""
        return np.sqrt(np.pi) / self.omega0

    @property
    def support(self) -> tuple[float, float]:
        """Range of `ratio`, outside of which the response is below 4e-6 of its peak."""
        half = np.sqrt(-2.0 * _LOG_TRUNCATION) / self.omega0
        return max(1.0 - half, 0.0), 1.0 + half


@dataclass(frozen=True)
class Morse:
    """Generalised Morse wavelet, peak-normalised to 2 (L1 norm).

    Parameters
    ----------
    gamma : float, default=3.0
        Symmetry parameter; 3 gives the most symmetric wavelet.
    time_bandwidth : float, default=60.0
        Time-bandwidth product, gamma times the decay parameter beta.

    Examples
    --------
    >>> from skseisfp.signal import Morse
    >>> Morse().response([0.75, 1.0]).round(3)
    array([0.299, 2.   ])
    """

    gamma: float = 3.0
    time_bandwidth: float = 60.0

    @property
    def beta(self) -> float:
        """Decay parameter."""
        return self.time_bandwidth / self.gamma

    def _log_response(self, log_ratio):
        """Return the logarithm of the response relative to its peak."""
        power = self.gamma * log_ratio
        return self.beta / self.gamma * (power - np.expm1(power))

    def response(self, ratio: npt.ArrayLike) -> npt.NDArray:
        """Compute the frequency response.

        Parameters
        ----------
        ratio : array-like
            Frequency divided by the centre frequency.

        Returns
        -------
        ndarray
            Response; 2 at the centre.
        """
        ratio = np.asarray(ratio, dtype=float)
        response = np.zeros_like(ratio)
        positive = ratio > 0
        response[positive] = 2.0 * np.exp(self._log_response(np.log(ratio[positive])))
        return response

    @property
    def relative_bandwidth(self) -> float:
        """Equivalent noise bandwidth of the power, as a part of the frequency."""
        low, high = self.support
        # the response is smooth and zero at both ends: the sum is exact to 1e-10
        ratio = np.linspace(low, high, 4097)
        return float(np.trapezoid((self.response(ratio) / 2.0) ** 2, ratio))

    @property
    def support(self) -> tuple[float, float]:
        """Range of `ratio`, outside of which the response is below 4e-6 of its peak."""

        def end(low, high):
            """Return where the response is at the limit, between two logarithms."""
            root: Any = brentq(
                lambda at: self._log_response(at) - _LOG_TRUNCATION, low, high
            )
            return np.exp(root)

        # with p = gamma log(ratio) the logarithm of the response is
        # beta / gamma (1 + p - exp(p)), below beta / gamma (1 + p) for negative p and
        # below -beta / gamma p**2 / 2 for positive p
        depth = 1.0 - _LOG_TRUNCATION
        below = -depth / self.beta - 1.0 / self.gamma
        above = np.sqrt(2.0 * depth / (self.beta * self.gamma))
        return end(below, 0.0), end(0.0, above)


WAVELETS = {"morlet": Morlet, "morse": Morse}


def get_wavelet(wavelet: str | Morlet | Morse) -> Morlet | Morse:
    """Return the wavelet named by a string, or the wavelet itself.

    Parameters
    ----------
    wavelet : {"morlet", "morse"}, Morlet or Morse
        A name, for the default parameters, or an instance.

    Returns
    -------
    Morlet or Morse
        The wavelet.

    Raises
    ------
    ValueError
        If the name is unknown or a parameter of the wavelet is not a positive number.
    """
    if isinstance(wavelet, str) and wavelet in WAVELETS:
        return WAVELETS[wavelet]()
    if not isinstance(wavelet, (Morlet, Morse)):
        raise ValueError(
            "wavelet must be 'morlet', 'morse', or an instance of Morlet or Morse; "
            f"got {wavelet!r}."
        )
    for name, value in vars(wavelet).items():
        if not (isinstance(value, Real) and 0 < float(value) < np.inf):
            raise ValueError(
                f"wavelet: {name} must be a positive number; got {value!r}."
            )
    return wavelet


def frequency_axis(
    n_rows: int,
    n_samples: int,
    *,
    sampling_rate: float = 1.0,
    f_min: float | None = None,
    f_max: float | None = None,
) -> npt.NDArray:
    """Return a logarithmic axis of frequencies, low to high.

    Parameters
    ----------
    n_rows : int
        Number of frequencies.
    n_samples : int
        Number of samples of a record.
    sampling_rate : float, default=1.0
        Samples per second (Hz); at 1.0 frequencies are cycles per sample.
    f_min : float, default=None
        Lowest frequency in Hz. None takes 8 octaves below `f_max`, but at least 8
        periods in the record and at most half of `f_max`.
    f_max : float, default=None
        Highest frequency in Hz. None takes 0.4 of the sampling rate.

    Returns
    -------
    ndarray of shape (n_rows,)
        Frequencies in Hz.

    Raises
    ------
    ValueError
        If `f_max` is above the Nyquist frequency, `f_min` is not below `f_max`, or
        an explicit `f_min` has less than one period in the record.
    """
    nyquist = sampling_rate / 2.0
    duration = n_samples / sampling_rate
    if f_max is None:
        f_max = 0.8 * nyquist
    if not 0 < f_max <= nyquist:
        raise ValueError(
            f"f_max={f_max} Hz must be positive and not above the Nyquist frequency "
            f"{nyquist} Hz."
        )
    explicit = f_min is not None
    if f_min is None:
        f_min = min(max(f_max / 2**8, 8.0 / duration), f_max / 2.0)
    if not 0 < f_min < f_max:
        unset = "; without sampling_rate it is 1 Hz" if sampling_rate == 1.0 else ""
        raise ValueError(
            f"f_min={f_min} Hz must be positive and below f_max={f_max} Hz{unset}."
        )
    if explicit and f_min * duration < 1.0:
        raise ValueError(
            f"f_min={f_min} Hz is too low for records of {n_samples} samples "
            f"({duration:g} s): less than one period; the lowest valid value is "
            f"{1.0 / duration:g} Hz."
        )
    return np.geomspace(f_min, f_max, n_rows)
