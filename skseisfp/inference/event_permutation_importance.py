"""Importance of bands, phases and stations: content exchanged between events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import Bunch, check_random_state, check_scalar, column_or_1d
from sklearn.utils.parallel import Parallel, delayed

from .._utils.checks import check_option, check_per_record
from ..events import resolve_groups
from ..metrics import EventScorer, event_roc_auc
from ..metrics.aggregation import class_scores
from ..metrics.intervals import resample_units, scored_rows
from ..metrics.weighted import get_score
from ..signal.arrivals import check_arrivals
from ._exchanges import (
    donors_of,
    exchange_bands,
    exchange_phase,
    exchange_station,
    phase_windows_of,
)
from ._record_classifier import fingerprint_steps, named_like, open_records
from .explain_records import find_band_edges

# what an exchange needs to know of each record
NEEDED = {"band": (), "phase": ("p_arrival", "s_arrival"), "station": ("station",)}


def event_permutation_importance(
    estimator: Any,
    X: Any,
    y: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    *,
    by: str = "band",
    bands: int | npt.ArrayLike | None = None,
    p_arrival: npt.ArrayLike | None = None,
    s_arrival: npt.ArrayLike | None = None,
    station: npt.ArrayLike | None = None,
    sampling_rate: float | None = None,
    scoring: str | Callable[..., Any] = event_roc_auc,
    vote: str = "mean",
    n_repeats: int = 5,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Permutation importance of bands, phases or stations, exchanged between events.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier of records, as `explain_records` takes it.
    X : array-like of shape (n_records, ..., n_samples) or Bunch
        Records that the classifier was not trained on.
    y : array-like of shape (n_records,), default=None
        Labels; None takes those of a Bunch.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, or the events of
        a Bunch.
    by : {"band", "phase", "station"}, default="band"
        Of what the content is exchanged: a band in all of the record, a window of
        ``"noise"``, ``"P"``, ``"P coda"``, ``"S"`` and ``"S coda"``, or the records of
        a station as they are.
    bands : int or array-like of shape (n_bands + 1,), default=None
        Bands, see `explain_records`. Phases are exchanged between the outermost edges.
    p_arrival, s_arrival : array-like of shape (n_records,), default=None
        Seconds from the first sample, NaN where they are not known; None takes those of
        a Bunch. Phases need both; bands are aligned at P where it is known.
    station : array-like of shape (n_records,), default=None
        Station of each record, for ``by="station"``; None takes those of a Bunch.
    sampling_rate : float, default=None
        Samples per second (Hz). None takes that of a Bunch or of the steps.
    scoring : str or EventScorer, default=event_roc_auc
        ``"roc_auc"``, ``"accuracy"``, ``"balanced_accuracy"`` or ``"f1"``, by event, or
        an event scorer of one metric.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event vote, see `skseisfp.metrics.aggregate_events`.
    n_repeats : int, default=5
        Number of times that content is exchanged.
    n_resamples : int, default=1000
        Number of resamples of events for the intervals.
    confidence_level : float, default=0.95
        Probability that an interval covers the true importance.
    n_jobs : int, default=None
        Number of repeats at a time, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seed of the exchanges and of the resamples.

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch`
        With these attributes.

        names : list of str
            The bands, phases or stations.
        importances : ndarray of shape (n_parts, n_repeats)
            Falls of the score.
        importances_mean, importances_std : ndarray of shape (n_parts,)
            Mean and standard deviation over the repeats.
        importances_low, importances_high : ndarray of shape (n_parts,)
            Ends of the interval of the mean, by a bootstrap that draws whole events.
        n_events : ndarray of shape (n_parts,)
            Events whose content was exchanged.
        score : Interval
            Score of the records as they are.
        frame : DataFrame
            The same as a table, one row per part.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If an option is not valid, events, arrivals or stations are not known, or the
        records of an event differ in label.

    See Also
    --------
    explain_records : Bands and seconds of single records.
    sklearn.inspection.permutation_importance : Columns of features.

    Notes
    -----
    Content is exchanged between events [1]_: all records of an event get theirs from
    the records of one other event, of any class, and never from their own. Exchanged
    between records, an event would keep a part of its content. The content keeps its
    level relative to the rest of its record, so that the shape of spectrum and envelope
    goes with it, but not the amplitude. Records without a window keep their content,
    and a station with one event has no importance (NaN).

    Parts that hold the same information replace each other, and seem unimportant each.

    References
    ----------
    .. [1] L. Breiman, Random forests, Machine Learning 45, 5-32, 2001,
       doi:10.1023/A:1010933404324

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.inference import event_permutation_importance
    >>> bunch = make_seismograms(90, random_state=0)
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=40, f_min=0.5, flatten=True),
    ...     LogisticRegression(),
    ... ).fit(bunch.data[:60], bunch.target[:60])
    >>> result = event_permutation_importance(
    ...     pipeline, bunch.data[60:], bunch.target[60:], n_repeats=2, random_state=0
    ... )
    >>> result.names
    ['0.5-1 Hz', '1-2 Hz', '2-4 Hz', '4-8 Hz', '8-16 Hz']
    """
    _check_options(n_repeats, n_resamples, by, scoring)
    rng = check_random_state(random_state)
    classifier, records, samples, rate = open_records(
        estimator, X, y, groups, sampling_rate
    )
    if records.y is None:
        raise ValueError("y must be given, as the labels of the records are scored.")
    events = resolve_groups(
        records.y,
        records.groups,
        X=records.X,
        needed_by="event_permutation_importance",
    )
    codes, _ = pd.factorize(events)
    known = _known_of_records(records, samples, rate, p_arrival, s_arrival, station)
    names, n_events, exchange = _plan(
        by, classifier, samples, codes, known, bands, rate
    )
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_repeats)
    before = class_scores(classifier, named_like(classifier, samples))
    after = Parallel(n_jobs=n_jobs)(
        delayed(_score_exchanged)(classifier, exchange, seed) for seed in seeds
    )
    measure = partial(
        _measure,
        labels=column_or_1d(records.y),
        events=events,
        classes=classifier.classes_,
        scoring=scoring,
        vote=vote,
        bootstrap={
            "n_resamples": n_resamples,
            "confidence_level": confidence_level,
            "random_state": rng.randint(np.iinfo(np.int32).max),
        },
    )
    falls = [measure(before, list(scores)) for scores in zip(*after, strict=True)]
    return _as_bunch(names, n_events, falls, measure(before, [])[1])


def _check_options(n_repeats, n_resamples, by, scoring):
    """Raise for options that are not valid."""
    check_scalar(n_repeats, "n_repeats", Integral, min_val=1)
    check_scalar(n_resamples, "n_resamples", Integral, min_val=1)
    check_option("by", by, tuple(NEEDED))
    if not isinstance(scoring, (str, EventScorer)):
        raise TypeError(
            "scoring must be the name of a score by event or an event scorer, see "
            f"make_event_scorer; got {scoring!r}."
        )
    get_score(scoring)


def _known_of_records(records, samples, rate, p_arrival, s_arrival, station):
    """Return arrivals and stations of the records, None where they are not known."""
    frame = {} if records.frame is None else records.frame
    known = {}
    for name, given in (("p_arrival", p_arrival), ("s_arrival", s_arrival)):
        given = frame.get(name) if given is None else given
        if given is not None:
            n_samples = samples.shape[-1]
            known[name] = check_arrivals(
                name, given, len(samples), n_samples=n_samples, sampling_rate=rate
            )
    given = frame.get("station") if station is None else station
    if given is not None:
        given = check_per_record("station", given, len(samples), "name")
        known["station"] = given.astype(str)
    return known


def _plan(by, classifier, X, events, known, bands, rate):
    """Return the names of parts, their numbers of events, and the exchange of all."""
    for name in NEEDED[by]:
        if name not in known:
            raise ValueError(f"by={by!r} needs the {name} of each record.")
    n_events = len(np.unique(events))
    if by == "station":
        stations = np.unique(known["station"])
        members = [known["station"] == name for name in stations]
        counts = [len(np.unique(events[rows])) for rows in members]
        return stations.tolist(), counts, partial(_stations, X, events, members)
    found = fingerprint_steps(classifier)
    edges = find_band_edges(bands, None if found is None else found[1], rate)
    if by == "band":
        names = [f"{low:.3g}-{high:.3g} Hz" for low, high in pairwise(edges)]
        p_arrival = known.get("p_arrival")
        exchange = partial(_bands, X, events, edges, rate, p_arrival)
        return names, [n_events] * len(names), exchange
    windows = phase_windows_of(
        known["p_arrival"], known["s_arrival"], X.shape[-1], rate
    )
    counts = [
        len(np.unique(events[window[:, 1] > window[:, 0]]))
        for window in windows.values()
    ]
    exchange = partial(_phases, X, events, list(windows.values()), edges, rate)
    return list(windows), counts, exchange


def _bands(X, events, edges, rate, p_arrival, rng):
    """Yield records with each band exchanged."""
    yield from exchange_bands(X, donors_of(events, rng), edges, rate, p_arrival)


def _phases(X, events, windows, edges, rate, rng):
    """Yield records with each phase exchanged."""
    donors = donors_of(events, rng)
    for window in windows:
        yield exchange_phase(X, donors, window, edges, rate)


def _stations(X, events, members, rng):
    """Yield records with those of each station exchanged."""
    for at_station in members:
        yield exchange_station(X, events, at_station, rng)


def _score_exchanged(classifier, exchange, seed):
    """Return the scores of records after each exchange."""
    rng = np.random.RandomState(seed)
    return [class_scores(classifier, named_like(classifier, X)) for X in exchange(rng)]


def _measure(before, after, *, labels, events, classes, scoring, vote, bootstrap):
    """Return the falls of the score by repeats, and their mean with its interval.

    Without scores after an exchange, it is the score itself that has an interval.
    """
    score = get_score(scoring)
    options = {"classes": classes, "level": "event", "vote": vote, "tie": "mean"}
    rows, codes, strata = scored_rows(labels, before, events, **options)
    others = [scored_rows(labels, scores, events, **options)[0] for scores in after]

    def falls(counts):
        weights = counts[:, codes]
        return [score(rows, weights) - score(other, weights) for other in others]

    def statistic(counts):
        if not others:
            return score(rows, counts[:, codes])
        return np.mean(falls(counts), axis=0)

    interval = resample_units(statistic, strata, n_rows=len(codes), **bootstrap)
    return np.ravel(falls(np.ones((1, len(strata))))), interval


def _as_bunch(names, n_events, falls, score):
    """Return the result; parts of a single event, where nothing changed, are NaN."""
    exchanged = np.asarray(n_events) > 1
    importances = np.array([values for values, _ in falls])
    importances[~exchanged] = np.nan
    ends = np.array([interval[1:] for _, interval in falls])
    ends[~exchanged] = np.nan
    result = {
        "importances_mean": importances.mean(axis=1),
        "importances_std": importances.std(axis=1),
        "importances_low": ends[:, 0],
        "importances_high": ends[:, 1],
        "n_events": np.asarray(n_events),
    }
    frame = pd.DataFrame(result, index=pd.Index(names, name="part"))
    frame.columns = frame.columns.str.replace("importances_mean", "importance")
    frame.columns = frame.columns.str.removeprefix("importances_")
    return Bunch(
        names=names, importances=importances, score=score, frame=frame, **result
    )
