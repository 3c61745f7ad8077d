"""Source spectra after Brune (1970)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Over two octaves the grids have steps of 2.3 % and then of 0.1 %: far finer than the
# scatter of a corner of real spectra.
N_CORNERS, N_FINER = 61, 41
LEAST_LINES = 10  # for three parameters
LEAST_SPAN = 4.0  # highest over lowest frequency of the lines that are fitted


class BruneSpectrum(NamedTuple):
    """Parameters of a source spectrum, NaN where it could not be fitted.

    Attributes
    ----------
    log_level : float
        Decadic logarithm of the low-frequency level of the displacement spectrum.
    corner : float
        Corner frequency in Hz.
    t_star : float
        Attenuation in s.
    misfit : float
        Root mean square of the residuals of log10 amplitude.
    """

    log_level: float
    corner: float
    t_star: float
    misfit: float


_NO_FIT = BruneSpectrum(np.nan, np.nan, np.nan, np.nan)


def fit_brune(
    frequencies: npt.NDArray,
    amplitudes: npt.NDArray,
    usable: npt.NDArray[np.bool_],
    *,
    n_derivatives: int = 0,
) -> BruneSpectrum:
    """Fit level * exp(-pi f t*) / (1 + (f / fc)^2) to the displacement spectrum.

    Parameters
    ----------
    frequencies : ndarray of shape (n_lines,)
        Frequencies in Hz.
    amplitudes : ndarray of shape (n_lines,)
        Amplitude spectrum.
    usable : ndarray of bool of shape (n_lines,)
        Lines to fit, such as those above the noise.
    n_derivatives : {0, 1, 2}, default=0
        Whether the spectrum is of displacement, velocity or acceleration.

    Returns
    -------
    BruneSpectrum
        NaN if fewer than ten lines or less than two octaves are usable, or no corner
        within them is best.

    Notes
    -----
    Least squares of the logarithm, every octave with the same weight. For each corner
    of a logarithmic grid, then of a finer one about the best, level and t*, which is
    not negative, follow from a line.
    """
    usable = usable & (frequencies > 0) & (amplitudes > 0)
    if usable.sum() < LEAST_LINES:
        return _NO_FIT
    f = frequencies[usable]
    if f[-1] < LEAST_SPAN * f[0]:
        return _NO_FIT
    motion = np.log(amplitudes[usable]) - n_derivatives * np.log(2 * np.pi * f)
    corners = np.geomspace(f[0], f[-1], N_CORNERS)
    best = int(_fit_lines(f, motion, corners)[0].argmin())
    if not 0 < best < N_CORNERS - 1:
        return _NO_FIT
    corners = np.geomspace(corners[best - 1], corners[best + 1], N_FINER)
    errors, levels, slopes = _fit_lines(f, motion, corners)
    best = int(errors.argmin())
    misfit = np.sqrt(errors[best]) / np.log(10)
    t_star = abs(slopes[best]) / np.pi
    return BruneSpectrum(levels[best] / np.log(10), corners[best], t_star, misfit)


def _fit_lines(f, motion, corners):
    """Return mean square errors, levels and slopes of lines for all corners."""
    weights = 1 / f / (1 / f).sum()
    flat = motion + np.log1p(np.square(f / corners[:, None]))
    mean, centre = flat @ weights, f @ weights
    flat, f = flat - mean[:, None], f - centre
    slopes = np.minimum(flat @ (weights * f) / (weights @ np.square(f)), 0)
    errors = np.square(flat - slopes[:, None] * f) @ weights
    return errors, mean - slopes * centre, slopes
