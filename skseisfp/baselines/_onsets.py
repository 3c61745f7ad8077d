"""What the baselines that take onsets in addition to records have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_per_record
from .waveform_baseline import WaveformBaseline

if TYPE_CHECKING:
    import numpy.typing as npt


class OnsetsMixin(WaveformBaseline):
    """Methods of the classifiers that take onsets in addition to records.

    A subclass gives `_represent(records, arrival, s_arrival, origin)`.
    """

    def predict_proba(
        self,
        X: npt.ArrayLike,
        arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.
        arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.

        Raises
        ------
        ValueError
            If the records are not of the shape seen in `fit`.
        """
        check_is_fitted(self)
        X = self._check(X, reset=False)
        inputs = self._represent(X, arrival=arrival, s_arrival=s_arrival, origin=origin)
        return getattr(self, self._fitted).predict_proba(inputs)

    def predict(
        self,
        X: npt.ArrayLike,
        arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Return the most probable class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.
        arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        best = self.predict_proba(X, arrival, s_arrival, origin).argmax(axis=1)
        return self.classes_[best]

    def score(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        arrival: npt.ArrayLike | None = None,
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
        arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `fit`.
        sample_weight : array-like of shape (n_records,), default=None
            Weights of the records.

        Returns
        -------
        float
            Fraction of the records that are classified correctly.
        """
        predicted = self.predict(X, arrival, s_arrival, origin)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def _shift_onsets(self, n_records, arrival, s_arrival, origin, *, rate):
        """Return onsets by name, in samples at a rate from the start of the window."""
        start = self._window_start()
        onsets = {"arrival": arrival, "s_arrival": s_arrival, "origin": origin}
        for name, samples in onsets.items():
            if samples is not None:
                samples = check_per_record(name, samples, n_records, "sample number")
                samples = samples - start * self.sampling_rate
                onsets[name] = samples * (rate / self.sampling_rate)
        return onsets

    def _window_start(self):
        """Return the start of the window in seconds from the first sample."""
        return 0.0 if self.window is None else self.window[0]
