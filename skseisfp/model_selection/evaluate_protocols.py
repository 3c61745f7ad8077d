"""Models and their controls under evaluation protocols, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.parallel import delayed

from .._parameters import COUNT
from .._utils.progress import run_jobs
from ..ensemble.out_of_fold import check_routing, fit_predict, seeded
from ..metrics import event_labels
from ..metrics.decisions import decision_threshold, margin_threshold, shift_scores
from ._controls import CONTROLS, check_controls, make_controls, shuffle_labels
from ._event_threshold import find_threshold
from ._options import AT_LEAST_TWO, SEED, check_options
from ._protocol_folds import check_class_sizes
from ._protocol_looks import ProtocolLooks
from ._protocol_tables import Predictions, Scorer, tabulate
from .protocol_evaluation import ProtocolEvaluation
from .protocols import plan_protocols

if TYPE_CHECKING:
    from .evaluation_ledger import EvaluationLedger

OPTIONS = {
    "n_splits": [AT_LEAST_TWO],
    "n_resamples": [COUNT],
    "threshold_splits": [AT_LEAST_TWO, None],
    "verbose": ["verbose"],
}


class _Entry(NamedTuple):
    """An estimator that is evaluated, its records, and its kind.

    Kinds are ``"model"``, ``"control"`` and ``"shuffled"``, a model on shuffled labels.
    """

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
    y: npt.NDArray


def evaluate_protocols(
    estimators: Mapping[str, BaseEstimator],
    X: npt.ArrayLike | Mapping[str, Any],
    y: npt.ArrayLike,
    frame: pd.DataFrame,
    *,
    protocols: str | tuple[str, Any] | Iterable[str | tuple[str, Any]] | None = None,
    controls: str | Iterable[str] = CONTROLS,
    noise: npt.ArrayLike | None = None,
    seeds: Sequence[int] | range = (0, 1, 2),
    metric: str | Callable[..., Any] = "roc_auc",
    n_splits: int = 5,
    threshold_splits: int | None = 3,
    by: str | Iterable[str] | None = None,
    n_resamples: int = 2000,
    params: dict[str, Any] | None = None,
    ledger: EvaluationLedger | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> ProtocolEvaluation:
    """Score classifiers and controls at new events, stations, times and regions.

    Parameters
    ----------
    estimators : dict of str to classifier
        The models; cloned for every fit.
    X : array-like of shape (n_records, ...) or dict of str to array-like
        Records, or one array for each of the `estimators`, by its name. An array that
        was computed from all records at once must not have learned from them.
    y : array-like of shape (n_records,)
        Labels, one per event.
    frame : DataFrame of shape (n_records, ...)
        Table of the records: ``event_id``, and the columns that protocols (see
        :func:`make_protocols`) and controls need.
    protocols : str, (str, splitter) or sequence of these, default=None
        Protocols, see :func:`make_protocols`; None takes all that are possible.
    controls : str or sequence of str, default=("prior", "station", "noise", "time", \
"shuffled")
        Classifiers that see no seismogram of the event: ``"prior"``, the shares of the
        classes in training; ``"station"``, trees on station, channel and the like;
        ``"noise"``, trees on the spectrum of `noise`; ``"time"``, trees on year, hour
        and weekday of the event; ``"shuffled"``, each model itself, trained on labels
        that are shuffled among the events. Those that are not possible are named in
        the result.
    noise : array-like of shape (n_records, [n_channels,] n_samples), default=None
        Records of the noise before the event, for the control of that name.
    seeds : sequence of int, default=(0, 1, 2)
        Each is the seed of one whole round: of the folds, of the estimators (all
        parameters that are called ``random_state``) and of the bootstrap.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"} or callable, \
default="roc_auc"
        Event score by which models are compared with controls, of the mean
        probability of an event's records; a callable is an event scorer, or is called
        as ``metric(y_true, y_pred)``. What is predicted follows a threshold of the
        classifier's own.
    n_splits : int, default=5
        Number of event folds, of station folds and of regions.
    threshold_splits : int or None, default=3
        Number of event-grouped folds within each training set by which the threshold
        of the balanced accuracy is found; None predicts the likeliest class, as is
        always done for more than two classes. A classifier with a threshold of its own
        keeps it.
    by : str or sequence of str, default=None
        Columns of `frame` by whose values the scores are broken down, in addition to
        the number of stations; None takes ``label_source`` and ``label_confidence`` if
        `frame` has them.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap by event.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always added.
    ledger : EvaluationLedger, default=None
        Ledger in which each model under each protocol is a look at the events, with
        its mean score over the seeds. A sealed set that has had its look raises before
        any fit.
    n_jobs : int, default=None
        Number of fits at a time, as in joblib.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Returns
    -------
    ProtocolEvaluation
        Tables of scores, controls, differences and subsets; ``print`` shows a summary.

    Raises
    ------
    TypeError
        If `estimators`, `frame` or `seeds` are of another type.
    ValueError
        As :func:`make_protocols`, if an option is not valid, if `params` are given
        without metadata routing, or if predictions are scored and a classifier predicts
        by a rule that its scores do not show.
    SealedSetError
        If the events are a sealed set of the `ledger` that has had its look.

    Notes
    -----
    Predictions are pooled over the folds before they are scored, so that a fold may
    lack a class. The pool holds predictions of different fits, whose training sets have
    the classes in different shares, and these shares carry information: the more of a
    class is tested, the less of it is trained on. The control ``"prior"`` measures this
    effect. Balanced class weights remove it.

    All intervals hold for the events at hand and for one look at them; the spread over
    seeds is additional. A model that was selected by such scores must be evaluated by
    :func:`nested_evaluation`, or on events that were not used for the selection.

    A model that is not above the best control (the lower end of the paired difference
    is not above 0) has not been shown to use more than the control does.

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
    check_options(
        OPTIONS,
        n_splits=n_splits,
        n_resamples=n_resamples,
        threshold_splits=threshold_splits,
        verbose=verbose,
    )
    controls = check_controls(controls)
    y = column_or_1d(y)
    arrays = _check_arrays(estimators, X, y, frame, noise, params or {})
    rounds, reasons = _plan(frame, y, seeds, protocols=protocols, n_splits=n_splits)
    by = _check_columns(frame, by)
    events = frame["event_id"].to_numpy()
    threshold_splits = _check_thresholds(rounds, y, events, threshold_splits)
    entries, impossible = _make_entries(estimators, arrays, controls, frame, noise)
    scorer = Scorer(events, np.unique(y), metric=metric, n_resamples=n_resamples)
    looks = ProtocolLooks(ledger, entries, rounds, y, events, scorer.name)
    pooled = _fit_all(
        entries,
        rounds,
        y,
        {"groups": events, **(params or {})},
        threshold_splits=threshold_splits,
        uses_predictions=scorer.uses_predictions,
        run=partial(
            run_jobs, what="fits", verbose=verbose, n_jobs=n_jobs, by="Protocols"
        ),
    )
    tables = tabulate(entries, rounds, pooled, scorer, y, frame, by)
    looks.record(pooled, tables["scores"], scorer.of_metric)
    not_run = list((reasons | impossible).items())
    return ProtocolEvaluation(
        **tables,
        not_run=pd.DataFrame(not_run, columns=["name", "reason"]),
        metric=scorer.name,
        looks=looks.reports(),
    )


def _make_entries(estimators, arrays, controls, frame, noise):
    """Return models and controls by name, and reasons for controls not possible."""
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
    """Return the protocols of each seed by name, and reasons for those not possible."""
    rounds, reasons = {}, {}
    for seed in seeds:
        made, reasons = plan_protocols(
            frame, y, protocols=protocols, n_splits=n_splits, random_state=seed
        )
        rounds[seed] = {protocol.name: protocol for protocol in made}
    if not all(rounds.values()):
        raise ValueError(f"No protocol is possible: {'; '.join(reasons.values())}")
    return rounds, reasons


def _fit_all(entries, rounds, y, metadata, *, run, **options):
    """Fit every estimator on every fold; return predictions by protocol, name, seed."""
    cells = [
        _Cell(protocol, name, seed, fold, labels)
        for seed, made in rounds.items()
        for name, entry in entries.items()
        for labels in [_labels(entry, y, metadata["groups"], seed)]
        for protocol in made
        for fold in made[protocol].folds
    ]
    found = run(
        delayed(_run)(entries[cell.name], cell, metadata, **options) for cell in cells
    )
    pooled = {}
    for cell, (scores, thresholds, own) in zip(cells, found, strict=True):
        key = cell.protocol, cell.name, cell.seed
        if key not in pooled:
            empty = np.full((len(y), scores.shape[1]), np.nan)
            pooled[key] = Predictions(empty, empty[:, 0].copy(), empty.copy(), cell.y)
        test = cell.fold[1]
        pooled[key].scores[test] = scores
        pooled[key].thresholds[test] = thresholds
        pooled[key].own[test] = own
    return pooled


def _labels(entry, y, events, seed):
    """Return the labels that an estimator is trained on."""
    return shuffle_labels(y, events, seed) if entry.kind == "shuffled" else y


def _run(entry, cell, metadata, *, threshold_splits, uses_predictions):
    """Return scores of the test rows, their thresholds, and scores of own decisions.

    A classifier with a threshold of its own keeps it; for others it is found.
    """
    estimator = seeded(entry.estimator, cell.seed)
    data = entry.X, cell.y
    is_model = entry.kind == "model"
    is_tuned = threshold_splits is not None and is_model
    scores = fit_predict(
        estimator,
        *data,
        cell.fold,
        metadata,
        check_rule=uses_predictions or (is_model and not is_tuned),
    )
    decision = decision_threshold(estimator)
    if decision is not None and scores.shape[1] == 2:
        own = shift_scores(scores, decision)
        return scores, margin_threshold(scores, decision), own
    if not is_tuned:
        return scores, np.nan, np.nan
    threshold = find_threshold(
        estimator,
        *data,
        cell.fold[0],
        metadata,
        n_splits=threshold_splits,
        seed=cell.seed,
    )
    return scores, threshold, np.nan


def _check_seeds(seeds):
    """Return seeds as a list; raise if they are a single number or none."""
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds must be a sequence of int, such as [0]; got {seeds!r}.")
    seeds = list(seeds)
    if not seeds:
        raise ValueError("seeds must hold one seed or more; got none.")
    for seed in seeds:
        check_options({"seeds": [SEED]}, seeds=seed)
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


def _check_arrays(estimators, X, y, frame, noise, params):
    """Return one array for each estimator; raise if lengths differ."""
    check_routing(params)
    arrays = X if isinstance(X, dict) else dict.fromkeys(estimators, X)
    if missing := set(estimators) - set(arrays):
        raise ValueError(f"X lacks the estimators {', '.join(sorted(missing))}.")
    arrays = {name: arrays[name] for name in estimators}
    check_consistent_length(frame, y, noise, *arrays.values(), *params.values())
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
    """Return the number of folds of the threshold, None for more than two classes.

    Raise if a training set has too few events for these folds.
    """
    if threshold_splits is None or len(np.unique(y)) > 2:
        return None
    for made in rounds.values():
        for protocol in made.values():
            for train, _ in protocol.folds:
                labels = event_labels(y[train], events[train])
                _check_training_events(protocol.name, labels, threshold_splits)
    return threshold_splits


def _check_training_events(protocol, labels, threshold_splits):
    """Raise if there are too few events for the folds of the threshold; name it."""
    try:
        check_class_sizes(labels, threshold_splits, name="threshold_splits")
    except ValueError as error:
        raise ValueError(
            f"Training set of protocol {protocol!r}: {error} Take fewer, or "
            "threshold_splits=None."
        ) from error
