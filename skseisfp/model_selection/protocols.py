"""Four protocols for labels with shortcuts, from new events to new stations."""

from itertools import combinations
from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils import (
    Bunch,
    _safe_indexing,
    check_consistent_length,
    check_scalar,
    column_or_1d,
)
from sklearn.utils.metadata_routing import _routing_enabled, get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed

from .._utils.validation import check_option
from ..metrics import bootstrap_interval, event_labels, paired_bootstrap
from ..metrics._weighted import get_metric
from ..metrics.aggregation import RESPONSES, class_scores
from .event_station_split import EventStationSplit

PROTOCOLS = ("event", "no_night", "high", "new_stations")
COLUMNS = {
    "event": (),
    "no_night": ("label_source",),
    "high": ("label_confidence",),
    "new_stations": ("station",),
}


class Protocol(NamedTuple):
    """Folds and the records that are scored.

    Parameters
    ----------
    name : str
        Name of the protocol.
    fits : str
        Name of the fits; protocols that differ only in `scored` share them.
    folds : list of (ndarray, ndarray)
        Row numbers of training and test.
    scored : ndarray of bool of shape (n_records,)
        Records whose answers are scored.
    """

    name: str
    fits: str
    folds: list
    scored: np.ndarray


def make_protocols(frame, y, *, protocols=PROTOCOLS, n_splits=5, random_state=0):
    """Make the folds of the protocols.

    Parameters
    ----------
    frame : DataFrame of shape (n_records, ...)
        Columns ``event_id`` and, as the protocols need them, ``station``,
        ``label_source`` and ``label_confidence``.
    y : array-like of shape (n_records,)
        Labels, one per event.
    protocols : str or sequence of str, default=("event", "no_night", "high", \
"new_stations")
        ``"event"``: folds by event. ``"no_night"``: the same fits, scored without
        the records labelled by the hour (``label_source`` is ``"inferred_night"``).
        ``"high"``: only records with ``label_confidence`` ``"high"``, in training and
        in test. ``"new_stations"``: event folds times station folds, see
        :class:`EventStationSplit`; neither event nor station of a test record is
        trained on.
    n_splits : int, default=5
        Number of event folds, and of station folds.
    random_state : int, default=0
        Seed of the folds.

    Returns
    -------
    list of Protocol
        One for each name, with ``name``, ``fits``, ``folds`` and ``scored``. The event
        folds of all protocols but ``"high"`` are the same.

    Raises
    ------
    TypeError
        If `frame` is no table.
    ValueError
        If a column is missing, an event straddles labels, or a class is missing in
        the training set of a fold.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from skseisfp.model_selection import make_protocols
    >>> event_id = np.repeat(np.arange(20), 6)
    >>> frame = pd.DataFrame(
    ...     {"event_id": event_id, "station": np.tile(np.arange(6), 20)}
    ... )
    >>> chosen = ["event", "new_stations"]
    >>> for protocol in make_protocols(frame, event_id % 2, protocols=chosen):
    ...     print(protocol.name, len(protocol.folds), protocol.scored.sum())
    event 5 120
    new_stations 25 120
    """
    protocols = [protocols] if isinstance(protocols, str) else list(protocols)
    if not protocols:
        raise ValueError("protocols must hold one name or more; got none.")
    for name in protocols:
        check_option("protocols", name, PROTOCOLS)
    _check_columns(frame, protocols)
    check_consistent_length(frame, y)
    y = column_or_1d(y)
    event_labels(y, frame["event_id"].to_numpy())
    fits = {name: "event" if name == "no_night" else name for name in protocols}
    folds = {
        fit: _make_folds(fit, frame, y, n_splits, random_state)
        for fit in dict.fromkeys(fits.values())
    }
    return [
        Protocol(name, fit, folds[fit], _scored(name, frame))
        for name, fit in fits.items()
    ]


def _check_columns(frame, protocols):
    """Refuse a table without the columns of the protocols, naming what remains."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            "frame must be a DataFrame with the column event_id and those that the "
            f"protocols need; got {type(frame).__name__}."
        )
    needs = {name: {"event_id", *COLUMNS[name]} for name in PROTOCOLS}
    needed = {"event_id"}.union(*(needs[name] for name in protocols))
    if missing := sorted(needed - set(frame.columns)):
        possible = [name for name in PROTOCOLS if needs[name] <= set(frame.columns)]
        remain = f"protocols={possible}" if possible else "no protocol"
        raise ValueError(
            f"frame lacks the columns {', '.join(missing)}; with those that it has, "
            f"{remain} remains possible."
        )


def _make_folds(fits, frame, y, n_splits, seed):
    """Return the folds of a kind of fits, all classes in every training set."""
    events, rows = frame["event_id"].to_numpy(), np.arange(len(y))
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    if fits == "high":
        rows = rows[_scored("high", frame)]
    if fits == "new_stations":
        splitter = EventStationSplit(
            n_event_splits=n_splits,
            n_station_splits=n_splits,
            stations=frame["station"],
            random_state=seed,
        )
    folds = [
        (rows[train], rows[test])
        for train, test in splitter.split(rows, y[rows], events[rows])
    ]
    for i, (train, _) in enumerate(folds):
        if len(missing := np.setdiff1d(y, y[train])):
            raise ValueError(
                f"Protocol {fits!r}, fold {i}: no "
                f"{', '.join(map(repr, missing.tolist()))} in training."
            )
    return folds


def _scored(name, frame):
    """Return the mask of the records that a protocol scores."""
    if name == "no_night":
        return (frame["label_source"] != "inferred_night").to_numpy()
    if name == "high":
        return (frame["label_confidence"] == "high").to_numpy()
    return np.ones(len(frame), dtype=bool)


def evaluate_protocols(
    estimators,
    X,
    y,
    frame,
    *,
    protocols=PROTOCOLS,
    seeds=(0, 1, 2),
    metric="roc_auc",
    n_splits=5,
    n_resamples=2000,
    params=None,
    n_jobs=None,
    verbose=0,
):
    """Score classifiers under the protocols, with intervals and paired differences.

    Parameters
    ----------
    estimators : dict of str to classifier
        What is compared; cloned for every fit.
    X : array-like of shape (n_records, ...) or dict of str to array-like
        Records, or one array for each of the `estimators`, by its name.
    y : array-like of shape (n_records,)
        Labels, one per event.
    frame : DataFrame of shape (n_records, ...)
        Table of the records, see :func:`make_protocols`.
    protocols : str or sequence of str, default=("event", "no_night", "high", \
"new_stations")
        Protocols, see :func:`make_protocols`.
    seeds : sequence of int, default=(0, 1, 2)
        Each seeds the folds, the estimators (all parameters that are called
        ``random_state``) and the bootstrap of one whole round.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"}, default="roc_auc"
        Event score of the mean answer of an event's records.
    n_splits : int, default=5
        Number of event folds, and of station folds.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap by event.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always among it.
    n_jobs : int, default=None
        Number of fits at a time, as in joblib.
    verbose : int, default=0
        Messages of joblib about the progress.

    Returns
    -------
    Bunch
        ``scores``: DataFrame, one line for each protocol, estimator and seed, with
        ``score``, ``low``, ``high``, ``n_events`` and ``n_records``.
        ``differences``: DataFrame, one line for each protocol, pair of estimators (in
        their order) and seed, with ``difference``, ``low`` and ``high`` of a paired
        bootstrap.
        ``probabilities``: DataFrame of all answers given out of fold, one line for
        each kind of fits, estimator, seed and record, with ``event_id``, ``label``
        and ``score_<class>``.

    Raises
    ------
    TypeError
        If `estimators`, `frame` or `seeds` are of another type.
    ValueError
        As :func:`make_protocols`, or if an option is not legal or `params` are given
        without metadata routing.

    Notes
    -----
    Answers are pooled over the folds before they are scored, so that a fold may lack
    a class. That puts answers of different fits side by side, whose training sets
    hold the classes in different shares, and under ``"new_stations"`` the shares tell
    something: an event fold and a station fold are left out, and the more of a class
    the cell of both holds, the less of it is left out in all. A
    :class:`~sklearn.dummy.DummyClassifier` among the `estimators` shows how much:
    0.58 and 0.64 on 236 events with two seeds, where dividing the answers of extra
    trees by the shares in training changed their AUC by 0.01. Balanced class weights
    take it away.

    All intervals hold for the events at hand; the spread over seeds comes on top.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import evaluate_protocols
    >>> event_id = np.repeat(np.arange(40), 4)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 1, (160, 3))
    >>> result = evaluate_protocols(
    ...     {"model": LogisticRegression(), "prior": DummyClassifier()},
    ...     X, y, pd.DataFrame({"event_id": event_id}), protocols=["event"], seeds=[0],
    ... )
    >>> result.differences["low"].gt(0).all()
    np.True_
    """
    seeds = _check_seeds(seeds)
    _check_estimators(estimators)
    get_metric(metric)
    check_scalar(n_resamples, "n_resamples", Integral, min_val=1)
    y = column_or_1d(y)
    arrays = X if isinstance(X, dict) else dict.fromkeys(estimators, X)
    if missing := set(estimators) - set(arrays):
        raise ValueError(f"X lacks the estimators {', '.join(sorted(missing))}.")
    check_consistent_length(frame, y, *(arrays[name] for name in estimators))
    if params and not _routing_enabled():
        raise ValueError(
            "params need metadata routing: "
            "sklearn.set_config(enable_metadata_routing=True)."
        )
    rounds = {
        seed: make_protocols(
            frame, y, protocols=protocols, n_splits=n_splits, random_state=seed
        )
        for seed in seeds
    }
    metadata = {"groups": frame["event_id"].to_numpy(), **(params or {})}
    jobs = [
        (fits, name, seed, fold)
        for seed, made in rounds.items()
        for fits, folds in {p.fits: p.folds for p in made}.items()
        for name in estimators
        for fold in folds
    ]
    answers = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_fit_and_answer)(
            seeded(estimators[name], seed), arrays[name], y, fold, metadata
        )
        for _, name, seed, fold in jobs
    )
    pooled = {}
    for (fits, name, seed, (_, test)), answer in zip(jobs, answers, strict=True):
        scores = pooled.setdefault(
            (fits, name, seed), np.full((len(y), answer.shape[1]), np.nan)
        )
        scores[test] = answer
    return _tables(rounds, estimators, pooled, y, frame, metric, n_resamples)


def _check_seeds(seeds):
    """Return seeds as a list, refusing a single number and none."""
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds must be a sequence of int, such as [0]; got {seeds!r}.")
    seeds = list(seeds)
    if not seeds:
        raise ValueError("seeds must hold one seed or more; got none.")
    for seed in seeds:
        check_scalar(seed, "seeds", Integral, min_val=0)
    return seeds


def _check_estimators(estimators):
    """Refuse what is not a dict of names and classifiers."""
    if not isinstance(estimators, dict):
        raise TypeError(
            "estimators must be a dict of names and classifiers, such as "
            f"{{'model': classifier}}; got {type(estimators).__name__}."
        )
    if not estimators:
        raise ValueError("estimators must hold one classifier or more; got none.")
    for name, estimator in estimators.items():
        if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
            raise TypeError(
                f"estimators[{name!r}] must be a classifier; got {estimator!r}."
            )


def seeded(estimator, seed):
    """Return a clone all of whose parameters called ``random_state`` are `seed`."""
    names = [
        name
        for name in estimator.get_params(deep=True)
        if name.rpartition("__")[2] == "random_state"
    ]
    return clone(estimator).set_params(**dict.fromkeys(names, seed))


def _fit_and_answer(estimator, X, y, fold, metadata):
    """Fit on the training rows of a fold and return the scores of its test rows."""
    train, test = fold
    y = pd.Series(y, index=pd.Index(metadata["groups"], name="event_id"))
    estimator.fit(
        _safe_indexing(X, train),
        y.iloc[train],
        **_requested(estimator, "fit", metadata, train),
    )
    asked = {name: _requested(estimator, name, metadata, test) for name in RESPONSES}
    return class_scores(estimator, _safe_indexing(X, test), **asked)


def _requested(estimator, method, metadata, rows):
    """Return the metadata that a method requests, of some rows."""
    if not _routing_enabled():
        return {}
    consumed = get_routing_for_object(estimator).consumes(method, metadata)
    return {name: _safe_indexing(metadata[name], rows) for name in consumed}


def _tables(rounds, estimators, pooled, y, frame, metric, n_resamples):
    """Score the pooled answers of every round."""
    events, classes = frame["event_id"].to_numpy(), np.unique(y)
    scores, differences = [], []
    for seed, made in rounds.items():
        options = {"metric": metric, "classes": classes, "n_resamples": n_resamples}
        options["random_state"] = seed
        for protocol in made:
            rows = protocol.scored
            answers = {
                name: pooled[protocol.fits, name, seed][rows] for name in estimators
            }
            counts = (len(set(events[rows])), int(rows.sum()))
            for name, answer in answers.items():
                interval = bootstrap_interval(y[rows], answer, events[rows], **options)
                scores.append((protocol.name, name, seed, *interval, *counts))
            for a, b in combinations(answers, 2):
                interval = paired_bootstrap(
                    y[rows], answers[a], answers[b], events[rows], **options
                )
                differences.append((protocol.name, a, b, seed, *interval))
    score_columns = ["protocol", "estimator", "seed", "score", "low", "high"]
    columns = ["protocol", "a", "b", "seed", "difference", "low", "high"]
    return Bunch(
        scores=pd.DataFrame(scores, columns=[*score_columns, "n_events", "n_records"]),
        differences=pd.DataFrame(differences, columns=columns),
        probabilities=_answer_table(pooled, y, events, classes),
    )


def _answer_table(pooled, y, events, classes):
    """Return all answers, one line each."""
    records = pd.DataFrame({"event_id": events, "label": y}).rename_axis("record")
    parts = {
        key: records.join(
            pd.DataFrame(scores, columns=[f"score_{label}" for label in classes])
        ).dropna(subset=[f"score_{classes[0]}"])
        for key, scores in pooled.items()
    }
    return pd.concat(parts, names=["fits", "estimator", "seed"]).reset_index()
