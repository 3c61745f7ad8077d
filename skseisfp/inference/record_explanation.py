"""Contributions of bands and seconds of records to predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._html import explanation_html


@dataclass(frozen=True, eq=False)
class RecordExplanation:
    """Contributions of cells of band and time to the predictions of records.

    `explain_records` returns it.

    Parameters
    ----------
    contributions : ndarray of shape (n_records, n_bands, n_windows)
        Contributions to the log-odds of `target`: positive where a cell speaks for that
        class, negative where it speaks for the others.
    band_edges : ndarray of shape (n_bands + 1,)
        Edges of the bands in Hz.
    window_edges : ndarray of shape (n_windows + 1,)
        Edges of the windows in seconds from the first sample.
    method : {"occlusion", "gradient"}
        How the contributions were found.
    target : ndarray of shape (n_records,)
        Class that is explained.
    log_odds : ndarray of shape (n_records,)
        Log-odds of that class, or its decision value.
    sampling_rate : float
        Samples per second (Hz) of the records.
    events : ndarray of shape (n_records,), default=None
        Event of each record.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.inference import RecordExplanation
    >>> explanation = RecordExplanation(
    ...     np.array([[[0.0, 2.0], [-1.0, 0.5]]]),
    ...     band_edges=np.array([1.0, 4.0, 16.0]),
    ...     window_edges=np.array([0.0, 10.0, 20.0]),
    ...     method="occlusion",
    ...     target=np.array(["blast"]),
    ...     log_odds=np.array([1.6]),
    ...     sampling_rate=40.0,
    ... )
    >>> explanation.frequencies, explanation.times
    (array([2., 8.]), array([ 5., 15.]))
    >>> explanation.by_band.tolist(), explanation.by_window.tolist()
    ([[2.0, -0.5]], [[-1.0, 2.5]])
    """

    contributions: npt.NDArray[np.float64]
    band_edges: npt.NDArray[np.float64]
    window_edges: npt.NDArray[np.float64]
    method: str
    target: npt.NDArray
    log_odds: npt.NDArray[np.float64]
    sampling_rate: float
    events: npt.NDArray | None = None

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Geometric centres of the bands in Hz."""
        return np.sqrt(self.band_edges[:-1] * self.band_edges[1:])

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Centres of the windows in seconds from the first sample."""
        return (self.window_edges[:-1] + self.window_edges[1:]) / 2

    @property
    def by_band(self) -> npt.NDArray[np.float64]:
        """Sums over the windows, of shape (n_records, n_bands)."""
        return self.contributions.sum(axis=2)

    @property
    def by_window(self) -> npt.NDArray[np.float64]:
        """Sums over the bands, of shape (n_records, n_windows)."""
        return self.contributions.sum(axis=1)

    def _repr_html_(self) -> str:
        return explanation_html(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row per cell of each record.

        Returns
        -------
        DataFrame of shape (n_records * n_bands * n_windows, ...)
            `record` (row of the record), `event_id` where events are known, `target`,
            `f_min` and `f_max` in Hz, `start` and `stop` in seconds, `contribution`.
        """
        shape = self.contributions.shape
        record, band, window = (index.ravel() for index in np.indices(shape))
        columns = {"record": record}
        if self.events is not None:
            columns["event_id"] = self.events[record]
        return pd.DataFrame(
            {
                **columns,
                "target": self.target[record],
                "f_min": self.band_edges[band],
                "f_max": self.band_edges[band + 1],
                "start": self.window_edges[window],
                "stop": self.window_edges[window + 1],
                "contribution": self.contributions.ravel(),
            }
        )
