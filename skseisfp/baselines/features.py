"""What the baselines on physics features have in common."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import f_classif
from sklearn.pipeline import make_pipeline

from .._utils.checks import check_real
from .._utils.validation import check_classes
from ..preprocessing import PhysicsFeatures, WaveformPreprocessor
from ._base import WaveformBaseline
from ._onsets import OnsetsMixin


class FeatureBaseline(OnsetsMixin, WaveformBaseline):
    """Base of the classifiers on physics features of waveforms.

    A subclass gives `_make_steps()`, of a pipeline that takes features with NaN where
    there are none, and sets

    - `_groups`: groups of `PhysicsFeatures`;
    - `_bands`: bands of the ratios of P to S, or None;
    - `_columns`: names of the features that it takes, or None for all but
      `_stand_ins`, which the event has where onsets are not known.
    """

    __metadata_request__fit = {"groups": False}

    _fitted = "classifier_"
    _groups = "all"
    _bands = None
    _columns = None
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
        sampling_rate=100.0,
        window=None,
        p_onset=None,
        s_onset=None,
        vp_vs=None,
        f_min=0.5,
        scaling="record",
        n_jobs=None,
    ):
        self.sampling_rate = sampling_rate
        self.window = window
        self.p_onset = p_onset
        self.s_onset = s_onset
        self.vp_vs = vp_vs
        self.f_min = f_min
        self.scaling = scaling
        self.n_jobs = n_jobs

    def fit(self, X, y, groups=None, arrival=None, s_arrival=None, origin=None):
        """Fit on features of records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : array-like of shape (n_records,)
            Labels.
        groups : None
            Not used; there so that all baselines are fitted alike.
        arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            Samples of P, of S and of the origin of the event, where known; NaN where
            not, and P or S before `window` count as not known. The origin is used with
            `vp_vs` only.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a parameter is impossible.
        """
        vars(self).pop("classifier_", None)
        classifier = make_pipeline(*self._make_steps())
        X = self._check(X, reset=True)
        y = check_classes(self, X, y)
        features = self._represent(X, arrival, s_arrival, origin)
        classifier.fit(features, y)
        self.classes_ = classifier.classes_
        self.classifier_ = classifier
        return self

    def get_feature_names(self):
        """Name the features, in the order that the classifier takes them.

        Returns
        -------
        ndarray of str
            Names, as `PhysicsFeatures` explains them.
        """
        if self._columns is not None:
            return np.array(self._columns, dtype=object)
        names = self._describer().get_feature_names_out()
        return names[~np.isin(names, self._stand_ins)]

    def _represent(self, X, arrival=None, s_arrival=None, origin=None):
        """Return the features of records."""
        filtered = self._preprocess(X)
        onsets = self._shift_onsets(
            len(X), arrival, s_arrival, origin, rate=self.sampling_rate
        )
        describer = self._describer()
        features = describer.fit_transform(filtered, **onsets)
        names = list(describer.get_feature_names_out())
        return features[:, [names.index(name) for name in self.get_feature_names()]]

    def _preprocess(self, X):
        """Return records filtered, cut and scaled."""
        f_min = self.f_min
        if f_min is not None and check_real("f_min", f_min) >= self.sampling_rate / 2:
            f_min = None  # the records have nothing above
        return WaveformPreprocessor(
            sampling_rate=self.sampling_rate,
            window=self.window,
            f_min=f_min,
            scaling=self.scaling,
            n_jobs=self.n_jobs,
        ).fit_transform(X)

    def _describer(self):
        start = self._window_start()
        onsets = {"p_onset": self.p_onset, "s_onset": self.s_onset}
        for name, onset in onsets.items():
            if onset is not None:
                onsets[name] = check_real(name, onset, min_val=start) - start
        return PhysicsFeatures(
            sampling_rate=self.sampling_rate,
            features=self._groups,
            ratio_bands=self._bands,
            vp_vs=self.vp_vs,
            n_jobs=self.n_jobs,
            **onsets,
        )

    def __sklearn_is_fitted__(self):
        """Tell whether the last fit came to its end."""
        return hasattr(self, "classifier_")


class FillMissing(TransformerMixin, BaseEstimator):
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

    def __init__(self, *, median=False):
        self.median = median

    def fit(self, X, y=None):
        """Look which features are missing.

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
        self.empty_ = np.isnan(X).all(axis=0)
        self.fill_ = np.where(self.empty_, 0.0, np.nan)
        if self.median:
            self.fill_[~self.empty_] = np.nanmedian(X[:, ~self.empty_], axis=0)
        return self

    def transform(self, X):
        """Fill the features in.

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


class WeaklyCorrelated(TransformerMixin, BaseEstimator):
    """Take the features that part the classes best and are not much alike.

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

    def __init__(self, *, n_features=5, max_correlation=0.5):
        self.n_features = n_features
        self.max_correlation = max_correlation

    def fit(self, X, y):
        """Choose by the F statistic, of training rows alone.

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
        varied = np.flatnonzero(X.std(axis=0) > 1e-9 * np.abs(X).max(axis=0))
        if not varied.size:
            self.selected_ = np.array([0])
            return self
        score = np.full(X.shape[1], -1.0)
        if len(X) > len(np.unique(y)):
            with np.errstate(divide="ignore", invalid="ignore"):
                score[varied] = np.nan_to_num(f_classif(X[:, varied], y)[0])
        alike = np.eye(X.shape[1])
        alike[np.ix_(varied, varied)] = np.abs(np.corrcoef(X[:, varied].T))
        taken = []
        for column in varied[np.argsort(-score[varied], kind="stable")]:
            if (alike[column, taken] <= self.max_correlation).all():
                taken.append(column)
            if len(taken) == self.n_features:
                break
        self.selected_ = np.array(taken)
        return self

    def transform(self, X):
        """Return the chosen features.

        Parameters
        ----------
        X : ndarray of shape (n_records, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_records, n_selected)
            The chosen ones.
        """
        return X[:, self.selected_]
