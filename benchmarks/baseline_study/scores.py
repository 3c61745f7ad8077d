"""Scores with intervals, paired comparisons, and the tables of both."""

import numpy as np
import pandas as pd

from skseisfp.metrics import event_labels, score_table
from skseisfp.metrics.intervals import Interval, resample_units, scored_rows
from skseisfp.metrics.weighted import get_metric

RANKING = ("roc_auc", "balanced_accuracy")
CALIBRATION = ("brier_score", "calibration_error")


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
        Whether events or records are scored.

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


def tabulate(data_set, splits, collected, systems, *, reference, n_resamples, seed):
    """Score all systems on a data set, and compare them.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    splits : list of Split
        Its protocols.
    collected : dict of str to dict
        By system, the result of `collect`.
    systems : dict of str to System
        The systems.
    reference : str
        The system to which all others are compared.
    n_resamples, seed : int
        Resamples of the bootstrap, and their seed.

    Returns
    -------
    DataFrame
        One line a protocol, system, level and metric. Ranks and decisions are scored on
        balanced probabilities, calibration on those that the system predicts.
    DataFrame
        One line a protocol and system, against the reference and against the best
        control by event.
    DataFrame
        One line a kind of fits and system: the costs of the fits.
    """
    scores, comparisons = [], []
    for split in splits:
        given = {
            name: found[split.fits]
            for name, found in collected.items()
            if split.fits in found
        }
        key = {"data_set": data_set.name, "protocol": split.name}
        options = {"n_resamples": n_resamples, "random_state": seed}
        tables = [
            _score(data_set, split, pooled, **options).assign(
                system=name, kind=systems[name].kind, selected=systems[name].selected
            )
            for name, pooled in given.items()
        ]
        if not tables:
            continue
        tables = pd.concat(tables, ignore_index=True).assign(**key)
        scores.append(tables)
        if data_set.ranked:
            for kind, name in _opponents(tables, reference).items():
                lines = _compare_all(data_set, split, given, name, **options)
                pair = {**key, "against": kind, "reference": name}
                comparisons += [{**pair, **line} for line in lines]
    costs = [
        {"data_set": data_set.name, "fits": fits, "system": name, **_costs(pooled.fits)}
        for name, found in collected.items()
        for fits, pooled in found.items()
    ]
    scores = pd.concat(scores, ignore_index=True) if scores else pd.DataFrame()
    return scores, pd.DataFrame(comparisons), pd.DataFrame(costs)


def _score(data_set, split, pooled, **options):
    """Return the scores of a system under a protocol."""
    rows = split.scored
    y, events = data_set.y[rows], data_set.events[rows]
    ranking = score_table(y, pooled.balanced[rows], events, metrics=RANKING, **options)
    calibration = score_table(
        y, pooled.raw[rows], events, metrics=CALIBRATION, levels="event", **options
    )
    table = pd.concat([ranking, calibration]).reset_index()
    return table.drop(columns="interval").assign(
        n_channels=data_set.waveforms.shape[1],
        constant_brier=constant_brier_score(y, events),
    )


def constant_brier_score(y, events):
    """Return the Brier score by event of a constant, the shares of the classes."""
    shares = event_labels(y, events).value_counts(normalize=True).to_numpy()
    spread = (shares * (1 - shares)).sum()
    return spread / 2 if len(shares) == 2 else spread


def _opponents(scores, reference):
    """Return the reference and the best control, if they were scored."""
    best = scores.query("level == 'event' and metric == 'roc_auc'")
    best = best.sort_values("score", ascending=False)
    controls = best.loc[best["kind"] == "control", "system"]
    opponents = {"reference": reference} if reference in set(best["system"]) else {}
    if len(controls):
        opponents["best control"] = controls.iloc[0]
    return opponents


def _compare_all(data_set, split, given, reference, **options):
    """Compare all systems with one of them, and correct for their number."""
    rows, lines = split.scored, []
    y, events = data_set.y[rows], data_set.events[rows]
    for name in [name for name in given if name != reference]:
        a, b = given[name].balanced[rows], given[reference].balanced[rows]
        interval, p_value = compare(y, a, b, events, **options)
        lines.append({"system": name, **_named(interval), "p": p_value})
    return _correct(lines)


def _correct(lines):
    """Add the p-values corrected for the number of lines."""
    corrected = holm([line["p"] for line in lines])
    return [{**line, "p_holm": p} for line, p in zip(lines, corrected, strict=True)]


def _named(interval: Interval):
    """Return an interval as columns of a line."""
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
            found["records"].balanced,
            found["event"].balanced,
            data_set.events,
            n_resamples=n_resamples,
            random_state=seed,
            level="record",
        )
        line = {"data_set": data_set.name, "system": name, **_named(interval)}
        lines.append({**line, "p": p_value})
    return pd.DataFrame(_correct(lines))


def _costs(fits):
    """Return means over the fits, and the number of fits that the budget ended."""
    networks = [fit for fit in fits if fit.n_epochs is not None]
    ends = [fit.ended_by for fit in networks]
    n_epochs = np.mean([fit.n_epochs for fit in networks]) if networks else None
    return {
        "n_fits": len(fits),
        "fit_seconds": np.mean([fit.fit_seconds for fit in fits]),
        "predict_ms": 1e3 * np.mean([fit.predict_seconds for fit in fits]),
        "n_parameters": networks[0].n_parameters if networks else None,
        "n_epochs": n_epochs,
        "max_epochs": networks[0].max_epochs if networks else None,
        "ended_by": ", ".join(f"{end} {ends.count(end)}" for end in sorted(set(ends))),
    }
