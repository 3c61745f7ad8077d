"""The base of classifiers that wrap a classifier."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, column_or_1d, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from .._compat import HasMethods, raise_for_params
from .._parameters import ValidatedParameters
from ..events import attach_events, find_groups, has_event_index
from ..metrics.aggregation import RESPONSES, class_scores


def is_routing_enabled() -> bool:
    """Return whether scikit-learn routes metadata.

    Returns
    -------
    bool
        The setting ``enable_metadata_routing``.
    """
    return get_config()["enable_metadata_routing"]


def has_scores(method):
    """Return a check that `method` gives the scores of the wrapped classifier.

    That is ``predict_proba`` where the wrapped classifier has it, else
    ``decision_function``; a wrapper has one of them.
    """

    def check(wrapper):
        estimator = getattr(wrapper, "estimator_", wrapper.estimator)
        kinds = [kind for kind in RESPONSES[:2] if hasattr(estimator, kind)]
        return kinds[:1] == [method]

    return check


def takes_in_fit(estimator, name):
    """Return whether `fit` takes a parameter, by its name or among any others."""
    parameters = signature(estimator.fit).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)


def name_of_groups(estimator):
    """Return the parameter of `fit` that takes the events of the records, or None.

    A pipeline passes them to its last step, a search to its splitter.
    """
    if isinstance(estimator, Pipeline):
        step, last = estimator.steps[-1]
        name = name_of_groups(last)
        return name and f"{step}__{name}"
    if "groups" in signature(estimator.fit).parameters:
        return "groups"
    if isinstance(estimator, ClassifierWrapper):
        return name_of_groups(estimator.estimator)
    is_search = {"cv", "refit"} <= estimator.get_params(deep=False).keys()
    return "groups" if is_search else None


def share_of_events(right, codes, sample_weight=None):
    """Return the share of events that are right, each with the mean of its weights."""
    if sample_weight is None:
        return float(np.mean(right))
    weights = np.bincount(codes, sample_weight) / np.bincount(codes)
    return float(np.average(right, weights=weights))


class ClassifierWrapper(
    ValidatedParameters, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Base of classifiers that fit a clone of `estimator` as `estimator_`."""

    _parameter_constraints = {"estimator": [HasMethods(["fit", "predict"])]}

    estimator: Any
    estimator_: Any

    @property
    def classes_(self) -> npt.NDArray:
        """Labels of the classes, as the wrapped classifier orders them."""
        check_is_fitted(self)
        return self.estimator_.classes_

    def _fit_estimator(self, X, y, params):
        """Fit a clone; raise if there are weights that it does not take."""
        if "sample_weight" in params:
            self._check_sample_weight(params["sample_weight"], y)
        estimator: Any = clone(self.estimator)
        self.estimator_ = estimator.fit(X, y, **params)
        return self

    def _check_sample_weight(self, sample_weight, y):
        """Raise for weights that `fit` does not take, or that leave one class."""
        if not takes_in_fit(self.estimator, "sample_weight"):
            raise TypeError(
                f"{type(self.estimator).__name__}.fit takes no sample_weight: fit "
                f"{type(self).__name__} without it."
            )
        weights, y = np.asarray(sample_weight), np.asarray(y)
        if weights.shape == y.shape and len(set(y)) > 1 >= len(set(y[weights > 0])):
            raise ValueError("sample_weight is positive for 1 class only, or for none.")

    def _with_events(self, X, y, groups):
        """Return labels that carry their events where they are known, and the events.

        What is fitted finds the events in the index of its labels, also where no name
        passes them on.
        """
        events = None if y is None else find_groups(y, groups, X=X)
        if events is not None and not has_event_index(y):
            y = attach_events(column_or_1d(y, warn=True), events)
        return y, events

    def _add_groups(self, fit_params, events):
        """Add the events by the name that the wrapped classifier has for them."""
        name = "groups" if is_routing_enabled() else name_of_groups(self.estimator)
        if name is not None:
            fit_params[name] = events

    def _routed_fit_params(self, params):
        """Return the parameters of fit that the wrapped classifier gets."""
        if is_routing_enabled():
            routed: Any = process_routing(self, "fit", **params)
            return routed.estimator.fit
        return {name: value for name, value in params.items() if value is not None}

    def _routed_responses(self, caller, params):
        """Return the parameters of the predicting methods of the wrapped classifier."""
        if not is_routing_enabled():
            raise_for_params(params, self, caller)
            return {}
        routed: Any = process_routing(self, caller, **params)
        by_method = routed.estimator
        return {name: by_method[name] for name in RESPONSES if name in by_method}

    def _estimator_scores(self, X, params):
        """Return scores of shape (n_rows, n_classes) of the wrapped classifier."""
        return class_scores(self.estimator_, X, **params)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata are passed to the wrapped classifier.

        Returns
        -------
        MetadataRouter
            Own requests and the routes to the wrapped classifier.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        for caller in (*RESPONSES, "score"):
            for callee in RESPONSES:
                mapping.add(caller=caller, callee=callee)
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(estimator=self.estimator, method_mapping=mapping)
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.sparse = inner.input_tags.sparse
        if tags.classifier_tags and inner.classifier_tags:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags


class FeaturesOfEstimator(ClassifierWrapper):
    """Base of wrappers whose records are those of the wrapped classifier."""

    @property
    def n_features_in_(self) -> int:
        """Number of features, as the wrapped classifier has it."""
        return self._of_estimator("n_features_in_")

    @property
    def feature_names_in_(self) -> npt.NDArray:
        """Names of the features, as the wrapped classifier has them."""
        return self._of_estimator("feature_names_in_")

    def _of_estimator(self, name):
        """Return an attribute of the fitted classifier."""
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")
        return getattr(self.estimator_, name)
