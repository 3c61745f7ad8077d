"""Two classifiers, one after the other."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from .._utils.validation import check_groups


class TwoStepClassifier(ClassifierMixin, BaseEstimator):
    """Tell one class from all others, then the others from each other.

    `step` is an unfitted `FingerprintClassifier`, `first` the class of the first step
    (None: ``"earthquake"`` where there is one, else the first in order). After a fit,
    `steps_` holds one classifier for each step: the first of the classes False and
    True, the second, where classes are more than two, of all but `first_`.
    """

    def __init__(self, step, *, first=None):
        self.step = step
        self.first = first

    def fit(self, X, y, groups=None):
        """Train a fresh classifier for each step."""
        step = self._make_step()
        groups = step._find_groups(y, groups)
        codes = step._encode(y, X)
        self.classes_ = step.classes_
        groups = check_groups(groups, len(codes))
        place = self._find_first()
        self.first_ = self.classes_[place]
        rest = codes != place
        self.steps_ = [step.fit(X, ~rest, groups)]
        if len(self.classes_) > 2:
            second = self._make_step()
            y = self.classes_[codes[rest]]
            self.steps_.append(second.fit(X[rest], y, groups[rest]))
        return self

    def _make_step(self):
        """Return a fresh classifier that draws from the same generator."""
        drawn = {"random_state": self.step.random_state}
        return clone(self.step).set_params(**drawn)

    def predict_proba(self, X):
        """Return the probabilities of the classes, of shape (n_records, n_classes)."""
        split = self.steps_[0].predict_proba(X)
        first = self.classes_ == self.first_
        scores = np.where(first, split[:, 1:], split[:, :1])
        for step in self.steps_[1:]:
            scores[:, ~first] *= step.predict_proba(X)
        return scores

    @staticmethod
    def outputs(n_classes):
        """Return the number of classes of each step."""
        return (2,) if n_classes == 2 else (2, n_classes - 1)

    def _check_parameters(self):
        self.step._check_parameters()

    def _find_first(self):
        """Return the place of the class of the first step."""
        labels = self.classes_.tolist()
        first = self.first
        if first is None:
            first = "earthquake" if "earthquake" in labels else labels[0]
        if first not in labels:
            raise ValueError(
                f"natural must be one of the labels {labels}; got {self.first!r}."
            )
        return labels.index(first)
