"""Two classifiers, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from .._compat import HasMethods
from .._parameters import ValidatedParameters
from .._utils.validation import check_classes
from ..events import find_groups
from ..neural import FingerprintClassifier

if TYPE_CHECKING:
    from typing import Self

    import numpy.typing as npt


class TwoStepClassifier(ValidatedParameters, ClassifierMixin, BaseEstimator):
    """Distinguish one class from all others, then the others from each other.

    Parameters
    ----------
    step : FingerprintClassifier
        The classifier of each step, not fitted.
    first : label, default=None
        The class of the first step. None takes ``"earthquake"`` where it is among the
        labels, and else the first of them.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    first_ : label
        The class of the first step.
    steps_ : list of FingerprintClassifier
        The first has the classes False and True, the second, where there are more than
        two classes, all but `first_`.
    """

    classes_: npt.NDArray
    first_: Any
    steps_: list[FingerprintClassifier]

    _parameter_constraints = {
        "step": [HasMethods(["fit", "predict_proba"])],
        "first": "no_validation",  # it is one of the labels
    }

    def __init__(self, step: FingerprintClassifier, *, first: Any = None) -> None:
        self.step = step
        self.first = first

    def fit(self, X: npt.NDArray, y: Any, groups: Any = None) -> Self:
        """Train a fresh classifier for each step.

        Parameters
        ----------
        X : ndarray of shape (n_records, ...)
            Input of the steps.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record. None takes the index ``event_id`` of `y`.

        Returns
        -------
        self
            The fitted classifier.
        """
        self._validate_params()
        events = find_groups(y, groups)
        y = check_classes(self, X, y)
        self.classes_ = np.unique(y)
        self.first_ = self._find_first()
        rest = y != self.first_
        self.steps_ = [self._make_step().fit(X, ~rest, events)]
        if len(self.classes_) > 2:
            second = self._make_step()
            of_rest = None if events is None else events[rest]
            self.steps_.append(second.fit(X[rest], y[rest], of_rest))
        return self

    def _make_step(self) -> FingerprintClassifier:
        """Return a fresh classifier that draws from the same generator."""
        step: Any = clone(self.step)
        step.random_state = self.step.random_state
        return step

    def predict_proba(self, X: npt.NDArray) -> npt.NDArray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : ndarray of shape (n_records, ...)
            Input of the steps.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.
        """
        split = self.steps_[0].predict_proba(X)
        first = self.classes_ == self.first_
        scores = np.where(first, split[:, 1:], split[:, :1])
        for step in self.steps_[1:]:
            scores[:, ~first] *= step.predict_proba(X)
        return scores

    @staticmethod
    def outputs(n_classes: int) -> tuple[int, ...]:
        """Return the number of classes of each step.

        Parameters
        ----------
        n_classes : int
            Number of classes.

        Returns
        -------
        tuple of int
            One or two numbers.
        """
        return (2,) if n_classes == 2 else (2, n_classes - 1)

    def _find_first(self):
        """Return the class of the first step."""
        labels = self.classes_.tolist()
        first = self.first
        if first is None:
            first = "earthquake" if "earthquake" in labels else labels[0]
        if first not in labels:
            raise ValueError(
                f"natural must be one of the labels {labels}; got {self.first!r}."
            )
        return self.classes_[labels.index(first)]
