"""What the baselines have in common."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .._utils.validation import check_records
from ..neural import FingerprintClassifier
from ..preprocessing import WaveformPreprocessor


class WaveformBaseline(ClassifierMixin, BaseEstimator):
    """Base of the classifiers of records as they are."""

    _max_ndim = 3

    def _check(self, X, *, reset):
        """Return records with an axis of channels."""
        X = check_records(self, X, reset=reset, max_ndim=self._max_ndim)
        return X[:, None] if X.ndim == 2 else X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # the checks learn from two numbers, of which little is left
        tags.classifier_tags.poor_score = True
        return tags


class NetBaseline(WaveformBaseline):
    """Base of the nets on waveforms, each with its own representation of them.

    A subclass gives `_represent(records)`, from records of shape (n_records,
    n_channels, n_samples) to what a `FingerprintClassifier` takes, and sets

    - `_module`: the class of its net;
    - `_module_parameters`: names of own parameters that the net takes, too;
    - `_recipe`: settings of training beside those that are parameters;
    - `_rate`: the published sampling rate in Hz.
    """

    _module = None
    _module_parameters = ()
    _recipe = {"optimizer": torch.optim.Adam, "weight_decay": 0.0, "lr_schedule": None}
    _rate = 100.0

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        max_epochs=100,
        batch_size=128,
        lr=1e-3,
        early_stopping=False,
        n_jobs=None,
        device="auto",
        random_state=None,
    ):
        self.sampling_rate = sampling_rate
        self.window = window
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.early_stopping = early_stopping
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state

    def fit(self, X, y, groups=None):
        """Train a fresh net on records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record, for the validation split of early stopping;
            None makes every record its own event.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a parameter is impossible; if training diverges.
        """
        return self._fit(X, y, groups)

    def _fit(self, X, y, groups, **onsets):
        """Train a fresh net on records."""
        vars(self).pop("net_", None)
        inputs, net = self._prepare(self._check(X, reset=True), **onsets)
        self.net_ = net.fit(inputs, y, groups)
        self.classes_ = net.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.

        Raises
        ------
        ValueError
            If the records are not of the shape that the net was fitted on.
        """
        check_is_fitted(self)
        return self.net_.predict_proba(self._represent(self._check(X, reset=False)))

    def predict(self, X):
        """Return the most probable class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _prepare(self, X, **onsets):
        """Return what is to be fitted on records that were checked, and a fresh net."""
        net = self._make_net()
        net._check_parameters()
        return self._represent(X, **onsets), net

    def _make_net(self):
        own = {name: getattr(self, name) for name in self._module_parameters}
        return FingerprintClassifier(
            self._module,
            lr=self.lr,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            early_stopping=self.early_stopping,
            augmenter=self._make_augmenter(),
            device=self.device,
            random_state=self.random_state,
            **self._recipe,
            **{f"module__{name}": value for name, value in own.items()},
        )

    def _make_augmenter(self):
        """Return what changes records while the net is trained, if anything does."""

    def _preprocess(self, X, *, f_max=None, **settings):
        """Return records filtered, cut and scaled, at the published rate."""
        if f_max is not None and f_max > 0.45 * self.sampling_rate:
            f_max = None  # the records have nothing above
        preprocessor = WaveformPreprocessor(
            sampling_rate=self.sampling_rate,
            target_rate=self._rate,
            window=self.window,
            f_max=f_max,
            n_jobs=self.n_jobs,
            **settings,
        )
        return preprocessor.fit_transform(X)

    def __sklearn_is_fitted__(self):
        """Tell whether the last fit came to its end."""
        return hasattr(self, "net_")


class EventNetBaseline(NetBaseline):
    """Base of the nets on rows of events, with one more axis for the stations.

    Records without it count as events of one station; a missing station is zeros, or
    masked in a masked array.
    """

    _max_ndim = 4

    def _check(self, X, *, reset):
        """Return events with axes of stations and of channels, gaps filled by zeros."""
        if np.ma.isMaskedArray(X):
            X = X.filled(0)
        X = super()._check(X, reset=reset)
        return X[:, None] if X.ndim == 3 else X


def pad_to(X, least):
    """Pad the last axes with zeros, at their ends, to the least sizes a net takes."""
    first = X.ndim - len(least)
    missing = np.maximum(np.array(least) - X.shape[first:], 0)
    if not missing.any():
        return X
    return np.pad(X, [(0, 0)] * first + [(0, n) for n in missing])
