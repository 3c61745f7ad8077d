"""The systems of the study: published ones, our own, and controls.

A published system needs no line here: all of `skseisfp.baselines.__all__` are taken,
at their defaults but for the `SETTINGS` below. Own systems and controls are added to
`OURS` and `CONTROLS`.
"""

from collections.abc import Callable
from functools import lru_cache
from inspect import signature
from time import process_time
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    baselines,
)
from skseisfp.metrics import event_labels
from skseisfp.preprocessing import PhysicsFeatures

from .data_sets import BEFORE

REFERENCE = "trees on prints"
PRINT_WINDOW = (BEFORE - 5, BEFORE + 27)
PLANES_WINDOW = (BEFORE - 3, BEFORE + 21)
N_PLANES = 2 * 64 * 64
WINDOW = (BEFORE - 10, BEFORE + 50)
VP_VS = 1.73
WINDOWS = {
    "AfterLinville2019": (BEFORE - 10, BEFORE + 80),
    "AfterUlyanov2021": (BEFORE - 1, BEFORE + 14),
    "ArrayConvNet": (BEFORE - 5, BEFORE + 45),
    "ConvNetQuake": (BEFORE - 1, BEFORE + 9),
    "ErtuncayCNN": (BEFORE - 10, BEFORE + 80),
    "HainanCNN": (BEFORE - 20, BEFORE + 80),
    "KongCNN": (BEFORE - 5, BEFORE + 45),
    "LinvilleLSTM": (BEFORE - 10, BEFORE + 80),
    "QuakeXNet2D": (BEFORE - 20, BEFORE + 80),
    "UPCUCV": (BEFORE - 1, BEFORE + 9),
}
SETTINGS = {
    "AlexNetImage": {"shape": (112, 112), "width": 0.25},
    "TrovaCNN": {"pool_stride": 2},
}
N_STATIONS = {"AfterZhou2021": 5, "ArrayConvNet": 8}


class System(NamedTuple):
    """What is compared.

    Parameters
    ----------
    name : str
        Name in the tables.
    kind : {"published", "fingerprints", "control"}
        Whose it is.
    make : callable
        Maps a data set to a classifier that is not fitted.
    see : callable
        Maps a data set to what the classifier sees, one row a record.
    n_stations : int or None
        For classifiers of events, the stations that they take.
    fits : callable
        Tells whether a data set has what the system needs.
    """

    name: str
    kind: str
    make: Callable
    see: Callable
    n_stations: int | None = None
    fits: Callable = lambda data_set: True


class ShuffledLabels(ClassifierMixin, BaseEstimator):
    """Deal the labels of the training events out anew before the fit."""

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y, groups):
        """Fit on records whose events have the labels of others."""
        labels = event_labels(y, groups)
        rng = np.random.default_rng(self.random_state)
        dealt = dict(zip(labels.index, rng.permutation(labels), strict=True))
        y = np.array([dealt[event] for event in groups])
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes."""
        return self.estimator_.predict_proba(X)


def see_waveforms(data_set):
    """Return the records as they are."""
    return data_set.waveforms


def see_prints(data_set):
    """Return signed prints of 32 s, filtered at the record's own cut-off."""
    return _prints(_clear(data_set), data_set.sampling_rate, PRINT_WINDOW)


def see_planes(data_set):
    """Return prints of 24 s as the preset makes them."""
    preset = FingerprintTransformer.from_preset
    return _prints(
        _clear(data_set),
        data_set.sampling_rate,
        PLANES_WINDOW,
        make=lambda **params: preset("discrimination", **params),
    )


def see_physics(data_set):
    """Return features of each record, with what is known of its phases."""
    features = PhysicsFeatures(sampling_rate=data_set.sampling_rate, vp_vs=VP_VS)
    return features.fit_transform(data_set.waveforms, **data_set.phases)


def see_noise(data_set):
    """Return prints of what was recorded before the event."""
    return _prints(data_set.noise, data_set.sampling_rate, None)


def _clear(data_set):
    """Return records filtered at their own cut-off."""
    clear = AdaptiveHighpassFilter(sampling_rate=data_set.sampling_rate, fallback=1.0)
    return clear.fit_transform(data_set.waveforms)


def _prints(records, rate, window, make=FingerprintTransformer):
    transformer = make(
        sampling_rate=rate, f_min=1.0, f_max=16.0, window=window, flatten=True
    )
    return transformer.fit_transform(records).astype(np.int8)


def see_metadata(data_set):
    """Return what is known without a waveform."""
    return data_set.frame[list(data_set.metadata)]


@lru_cache(maxsize=8)
def look(see, data_set):
    """Return what a system sees, and the processor seconds a record that it took."""
    start = process_time()
    seen = see(data_set)
    return seen, (process_time() - start) / len(data_set.y)


def make_trees(data_set, **settings):
    """Return trees with the settings that were registered with the data."""
    options = {"min_samples_leaf": 3, "max_features": 0.05, **settings}
    return ExtraTreesClassifier(300, class_weight="balanced", **options)


def make_net(data_set):
    """Return our net at its defaults."""
    return FingerprintClassifier(device="cpu")


def make_preset_net(data_set):
    """Return our net at its preset."""
    return FingerprintClassifier.from_preset("discrimination", device="cpu")


def make_shuffled(data_set):
    """Return the trees, trained on labels of other events."""
    return ShuffledLabels(make_trees(data_set))


def make_metadata_trees(data_set):
    """Return trees on names and numbers."""
    names = data_set.frame[list(data_set.metadata)].select_dtypes(exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), list(names)), remainder="passthrough"
    )
    return make_pipeline(encode, make_trees(data_set, max_features="sqrt"))


def make_logistic(data_set):
    """Return a linear model of features, some of which records may lack."""
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(class_weight="balanced", max_iter=5000),
    )


def make_prior(data_set):
    """Return the shares of the classes in training."""
    return DummyClassifier(strategy="prior")


class NetAndTrees(ClassifierMixin, BaseEstimator):
    """Mean log-probability of the net of the preset and of trees, each on its prints.

    Parameters
    ----------
    net, trees : estimator
        Our net, and trees.
    """

    def __init__(self, net, trees):
        self.net = net
        self.trees = trees

    def fit(self, X, y, groups):
        """Fit both."""
        self.net_ = clone(self.net).fit(X[:, :N_PLANES], y, groups=groups)
        self.trees_ = clone(self.trees).fit(X[:, N_PLANES:], y)
        self.classes_ = self.net_.classes_
        return self

    def predict_proba(self, X):
        """Return the geometric mean of both, normalised."""
        net = self.net_.predict_proba(X[:, :N_PLANES])
        trees = self.trees_.predict_proba(X[:, N_PLANES:])
        means = np.sqrt(net.clip(1e-9) * trees.clip(1e-9))
        return means / means.sum(axis=1, keepdims=True)


def see_both(data_set):
    """Return what net and trees see, side by side."""
    return np.hstack([see_planes(data_set), see_prints(data_set)])


def make_both(data_set):
    """Return net and trees together."""
    return NetAndTrees(make_preset_net(data_set), make_trees(data_set))


OURS = (
    System(REFERENCE, "fingerprints", make_trees, see_prints),
    System("net on prints", "fingerprints", make_net, see_prints),
    System("net on prints, preset", "fingerprints", make_preset_net, see_planes),
    System("net and trees on prints", "fingerprints", make_both, see_both),
)
CONTROLS = (
    System("control: physics", "control", make_logistic, see_physics),
    System("control: labels shuffled", "control", make_shuffled, see_prints),
    System(
        "control: noise before the event",
        "control",
        make_trees,
        see_noise,
        fits=lambda data_set: data_set.noise is not None,
    ),
    System(
        "control: metadata",
        "control",
        make_metadata_trees,
        see_metadata,
        fits=lambda data_set: bool(data_set.metadata),
    ),
    System("control: prior", "control", make_prior, see_waveforms),
)


def list_systems():
    """Return all systems by name, our own ones first."""
    names = [name for name in baselines.__all__ if name[0].isupper()]
    published = [
        System(name, "published", _maker(name), see_waveforms, N_STATIONS.get(name))
        for name in sorted(names)
    ]
    return {system.name: system for system in (*OURS, *published, *CONTROLS)}


def _maker(name):
    """Return what makes a published system for records of a data set."""
    system = getattr(baselines, name)

    def make(data_set):
        known = {
            "sampling_rate": data_set.sampling_rate,
            "window": WINDOWS.get(name, WINDOW),
            "device": "cpu",
            "vp_vs": VP_VS,
        }
        taken = known.keys() & signature(system).parameters
        return system(**{k: known[k] for k in taken}, **SETTINGS.get(name, {}))

    return make
