"""What the baselines that take arrivals in addition to records have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from .._utils.fit_metadata import check_given
from ..preprocessing import PhysicsFeatures
from ..signal.arrivals import arrival_samples, arrival_times, check_arrivals
from .waveform_baseline import WaveformBaseline

if TYPE_CHECKING:
    import numpy.typing as npt


class WindowFeatures(PhysicsFeatures):
    """Features of windows of records, in which P and S need not be."""

    _arrivals_within = False


class OnsetsMixin(WaveformBaseline):
    """Methods of the classifiers that take arrivals in addition to records.

    A subclass gives `_represent(records, p_arrival, s_arrival, origin)`.
    """

    def predict_proba(
        self,
        X: npt.ArrayLike,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.

        Raises
        ------
        ValueError
            If the records are not of the shape seen in `fit`, or arrivals were given to
            one of `fit` and this method only.
        """
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        self._check_given("predict_proba", times)
        inputs = self._represent(self._check(X, reset=False), **times)
        return getattr(self, self._fitted).predict_proba(inputs)

    def predict(
        self,
        X: npt.ArrayLike,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Return the most probable class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        self._check_given("predict", times)
        return self.classes_[self.predict_proba(X, **times).argmax(axis=1)]

    def score(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.
        y : array-like of shape (n_records,)
            Labels.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.
        sample_weight : array-like of shape (n_records,), default=None
            Weights of the records.

        Returns
        -------
        float
            Fraction of the records that are classified correctly.
        """
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        self._check_given("score", times)
        predicted = self.predict(X, **times)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def _check_given(self, method, times):
        """Raise if it is not fitted, or was fitted with other arrivals."""
        check_is_fitted(self)
        check_given(self, method, times)

    def _in_window(self, X, *, rate, **times):
        """Return arrivals by name, in seconds from the start of the window.

        They are exact at a rate, that of the records in the window. Those of P and S
        before the window are not known in it; those after it remain.
        """
        start, n_samples = self._window_start() * self.sampling_rate, X.shape[-1]
        for name, values in times.items():
            if values is None:
                continue
            values = check_arrivals(
                name,
                values,
                len(X),
                n_samples=n_samples,
                sampling_rate=self.sampling_rate,
                earliest=-np.inf if name == "origin" else 0.0,
            )
            samples = arrival_samples(values, self.sampling_rate) - start
            if name != "origin":
                samples = np.where(samples >= 0, samples, np.nan)
            samples = samples * (rate / self.sampling_rate)
            times[name] = arrival_times(samples, rate)
        return times

    def _window_start(self):
        """Return the start of the window in seconds from the first sample."""
        return 0.0 if self.window is None else self.window[0]
