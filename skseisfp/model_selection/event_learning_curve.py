"""Score by number of training events, and its extrapolation to more events."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch, check_consistent_length
from sklearn.utils.parallel import delayed

from .._compat import Interval as Range
from .._parameters import COUNT
from .._utils.progress import run_jobs
from .._utils.validation import check_labels
from ..ensemble.out_of_fold import check_routing, fit_decide, fit_predict, seeded
from ..events import resolve_groups
from ..metrics import Interval, aggregate_events, event_labels
from ..metrics.auc_precision import auc_half_width, events_to_separate
from ..metrics.event_scorer import event_rows
from ..metrics.weighted import get_score, metric_name, uses_predictions
from ._html import curve_html
from ._learning_curve_fit import fit_power_law, power_law, reason_not_to_extrapolate
from ._learning_curve_plan import draw_counts, plan_curve, tabulate_curve
from ._options import AT_LEAST_TWO, SEED, check_options

N_FITS = 300  # bootstrapped fits: seven lie beyond each end of an interval of 95 %
LEVEL = {"confidence_level": [Range(Real, 0, 1, closed="neither")]}
OPTIONS = {
    "n_splits": [AT_LEAST_TWO],
    "n_repeats": [COUNT],
    "n_resamples": [COUNT],
    "random_state": [SEED],
    "verbose": ["verbose"],
}


@dataclass(frozen=True, eq=False)
class EventLearningCurve:
    """Result of :func:`event_learning_curve`; ``print`` shows a short report.

    Parameters
    ----------
    table : DataFrame
        For each size and repeat ``n_events`` and ``n_rarer``, the training events of
        all classes and of the rarer one, ``repeat``, and the event ``score`` with the
        ends ``low`` and ``high`` of its interval.
    rarer : object
        The class with the fewest events, the first of equals.
    class_counts : dict
        Number of events of each class at hand.
    metric : str
        Name of the score.
    drawn : ndarray of shape (n_sizes, n_repeats, n_resamples)
        Scores on the same resamples of the tested events.
    """

    table: pd.DataFrame
    rarer: object
    class_counts: dict[Any, int]
    metric: str
    drawn: npt.NDArray = field(repr=False)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Numbers of training events."""
        return np.unique(self.table["n_events"])

    def summary(self, *, confidence_level: float = 0.95) -> pd.DataFrame:
        """Return the mean over repeats for each size.

        Parameters
        ----------
        confidence_level : float, default=0.95
            Probability that an interval covers the true score.

        Returns
        -------
        DataFrame
            ``n_rarer``, ``score``, ``low`` and ``high``, indexed by ``n_events``; the
            ends are percentiles of a bootstrap of events and repeats.
        """
        check_options(LEVEL, confidence_level=confidence_level)
        columns = {"n_rarer": "mean", "score": "mean"}
        means = self.table.groupby("n_events").agg(columns)
        tail = (1 - confidence_level) / 2
        low, high = np.nanquantile(self._mean_draws(), [tail, 1 - tail], axis=1)
        means["n_rarer"] = means["n_rarer"].astype(int)
        return means.assign(low=low, high=high)

    def extrapolate(self, n_events: int, *, confidence_level: float = 0.95) -> Interval:
        r"""Return the score that a power law gives for a number of training events.

        Parameters
        ----------
        n_events : int
            Number of training events, of the same shares of the classes.
        confidence_level : float, default=0.95
            Probability that the interval covers the true score.

        Returns
        -------
        Interval
            The fit of :math:`a - b n^{-c}`, :math:`0 \le a \le 1`, to the means over
            repeats [1]_, with percentiles of fits to a bootstrap of events and
            repeats. NaN, with a warning, where there are fewer than four sizes, where
            the curve does not rise by more than its error, or where no fit converges.

        References
        ----------
        .. [1] R. L. Figueroa, Q. Zeng-Treitler, S. Kandula and L. H. Ngo, Predicting
           sample size required for classification performance, BMC Med. Inform. Decis.
           Mak. 12:8, 2012, doi:10.1186/1472-6947-12-8.
        """
        declared = {"n_events": [COUNT], **LEVEL}
        check_options(declared, n_events=n_events, confidence_level=confidence_level)
        reason = reason_not_to_extrapolate(
            self.sizes, self._mean_draws(), confidence_level
        )
        if not reason and np.isnan(self._fits[0]).any():
            reason = "no power law fits"
        if reason:
            warnings.warn(
                f"The learning curve cannot be extrapolated: {reason}.",
                UserWarning,
                stacklevel=2,
            )
            return Interval(np.nan, np.nan, np.nan)
        at = n_events / self.sizes[0]
        score, *values = (float(power_law(at, *fit)) for fit in self._fits)
        tail = (1 - confidence_level) / 2
        low, high = np.clip(np.nanquantile(values, [tail, 1 - tail]), 0, 1)
        return Interval(score, min(float(low), score), max(float(high), score))

    @cached_property
    def _fits(self):
        """Power laws through the means over repeats, and through draws of them."""
        scores = self.summary()["score"].to_numpy()
        found = fit_power_law(self.sizes, scores)
        start = None if np.isnan(found).any() else found
        draws = self._mean_draws().T[:N_FITS]
        return [found, *(fit_power_law(self.sizes, draw, start) for draw in draws)]

    def precision(
        self,
        difference: float = 0.05,
        *,
        correlation: float = 0.0,
        confidence_level: float = 0.95,
        power: float = 0.8,
    ) -> Bunch:
        """Return the precision of the last score, and the events for a difference.

        Parameters
        ----------
        difference : float, default=0.05
            Difference of two AUC that is to be detected: the last mean score, and a
            score that is lower by this difference.
        correlation : float, default=0.0
            Correlation of the two areas, see
            :func:`skseisfp.metrics.events_to_separate`.
        confidence_level : float, default=0.95
            Of the interval, and one minus the level of the test.
        power : float, default=0.8
            Probability that the test detects the difference.

        Returns
        -------
        Bunch
            ``score`` with all events, ``half_width`` of its interval by
            :func:`skseisfp.metrics.auc_half_width`, ``bootstrap_half_width``, the
            ``other`` score, and the numbers ``n_events`` and ``n_rarer`` that separate
            them. Values that are defined for the AUC of two classes only are NaN for
            other metrics, more classes, and scores that are not between 0 and 1.
        """
        last = self.summary(confidence_level=confidence_level).iloc[-1]
        score, other = float(last["score"]), float(last["score"]) - difference
        result = Bunch(
            score=score,
            other=other,
            half_width=np.nan,
            bootstrap_half_width=float(last["high"] - last["low"]) / 2,
            n_events=np.nan,
            n_rarer=np.nan,
        )
        if self.metric != "roc_auc" or len(self.class_counts) > 2:
            return result
        negative, positive = self.class_counts.values()
        if not (0 < other < 1 and 0 < score < 1):
            return result
        result.half_width = auc_half_width(score, positive, negative, confidence_level)
        needed = events_to_separate(
            score,
            other,
            positive_share=positive / (positive + negative),
            correlation=correlation,
            confidence_level=confidence_level,
            power=power,
        )
        result.update(needed._asdict())
        return result

    def _repr_html_(self) -> str:
        return curve_html(self)

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {label}" for label, n in self.class_counts.items())
        lines = [
            f"Learning curve: {self.metric} by event, {counts}",
            f"  training events ({self.rarer})  score [95 % interval]",
            *(
                f"  {n_events:>6} ({n_rarer})  {Interval(*interval)}"
                for n_events, n_rarer, *interval in self.summary().itertuples(name=None)
            ),
            self._describe_precision(),
        ]
        return "\n".join(lines)

    def _describe_precision(self):
        """Return the precision of the last score in words."""
        found, n_rarer = self.precision(), self.class_counts[self.rarer]
        if np.isnan(found.n_rarer):
            return (
                f"{n_rarer} events of {self.rarer} give "
                f"\N{PLUS-MINUS SIGN} {found.bootstrap_half_width:.2f}."
            )
        return (
            f"{n_rarer} events of {self.rarer} give "
            f"\N{PLUS-MINUS SIGN} {found.half_width:.2f}; to separate "
            f"{found.score:.2f} from {found.other:.2f} you need about {found.n_rarer} "
            f"({found.n_events} events in all)."
        )

    def _mean_draws(self):
        """Return bootstrapped means over repeats, of shape (n_sizes, n_resamples)."""
        _, n_repeats, n_resamples = self.drawn.shape
        rng = np.random.default_rng(0)
        picked = rng.integers(n_repeats, size=(1, n_repeats, n_resamples))
        return np.take_along_axis(self.drawn, picked, axis=1).mean(axis=1)


def event_learning_curve(
    estimator: BaseEstimator,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    train_sizes: Sequence[float] | npt.NDArray = (0.2, 0.4, 0.6, 0.8, 1.0),
    n_splits: int = 5,
    n_repeats: int = 3,
    metric: str | Callable[..., Any] = "roc_auc",
    n_resamples: int = 1000,
    random_state: int = 0,
    params: dict[str, Any] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> EventLearningCurve:
    """Score a classifier by the number of events that it is trained on.

    Parameters
    ----------
    estimator : classifier
        Is cloned for every fit.
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels, one per event.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, see
        :func:`skseisfp.attach_events`. ``"records"`` makes each record an event.
    train_sizes : sequence of float or of int, default=(0.2, 0.4, 0.6, 0.8, 1.0)
        Shares of the training events of a fold, above 0 and up to 1, or numbers of
        events.
    n_splits : int, default=5
        Number of folds of events.
    n_repeats : int, default=3
        Number of times that folds and events are drawn.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"} or callable, \
default="roc_auc"
        Event score of the mean prediction of an event's records; a callable is an event
        scorer, or is called as ``metric(y_true, y_pred)``. What is predicted follows a
        threshold of the classifier's own; one of another rule fails.
    n_resamples : int, default=1000
        Number of resamples of the bootstrap by event.
    random_state : int, default=0
        Seed of folds, draws, estimators (all parameters that are called
        ``random_state``; the repeat is added) and bootstrap.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always added.
    n_jobs : int, default=None
        Number of fits at a time, as in joblib.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Returns
    -------
    EventLearningCurve
        ``table`` of scores by number of events; ``extrapolate`` and ``precision``
        estimate the gain of more events.

    Raises
    ------
    ValueError
        Before any fit, if the events are not known, if a class has fewer events than
        there are folds, or if a size is larger than the number of training events or
        leaves fewer than two events of a class.

    Notes
    -----
    Folds are stratified by event. In each fold and repeat the training events of every
    class are put in a random order, and a size takes the first of them in the shares
    of the classes, with all of their records, so that smaller sets are subsets of
    larger ones. The whole fold is tested at every size; predictions are pooled over
    the folds before they are scored.

    Intervals hold for the tested events; those of the table are of one repeat.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import event_learning_curve
    >>> event_id = np.repeat(np.arange(60), 2)
    >>> y = np.where(event_id % 3, "quake", "blast")
    >>> X = np.random.default_rng(0).normal((y == "blast")[:, None], 2, (120, 10))
    >>> curve = event_learning_curve(LogisticRegression(), X, y, event_id)
    >>> print(curve)  # doctest: +NORMALIZE_WHITESPACE
    Learning curve: roc_auc by event, 20 blast, 40 quake
      training events (blast)  score [95 % interval]
          10 (3)  0.749 [0.633, 0.851]
          19 (6)  0.832 [0.697, 0.929]
          29 (10)  0.877 [0.780, 0.950]
          38 (13)  0.902 [0.826, 0.965]
          48 (16)  0.921 [0.849, 0.976]
    20 events of blast give \N{PLUS-MINUS SIGN} 0.07; to separate 0.92 from 0.87 you
    need about 195 (585 events in all).
    """
    check_options(
        OPTIONS,
        n_splits=n_splits,
        n_repeats=n_repeats,
        n_resamples=n_resamples,
        random_state=random_state,
        verbose=verbose,
    )
    score = get_score(metric)
    check_routing(params)
    groups = resolve_groups(
        check_labels(y), groups, X=X, needed_by="event_learning_curve"
    )
    labels = event_labels(y, groups)
    y = labels.loc[groups].to_numpy()
    check_consistent_length(X, y, *(params or {}).values())
    plan = plan_curve(
        labels,
        train_sizes,
        n_splits=n_splits,
        n_repeats=n_repeats,
        random_state=random_state,
    )
    metadata = {"groups": groups, **(params or {})}
    predict = fit_decide if uses_predictions(metric) else fit_predict
    run = partial(
        run_jobs, what="fits", verbose=verbose, n_jobs=n_jobs, by="Learning curve"
    )
    pooled = _fit_all(predict, estimator, X, y, plan, metadata, random_state, run)
    counts = draw_counts(labels, n_resamples, random_state)
    drawn = _score_all(pooled, y, groups, counts, score)
    class_counts = labels.value_counts().reindex(np.unique(y))
    rarer = class_counts.idxmin()
    return EventLearningCurve(
        table=tabulate_curve(plan, drawn, labels, rarer),
        rarer=rarer,
        class_counts=class_counts.to_dict(),
        metric=metric_name(metric),
        drawn=drawn[..., 1:],
    )


def _fit_all(predict, estimator, X, y, plan, metadata, random_state, run):
    """Return predictions of shape (n_sizes, n_repeats, n_records, n_classes)."""
    masks = [
        [np.isin(metadata["groups"], events) for events in (fit.train, fit.test)]
        for fit in plan
    ]
    predictions = run(
        delayed(predict)(
            seeded(estimator, random_state + fit.repeat),
            X,
            y,
            tuple(map(np.flatnonzero, fold)),
            metadata,
        )
        for fit, fold in zip(plan, masks, strict=True)
    )
    sizes = sorted({fit.size for fit in plan})
    n_repeats = 1 + max(fit.repeat for fit in plan)
    pooled = np.full((len(sizes), n_repeats, len(y), len(np.unique(y))), np.nan)
    for fit, (_, test), scores in zip(plan, masks, predictions, strict=True):
        pooled[sizes.index(fit.size), fit.repeat, test] = scores
    return pooled


def _score_all(pooled, y, groups, counts, score):
    """Return scores of shape (n_sizes, n_repeats, 1 + n_resamples).

    The first is that of the events as they are, the others are those of resamples.
    """
    classes = np.unique(y)
    drawn = []
    for predictions in pooled.reshape(-1, *pooled.shape[2:]):
        table = aggregate_events(predictions, groups, classes=classes, y_true=y)
        drawn.append(score(event_rows(table, classes), counts))
    return np.reshape(drawn, (*pooled.shape[:2], -1))
