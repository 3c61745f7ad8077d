"""What classifiers that wrap a classifier have in common."""

from inspect import signature

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from ..metrics.aggregation import RESPONSES, class_scores


def has_scores(method):
    """Return a check that the wrapper answers by `method`: it has one kind of scores.

    That is ``predict_proba`` where the wrapped classifier has it, else
    ``decision_function``.
    """

    def check(wrapper):
        estimator = getattr(wrapper, "estimator_", wrapper.estimator)
        kinds = [kind for kind in RESPONSES[:2] if hasattr(estimator, kind)]
        return kinds[:1] == [method]

    return check


def as_decision(scores):
    """Return scores as `decision_function` does: 1-D where classes are two."""
    return scores[:, 1] if scores.shape[1] == 2 else scores


def takes_in_fit(estimator, name):
    """Tell whether `fit` takes a parameter, or any and judges for itself."""
    parameters = signature(estimator.fit).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)


def name_of_groups(estimator):
    """Return the parameter of `fit` that takes the events of the records, or None.

    In a pipeline the last step takes them, in a search the folds.
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


def _check_weights(sample_weight, y):
    """Refuse weights that leave fewer than two classes of several."""
    weights, y = np.asarray(sample_weight), np.asarray(y)
    if weights.shape == y.shape and len(set(y)) > 1 >= len(set(y[weights > 0])):
        raise ValueError("sample_weight is positive for 1 class only, or for none.")


class ClassifierWrapper(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Base of classifiers that fit a clone of `estimator` as `estimator_`."""

    @property
    def classes_(self):
        """Labels of the classes, as the wrapped classifier orders them."""
        check_is_fitted(self)
        return self.estimator_.classes_

    def _fit_estimator(self, X, y, params):
        """Fit a clone, naming the weights where it takes none."""
        if "sample_weight" in params:
            if not takes_in_fit(self.estimator, "sample_weight"):
                raise TypeError(
                    f"{type(self.estimator).__name__}.fit takes no sample_weight: fit "
                    f"{type(self).__name__} without it."
                )
            _check_weights(params["sample_weight"], y)
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        return self

    def _routed_fit_params(self, params):
        """Return the parameters of fit that the wrapped classifier gets."""
        if _routing_enabled():
            return process_routing(self, "fit", **params).estimator.fit
        return {name: value for name, value in params.items() if value is not None}

    def _routed_responses(self, caller, params):
        """Return the parameters of the answering methods of the wrapped classifier."""
        if not _routing_enabled():
            _raise_for_params(params, self, caller)
            return {}
        routed = process_routing(self, caller, **params).estimator
        return {name: routed[name] for name in RESPONSES if name in routed}

    def _estimator_scores(self, X, params):
        """Return scores of shape (n_rows, n_classes) of the wrapped classifier."""
        return class_scores(self.estimator_, X, **params)

    def get_metadata_routing(self):
        """Return how metadata passes through to the wrapped classifier.

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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags
