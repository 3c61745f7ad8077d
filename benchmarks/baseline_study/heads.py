"""The classifiers of the comparison, none of them tuned."""

from itertools import pairwise

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skseisfp import FingerprintClassifier
from skseisfp.metrics import event_labels

from .representations import THREE_VIEWS, represent


def make_trees(data_set, **settings):
    """Return trees with the settings that were registered with the data."""
    options = {"min_samples_leaf": 3, "max_features": 0.05, **settings}
    return ExtraTreesClassifier(300, class_weight="balanced", **options)


def make_logistic(data_set):
    """Return a linear model of standardised features, medians for missing values."""
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    model = LogisticRegression(class_weight="balanced", max_iter=5000)
    return make_pipeline(impute, StandardScaler(), model)


def make_network(data_set):
    """Return our network at its defaults."""
    return FingerprintClassifier(device="cpu")


def make_linear_network(data_set):
    """Return our network with its preset that is close to a linear one."""
    return FingerprintClassifier.from_preset("two_plane_linear", device="cpu")


def make_scaled_linear_network(data_set):
    """Return the same network for inputs other than -1, 0 and 1: standardised."""
    return make_pipeline(StandardScaler(), make_linear_network(data_set))


def make_three_trees(data_set):
    """Return the mean of the probabilities of trees on each of the three views."""
    widths = [represent(view, data_set)[0].shape[1] for view in THREE_VIEWS]
    bounds = pairwise(np.cumsum([0, *widths]).tolist())
    parts = []
    for view, (first, last) in zip(THREE_VIEWS, bounds, strict=True):
        select = make_column_transformer(("passthrough", slice(first, last)))
        parts.append((view.__name__, make_pipeline(select, make_trees(data_set))))
    return VotingClassifier(parts, voting="soft")


def make_table_trees(data_set):
    """Return trees on categorical and numerical columns."""
    names = data_set.frame[list(data_set.metadata)].select_dtypes(exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), list(names)), remainder="passthrough"
    )
    return make_pipeline(encode, make_trees(data_set, max_features="sqrt"))


def make_time_trees(data_set):
    """Return trees on a few numerical columns."""
    return make_trees(data_set, max_features="sqrt")


def make_prior(data_set):
    """Return a classifier that predicts the shares of the classes in training."""
    return DummyClassifier(strategy="prior")


def make_shuffled(data_set):
    """Return the trees, trained on labels of other events."""
    return ShuffledLabels(make_trees(data_set))


class ShuffledLabels(ClassifierMixin, BaseEstimator):
    """Shuffle the labels of the training events before the fit.

    Parameters
    ----------
    estimator : classifier
        The classifier that is fitted on the shuffled labels.
    random_state : int, default=None
        Seed of the shuffle.
    """

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y, groups):
        """Fit on records whose events have the labels of others."""
        labels = event_labels(y, groups)
        rng = np.random.default_rng(self.random_state)
        shuffled = dict(zip(labels.index, rng.permutation(labels), strict=True))
        y = np.array([shuffled[event] for event in groups])
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes."""
        return self.estimator_.predict_proba(X)
