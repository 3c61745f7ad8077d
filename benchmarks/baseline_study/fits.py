"""One fit after the other, each within its budget of processor time."""

from inspect import signature
from time import process_time
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline, make_pipeline
from skorch.callbacks import Callback

from skseisfp.baselines import NetworkBaseline
from skseisfp.baselines._onsets import OnsetsMixin
from skseisfp.baselines.features import FeatureBaseline
from skseisfp.ensemble.out_of_fold import seeded
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import stack_stations

from .representations import represent


class StopAtBudget(Callback):
    """End the training of a network with the epoch in which its budget is spent.

    Parameters
    ----------
    seconds : float
        Processor seconds.
    """

    def __init__(self, seconds):
        self.seconds = seconds

    def on_train_begin(self, net, **kwargs):
        """Start the clock."""
        self.start_ = process_time()
        self.ended_ = False

    def on_epoch_end(self, net, **kwargs):
        """Stop unless the last epoch has ended anyway."""
        if len(net.history) == net.max_epochs:
            return
        if process_time() - self.start_ >= self.seconds:
            self.ended_ = True
            raise KeyboardInterrupt


class Prediction(NamedTuple):
    """Predictions and costs of a fit.

    Parameters
    ----------
    probabilities : ndarray of shape (n_tested, n_classes)
        Probabilities of the tested records, as the system gave them.
    shares : list of float or None
        Shares of the classes in training; None where the system balances them.
    fit_seconds : float
        Processor seconds, with the representation of the training records.
    predict_seconds : float
        Processor seconds a tested record, with its representation.
    n_parameters : int or None
        Trained numbers of the networks.
    n_epochs, max_epochs : int or None
        Epochs run and allowed.
    ended_by : {"epochs", "early stop", "budget"} or None
        What ended the training of a network.
    """

    probabilities: np.ndarray
    shares: list | None
    fit_seconds: float
    predict_seconds: float
    n_parameters: int | None = None
    n_epochs: int | None = None
    max_epochs: int | None = None
    ended_by: str | None = None


class Prepared(NamedTuple):
    """A classifier of a data set, and its input."""

    estimator: object
    inputs: np.ndarray
    seconds: float
    n_stations: int | None = None
    p_times: np.ndarray | None = None


def prepare(system, data_set, seed):
    """Represent all records once, where each is represented separately.

    That is so for every network and all features of the baselines: nothing is learnt in
    `_represent`, so doing it before the split leaks nothing. Only the network, or the
    classifier of the features, remains to be fitted.
    """
    estimator = seeded(system.make(data_set), seed)
    inputs, seconds = represent(system.view, data_set)
    if system.n_stations is None and isinstance(
        estimator, NetworkBaseline | FeatureBaseline
    ):
        start = process_time()
        inputs = estimator._check(inputs, reset=True)
        known = data_set.phases if isinstance(estimator, OnsetsMixin) else {}
        if isinstance(estimator, NetworkBaseline):
            inputs, estimator = estimator._prepare(inputs, **known)
        else:
            inputs = estimator._represent(inputs, **known)
            estimator = make_pipeline(*estimator._make_steps())
        seconds += (process_time() - start) / len(inputs)
    return Prepared(estimator, inputs, seconds, system.n_stations, data_set.p_times)


def fit_and_predict(prepared, y, events, fold, budget):
    """Fit on the training rows of a fold and predict its test rows.

    Parameters
    ----------
    prepared : Prepared
        The classifier and its input.
    y, events : ndarray of shape (n_records,)
        Labels and events.
    fold : tuple of two ndarray
        Rows of training and test.
    budget : float
        Processor seconds for the training of each network, a thousand training
        records.

    Returns
    -------
    Prediction
        Probabilities and costs.
    """
    train, test = fold
    classes = np.unique(y)
    estimator = _with_budget(prepared.estimator, budget * len(train) / 1000)
    X, labels, groups = _take(prepared, train, y, events)
    start = process_time()
    _fit(estimator, X, labels, groups)
    fit_seconds = process_time() - start
    X, _, groups = _take(prepared, test, y, events)
    start = process_time()
    scores = estimator.predict_proba(X)
    predict_seconds = (process_time() - start) / len(test)
    if prepared.n_stations is not None:
        row = {event: k for k, event in enumerate(groups)}
        scores = scores[[row[event] for event in events[test]]]
    shares = [float(np.mean(labels == label)) for label in classes]
    return Prediction(
        _all_classes(scores, estimator.classes_, classes),
        None if is_balanced(estimator) else shares,
        fit_seconds + prepared.seconds * len(train),
        predict_seconds + prepared.seconds,
        **_describe_networks(estimator),
    )


def _fit(estimator, X, labels, groups):
    """Fit, with the events as an argument or, in pipelines, as the index of labels."""
    if "groups" in signature(estimator.fit).parameters:
        estimator.fit(X, labels, groups=groups)
    elif isinstance(estimator, Pipeline):
        estimator.fit(X, pd.Series(labels, index=pd.Index(groups, name="event_id")))
    else:
        estimator.fit(X, labels)


def _take(prepared, rows, y, events):
    """Return records, or events of the earliest stations among these records."""
    inputs = prepared.inputs
    taken = inputs.iloc[rows] if hasattr(inputs, "iloc") else inputs[rows]
    if prepared.n_stations is None:
        return taken, y[rows], events[rows]
    stacked = stack_stations(
        taken,
        y[rows],
        events[rows],
        order="p_time",
        p_time=prepared.p_times[rows],
        n_stations=prepared.n_stations,
    )
    return stacked.data, stacked.target.to_numpy(), stacked.groups


def _with_budget(estimator, seconds):
    """Return a copy whose networks stop when the time is spent."""
    estimator = clone(estimator)
    if isinstance(estimator, NetworkBaseline):
        make = estimator._make_network
        estimator._make_network = lambda: _set_budget(make(), seconds)
    return _set_budget(estimator, seconds)


def _set_budget(estimator, seconds):
    """Give every network in an estimator its own budget."""
    names = estimator.get_params(deep=True)
    callbacks = [name for name in names if name.rpartition("__")[2] == "callbacks"]
    return estimator.set_params(**{name: [StopAtBudget(seconds)] for name in callbacks})


def _all_classes(scores, classes, wanted):
    """Return probabilities of all classes; those that were not trained have 0."""
    filled = np.zeros((len(scores), len(wanted)))
    filled[:, np.searchsorted(wanted, classes)] = scores
    return filled


def is_balanced(estimator):
    """Return whether an estimator balances classes of unequal size by itself."""
    params = estimator.get_params(deep=True)
    names = {"class_weight", "balance"}
    return any(
        value is not None and name.rpartition("__")[2] in names
        for name, value in params.items()
    )


def divide_by_shares(probabilities, shares):
    """Divide probabilities by the shares of the classes in training, and normalise.

    Predictions of several fits are pooled, whose training rows have different shares:
    a model that knows these alone would not be at chance (Saerens et al., 2002, on such
    priors). With None they are returned unchanged.
    """
    if shares is None:
        return probabilities
    divided = np.divide(
        probabilities,
        shares,
        out=np.zeros_like(probabilities),
        where=np.array(shares) > 0,
    )
    return divided / divided.sum(axis=1, keepdims=True)


def _describe_networks(estimator):
    """Return size and training of all networks in a classifier."""
    networks = list(_find_networks(estimator))
    if not networks:
        return {}
    stops = [
        callback.ended_
        for network in networks
        for _, callback in network.net_.callbacks_
        if isinstance(callback, StopAtBudget)
    ]
    n_epochs = max(network.n_epochs_ for network in networks)
    max_epochs = networks[0].max_epochs
    early = "epochs" if n_epochs == max_epochs else "early stop"
    return {
        "n_parameters": sum(
            weights.numel()
            for network in networks
            for weights in network.net_.module_.parameters()
        ),
        "n_epochs": n_epochs,
        "max_epochs": max_epochs,
        "ended_by": "budget" if any(stops) else early,
    }


def _find_networks(part):
    """Yield the fitted networks of a classifier, however deep they are."""
    if isinstance(part, FingerprintClassifier) and hasattr(part, "net_"):
        yield part
    elif isinstance(part, BaseEstimator):
        for name, value in vars(part).items():
            if name.endswith("_") or name == "steps":
                yield from _find_networks(value)
    elif isinstance(part, dict):
        for value in part.values():
            yield from _find_networks(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _find_networks(value)
