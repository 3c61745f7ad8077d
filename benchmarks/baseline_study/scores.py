"""Scores with intervals, paired comparisons, and the tables of both."""

import numpy as np
import pandas as pd

from skseisfp.metrics import score_table
from skseisfp.metrics._weighted import get_metric
from skseisfp.metrics.intervals import Interval, resample_units, scored_rows

METRICS = ("roc_auc", "balanced_accuracy")


def compare(y, scores_a, scores_b, events, *, n_resamples, random_state, level="event"):
    """Compare two systems on the same events.

    Parameters
    ----------
    y : ndarray of shape (n_records,)
        Labels.
    scores_a, scores_b : ndarray of shape (n_records, n_classes)
        Probabilities.
    events : ndarray of shape (n_records,)
        Event of each record.
    n_resamples : int
        Number of resamples of the bootstrap by event.
    random_state : int
        Seed of the resamples.
    level : {"event", "record"}, default="event"
        What is scored.

    Returns
    -------
    Interval
        AUC of a minus AUC of b, with its interval.
    float
        Twice the share of resamples on the other side of zero, at most 1: the largest
        probability of error at which the interval still holds zero.
    """
    options = {"classes": np.unique(y), "level": level, "vote": "mean", "tie": "mean"}
    rows_a, codes, strata = scored_rows(y, scores_a, events, **options)
    rows_b, _, _ = scored_rows(y, scores_b, events, **options)
    score, drawn = get_metric("roc_auc"), []

    def difference(counts):
        weights = counts[:, codes]
        drawn.append(score(rows_a, weights) - score(rows_b, weights))
        return drawn[-1]

    interval = resample_units(
        difference,
        strata,
        n_resamples=n_resamples,
        confidence_level=0.95,
        random_state=random_state,
        n_rows=len(codes),
    )
    *resampled, _ = drawn  # the last is that of the events as they are
    values = np.concatenate(resampled)
    beyond = min((values <= 0).sum(), (values >= 0).sum())
    return interval, min(1.0, 2 * (beyond + 1) / (len(values) + 1))


def holm(p_values):
    """Adjust p-values of several comparisons by the method of Holm (1979).

    Parameters
    ----------
    p_values : array-like of shape (n_comparisons,)
        Unadjusted ones.

    Returns
    -------
    ndarray of shape (n_comparisons,)
        Adjusted ones: those below a level are significant together at that level.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.maximum.accumulate(factors * p_values[order]).clip(max=1)
    return adjusted


def tabulate(data_set, splits, collected, *, kinds, reference, n_resamples, seed):
    """Score all systems on a data set, and compare each with the reference.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    splits : list of Protocol
        Its protocols.
    collected : dict of str to dict
        By system, what `collect` returns.
    kinds : dict of str to str
        Kind of each system.
    reference : str
        The system that all others are compared with.
    n_resamples, seed : int
        Resamples of the bootstrap, and their seed.

    Returns
    -------
    DataFrame
        One line a protocol, system, level and metric.
    DataFrame
        One line a protocol and system, against the reference by event.
    DataFrame
        One line a kind of fits and system: what the fits took.
    """
    scores, comparisons = [], []
    for split in splits:
        given = {
            name: found[split.fits][0][split.scored]
            for name, found in collected.items()
            if split.fits in found
        }
        y, events = data_set.y[split.scored], data_set.events[split.scored]
        key = {"data_set": data_set.name, "protocol": split.name}
        for name, answers in given.items():
            table = score_table(
                y,
                answers,
                events,
                metrics=METRICS,
                n_resamples=n_resamples,
                random_state=seed,
            )
            table = table.reset_index().drop(columns="interval")
            n_channels = data_set.waveforms.shape[1]
            table = table.assign(**key, system=name, kind=kinds[name])
            scores.append(table.assign(n_channels=n_channels))
        if data_set.ranked and reference in given:
            lines = _compare_all(y, given, reference, events, n_resamples, seed)
            comparisons += [{**key, "reference": reference, **line} for line in lines]
    costs = [
        {"data_set": data_set.name, "fits": fits, "system": name, **_costs(answers)}
        for name, found in collected.items()
        for fits, (_, answers) in found.items()
    ]
    scores = pd.concat(scores, ignore_index=True) if scores else pd.DataFrame()
    return scores, pd.DataFrame(comparisons), pd.DataFrame(costs)


def _compare_all(y, given, reference, events, n_resamples, seed):
    """Compare all systems with the reference, and correct for their number."""
    lines = []
    for name in [name for name in given if name != reference]:
        interval, p_value = compare(
            y,
            given[name],
            given[reference],
            events,
            n_resamples=n_resamples,
            random_state=seed,
        )
        lines.append({"system": name, **_named(interval), "p": p_value})
    return _correct(lines)


def _correct(lines):
    """Add the p-values corrected for the number of lines."""
    corrected = holm([line["p"] for line in lines])
    return [{**line, "p_holm": p} for line, p in zip(lines, corrected, strict=True)]


def _named(interval: Interval):
    return {"difference": interval.score, "low": interval.low, "high": interval.high}


def measure_leak(data_set, collected, *, n_resamples, seed):
    """Compare folds by record with folds by event, record by record.

    Returns
    -------
    DataFrame
        One line a system: the difference of the AUC by record under both, with an
        interval of a bootstrap by event and a p-value corrected for all systems.
    """
    lines = []
    for name, found in collected.items():
        if not {"records", "event"} <= found.keys():
            continue
        interval, p_value = compare(
            data_set.y,
            found["records"][0],
            found["event"][0],
            data_set.events,
            n_resamples=n_resamples,
            random_state=seed,
            level="record",
        )
        line = {"data_set": data_set.name, "system": name, **_named(interval)}
        lines.append({**line, "p": p_value})
    return pd.DataFrame(_correct(lines))


def _costs(answers):
    """Return means over the fits, and how many the budget ended."""
    nets = [answer for answer in answers if answer.n_epochs is not None]
    ends = [answer.ended_by for answer in nets]
    return {
        "n_fits": len(answers),
        "fit_seconds": np.mean([answer.fit_seconds for answer in answers]),
        "answer_ms": 1e3 * np.mean([answer.answer_seconds for answer in answers]),
        "n_parameters": nets[0].n_parameters if nets else None,
        "n_epochs": np.mean([answer.n_epochs for answer in nets]) if nets else None,
        "max_epochs": nets[0].max_epochs if nets else None,
        "ended_by": ", ".join(f"{end} {ends.count(end)}" for end in sorted(set(ends))),
    }
