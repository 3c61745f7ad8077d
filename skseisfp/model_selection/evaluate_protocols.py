"""Models and their controls under evaluation protocols, with intervals."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, check_scalar, column_or_1d
from sklearn.utils.parallel import Parallel, delayed

from ..metrics import event_labels
from ..metrics.weighted import get_score
from ._controls import CONTROLS, check_controls, make_controls, shuffle_labels
from ._event_threshold import find_threshold
from ._out_of_fold import check_routing, fit_predict, seeded
from ._protocol_looks import ProtocolLooks
from ._protocol_tables import (
    Predictions,
    Scorer,
    break_down,
    compare_models,
    compare_with_controls,
    tabulate_probabilities,
    tabulate_scores,
)
from .protocol_evaluation import ProtocolEvaluation
from .protocols import check_class_sizes, plan_protocols


class _Entry(NamedTuple):
    """An estimator in an evaluation: a model, a control or labels that are shuffled."""

    kind: str
    estimator: Any
    X: Any


@dataclass
class _Cell:
    """One fit: an estimator on a fold of a protocol with a seed."""

    protocol: str
    name: str
    seed: int
    fold: tuple
    y: np.ndarray


def evaluate_protocols(
    estimators,
    X,
    y,
    frame,
    *,
    protocols=None,
    controls=CONTROLS,
    noise=None,
    seeds=(0, 1, 2),
    metric="roc_auc",
    n_splits=5,
    threshold_splits=3,
    by=None,
    n_resamples=2000,
    params=None,
    ledger=None,
    n_jobs=None,
    verbose=0,
):
    """Score classifiers beside their controls, at new events, stations, times, regions.

    Parameters
    ----------
    estimators : dict of str to classifier
        The models; cloned for every fit.
    X : array-like of shape (n_records, ...) or dict of str to array-like
        Records, or one array for each of the `estimators`, by its name. An array that
        was made from all records at once must not have learned from them.
    y : array-like of shape (n_records,)
        Labels, one per event.
    frame : DataFrame of shape (n_records, ...)
        Table of the records: ``event_id``, and what protocols (see
        :func:`make_protocols`) and controls need.
    protocols : str or sequence of str, default=None
        Protocols, see :func:`make_protocols`; None takes all that are possible.
    controls : str or sequence of str, default=("prior", "station", "noise", "time", \
"shuffled")
        What a score is worth that needs no seismogram of the event: ``"prior"``, the
        shares of the classes in training; ``"station"``, trees on station, channel and
        the like; ``"noise"``, trees on the spectrum of `noise`; ``"time"``, trees on
        year, hour and weekday of the event; ``"shuffled"``, each model itself with the
        labels dealt to the events at random. Those that are not possible are named in
        the result.
    noise : array-like of shape (n_records, [n_channels,] n_samples), default=None
        What was recorded before the event, for the control of that name.
    seeds : sequence of int, default=(0, 1, 2)
        Each seeds the folds, the estimators (all parameters that are called
        ``random_state``) and the bootstrap of one whole round.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"}, default="roc_auc"
        Event score by which models are compared with controls, of the mean
        probability of an event's records.
    n_splits : int, default=5
        Number of event folds, of station folds and of regions.
    threshold_splits : int or None, default=3
        Number of event-grouped folds inside each training set by which the threshold
        of the balanced accuracy is found; None takes the likeliest class. Of more than
        two classes the likeliest is taken always.
    by : str or sequence of str, default=None
        Columns of `frame` by whose values the scores are broken down, beside the
        number of stations; None takes ``label_source`` and ``label_confidence``, where
        they are there.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap by event.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always among it.
    ledger : EvaluationLedger, default=None
        Ledger in which each model under each protocol is a look at the events, with
        its mean score over the seeds. A sealed set that was looked at raises before
        any fit.
    n_jobs : int, default=None
        Number of fits at a time, as in joblib.
    verbose : int, default=0
        Messages of joblib about the progress.

    Returns
    -------
    ProtocolEvaluation
        Tables of scores, controls, differences and subsets; fingerprints as a summary.

    Raises
    ------
    TypeError
        If `estimators`, `frame` or `seeds` are of another type.
    ValueError
        As :func:`make_protocols`, if an option is not an allowed one, or if `params`
        are given without metadata routing.
    SealedSetError
        If the events are a sealed set of the `ledger` that was looked at.

    Notes
    -----
    Predictions are pooled over the folds before they are scored, so that a fold may
    lack a class. That puts predictions of different fits side by side, whose training
    sets hold the classes in different shares, and these tell something: the more of a
    class is tested, the less of it is trained on. The control ``"prior"`` shows how
    much. Balanced class weights take it away.

    All intervals hold for the events at hand and for one look at them; the spread over
    seeds comes on top. What was chosen by such scores must be evaluated by
    :func:`nested_evaluation` or on events that no choice has looked at.

    A model that is not above the best control (the lower end of the paired difference
    is not above 0) has not been shown to know more than the control does.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import evaluate_protocols
    >>> event_id = np.repeat(np.arange(40), 4)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 1, (160, 3))
    >>> result = evaluate_protocols(
    ...     {"model": LogisticRegression()}, X, y, pd.DataFrame({"event_id": event_id}),
    ...     seeds=[0], n_resamples=200,
    ... )
    >>> result.against_controls[["best_control", "above"]].values.tolist()
    [['control: prior', True]]
    >>> result.not_run["name"].tolist()[:2]
    ['new_stations', 'later_events']
    """
    seeds = _check_seeds(seeds)
    _check_estimators(estimators)
    _check_options(metric, n_resamples, threshold_splits, params)
    controls = check_controls(controls)
    y = column_or_1d(y)
    arrays = _check_arrays(estimators, X, y, frame, noise)
    rounds, reasons = _plan(frame, y, seeds, protocols=protocols, n_splits=n_splits)
    by = _check_columns(frame, by)
    events = frame["event_id"].to_numpy()
    if len(np.unique(y)) > 2:
        threshold_splits = None
    _check_thresholds(rounds, y, events, threshold_splits)
    entries, impossible = _make_entries(estimators, arrays, controls, frame, noise)
    models = {name: (estimators[name], arrays[name]) for name in arrays}
    looks = ProtocolLooks(ledger, models, rounds, y, events, metric)
    pooled = _fit_all(
        entries,
        rounds,
        y,
        {"groups": events, **(params or {})},
        threshold_splits=threshold_splits,
        parallel=Parallel(n_jobs=n_jobs, verbose=verbose),
    )
    scorer = Scorer(events, np.unique(y), metric=metric, n_resamples=n_resamples)
    scores = tabulate_scores(entries, rounds, pooled, scorer)
    main = scores[scores["metric"] == metric]
    looks.record(pooled, main.groupby(["protocol", "estimator"])["score"].mean())
    return ProtocolEvaluation(
        scores=scores,
        against_controls=compare_with_controls(entries, rounds, pooled, scores, scorer),
        differences=compare_models(entries, rounds, pooled, scorer),
        breakdown=break_down(entries, rounds, pooled, scorer, frame, by),
        probabilities=tabulate_probabilities(pooled, events, scorer.classes),
        constants=_constants(rounds, y, scorer),
        not_run=pd.DataFrame(
            list((reasons | impossible).items()), columns=["name", "reason"]
        ),
        metric=metric,
        looks=looks.reports(),
    )


def _make_entries(estimators, arrays, controls, frame, noise):
    """Return models and controls by name, and why other controls are not possible."""
    entries = {name: _Entry("model", estimators[name], X) for name, X in arrays.items()}
    noise = None if noise is None else np.asarray(noise)
    possible, impossible = make_controls(controls, frame, noise)
    entries |= {
        f"control: {control.name}": _Entry("control", control.estimator, control.X)
        for control in possible
    }
    if "shuffled" in controls:
        entries |= {
            f"control: shuffled labels, {name}": _Entry("shuffled", estimators[name], X)
            for name, X in arrays.items()
        }
    return entries, impossible


def _plan(frame, y, seeds, *, protocols, n_splits):
    """Return the protocols of each seed by name, and why others are not possible."""
    rounds = {}
    for seed in seeds:
        made, reasons = plan_protocols(
            frame, y, protocols=protocols, n_splits=n_splits, random_state=seed
        )
        rounds[seed] = {protocol.name: protocol for protocol in made}
    if not all(rounds.values()):
        raise ValueError(f"No protocol is possible: {'; '.join(reasons.values())}")
    return rounds, reasons


def _fit_all(entries, rounds, y, metadata, *, threshold_splits, parallel):
    """Fit every estimator on every fold; return predictions by protocol, name, seed."""
    cells = [
        _Cell(protocol, name, seed, fold, labels)
        for seed, made in rounds.items()
        for name, entry in entries.items()
        for labels in [_labels(entry, y, metadata["groups"], seed)]
        for protocol in made
        for fold in made[protocol].folds
    ]
    found = parallel(
        delayed(_run)(entries[cell.name], cell, metadata, threshold_splits)
        for cell in cells
    )
    pooled = {}
    for cell, (scores, threshold) in zip(cells, found, strict=True):
        key = cell.protocol, cell.name, cell.seed
        if key not in pooled:
            empty = np.full((len(y), scores.shape[1]), np.nan)
            pooled[key] = Predictions(empty, np.full(len(y), np.nan), cell.y)
        pooled[key].scores[cell.fold[1]] = scores
        pooled[key].thresholds[cell.fold[1]] = threshold
    return pooled


def _labels(entry, y, events, seed):
    """Return the labels that an estimator is trained on."""
    return shuffle_labels(y, events, seed) if entry.kind == "shuffled" else y


def _run(entry, cell, metadata, threshold_splits):
    """Return the scores of the test rows of a cell, and the threshold."""
    estimator = seeded(entry.estimator, cell.seed)
    threshold = np.nan
    if threshold_splits is not None and entry.kind == "model":
        threshold = find_threshold(
            estimator,
            entry.X,
            cell.y,
            cell.fold[0],
            metadata,
            n_splits=threshold_splits,
            seed=cell.seed,
        )
    return fit_predict(estimator, entry.X, cell.y, cell.fold, metadata), threshold


def _constants(rounds, y, scorer):
    """Return the Brier score of a constant under each protocol, mean over the seeds."""
    table = pd.DataFrame(
        [
            (name, scorer.constant_brier(y, protocol.scored))
            for made in rounds.values()
            for name, protocol in made.items()
        ],
        columns=["protocol", "brier_score"],
    )
    return table.groupby("protocol", sort=False)["brier_score"].mean()


def _check_seeds(seeds):
    """Return seeds as a list, and raise for a single number or none."""
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds must be a sequence of int, such as [0]; got {seeds!r}.")
    seeds = list(seeds)
    if not seeds:
        raise ValueError("seeds must hold one seed or more; got none.")
    for seed in seeds:
        check_scalar(seed, "seeds", Integral, min_val=0)
    return seeds


def _check_estimators(estimators):
    """Raise unless estimators are a dict of names and classifiers."""
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
        if str(name).startswith("control: "):
            raise ValueError(f"estimators: {name!r} is the name of a control.")


def _check_options(metric, n_resamples, threshold_splits, params):
    """Raise if an option is not allowed."""
    get_score(metric)
    check_scalar(n_resamples, "n_resamples", Integral, min_val=1)
    if threshold_splits is not None:
        check_scalar(threshold_splits, "threshold_splits", Integral, min_val=2)
    check_routing(params)


def _check_arrays(estimators, X, y, frame, noise):
    """Return one array for each estimator, of as many rows as there are labels."""
    arrays = X if isinstance(X, dict) else dict.fromkeys(estimators, X)
    if missing := set(estimators) - set(arrays):
        raise ValueError(f"X lacks the estimators {', '.join(sorted(missing))}.")
    arrays = {name: arrays[name] for name in estimators}
    check_consistent_length(frame, y, noise, *arrays.values())
    return arrays


def _check_columns(frame, by):
    """Return the columns by which scores are broken down."""
    if by is None:
        return None
    columns = [by] if isinstance(by, str) else list(by)
    if missing := [name for name in columns if name not in frame]:
        raise ValueError(f"by: frame lacks the columns {', '.join(missing)}.")
    return columns


def _check_thresholds(rounds, y, events, threshold_splits):
    """Raise if a training set has too few events for the folds of the threshold."""
    if threshold_splits is None:
        return
    for made in rounds.values():
        for protocol in made.values():
            for train, _ in protocol.folds:
                labels = event_labels(y[train], events[train])
                _check_training_events(protocol.name, labels, threshold_splits)


def _check_training_events(protocol, labels, threshold_splits):
    """Raise if there are too few events for the folds of the threshold; name it."""
    try:
        check_class_sizes(labels, threshold_splits, name="threshold_splits")
    except ValueError as error:
        raise ValueError(
            f"Training set of protocol {protocol!r}: {error} Take fewer, or "
            "threshold_splits=None."
        ) from error
