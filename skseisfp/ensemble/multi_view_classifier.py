"""A classifier on views: they are unrolled to fit and averaged to predict."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import Tags, check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from .._compat import StrOptions, num_samples
from .._utils.checks import check_unmasked
from .._utils.validation import check_labels
from ..events import attach_events
from ..metrics.decisions import check_decides_by_scores, decide, decision_threshold
from ._wrapper import ClassifierWrapper, has_scores


class MultiViewClassifier(ClassifierWrapper):
    """Classify records of several views by any classifier of flat features.

    A view is a variant of a record, such as the same seismogram after another filter.
    The views are rows for the wrapped classifier while it fits; its predictions are
    averaged over the views of a record. The number of records never changes, so that
    no view leaves the fold of its record.

    Parameters
    ----------
    estimator : classifier
        Classifier of X of shape (n_rows, n_features).
    fit_views : {"all", "first"}, default="all"
        Views to fit on: all of them, or view 0 alone.
    predict_views : {"mean", "first"}, default="mean"
        Predict from the mean over the views, or from view 0 alone.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features of a view.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X was a table of one view.

    Notes
    -----
    Axis 1 of X is the view axis always, and 2-D X has one view; the axes after it are
    flattened. The number of views may differ between `fit` and `predict`.

    The mean is that of ``predict_proba``, or of ``decision_function`` where the wrapped
    classifier has no probabilities, or of the votes of ``predict`` where it has
    neither; this class has only the first of these methods. Of several equal scores the
    first class wins. With a single view the prediction is that of the wrapped
    classifier itself.

    A parameter of `fit` with one value per record, such as ``sample_weight`` or
    ``groups``, is repeated for every view. A wrapped classifier that splits its
    training rows needs ``groups``, so that all views of a record are on one side.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import SVC
    >>> from skseisfp.ensemble import MultiViewClassifier
    >>> y = np.repeat(["blast", "quake"], 20)
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal((y == "quake")[:, None, None], 0.5, (40, 5, 8))
    >>> MultiViewClassifier(SVC()).fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints = {
        **ClassifierWrapper._parameter_constraints,
        "fit_views": [StrOptions({"all", "first"})],
        "predict_views": [StrOptions({"mean", "first"})],
    }

    n_features_in_: int

    __metadata_request__fit = {"groups": True}

    def __init__(
        self, estimator: Any, *, fit_views: str = "all", predict_views: str = "mean"
    ) -> None:
        self.estimator = estimator
        self.fit_views = fit_views
        self.predict_views = predict_views

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the wrapped classifier on the views.

        Parameters
        ----------
        X : array-like of shape (n_records, n_views, ...) or (n_records, n_features)
            Views of records.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record, which all its views share. It is passed to the wrapped
            classifier where its `fit` takes ``groups``. None takes the index
            ``event_id`` of `y`.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`; those with one value per
            record are repeated for every view.

        Returns
        -------
        MultiViewClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If ``sample_weight`` is given and the wrapped classifier takes none.
        ValueError
            If a parameter or the shape of X is not valid.
        """
        self._validate_params()
        y, events = self._with_events(X, y, groups)
        if groups is not None:
            self._add_groups(fit_params, events)
        views = self._check_views(X, reset=True)
        y = column_or_1d(check_labels(y), warn=True)
        assert_all_finite(y, estimator_name=type(self).__name__, input_name="y")
        check_consistent_length(views, y)
        check_classification_targets(y)
        if self.fit_views == "first":
            views = views[:, :1]
        params = _repeat(self._routed_fit_params(fit_params), *views.shape[:2])
        rows = views.reshape(-1, views.shape[2])
        labels = np.repeat(y, views.shape[1])
        if events is not None:
            labels = attach_events(labels, np.repeat(events, views.shape[1]))
        return self._fit_estimator(rows, labels, params)

    def predict(self, X: Any, **params: Any) -> npt.NDArray:
        """Predict the class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, n_views, ...) or (n_records, n_features)
            Views of records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        views = self._check_predict_views(X)
        routed = self._routed_responses("predict", params)
        if views.shape[1] == 1:
            return self.estimator_.predict(views[:, 0], **routed.get("predict", {}))
        scores = self._view_scores(views, routed)
        decision = decision_threshold(self.estimator_)
        rows = views.reshape(-1, views.shape[2])
        check_decides_by_scores(self.estimator_, rows, scores, decision)
        means = scores.reshape(*views.shape[:2], -1).mean(axis=1)
        return self.classes_[decide(means, decision)]

    @available_if(has_scores("predict_proba"))
    def predict_proba(self, X: Any, **params: Any) -> npt.NDArray[np.float64]:
        """Predict the probabilities of the classes, averaged over views.

        Parameters
        ----------
        X : array-like of shape (n_records, n_views, ...) or (n_records, n_features)
            Views of records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.
        """
        views = self._check_predict_views(X)
        return self._mean_scores(views, self._routed_responses("predict_proba", params))

    @available_if(has_scores("decision_function"))
    def decision_function(self, X: Any, **params: Any) -> npt.NDArray[np.float64]:
        """Compute the decision function, averaged over views.

        Parameters
        ----------
        X : array-like of shape (n_records, n_views, ...) or (n_records, n_features)
            Views of records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,) or (n_records, n_classes)
            Decision values, 1-D of two classes.
        """
        views = self._check_predict_views(X)
        routed = self._routed_responses("decision_function", params)
        scores = self._mean_scores(views, routed)
        return scores[:, 1] if scores.shape[1] == 2 else scores

    @property
    def deciding_estimator_(self) -> Any:
        """The classifier whose threshold the mean scores of views are held against."""
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"{type(self).__name__} decides nothing before fit.")
        return self.estimator_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags

    def _mean_scores(self, views, routed):
        """Return scores averaged over the views."""
        scores = self._view_scores(views, routed)
        return scores.reshape(*views.shape[:2], -1).mean(axis=1)

    def _view_scores(self, views, routed):
        """Return the scores of all views, one row each."""
        n_records, n_views, n_features = views.shape
        routed = {
            method: _repeat(params, n_records, n_views)
            for method, params in routed.items()
        }
        return self._estimator_scores(views.reshape(-1, n_features), routed)

    def _check_predict_views(self, X):
        """Return the views to predict from."""
        check_is_fitted(self)
        views = self._check_views(X, reset=False)
        return views[:, :1] if self.predict_views == "first" else views

    def _check_views(self, X: Any, *, reset: bool) -> Any:
        """Return X as (n_records, n_views, n_features)."""
        check_unmasked(X)
        takes_nan = self.__sklearn_tags__().input_tags.allow_nan
        finite: Any = "allow-nan" if takes_nan else True
        X = X if hasattr(X, "ndim") else np.asarray(X)
        if X.ndim < 3:
            flat: Any = validate_data(self, X, reset=reset, ensure_all_finite=finite)
            return flat[:, None]
        X = check_array(X, allow_nd=True, ensure_all_finite=finite, estimator=self)
        if not X.size:
            raise ValueError(f"X of shape {X.shape} has no views or no features.")
        views = X.reshape(*X.shape[:2], -1)
        if reset:
            self.n_features_in_ = views.shape[2]
        elif views.shape[2] != self.n_features_in_:
            raise ValueError(
                f"X has {views.shape[2]} features per view, but "
                f"{type(self).__name__} is expecting {self.n_features_in_}."
            )
        return views


def _repeat(params, n_records, n_views):
    """Repeat the parameters that have one value per record for every view."""
    return {
        name: np.repeat(np.asarray(value), n_views, axis=0)
        if _has_one_per_record(value, n_records)
        else value
        for name, value in params.items()
    }


def _has_one_per_record(value, n_records):
    """Return whether a parameter has one value for each record."""
    is_array = hasattr(value, "__len__") and not isinstance(value, (str, bytes, dict))
    return is_array and num_samples(value) == n_records
