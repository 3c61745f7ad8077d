"""Tables of a nested evaluation: choices, their stability, and scores."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from ..metrics import Interval, bootstrap_interval, paired_bootstrap
from ..metrics.weighted import metric_name
from ._nested_fits import event_score, first_error, pool_outer
from ._search_space import ABSENT

ONE_STANDARD_ERROR = 0.6827  # level of a normal interval of one standard error


def tabulate(design, fits, **options):
    """Return scores and tables of the candidates and of the nested choice.

    Parameters
    ----------
    design : NestedDesign
        Candidates, records and folds.
    fits : list of list of CandidateFit
        Fits by candidate and outer fold.
    **options : object
        Options of the bootstrap, ``metric`` among them.

    Returns
    -------
    dict
        The fields of `NestedEvaluation`.
    """
    classes = np.unique(design.y)
    options = {**options, "classes": classes}
    shape = len(design.y), len(classes)
    chosen = [_choose([row[k] for row in fits]) for k in range(len(design.folds))]
    labels = design.y[design.scored], design.events[design.scored]
    pooled = [pool_outer(row, design.folds, shape)[design.scored] for row in fits]
    naive = [_score_interval(labels, scores, options) for scores in pooled]
    table = _tabulate_candidates(design.candidates, fits, naive, chosen)
    choices = _tabulate_choices(design, fits, chosen, options)
    nested = _tabulate_predictions(design, fits, chosen, options)
    scores = scored_columns(nested, classes)
    order = np.argsort(-table["score"].to_numpy(), kind="stable")  # NaN comes last
    best = order[0]
    return {
        "score": _score_interval(labels, scores, options),
        "naive": naive[best],
        "optimism": _score_difference(labels, pooled[best], scores, options),
        "choices": choices,
        "stability": _measure_stability(
            choices[["candidate", *design.candidates[0].values]]
        ),
        "candidates": table.iloc[order],
        "probabilities": nested,
        "rank_correlation": _rank_correlation(table["inner_score"], table["score"]),
    }


def _choose(fits):
    """Return the number of the best candidate of an outer fold, the first of equals."""
    scores = np.array([fit.inner_score for fit in fits])
    if np.isnan(scores).all():
        raise ValueError(
            "All candidates failed in an outer fold, so there is nothing to choose; "
            f"the first error is {fits[0].error}"
        )
    return int(np.nanargmax(scores))


def _score_interval(labels, scores, options):
    """Return a score with its interval; NaN where predictions are missing."""
    if np.isnan(scores).any():
        return Interval(np.nan, np.nan, np.nan)
    y, events = labels
    return bootstrap_interval(y, scores, events, **options)


def _score_difference(labels, a, b, options):
    """Return the score of a minus that of b; NaN where predictions are missing."""
    if np.isnan(a).any():
        return Interval(np.nan, np.nan, np.nan)
    y, events = labels
    return paired_bootstrap(y, a, b, events, **options)


def _tabulate_candidates(candidates, fits, naive, chosen):
    """Return a row for each candidate, in the order of the search space."""
    lines = [
        {
            **one.values,
            **interval._asdict(),
            "inner_score": np.mean([fit.inner_score for fit in row]),
            "n_chosen": chosen.count(number),
            "error": first_error(row),
        }
        for number, (one, row, interval) in enumerate(
            zip(candidates, fits, naive, strict=True)
        )
    ]
    labels = pd.Index([one.label for one in candidates], name="candidate")
    return pd.DataFrame(lines, index=labels)


def _tabulate_choices(design, fits, chosen, options):
    """Return a row for each outer fold."""
    candidates, y, events = design.candidates, design.y, design.events
    lines = []
    for number, (fold, choice) in enumerate(zip(design.folds, chosen, strict=True)):
        column = [row[number] for row in fits]
        best, test = column[choice], fold.test
        labels = y[fold.inner_rows], events[fold.inner_rows]
        level = {"confidence_level": ONE_STANDARD_ERROR}
        _, low, high = _score_interval(labels, best.inner, {**options, **level})
        least = best.inner_score - (high - low) / 2
        lines.append(
            {
                "candidate": candidates[choice].label,
                **candidates[choice].values,
                "inner_score": best.inner_score,
                "outer_score": event_score(
                    y[test],
                    best.outer,
                    events[test],
                    options["classes"],
                    options["metric"],
                ),
                "n_within_se": sum(fit.inner_score >= least for fit in column),
            }
        )
    return pd.DataFrame(lines).rename_axis("fold")


def _tabulate_predictions(design, fits, chosen, options):
    """Return the nested predictions of the scored records."""
    classes, folds, scored = options["classes"], design.folds, design.scored
    shape = len(design.y), len(classes)
    picked = [fits[choice][number] for number, choice in enumerate(chosen)]
    pooled = {"score": pool_outer(picked, folds, shape)[scored]}
    if metric_name(options["metric"]) == "roc_auc" and len(set(chosen)) > 1:
        ranked = [fit._replace(outer=_rank(fit)) for fit in picked]
        pooled["rank"] = pool_outer(ranked, folds, shape)[scored]
    tested_in = np.full(len(design.y), -1)
    for number, fold in enumerate(folds):
        tested_in[fold.test] = number
    fold = tested_in[scored]
    table = {
        "event_id": design.events[scored],
        "label": design.y[scored],
        "fold": fold,
        "candidate": [design.candidates[chosen[k]].label for k in fold],
    }
    for name, values in pooled.items():
        table |= {f"{name}_{label}": values[:, k] for k, label in enumerate(classes)}
    return pd.DataFrame(table, index=pd.Index(scored, name="record"))


def _rank(fit):
    """Return the ranks of test predictions among the inner ones, 0 to 1, by class.

    The inner predictions are of training events, by models that did not see them: the
    ranks of different candidates are on one scale, which depends on no test event.
    """
    ranks = np.empty(fit.outer.shape)
    for k, column in enumerate(np.sort(fit.inner, axis=0).T):
        first = np.searchsorted(column, fit.outer[:, k], side="left")
        last = np.searchsorted(column, fit.outer[:, k], side="right")
        ranks[:, k] = (first + last) / (2 * len(column))
    return ranks


def scored_columns(nested, classes):
    """Return the predictions that are scored: the ranks, if the table has them."""
    kind = "rank" if f"rank_{classes[0]}" in nested else "score"
    return nested[[f"{kind}_{label}" for label in classes]].to_numpy()


def _measure_stability(values):
    """Return the most frequent value of each column, its share, and their number."""
    lines = {}
    for name in values:
        column = values[name][values[name].map(repr) != repr(ABSENT)]
        keys = column.map(repr)  # values of a grid may not be hashable
        counts = keys.value_counts()
        if counts.empty:
            lines[name] = (ABSENT, np.nan, 0, 0)
            continue
        value = column[keys == counts.index[0]].iloc[0]
        lines[name] = (value, counts.iloc[0] / len(keys), len(keys), len(counts))
    columns = ["most_frequent", "share", "n_folds", "n_chosen"]
    return pd.DataFrame.from_dict(lines, orient="index", columns=columns)


def _rank_correlation(inner, outer):
    """Return the Spearman correlation of two scores of three candidates or more."""
    known = inner.notna() & outer.notna()
    inner, outer = inner[known], outer[known]
    if len(inner) < 3 or inner.nunique() < 2 or outer.nunique() < 2:
        return np.nan
    return float(np.asarray(spearmanr(inner, outer))[0])
