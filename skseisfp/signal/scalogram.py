"""Band-limited, decimated evaluation of the continuous wavelet transform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft

from .._utils.checks import as_float
from ._scalogram_plan import make_plan, padded_length
from .wavelets import Morlet, Morse, get_wavelet

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["SCALES", "detrend_records", "padded_length", "scale_image", "scalogram"]

SCALES = ("log", "magnitude", "power")
# of the records, and of the inverse transforms, at a time: what a cache holds
_CHUNK_BYTES = 2**20
_BLOCK_BYTES = 2**20
_LANES = 4  # transforms that a processor computes at a time


def detrend_records(X: npt.ArrayLike) -> npt.NDArray:
    """Remove the straight line of each record; rounding errors become zero.

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
    return _detrend(X)[0]


def _detrend(X):
    """Return the residuals of `detrend_records` and the largest magnitude of each."""
    records = as_float(X)
    residual = records.astype(float, order="C")
    if records.shape[1] < 2:
        return np.zeros_like(residual), np.zeros((len(residual), 1))
    magnitude = _peak(residual)
    residual -= residual.mean(axis=1, keepdims=True)
    time = np.linspace(-1.0, 1.0, records.shape[1])
    slope = np.einsum("ns,s->n", residual, time) / (time**2).sum()
    residual -= slope[:, None] * time
    limits = np.finfo(records.dtype)
    # the errors of samples of single precision, or of the sums in double precision
    rounding = max(8.0 * limits.eps, 1e-13) * np.maximum(magnitude, limits.tiny)
    peak = _peak(residual)
    residual[(peak <= rounding)[:, 0]] = 0.0
    return residual, np.where(peak <= rounding, 0.0, peak)


def _peak(records):
    """Return the largest magnitude of each record, of shape (n_records, 1)."""
    return np.maximum(
        records.max(axis=1, keepdims=True), -records.min(axis=1, keepdims=True)
    )


def _spectrum(X, plan, n_views):
    """Return the spectra of prepared records, and the exponents of their scale.

    Records are detrended, scaled to about one by powers of two, views of a record
    alike, tapered, filled to whole pixels and reflected.
    """
    residual, peak = _detrend(X)
    exponent = np.frexp(peak)[1]
    exponent = exponent.reshape(-1, n_views).max(axis=1).repeat(n_views)[:, None]
    # the power of two of a record of subnormal numbers would exceed the floating type
    exponent = np.maximum(exponent, -1000)
    residual *= np.ldexp(1.0, -exponent)
    n_samples, margin = X.shape[1], plan.margin
    padded = np.empty((len(X), plan.length + 2 * margin), dtype=X.dtype)
    inner = padded[:, margin : margin + plan.length]
    np.multiply(
        residual.astype(X.dtype, copy=False), plan.taper, out=inner[:, :n_samples]
    )
    inner[:, n_samples:] = 0.0
    padded[:, :margin] = inner[:, plan.reflection[:margin]]
    padded[:, margin + plan.length :] = inner[:, plan.reflection[margin:]]
    return np.asarray(fft.rfft(padded, axis=-1)), exponent[:, :, None]


def _row_power(spectrum, rows, points, plan, traces=(...,)):
    """Return the power in pixels, (n_rows, n_traces, n_columns), of some rows."""
    leading = spectrum[(*traces, 0)].shape
    shape = (len(rows), *leading, points * plan.n_pixels)
    values: Any = np.empty(shape, dtype=spectrum.dtype)
    for place, row in zip(values, rows, strict=True):
        _scatter(spectrum, row, traces, place)
    # SciPy 1.18 rounds by the place in a batch, NumPy does not
    np.fft.ifft(values, axis=-1, out=values)
    pixels = values.reshape(len(rows), -1, plan.n_pixels, points)
    return _pixel_sums(pixels, plan.margin_pixels) / points


def _scatter(spectrum, row, traces, out):
    """Put weighted bin k of the spectra at place k modulo the length of the inverse."""
    length, count = out.shape[-1], len(row.weights)
    start = row.first % length
    n_head = min(length - start, count)
    n_tail = count - n_head
    middle, last, end = row.first + n_head, row.first + count, start + n_head
    head = spectrum[(*traces, np.s_[row.first : middle])]
    np.multiply(head, row.weights[:n_head], out=out[..., start:end])
    if n_tail:
        tail = spectrum[(*traces, np.s_[middle:last])]
        np.multiply(tail, row.weights[n_head:], out=out[..., :n_tail])
    out[..., n_tail:start] = 0.0
    out[..., end:] = 0.0


def _pixel_sums(pixels, margin):
    """Sum squares over pixels, with the end correction of the midpoint rule.

    By Euler and Maclaurin the integral over a pixel is the sum over its midpoints plus
    (f'(b) - f'(a)) / 24 with the slopes at its ends, here differences of neighbours.
    """
    inner = pixels[:, :, margin:-margin].view(pixels.real.dtype)
    sums = np.einsum("nrpk,nrpk->nrp", inner, inner)
    starts = _square(pixels[:, :, margin : 1 - margin or None, 0])
    ends = _square(pixels[:, :, margin - 1 : -margin, -1])
    return sums + np.diff(starts - ends) / 24.0


def _square(values):
    """Return the squared modulus."""
    return values.real**2 + values.imag**2


def _power(X, plan, shape, view_tolerance):
    """Return the power in pixels of a few records, and the exponents of its scale."""
    n_views = X.shape[1] if X.ndim == 3 and view_tolerance > 0 else 1
    traces = X.reshape(-1, X.shape[-1])
    spectrum, exponent = _spectrum(traces, plan, n_views)
    power = np.empty((len(traces) // n_views, n_views, *shape), dtype=X.dtype)
    spectrum = spectrum.reshape(*power.shape[:2], -1)
    _fill_rows(power[:, 0], spectrum[:, 0], plan)
    if n_views > 1:
        _fill_views(power, spectrum, plan, view_tolerance)
    leading = X.shape[:-1]
    return power.reshape(*leading, *shape), 2 * exponent.reshape(*leading, 1, 1)


def _row_blocks(plan, n_traces, itemsize):
    """Yield lists of rows to compute at a time, with their numbers and points."""
    for group in plan.groups:
        row_bytes = n_traces * group.points * plan.n_pixels * itemsize
        n_rows = max(_BLOCK_BYTES // row_bytes, 1)
        for start in range(0, len(group.rows), n_rows):
            rows = group.rows[start : start + n_rows]
            yield rows, [row.number for row in rows], group.points


def _fill_rows(power, spectrum, plan):
    """Compute all rows of the power of records."""
    blocks = _row_blocks(plan, len(power), spectrum.itemsize)
    for rows, numbers, points in blocks:
        values = _row_power(spectrum, rows, points, plan)
        power[:, numbers] = values.transpose(1, 0, 2)


def _fill_views(power, spectrum, plan, tolerance):
    """Compute the power of further views, in the rows where they are not as view 0."""
    energies = [_view_energies(views, plan) for views in spectrum]
    differs = np.array([views > tolerance**2 * first for first, views in energies])
    power[:, 1:] = power[:, :1]
    spectrum, power = spectrum[:, 1:], power[:, 1:]
    n_traces = power.shape[0] * power.shape[1]
    blocks = _row_blocks(plan, n_traces, spectrum.itemsize)
    for rows, numbers, points in blocks:
        wanted = differs[:, :, numbers]
        traces = np.nonzero(wanted.any(axis=-1))
        if len(traces[0]):
            chosen = (...,) if len(traces[0]) == n_traces else traces
            values = _row_power(spectrum, rows, points, plan, chosen)
            places = (*(index[:, None] for index in traces), numbers)
            new = values.transpose(1, 0, 2)
            power[places] = np.where(wanted[traces][..., None], new, power[places])


def _view_energies(views, plan):
    """Return the energies in rows of view 0 and of its differences from the others."""
    return _row_energy(views[:1], plan), _row_energy(views[1:] - views[:1], plan)


def _row_energy(spectrum, plan):
    """Return the energies, up to a factor, of spectra in rows: (n_spectra, n_rows).

    Those of the reflected record under a Hann window, which hides that its ends, far
    from the image, do not meet.
    """
    windowed = spectrum[..., :-2] + spectrum[..., 2:]
    windowed *= -0.5
    windowed += spectrum[..., 1:-1]
    squares = np.square(windowed.view(windowed.real.dtype))
    energy = np.add.reduceat(squares, 2 * plan.cells, axis=-1)
    return energy @ plan.cell_response.T


def scalogram(
    X: npt.ArrayLike,
    frequencies: npt.NDArray,
    n_columns: int,
    *,
    sampling_rate: float = 1.0,
    wavelet: str | Morlet | Morse = "morlet",
    taper: float = 0.05,
    oversampling: float = 1.0,
    normalize: bool = False,
    view_tolerance: float = 0.0,
) -> npt.NDArray:
    """Compute the mean power of the wavelet transform in pixels of time and frequency.

    Each row needs only the spectrum around its frequency, so it is evaluated at few
    points in time, several in each pixel, and never at the full sampling rate.

    Parameters
    ----------
    X : array-like of shape (n_records, [n_views,] n_samples)
        Records. The arithmetic keeps the precision of float32; others are float64.
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
        Points in time per independent value of a row, at least 1; higher values
        make the mean over a pixel more exact and cost time in proportion.
    normalize : bool, default=False
        Whether the image of each record is divided by its maximum. It is then defined
        for amplitudes whose squares exceed the floating type, too.
    view_tolerance : float, default=0.0
        Amplitude, relative to that of view 0 of the record in a row, below which the
        difference of another view from it counts as none: the row is then computed
        once for both. 0 computes every view by itself.

    Returns
    -------
    ndarray of shape (n_records, [n_views,] n_rows, n_columns)
        Mean of the squared modulus. A cosine of unit amplitude at the frequency of
        a row results in 1 in that row, a record that is a straight line in zeros.

    Raises
    ------
    ValueError
        If `oversampling` is below 1 or the wavelet is not known.

    Notes
    -----
    The construction is the painless non-stationary Gabor frame [1]_: a spectrum of
    K bins is described in full by any M >= K equispaced points in time, so bin k
    goes to place k mod M of a short inverse FFT, which leaves the modulus as it is.
    Points lie centred in their pixels, and their mean is the midpoint rule with the
    first end correction (Euler-Maclaurin): less than 1 % rms per row from the mean at
    the full rate, 0.1 % with an `oversampling` of 4. Records are detrended, tapered,
    and reflected by an eighth of their length at both ends.

    Views of a record at different cut-offs of a high-pass filter are alike in the rows
    far above their cut-offs, which take most of the time. With a `view_tolerance`, rows
    are compared by their energies, from the spectra of the views and the response of
    the wavelet.

    References
    ----------
    .. [1] Balazs et al. (2011), Theory, implementation and applications of
       nonstationary Gabor frames, J. Comput. Appl. Math. 236(6), 1481-1496.
    """
    if not oversampling >= 1:
        raise ValueError(f"oversampling must be at least 1; got {oversampling}.")
    records = as_float(X)
    n_records, n_samples = len(records), records.shape[-1]
    plan = make_plan(
        n_samples,
        int(n_columns),
        tuple(float(frequency) for frequency in frequencies),
        float(sampling_rate),
        get_wavelet(wavelet),
        float(taper),
        float(oversampling),
        records.dtype,
    )
    shape = (*records.shape[:-1], len(frequencies), n_columns)
    images = np.empty(shape, dtype=records.dtype)
    chunk = max(_CHUNK_BYTES // (n_samples * records.itemsize), 1)
    chunk = max(chunk - chunk % _LANES, 1)
    for start in range(0, n_records, chunk):
        part = slice(start, start + chunk)
        power, exponent = _power(records[part], plan, shape[-2:], view_tolerance)
        if normalize:
            peak = power.max(axis=(-2, -1), keepdims=True)
            images[part] = power / np.where(peak > 0, peak, 1)
        else:
            images[part] = np.ldexp(power, exponent)
    return images


def scale_image(image: npt.NDArray, scale: str, dynamic_range_db: float) -> npt.NDArray:
    """Convert power relative to its maximum to a scale from 0 to 1."""
    if scale == "power":
        return image
    if scale == "magnitude":
        return np.sqrt(image)
    least = image.dtype.type(10.0 ** (-dynamic_range_db / 10.0))
    decibels = 10.0 * np.log10(np.maximum(image, least))
    return decibels / image.dtype.type(dynamic_range_db) + 1
