"""Report on the looks at a set, and on the best of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from sklearn.utils import check_random_state

from .._compat import Interval as Range
from .._parameters import COUNT
from .._utils.html import box, lines
from ..metrics import Interval
from ..metrics.weighted import METRICS
from . import _ledger_statistics as statistics
from ._options import check_options

OPTIONS = {
    "metric": [str, None],
    "n_looks": [COUNT, None],
    "confidence_level": [Range(Real, 0, 1, closed="neither")],
    "n_resamples": [COUNT],
    "random_state": ["random_state"],
}
ROUNDING = 1e-9  # scores that differ by less are equal; sums of ranks are rounded
N_OVERLAPS = 5  # sets that are named when a report is printed


@dataclass(frozen=True)
class LedgerReport:
    """The best of all looks at a set, corrected for their number.

    Parameters
    ----------
    name, metric : str
        The set and the score.
    confidence_level : float
        Level of the intervals and of the chance bound.
    class_counts : dict of str to int
        Number of events of each class.
    n_looks : int
        Number of looks by this metric.
    n_with_event_scores : int
        Number of these whose event scores are known.
    n_out_of_fold : int
        Number of these with predictions out of fold, whose errors are larger.
    n_other_metrics, n_open : int
        Number of looks by other metrics, and of looks opened but never recorded.
    best_score : float or None
        Score of the best look; None without looks.
    best_label, best_recorded : str or None
        Label and time of the best look; None without looks.
    interval : Interval or None
        The best score with its interval as if it were the only look; None if the
        metric is not known.
    corrected_interval : Interval or None
        The best score with the interval that allows for the other looks.
    chance_bound : float or None
        Upper bound, at the confidence level, of the best of as many looks by chance.
    p_value : float or None
        Share of the permutations whose best look is at least as good.
    overlaps : tuple of (str, int, int)
        Sets that share events: name, number of events shared, number of looks.
    """

    name: str
    metric: str
    confidence_level: float
    class_counts: dict[str, int]
    n_looks: int
    n_with_event_scores: int
    n_out_of_fold: int
    n_other_metrics: int
    n_open: int
    best_score: float | None = None
    best_label: str | None = None
    best_recorded: str | None = None
    interval: Interval | None = None
    corrected_interval: Interval | None = None
    chance_bound: float | None = None
    p_value: float | None = None
    overlaps: tuple[tuple[str, int, int], ...] = ()

    @property
    def n_events(self) -> int:
        """Number of events of the set."""
        return sum(self.class_counts.values())

    @property
    def is_above_chance(self):
        """Whether the best look is above chance at the level; None if not known."""
        return None if self.p_value is None else self.p_value <= self._alpha

    @property
    def _alpha(self):
        """Probability of an error."""
        return round(1 - self.confidence_level, 12)

    def _repr_html_(self) -> str:
        return box("LedgerReport", lines(str(self)))

    def __str__(self) -> str:
        return "\n".join(
            [
                f"Look {self.n_looks} at these events: set {self.name!r}, "
                f"{self._describe_events()}.",
                *self._describe_best(),
                *self._describe_rest(),
            ]
        )

    def _describe_events(self):
        """Return the numbers of events in words."""
        counts = ", ".join(f"{n} {label!r}" for label, n in self.class_counts.items())
        return f"{self.n_events} events ({counts})"

    def _describe_best(self):
        """Return lines on the best look."""
        if self.best_score is None:
            return ["No look is recorded."]
        label = f" ({self.best_label})" if self.best_label else ""
        lines = [f"Best {self.metric}: {self.best_score:.3f}{label}."]
        if self.p_value is None:
            return [*lines, *self._describe_unknown()]
        level = f"{100 * self.confidence_level:g} %"
        above = "Above" if self.is_above_chance else "Not above"
        return [
            *lines,
            f"{level} interval as if it were the only look: {self.interval}.",
            f"{level} interval corrected for {_count(self.n_looks, 'look')}: "
            f"{self.corrected_interval}.",
            f"By chance the best of {_count(self.n_looks, 'look')} stays below "
            f"{self.chance_bound:.3f} in {level} of the permutations.",
            f"{above} chance: p = {self.p_value:.4f}.",
        ]

    def _describe_unknown(self):
        """Return the line on a best score without statistics."""
        if len(self.class_counts) < 2:
            return ["The events are of one class: there is no chance to compare with."]
        return [
            f"No correction: {self.metric!r} is not a metric that the ledger can "
            f"resample ({', '.join(METRICS)})."
        ]

    def _describe_rest(self):
        """Return lines on other looks at the same events."""
        lines = [
            f"Shares {shared} of {self.n_events} events with set {name!r} "
            f"({_count(n_looks, 'look')})."
            for name, shared, n_looks in self.overlaps[:N_OVERLAPS]
        ]
        if more := self.overlaps[N_OVERLAPS:]:
            lines.append(
                f"Shares events with {_count(len(more), 'more set')} "
                f"({_count(sum(n_looks for *_, n_looks in more), 'look')})."
            )
        notes = {
            "by other metrics, not corrected for": self.n_other_metrics,
            "opened and never recorded": self.n_open,
        }
        if self.p_value is not None:
            n_without = self.n_looks - self.n_with_event_scores
            factor = f"{statistics.OUT_OF_FOLD:.2f}"
            notes = {
                f"out of fold: errors taken {factor} times as large": (
                    self.n_out_of_fold
                ),
                "without event scores, taken as independent": n_without,
                **notes,
            }
        found = [f"{_count(n, 'look')} {what}." for what, n in notes.items() if n]
        return lines + found


def _count(number, noun):
    """Return a number with its noun."""
    return f"{number} {noun}{'s' * (number != 1)}"


def make_report(
    name,
    event_set,
    looks,
    overlaps,
    *,
    metric,
    n_looks,
    confidence_level,
    n_resamples,
    random_state,
):
    """Return the report on the looks at a set.

    Parameters
    ----------
    name : str
        The set.
    event_set : EventSet
        Its events.
    looks : list of dict
        All looks at it.
    overlaps : list of (str, int, int)
        Sets that share events.
    metric, n_looks, confidence_level, n_resamples, random_state : object
        As `EvaluationLedger.report` takes them.
    """
    check_options(
        OPTIONS,
        metric=metric,
        n_looks=n_looks,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        random_state=random_state,
    )
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    recorded = [look for look in looks if look["recorded"]]
    recorded.sort(key=lambda look: (look["recorded"], look["id"]))
    metrics = [look["metric"] for look in recorded]
    metric = metric or max(metrics, key=metrics.count, default="roc_auc")
    mine = [look for look in recorded if look["metric"] == metric][:n_looks]
    event_scores = [look["event_scores"] for look in mine]
    report = LedgerReport(
        name=name,
        metric=metric,
        confidence_level=confidence_level,
        class_counts=event_set.class_counts,
        n_looks=len(mine),
        n_with_event_scores=sum(item is not None for item in event_scores),
        n_out_of_fold=sum(not look["held_out"] for look in mine),
        n_other_metrics=len(recorded) - metrics.count(metric),
        n_open=len(looks) - len(recorded),
        overlaps=tuple(overlaps),
    )
    if not mine:
        return report
    best = max(mine, key=lambda look: look["score"])
    found = {f"best_{part}": best[part] for part in ("score", "label", "recorded")}
    if metric in METRICS and len(event_set.classes) > 1:
        found |= correct_best(
            metric,
            event_set,
            np.array([look["score"] for look in mine]),
            event_scores,
            statistics.error_factors([look["held_out"] for look in mine]),
            alpha=1 - confidence_level,
            n_resamples=n_resamples,
            rng=rng,
        )
    return replace(report, **found)


def correct_best(
    metric, event_set, scores, event_scores, factors, *, alpha, n_resamples, rng
):
    """Return the statistics of a report.

    Parameters
    ----------
    metric : str
        Name of the score.
    event_set : EventSet
        The events.
    scores : ndarray of shape (n_looks,)
        Scores of the looks.
    event_scores : list of ndarray or None
        Event scores of each look, None if they are not known.
    factors : ndarray of shape (n_looks,)
        Factor of the error of each look.
    alpha : float
        Probability of an error.
    n_resamples : int
        Number of resamples and of permutations.
    rng : Generator
        Their draws.

    Returns
    -------
    dict
        ``interval``, ``corrected_interval``, ``chance_bound`` and ``p_value``.
    """
    codes, counts = event_set.codes, list(event_set.class_counts.values())
    maxima = statistics.chance_maxima(
        metric, codes, event_scores, factors, n_resamples, rng
    )
    order = np.argsort(-scores, kind="stable")  # the best look first
    known = [number for number in order if event_scores[number] is not None]
    drawn = None
    if event_scores[order[0]] is not None and statistics.can_resample(counts):
        drawn = statistics.bootstrap_scores(
            metric, codes, [event_scores[number] for number in known], n_resamples, rng
        )
    naive, corrected = _intervals(
        metric, float(scores.max()), drawn, counts, factors[order], alpha
    )
    return {
        "interval": naive,
        "corrected_interval": corrected,
        "chance_bound": float(np.quantile(maxima, 1 - alpha)),
        "p_value": float(
            (1 + np.sum(maxima >= scores.max() - ROUNDING)) / (1 + n_resamples)
        ),
    }


def _intervals(metric, best, resampled, counts, factors, alpha):
    """Return the interval of the best look alone, and the corrected one.

    `resampled` holds the observed and the drawn scores of the looks whose event scores
    are known, the best look first; it is None if those of the best are not known.
    """
    sidak = 1 - (1 - alpha) ** (1 / len(factors))
    if resampled is None or not np.ptp(resampled[1][0]):  # or all events are right
        return (
            statistics.formula_interval(metric, best, counts, alpha),
            statistics.formula_interval(metric, best, counts, sidak, factors[0]),
        )
    observed, drawn = resampled
    naive = statistics.percentile_interval(best, drawn[0], alpha)
    if len(factors) == 1 and factors[0] == 1:
        return naive, naive
    by_formula = statistics.formula_interval(metric, best, counts, alpha, factors[0])
    if len(drawn) == len(factors):
        corrected = statistics.max_type_interval(
            best, observed, drawn, counts, alpha, factors
        )
    else:
        corrected = statistics.normal_interval(
            best, drawn[0], counts, sidak, factors[0]
        )
    _, lows, highs = zip(naive, by_formula, corrected, strict=True)
    return naive, Interval(best, min(lows), max(highs))
