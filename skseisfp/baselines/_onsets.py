"""What the baselines have in common that take onsets beside the records."""

from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_per_record


class OnsetsMixin:
    """Methods of the classifiers that take onsets beside the records.

    A subclass gives `_represent(records, arrival, s_arrival, origin)` and sets

    - `_fitted`: the name of the attribute that predicts what that returns.
    """

    _fitted = None

    def predict_proba(self, X, arrival=None, s_arrival=None, origin=None):
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
            If the records are not of the shape seen in fit.
        """
        check_is_fitted(self)
        X = self._check(X, reset=False)
        inputs = self._represent(X, arrival, s_arrival, origin)
        return getattr(self, self._fitted).predict_proba(inputs)

    def predict(self, X, arrival=None, s_arrival=None, origin=None):
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
        self, X, y, arrival=None, s_arrival=None, origin=None, sample_weight=None
    ):
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
            Part of the records that are classified rightly.
        """
        given = self.predict(X, arrival, s_arrival, origin)
        return accuracy_score(y, given, sample_weight=sample_weight)

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
        return 0.0 if self.window is None else self.window[0]
