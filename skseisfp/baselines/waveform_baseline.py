"""What all baselines have in common."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .._parameters import HERTZ, WINDOW, ValidatedParameters
from .._utils.validation import check_records
from ..signal.windows import window_samples
from ._docs import InheritedDocs

if TYPE_CHECKING:
    import numpy.typing as npt

    from .published_system import PublishedSystem


class WaveformBaseline(
    InheritedDocs, ValidatedParameters, ClassifierMixin, BaseEstimator
):
    """Base of the published systems as classifiers of waveforms.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    n_jobs : int, default=None
        Number of threads that prepare the records.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Attributes
    ----------
    published : PublishedSystem
        What is published of the system, an attribute of the class.
    classes_ : ndarray of shape (n_classes,)
        Labels.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    NetworkBaseline : Base of the networks.
    published_systems : The table of the systems.

    Notes
    -----
    A subclass sets `published` and ``_fitted``, the name of the attribute that holds
    its fitted classifier, and gives ``fit``, which sets this attribute and `classes_`,
    and ``_represent(X)``, which returns the input of that classifier for records of
    shape (n_records, n_channels, n_samples). In `fit` it calls

    - ``_validate_params()``, which raises if a parameter is outside of its declaration
      in `_parameter_constraints`, to which a subclass adds its own parameters;
    - ``_check(X, reset=True)``, which returns the records and learns their shape;
    - ``_check_combinations(X)``, which raises if parameters do not go together, or not
      with these records.

    Its docstring documents the parameters that it adds. Those that it inherits are
    documented here, with the defaults of its own signature.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.baselines import PublishedSystem, WaveformBaseline
    >>> class AfterDoe2000(WaveformBaseline):
    ...     published = PublishedSystem(
    ...         paper="Doe",
    ...         year=2000,
    ...         task="earthquake or blast",
    ...         input="power of each channel",
    ...         exactness="by description",
    ...         source="abstract",
    ...     )
    ...     _fitted = "tree_"
    ...
    ...     def fit(self, X, y, groups=None):
    ...         self._validate_params()
    ...         X = self._check(X, reset=True)
    ...         self._check_combinations(X)
    ...         self.tree_ = DecisionTreeClassifier().fit(self._represent(X), y)
    ...         self.classes_ = self.tree_.classes_
    ...         return self
    ...
    ...     def _represent(self, X):
    ...         return (X**2).mean(axis=-1)
    >>> X = np.ones((4, 3, 500)) * np.array([1, 2, 1, 2])[:, None, None]
    >>> y = np.array(["earthquake", "blast"] * 2)
    >>> AfterDoe2000().fit(X, y).predict(X[:2])
    array(['earthquake', 'blast'], dtype='<U10')
    """

    published: ClassVar[PublishedSystem]
    classes_: npt.NDArray
    record_shape_: tuple[int, ...]
    n_features_in_: int
    verbose: int = 0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampling_rate": [HERTZ],
        "window": [WINDOW, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _earlier_values: ClassVar[dict[str, Any]] = {"verbose": 0}
    _fitted: ClassVar[str]
    _max_ndim: ClassVar[int] = 3

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.window = window
        self.n_jobs = n_jobs
        # a subclass that does not take it has none of its own, so that its files load
        if verbose is not type(self).verbose:
            self.verbose = verbose

    def predict(self, X: npt.ArrayLike) -> npt.NDArray:
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

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray:
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
            If the records are not of the shape seen in `fit`.
        """
        check_is_fitted(self)
        inputs = self._represent(self._check(X, reset=False))
        return getattr(self, self._fitted).predict_proba(inputs)

    def _represent(self, X, **times):
        """Return the input of the fitted classifier for records of several channels."""
        raise NotImplementedError

    def _check(self, X, *, reset):
        """Return records with an axis of channels."""
        X = check_records(self, X, reset=reset, max_ndim=self._max_ndim)
        return X[:, None] if X.ndim == 2 else X

    def _check_combinations(self, X):
        """Raise if the window does not lie within the records."""
        check_within("window", self.window, X.shape[-1] / self.sampling_rate)

    def _cut(self, X):
        """Return the window of records at their own rate."""
        first, last = window_samples(self.window, X.shape[-1], self.sampling_rate)
        return X[..., first:last]

    def __sklearn_is_fitted__(self):
        """Return whether the last fit was completed."""
        return hasattr(self, self._fitted)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # the checks learn from two numbers, of which little is left
        tags.classifier_tags.poor_score = True
        return tags


def check_within(name, window, duration):
    """Raise if a window ends after the record."""
    if window is not None and window[1] > duration:
        raise ValueError(
            f"{name} must be two increasing times within the record, from 0 to "
            f"{duration:g} s, or None; got {window!r}."
        )
