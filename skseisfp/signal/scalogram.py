"""Band-limited, decimated evaluation of the continuous wavelet transform."""

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np
from scipy import fft
from scipy.signal.windows import tukey

from .wavelets import get_wavelet

_MIN_POINTS_PER_PIXEL = 4
_CHUNK_SAMPLES = 2**17


@dataclass(frozen=True)
class _RowGroup:
    """Rows that share a length of the inverse transform.

    `bins` and `weights`, both of shape (rows, length), say which bin of the spectrum
    goes to which place of the inverse transform, and by what it is multiplied.
    """

    rows: np.ndarray
    bins: np.ndarray
    weights: np.ndarray
    points: int


@dataclass(frozen=True)
class _Plan:
    """All that depends on the shape of the records, not on their samples."""

    fill: int
    margin: int
    margin_pixels: int
    taper: np.ndarray
    groups: tuple


def _points_per_pixel(n_bins, n_pixels, oversampling):
    """Least 2**a or 3 * 2**a points, at least 4, that hold the bins."""
    needed = max(_MIN_POINTS_PER_PIXEL, oversampling * n_bins / n_pixels)
    power = 2.0 ** np.ceil(np.log2(needed))
    return int(0.75 * power if 0.75 * power >= needed else power)


def _row_bins(frequency, wavelet, resolution, n_total):
    """Bins of the spectrum in the support of a row; at least one."""
    low, high = (edge * frequency / resolution for edge in wavelet.support)
    last = max(min(int(high), n_total // 2), 1)
    first = min(max(int(np.ceil(low)), 1), last)
    return np.arange(first, last + 1)


@lru_cache(maxsize=16)
def _make_plan(
    n_samples,
    n_columns,
    frequencies,
    sampling_rate,
    wavelet,
    taper,
    oversampling,
    dtype,
):
    """Lay out margins, taper and the scatter of the spectrum for one kind of record."""
    margin_pixels = max(n_columns // 8, 1)
    fill = -n_samples % (n_columns // gcd(n_columns, margin_pixels))
    margin = (n_samples + fill) * margin_pixels // n_columns
    n_total = n_samples + fill + 2 * margin
    n_pixels = n_columns + 2 * margin_pixels
    resolution = sampling_rate / n_total
    rows_by_points = {}
    for row, frequency in enumerate(frequencies):
        bins = _row_bins(frequency, wavelet, resolution, n_total)
        points = _points_per_pixel(len(bins), n_pixels, oversampling)
        rows_by_points.setdefault(points, []).append((row, frequency, bins))

    groups = []
    for points, members in sorted(rows_by_points.items()):
        length = points * n_pixels
        index = np.zeros((len(members), length), dtype=np.intp)
        weights = np.zeros((len(members), length), dtype=complex)
        centre = (n_total / length - 1.0) / 2.0
        for i, (_, frequency, bins) in enumerate(members):
            index[i, bins % length] = bins
            weights[i, bins % length] = (
                wavelet.response(bins * resolution / frequency)
                * np.exp(2j * np.pi * bins * centre / n_total)
                * (length / n_total)
            )
        rows = np.array([row for row, _, _ in members])
        weights = weights.astype(np.result_type(dtype, np.complex64))
        groups.append(_RowGroup(rows, index, weights, points))
    window = tukey(n_samples, taper).astype(dtype) if n_samples > 1 else np.ones(1)
    return _Plan(fill, margin, margin_pixels, window, tuple(groups))


def detrend_records(X):
    """Remove the straight line of each record; what is rounding becomes zero.

    Parameters
    ----------
    X : ndarray of shape (n_records, n_samples)
        Records.

    Returns
    -------
    ndarray of shape (n_records, n_samples)
        Float64 residuals, exactly zero where a record is a straight line up to the
        precision of its type.
    """
    residual = X.astype(float)
    if X.shape[1] < 2:
        return np.zeros_like(residual)
    magnitude = np.abs(residual).max(axis=1, keepdims=True)
    residual -= residual.mean(axis=1, keepdims=True)
    time = np.linspace(-1.0, 1.0, X.shape[1])
    residual -= (residual @ time / (time @ time))[:, None] * time
    rounding = max(8.0 * np.finfo(X.dtype).eps, 1e-13) * magnitude
    residual[np.abs(residual).max(axis=1) <= rounding[:, 0]] = 0.0
    return residual


def _prepare(X, plan):
    """Detrend, scale to about one by powers of two, taper and reflect."""
    residual = detrend_records(X)
    exponent = np.frexp(np.abs(residual).max(axis=1, keepdims=True))[1]
    records = np.ldexp(residual, -exponent).astype(X.dtype) * plan.taper
    records = np.pad(records, [(0, 0), (0, plan.fill)])
    return np.pad(records, [(0, 0), (plan.margin,) * 2], mode="reflect"), exponent


def _power(X, plan, n_rows, n_columns):
    """Mean power in pixels of a few records."""
    padded, exponent = _prepare(X, plan)
    spectrum = fft.rfft(padded, axis=-1)
    power = np.empty((len(X), n_rows, n_columns), dtype=X.dtype)
    inner = slice(plan.margin_pixels, plan.margin_pixels + n_columns)
    for group in plan.groups:
        values = spectrum.take(group.bins, axis=1)
        values *= group.weights
        values = fft.ifft(values, axis=-1, overwrite_x=True).view(X.dtype)
        pixels = values.reshape(len(X), len(group.rows), -1, 2 * group.points)
        squared = np.einsum("nrpk,nrpk->nrp", pixels, pixels)
        power[:, group.rows] = squared[:, :, inner] / group.points
    return np.ldexp(power, 2 * exponent[:, :, None])


def scalogram(
    X,
    frequencies,
    n_columns,
    *,
    sampling_rate=1.0,
    wavelet="morlet",
    taper=0.05,
    oversampling=1.0,
):
    """Mean power of the wavelet transform in pixels of a time-frequency image.

    Each row needs only the spectrum around its frequency, so it is evaluated at few
    points in time, several in each pixel, and never at the full sampling rate.

    Parameters
    ----------
    X : ndarray of shape (n_records, n_samples)
        Records, float32 or float64; the arithmetic keeps this precision.
    frequencies : array-like of shape (n_rows,)
        Centre frequencies in Hz.
    n_columns : int
        Number of pixels in time, a power of two.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    wavelet : {"morlet", "morse"}, Morlet or Morse, default="morlet"
        The analytic wavelet.
    taper : float, default=0.05
        Part of the record under the cosine flanks of a Tukey window, both ends
        together.
    oversampling : float, default=1.0
        Points in time per independent value of a row; higher values make the mean
        over a pixel more exact and cost time in proportion.

    Returns
    -------
    ndarray of shape (n_records, n_rows, n_columns)
        Mean of the squared modulus. A cosine of unit amplitude at the frequency of
        a row gives 1 in that row. A record that is a straight line gives zeros.

    Notes
    -----
    The construction is the painless non-stationary Gabor frame [1]_: a spectrum of
    K bins is described in full by any M >= K equispaced points in time, so bin k
    goes to place k mod M of a short inverse FFT, which leaves the modulus as it is.
    Points lie centred in their pixels. Records are detrended, tapered, and reflected
    by an eighth of their length at both ends.

    References
    ----------
    .. [1] Balazs et al. (2011), Theory, implementation and applications of
       nonstationary Gabor frames, J. Comput. Appl. Math. 236(6), 1481-1496.
    """
    n_records, n_samples = X.shape
    plan = _make_plan(
        n_samples,
        int(n_columns),
        tuple(float(frequency) for frequency in frequencies),
        float(sampling_rate),
        get_wavelet(wavelet),
        float(taper),
        float(oversampling),
        X.dtype,
    )
    power = np.empty((n_records, len(frequencies), n_columns), dtype=X.dtype)
    chunk = max(_CHUNK_SAMPLES // n_samples, 1)
    for start in range(0, n_records, chunk):
        part = slice(start, start + chunk)
        power[part] = _power(X[part], plan, len(frequencies), n_columns)
    return power
