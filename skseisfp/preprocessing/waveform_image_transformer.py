"""Records to pictures of their curves."""

from __future__ import annotations

import numpy as np

from .._parameters import SIZE
from ._record_transformer import RecordTransformer, check_pixels, over_peak


class WaveformImageTransformer(RecordTransformer):
    """Black-and-white pictures of the traces as curves, for image networks.

    Parameters
    ----------
    shape : tuple of (int, int), default=(224, 224)
        Rows (amplitude, low to high) and columns (time) of the picture.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    Notes
    -----
    The mean of a trace is at half height and its largest deviation is at the edge. A
    column has ones from the lowest to the highest point of the curve within its
    span of time, so the curve is connected. Results are uint8.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import WaveformImageTransformer
    >>> X = np.array([[0.0, 1.0, 0.0, -1.0, 0.0]])
    >>> print(WaveformImageTransformer(shape=(5, 4)).fit_transform(X)[0, ::-1])
    [[1 1 0 0]
     [1 1 0 0]
     [1 1 1 1]
     [0 0 1 1]
     [0 0 1 1]]
    """

    _parameter_constraints = {
        **RecordTransformer._parameter_constraints,
        "shape": [SIZE],
    }

    def __init__(
        self,
        *,
        shape: tuple[int, int] = (224, 224),
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.shape = shape
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_combinations(self, n_samples):
        """Raise if the image of a trace does not fit memory."""
        check_pixels(self.shape)

    def _map_traces(self, traces):
        rows, columns = self.shape
        traces = over_peak(traces, axis=-1)
        traces = over_peak(traces - traces.mean(axis=-1, keepdims=True), axis=-1)
        edges = np.linspace(0, traces.shape[-1] - 1, columns + 1)
        times = np.union1d(np.arange(traces.shape[-1]), edges)
        curve = _interpolate(traces, times)
        starts = np.searchsorted(times, edges[:-1])
        ends = _interpolate(traces, edges[1:])
        low, high = (
            _row(extreme(extreme.reduceat(curve, starts, axis=-1), ends), rows)
            for extreme in (np.minimum, np.maximum)
        )
        row = np.arange(rows)[:, None]
        image = (row >= low[:, None]) & (row <= high[:, None])
        return image.astype(np.uint8)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _interpolate(traces, times):
    """Return values of all traces at times in samples."""
    before = np.floor(times).astype(int)
    after = np.minimum(before + 1, traces.shape[-1] - 1)
    part = times - before
    return traces[:, before] * (1 - part) + traces[:, after] * part


def _row(values, rows):
    """Return the rows of values from -1 to 1."""
    return np.rint((values + 1) / 2 * (rows - 1))
