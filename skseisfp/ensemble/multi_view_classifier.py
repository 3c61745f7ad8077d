"""Any classifier on views: unrolled to fit, averaged to predict."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_y,
    _num_samples,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from .._utils.checks import check_option, check_unmasked
from .._utils.validation import check_labels
from ._wrapper import ClassifierWrapper, as_decision, has_scores


class MultiViewClassifier(ClassifierWrapper):
    """Classify records of several views by any classifier of flat features.

    A view is a variant of a record, such as the same seismogram behind another
    filter. The views are rows for the wrapped classifier while it fits; its answers
    are averaged over the views of a record. The number of records never changes, so
    that no view leaves the fold of its record.

    Parameters
    ----------
    estimator : classifier
        Classifier of X of shape (n_rows, n_features).
    fit_views : {"all", "first"}, default="all"
        Views to fit on: every one, or view 0 alone.
    predict_views : {"mean", "first"}, default="mean"
        Answer from the mean over the views, or from view 0 alone.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features of a view.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X was a table of one view.

    Notes
    -----
    Axis 1 of X is the view axis always, and 2-D X has one view; the axes behind it
    are flattened. The number of views may differ between `fit` and `predict`.

    Averaged is ``predict_proba``, or ``decision_function`` where the wrapped
    classifier has no probabilities, or the votes of ``predict`` where it has neither;
    only the first of them is offered. Of several equal scores the first class wins.
    With a single view the answer is that of the wrapped classifier itself.

    A parameter of `fit` with one value per record, such as ``sample_weight`` or
    ``groups``, is repeated for every view. A wrapped classifier that splits its
    training rows itself needs ``groups``, lest views of one record part.

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

    def __init__(self, estimator, *, fit_views="all", predict_views="mean"):
        self.estimator = estimator
        self.fit_views = fit_views
        self.predict_views = predict_views

    def fit(self, X, y, **fit_params):
        """Fit the wrapped classifier on the views.

        Parameters
        ----------
        X : array-like of shape (n_records, n_views, ...) or (n_records, n_features)
            Views of records.
        y : array-like of shape (n_records,)
            Labels.
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
            If an option or the shape of X is not an allowed one.
        """
        check_option("fit_views", self.fit_views, ("all", "first"))
        check_option("predict_views", self.predict_views, ("mean", "first"))
        views = self._check_views(X, reset=True)
        y = _check_y(check_labels(y), estimator=self)
        check_consistent_length(views, y)
        check_classification_targets(y)
        if self.fit_views == "first":
            views = views[:, :1]
        params = _repeat(self._routed_fit_params(fit_params), *views.shape[:2])
        rows = views.reshape(-1, views.shape[2])
        return self._fit_estimator(rows, np.repeat(y, views.shape[1]), params)

    def predict(self, X, **params):
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
        return self.classes_[self._mean_scores(views, routed).argmax(axis=1)]

    @available_if(has_scores("predict_proba"))
    def predict_proba(self, X, **params):
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
    def decision_function(self, X, **params):
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
            Decision values, 1-D where classes are two.
        """
        views = self._check_predict_views(X)
        routed = self._routed_responses("decision_function", params)
        return as_decision(self._mean_scores(views, routed))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags

    def _mean_scores(self, views, routed):
        """Return scores averaged over the views."""
        n_records, n_views, n_features = views.shape
        routed = {
            method: _repeat(params, n_records, n_views)
            for method, params in routed.items()
        }
        scores = self._estimator_scores(views.reshape(-1, n_features), routed)
        return scores.reshape(n_records, n_views, -1).mean(axis=1)

    def _check_predict_views(self, X):
        """Return the views to answer from."""
        check_is_fitted(self)
        views = self._check_views(X, reset=False)
        return views[:, :1] if self.predict_views == "first" else views

    def _check_views(self, X, *, reset):
        """Return X as (n_records, n_views, n_features)."""
        check_unmasked(X)
        finite = "allow-nan" if self.__sklearn_tags__().input_tags.allow_nan else True
        X = X if hasattr(X, "ndim") else np.asarray(X)
        if X.ndim < 3:
            flat = validate_data(self, X, reset=reset, ensure_all_finite=finite)
            return flat[:, None]
        X = check_array(X, allow_nd=True, ensure_all_finite=finite, estimator=self)
        if not X.size:
            raise ValueError(f"X of shape {X.shape} holds no views or no features.")
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
    """Tell whether a parameter is aligned with the records."""
    is_array = hasattr(value, "__len__") and not isinstance(value, (str, bytes, dict))
    return is_array and _num_samples(value) == n_records
