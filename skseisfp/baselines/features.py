"""What the baselines on physics features have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import f_classif
from sklearn.pipeline import make_pipeline

from .._compat import StrOptions
from .._parameters import COUNT, FRACTION, HERTZ, NOT_NEGATIVE, ValidatedParameters
from .._utils.fit_metadata import note_given
from .._utils.validation import check_classes
from ..preprocessing import WaveformPreprocessor
from ..signal.arrivals import check_arrival
from ._constraints import VP_VS
from ._onsets import OnsetsMixin, WindowFeatures
from .waveform_baseline import WaveformBaseline

if TYPE_CHECKING:
    from typing import Self

    import numpy.typing as npt
    from sklearn.pipeline import Pipeline

_ROUNDING = 1e-9  # of the largest value of a feature; it varies less by rounding


class FeatureBaseline(OnsetsMixin, WaveformBaseline):
    """Base of the classifiers on physics features of waveforms.

    Parameters
    ----------
    p_arrival : float in [0, inf), default=None
        Seconds from the first sample of the record to P, where `fit` and the methods
        that predict are not given it; None leaves P unknown.
    s_arrival : float in [0, inf), default=None
        Seconds from the first sample of the record to S, likewise.
    vp_vs : float in (1, inf), default=None
        Ratio of speeds by which S is estimated from P and the origin; None does not
        estimate it.
    f_min : float in (0, inf), default=0.5
        Corner of the high-pass filter in Hz; None does not filter.
    scaling : {"record", "trace", None}, default="record"
        What is divided by its largest value.
    n_jobs : int, default=None
        Number of threads that compute the features.

    Attributes
    ----------
    published : PublishedSystem
        What is published of the system, an attribute of the class.
    classes_ : ndarray of shape (n_classes,)
        Labels.
    classifier_ : Pipeline
        The fitted classifier of features.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    Notes
    -----
    A subclass sets `published` and gives ``_make_steps()``, which returns the steps of
    a pipeline that takes features, NaN where there are none. It may set

    - ``_groups``: groups of `PhysicsFeatures`;
    - ``_bands``: bands of the ratios of P to S, or None;
    - ``_columns``: names of the features that it takes, or None for all but
      ``_stand_ins``, which the event has where arrivals are not known.
    """

    classifier_: Pipeline

    __metadata_request__fit = {"groups": False}

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **WaveformBaseline._parameter_constraints,
        "p_arrival": [NOT_NEGATIVE, None],
        "s_arrival": [NOT_NEGATIVE, None],
        "vp_vs": [VP_VS, None],
        "f_min": [HERTZ, None],
        "scaling": [StrOptions({"record", "trace"}), None],
    }
    _fitted = "classifier_"
    _groups: ClassVar[str | tuple[str, ...]] = "all"
    _bands: ClassVar[tuple[tuple[float, float], ...] | None] = None
    _columns: ClassVar[tuple[str, ...] | None] = None
    _stand_ins = (
        "fc_event",
        "t_star_event",
        "phi_event",
        "misfit_event",
        "log_halves",
        "spectral_log_low_high",
    )

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        p_arrival: float | None = None,
        s_arrival: float | None = None,
        vp_vs: float | None = None,
        f_min: float | None = 0.5,
        scaling: str | None = "record",
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            sampling_rate=sampling_rate, window=window, n_jobs=n_jobs, verbose=verbose
        )
        self.p_arrival = p_arrival
        self.s_arrival = s_arrival
        self.vp_vs = vp_vs
        self.f_min = f_min
        self.scaling = scaling

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit on features of records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : array-like of shape (n_records,)
            Labels.
        groups : None
            Not used; there so that all baselines are fitted alike.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            Seconds from the first sample of the record to P, to S and to the origin of
            the event; NaN where they are not known, and P or S before `window` count as
            not known. The origin is used with `vp_vs` only. Those that are given here
            must be given to the methods that predict, too.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a parameter is not valid.
        """
        vars(self).pop("classifier_", None)
        self._validate_params()
        X = self._check(X, reset=True)
        self._check_combinations(X)
        y = check_classes(self, X, y)
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        features = self._represent(X, **times)
        classifier = make_pipeline(*self._make_steps()).fit(features, y)
        self.classes_ = classifier.classes_
        self.classifier_ = classifier
        note_given(self, times)
        return self

    def get_feature_names(self) -> npt.NDArray:
        """Return the names of the features, in the order of the classifier's input.

        Returns
        -------
        ndarray of str
            Names, as `PhysicsFeatures` explains them.
        """
        if self._columns is not None:
            return np.array(self._columns, dtype=object)
        names = self._describer().get_feature_names_out()
        return names[~np.isin(names, self._stand_ins)]

    def _make_steps(self):
        """Return the steps of the pipeline that classifies features."""
        raise NotImplementedError

    def _check_combinations(self, X):
        """Raise if the window or an arrival does not go with the records."""
        super()._check_combinations(X)
        start = self._window_start()
        record = {"n_samples": X.shape[-1], "sampling_rate": self.sampling_rate}
        for name in ("p_arrival", "s_arrival"):
            time = getattr(self, name)
            check_arrival(name, time, **record)
            if time is not None and time < start:
                raise ValueError(
                    f"{name} must be a time >= {start:g} s, the start of the window, "
                    f"or None; got {time!r}."
                )

    def _represent(self, X, **times):
        """Return the features of records."""
        filtered = self._preprocess(X)
        times = self._in_window(X, rate=self.sampling_rate, **times)
        describer = self._describer()
        features = describer.fit_transform(filtered, **times)
        names = list(describer.get_feature_names_out())
        return features[:, [names.index(name) for name in self.get_feature_names()]]

    def _preprocess(self, X):
        """Return records filtered, cut and scaled."""
        f_min = self.f_min
        if f_min is not None and f_min >= self.sampling_rate / 2:
            f_min = None  # the records have nothing above
        return WaveformPreprocessor(
            sampling_rate=self.sampling_rate,
            window=self.window,
            f_min=f_min,
            scaling=self.scaling,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        ).fit_transform(X)

    def _describer(self):
        """Return the transformer of preprocessed records to features."""
        start = self._window_start()
        times: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name) - start
            for name in ("p_arrival", "s_arrival")
        }
        return WindowFeatures(
            sampling_rate=self.sampling_rate,
            features=self._groups,
            ratio_bands=self._bands,
            vp_vs=self.vp_vs,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            **times,
        )


class FillMissing(ValidatedParameters, TransformerMixin, BaseEstimator):
    """Put zeros for features that no training record has.

    Parameters
    ----------
    median : bool, default=False
        Whether other missing features become the median of the training records; else
        they stay NaN.

    Attributes
    ----------
    empty_ : ndarray of bool of shape (n_features,)
        Features that no training record has.
    fill_ : ndarray of shape (n_features,)
        What is put for missing features.
    """

    empty_: npt.NDArray
    fill_: npt.NDArray

    _parameter_constraints = {"median": ["boolean"]}

    def __init__(self, *, median: bool = False) -> None:
        self.median = median

    def fit(self, X: npt.NDArray, y: None = None) -> Self:
        """Learn which features are missing, and the medians of the others.

        Parameters
        ----------
        X : ndarray of shape (n_records, n_features)
            Features.
        y : None
            Not used.

        Returns
        -------
        self
            The fitted transformer.
        """
        self._validate_params()
        self.empty_ = np.all(np.isnan(X), axis=0)
        self.fill_ = np.where(self.empty_, 0.0, np.nan)
        if self.median:
            self.fill_[~self.empty_] = np.nanmedian(X[:, ~self.empty_], axis=0)
        return self

    def transform(self, X: npt.NDArray) -> npt.NDArray:
        """Fill the missing features.

        Parameters
        ----------
        X : ndarray of shape (n_records, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_records, n_features)
            Features.
        """
        return np.where(self.empty_ | np.isnan(X), self.fill_, X)


class WeaklyCorrelated(ValidatedParameters, TransformerMixin, BaseEstimator):
    """Select features that separate the classes best and are weakly correlated.

    Parameters
    ----------
    n_features : int, default=5
        Largest number of features.
    max_correlation : float, default=0.5
        Largest absolute correlation of two of them.

    Attributes
    ----------
    selected_ : ndarray of int of shape (n_selected,)
        Columns, the best one first.
    """

    selected_: npt.NDArray

    _parameter_constraints = {"n_features": [COUNT], "max_correlation": [FRACTION]}

    def __init__(self, *, n_features: int = 5, max_correlation: float = 0.5) -> None:
        self.n_features = n_features
        self.max_correlation = max_correlation

    def fit(self, X: npt.NDArray, y: npt.ArrayLike) -> Self:
        """Select by the F statistic, of training rows alone.

        Parameters
        ----------
        X : ndarray of shape (n_records, n_features)
            Features without NaN.
        y : array-like of shape (n_records,)
            Labels.

        Returns
        -------
        self
            The fitted selector.
        """
        self._validate_params()
        varied = np.flatnonzero(X.std(axis=0) > _ROUNDING * np.abs(X).max(axis=0))
        self.selected_ = self._select(X, y, varied) if varied.size else np.array([0])
        return self

    def _select(self, X, y, varied):
        """Return the best of some columns that are not correlated with better ones."""
        score = _f_statistic(X[:, varied], y)
        correlation = np.eye(X.shape[1])
        correlation[np.ix_(varied, varied)] = np.abs(np.corrcoef(X[:, varied].T))
        taken = []
        for column in varied[np.argsort(-score, kind="stable")]:
            if (correlation[column, taken] <= self.max_correlation).all():
                taken.append(column)
            if len(taken) == self.n_features:
                break
        return np.array(taken)

    def transform(self, X: npt.NDArray) -> npt.NDArray:
        """Return the selected features.

        Parameters
        ----------
        X : ndarray of shape (n_records, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_records, n_selected)
            Features, the best one first.
        """
        return X[:, self.selected_]


def _f_statistic(X, y):
    """Return the F statistic of each feature, -1 where there are too few records."""
    if len(X) <= len(np.unique(y)):
        return np.full(X.shape[1], -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(f_classif(X, y)[0])
