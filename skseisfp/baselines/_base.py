"""What the baselines have in common."""

from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_real
from .._utils.validation import check_records
from ..neural import FingerprintClassifier
from ..neural.device import choose_device
from ..preprocessing import WaveformPreprocessor
from ..signal.waveform import RecordError, resampling_factors


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


class NetworkBaseline(WaveformBaseline):
    """Base of the networks on waveforms, each with its own representation of them.

    A subclass gives `_represent(records)`, from records of shape (n_records,
    n_channels, n_samples) to what a `FingerprintClassifier` takes, and sets

    - `_module`: the class of its network;
    - `_module_parameters`: names of own parameters that the network takes, too;
    - `_recipe`: settings of training beside those that are parameters;
    - `_rate`: the published sampling rate in Hz;
    - `_f_min`: the corner of the high-pass filter in Hz, or None.

    Own parameters are checked in `_check_parameters`, before the records are worked on.
    """

    _module = None
    _module_parameters = ()
    _recipe = {"optimizer": torch.optim.Adam, "weight_decay": 0.0, "lr_schedule": None}
    _rate = 100.0
    _f_min = None

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
        """Train a fresh network on records.

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
        """Train a fresh network on records."""
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
            If the records are not of the shape that the network was fitted on.
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
        self._check_parameters(X)
        net = self._make_network()
        net._check_parameters()
        return self._represent(X, **onsets), net

    def _check_parameters(self, X):
        """Refuse parameters that are impossible, or are so for these records."""
        check_positive("sampling_rate", self.sampling_rate)
        if self._f_min is not None and self.sampling_rate <= 2 * self._f_min:
            raise ValueError(
                f"sampling_rate must be above {2 * self._f_min:g} Hz, since records "
                f"are high-pass filtered at {self._f_min:g} Hz; got "
                f"{self.sampling_rate!r}."
            )
        check_window("window", self.window, X.shape[-1] / self.sampling_rate)
        if self.n_jobs is not None:
            check_scalar(self.n_jobs, "n_jobs", Integral)
        choose_device(self.device)
        try:
            check_random_state(self.random_state)
        except ValueError as error:
            raise ValueError(
                "random_state must be None, an integer from 0 to 2**32 - 1 or a "
                f"RandomState instance; got {self.random_state!r}."
            ) from error

    def _make_network(self):
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
        """Return what changes records in training, None if nothing does."""

    def _preprocess(self, X, *, f_max=None, **settings):
        """Return records filtered, cut and scaled, at the published rate."""
        if f_max is not None and f_max > 0.45 * self.sampling_rate:
            f_max = None  # the records have nothing above
        preprocessor = WaveformPreprocessor(
            sampling_rate=self.sampling_rate,
            target_rate=self._rate,
            window=self.window,
            f_min=self._f_min,
            f_max=f_max,
            n_jobs=self.n_jobs,
            **settings,
        )
        try:
            resampling_factors(self.sampling_rate, self._rate)
            return preprocessor.fit_transform(X)
        except RecordError as error:
            raise ValueError(
                f"sampling_rate={self.sampling_rate!r} cannot be brought to "
                f"{self._rate:g} Hz: {error}."
            ) from error

    def __sklearn_is_fitted__(self):
        """Tell whether the last fit came to its end."""
        return hasattr(self, "net_")


class EventNetworkBaseline(NetworkBaseline):
    """Base of the networks on rows of events, with one more axis for the stations.

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


def check_positive(name, value):
    """Refuse what is no finite number above zero."""
    check_real(name, value, min_val=0, max_val=np.inf, include_boundaries="neither")


def check_dropout(name, value):
    """Refuse what is no probability below one."""
    check_real(name, value, min_val=0, max_val=1, include_boundaries="left")


def check_finite(name, value):
    """Refuse what is no finite number."""
    limits = {"min_val": -np.inf, "max_val": np.inf, "include_boundaries": "neither"}
    check_real(name, value, **limits)


def check_window(name, window, duration):
    """Refuse what is neither None nor two increasing times within a duration."""
    if window is not None and not (
        is_pair(window, Real) and 0 <= window[0] < window[1] <= duration
    ):
        raise ValueError(
            f"{name} must be two increasing times within the record, from 0 to "
            f"{duration:g} s, or None; got {window!r}."
        )


def check_shape(shape, least):
    """Refuse what is no shape of images with sides that are long enough."""
    if not is_pair(shape, Integral) or min(shape) < least:
        raise ValueError(
            f"shape must be at least {least} x {least}, two integers; got {shape!r}."
        )


def is_pair(values, kind):
    """Tell whether values are two numbers of a kind."""
    values = np.asarray(values, dtype=object)
    return values.shape == (2,) and all(isinstance(value, kind) for value in values)


def pad_to(X, least):
    """Pad the ends of the last axes with zeros to the sizes that a network needs."""
    first = X.ndim - len(least)
    missing = np.maximum(np.array(least) - X.shape[first:], 0)
    if not missing.any():
        return X
    return np.pad(X, [(0, 0)] * first + [(0, n) for n in missing])
