"""Scores of a choice by nested event folds, and the optimism of the best score."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.parallel import delayed

from .._compat import StrOptions
from .._parameters import COUNT, Where
from .._utils.progress import run_jobs
from .._utils.validation import check_labels
from ..ensemble.out_of_fold import check_routing
from ..metrics import Interval
from ..metrics.weighted import get_score, metric_name
from ._html import nested_html
from ._nested_fits import NestedDesign, fit_candidate, make_nested_folds
from ._nested_looks import NestedLooks
from ._nested_tables import tabulate
from ._options import AT_LEAST_TWO, SEED, check_options
from ._search_space import check_arrays, make_candidates
from .protocols import PROTOCOLS, check_frame, is_own_protocol

if TYPE_CHECKING:
    from .evaluation_ledger import EvaluationLedger

PROTOCOL = [
    StrOptions(set(PROTOCOLS)),
    Where(is_own_protocol, "a pair of a name and a splitter"),
]
OPTIONS = {
    "protocol": PROTOCOL,
    "inner_protocol": [*PROTOCOL, None],
    "n_splits": [AT_LEAST_TWO],
    "n_inner_splits": [AT_LEAST_TWO],
    "n_iter": [AT_LEAST_TWO, None],
    "n_resamples": [COUNT],
    "random_state": [SEED],
    "verbose": ["verbose"],
}


@dataclass(frozen=True, eq=False)
class NestedEvaluation:
    """Result of :func:`nested_evaluation`; ``print`` shows a short report.

    Parameters
    ----------
    score : Interval
        Event score of the nested predictions, which includes the choice.
    naive : Interval
        Event score of the best candidate on the folds by which it was chosen.
    optimism : Interval
        Naive minus nested score, of a paired bootstrap by event.
    choices : DataFrame of shape (n_folds, ...)
        For each outer fold the chosen ``candidate``, the value of every dimension,
        ``inner_score``, ``outer_score`` (NaN where the fold tests no event of a class)
        and ``n_within_se``, the number of candidates within one standard error of the
        chosen one.
    stability : DataFrame
        For ``"candidate"`` and every dimension the ``most_frequent`` value, the
        ``share`` of the folds that chose it, ``n_folds``, the number of folds whose
        choice has the dimension, and ``n_chosen``, the number of values chosen.
    candidates : DataFrame of shape (n_candidates, ...)
        For each candidate its dimensions, the naive ``score`` with ``low`` and
        ``high``, the mean ``inner_score``, ``n_chosen`` and the first ``error``; the
        best naive score comes first.
    probabilities : DataFrame
        Nested predictions of the scored records: ``event_id``, ``label``, ``fold``,
        ``candidate`` and ``score_<class>``, indexed by ``record``; and, where ranks
        are scored, ``rank_<class>``, see the notes of :func:`nested_evaluation`. Of a
        classifier with a threshold of its own the scores are those above it, where the
        metric depends on what is predicted.
    rank_correlation : float
        Spearman correlation, over candidates, of mean inner and naive score; NaN for
        fewer than three candidates or equal scores.
    metric, protocol : str
        Names of the score and of the outer protocol.
    n_total : int
        Number of combinations of the search space; larger than the number of
        candidates if these were drawn.
    looks : tuple of str, default=()
        Report of the ledger on the events; empty without a ledger.
    """

    score: Interval
    naive: Interval
    optimism: Interval
    choices: pd.DataFrame
    stability: pd.DataFrame
    candidates: pd.DataFrame
    probabilities: pd.DataFrame
    rank_correlation: float
    metric: str
    protocol: str
    n_total: int
    looks: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        return nested_html(self)

    def __str__(self) -> str:
        folds = len(self.choices)
        near = self.choices["n_within_se"].median()
        lines = [
            ("candidates", self._describe_candidates()),
            ("nested score", f"{self.score} of the whole choice"),
            ("naive score", f"{self.naive} of {self.candidates.index[0]}"),
            ("optimism", f"{self.optimism} naive minus nested"),
            ("inner and outer", f"rank correlation {self.rank_correlation:.2f}"),
            ("within one s.e.", f"{near:g} candidates, median over folds"),
            *self._describe_stability(),
            *self._describe_failures(),
        ]
        width = 2 + max(len(name) for name, _ in lines)
        return "\n".join(
            [
                f"Nested evaluation: {self.metric} by event, protocol "
                f"{self.protocol!r}, {folds} outer folds",
                *(f"  {name:<{width}}{text}" for name, text in lines),
                *self.looks,
            ]
        )

    def _describe_candidates(self):
        """Return the number of candidates in words, and whether they were drawn."""
        number = len(self.candidates)
        if number == self.n_total:
            return f"{number}, all of the search space"
        return f"{number}, drawn at random from {self.n_total}"

    def _describe_stability(self):
        """Yield a line on the candidate and on each dimension that was chosen."""
        for name, row in self.stability[self.stability["n_folds"] > 0].iterrows():
            yield (
                f"{name} chosen",
                f"{row['most_frequent']} in {row['share']:.0%} of "
                f"{row['n_folds']} folds; {row['n_chosen']} different",
            )

    def _describe_failures(self):
        """Yield a line on the candidates that failed, with the first error."""
        failed = self.candidates.loc[self.candidates["error"] != "", "error"]
        if len(failed):
            yield (
                "failed",
                f"{len(failed)} candidates, first {failed.index[0]}: {failed.iloc[0]}",
            )


def nested_evaluation(
    search_space: Mapping[Any, Any],
    X: npt.ArrayLike | Mapping[Any, Any],
    y: npt.ArrayLike,
    frame: pd.DataFrame,
    *,
    protocol: str | tuple[str, Any] = "event",
    inner_protocol: str | tuple[str, Any] | None = None,
    n_splits: int = 5,
    n_inner_splits: int = 3,
    metric: str | Callable[..., Any] = "roc_auc",
    n_iter: int | None = None,
    n_resamples: int = 2000,
    params: dict[str, Any] | None = None,
    random_state: int = 0,
    n_jobs: int | None = None,
    verbose: int = 0,
    ledger: EvaluationLedger | None = None,
) -> NestedEvaluation:
    """Score a choice among candidates by nested folds of events.

    Parameters
    ----------
    search_space : dict
        Name to classifier, or to (classifier, grid), a grid as
        :class:`~sklearn.model_selection.ParameterGrid` takes it. All combinations are
        candidates. A name is a str, or a tuple (best a named one), each part of which
        is a dimension. Everything that is chosen belongs here: representation,
        window, weights, epochs, preset.
    X : array-like of shape (n_records, ...) or dict of array-like
        Records, or one array for each name of the `search_space`, of a representation
        that was computed before. Only what treats each record by itself and learns
        nothing may be computed before.
    y : array-like of shape (n_records,)
        Labels, one per event.
    frame : DataFrame of shape (n_records, ...)
        Table of the records, see :func:`make_protocols`.
    protocol : str or (str, splitter), default="event"
        Protocol of the outer folds, see :func:`make_protocols`.
    inner_protocol : str or (str, splitter), default=None
        Protocol of the inner folds; None takes that of the outer folds.
    n_splits : int, default=5
        Number of outer folds.
    n_inner_splits : int, default=3
        Number of inner folds.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"} or callable, \
default="roc_auc"
        Event score of the mean prediction of an event's records; a callable is an event
        scorer, or is called as ``metric(y_true, y_pred)``. What is predicted follows a
        threshold of the classifier's own; one of another rule fails.
    n_iter : int, default=None
        Number of candidates to draw at random, two or more; None takes all.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap by event.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always added.
    random_state : int, default=0
        Seed of folds, estimators (all parameters that are called ``random_state``),
        draw and bootstrap.
    n_jobs : int, default=None
        Number of pairs of candidate and outer fold that are fitted at a time, as in
        joblib.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.
    ledger : EvaluationLedger, default=None
        Ledger that records the looks: one for the nested score and one for the naive
        score of each candidate.

    Returns
    -------
    NestedEvaluation
        ``score`` including the choice, ``naive`` score, their difference ``optimism``,
        and the stability of the choice.

    Raises
    ------
    TypeError
        If `search_space` or `frame` is of another type.
    SealedSetError
        If the events are a sealed set of the `ledger`, which allows a single look.
    ValueError
        Before any fit, if there is nothing to choose, a name is missing in `X`, a
        class has too few events for the folds, or an option is not allowed; later, if
        in some outer fold all candidates fail.

    Warns
    -----
    FitFailedWarning
        If a candidate fails in a fold: it is not chosen there and has no naive score.

    Notes
    -----
    For every outer fold each candidate is scored by inner folds of its training
    events, on predictions pooled over the inner folds. The best candidate, the first
    among equals, is fitted on all training events and predicts the test events.
    Choosing and scoring on the same folds, as the naive score does, is optimistic, the
    more so the more candidates and the fewer events there are [1]_ [2]_.

    The predictions of the outer folds are pooled. Where folds choose different
    candidates, whose probabilities are on different scales, an AUC of the pool would
    be too low; then a prediction is replaced by its rank among the inner predictions
    of the chosen candidate, which are of training events. The naive score has one
    candidate and one scale. A space must not mix classifiers with and without
    ``predict_proba``. Pooling itself lowers the AUC of a useless classifier a little
    below 0.5, since a test event that is left out of training moves the model away
    from it: 0.47 to 0.49 for 40 events in four folds.

    Intervals do not include the variance of the choice. A decision that was made
    before the call by looking at the same events is not nested.

    References
    ----------
    .. [1] S. Varma and R. Simon, Bias in error estimation when using cross-validation
       for model selection, BMC Bioinformatics 7:91, 2006, doi:10.1186/1471-2105-7-91.
    .. [2] G. C. Cawley and N. L. C. Talbot, On over-fitting in model selection and
       subsequent selection bias in performance evaluation, J. Mach. Learn. Res. 11,
       2079-2107, 2010, section 5.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import nested_evaluation
    >>> event_id = np.repeat(np.arange(40), 3)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 2, (120, 4))
    >>> result = nested_evaluation(
    ...     {"logistic": (LogisticRegression(), {"C": [0.01, 1]})},
    ...     X, y, pd.DataFrame({"event_id": event_id}), n_resamples=200,
    ... )
    >>> print(result.score)
    0.895 [0.782, 0.990]
    """
    check_options(
        OPTIONS,
        protocol=protocol,
        inner_protocol=inner_protocol,
        n_splits=n_splits,
        n_inner_splits=n_inner_splits,
        n_iter=n_iter,
        n_resamples=n_resamples,
        random_state=random_state,
        verbose=verbose,
    )
    names = _check_names(metric, protocol)
    candidates, n_total = make_candidates(
        search_space, n_iter=n_iter, random_state=random_state
    )
    arrays = check_arrays(X, search_space)
    y, metadata = _check_records(frame, y, arrays, params)
    folds, scored = make_nested_folds(
        frame,
        y,
        protocols=(protocol, protocol if inner_protocol is None else inner_protocol),
        n_splits=(n_splits, n_inner_splits),
        random_state=random_state,
    )
    design = NestedDesign(candidates, arrays, y, metadata["groups"], folds, scored)
    looks = NestedLooks(ledger, design, metric, **names)
    options = {"metric": metric, "random_state": random_state}
    run = partial(
        run_jobs,
        what="candidates in outer folds",
        verbose=verbose,
        n_jobs=n_jobs,
        by="Nested evaluation",
    )
    fits = _fit_all(design, metadata, run, **options)
    tables = tabulate(design, fits, n_resamples=n_resamples, **options)
    _warn_of_failures(tables["candidates"]["error"])
    return NestedEvaluation(
        **tables,
        metric=names["metric"],
        protocol=names["protocol"],
        n_total=n_total,
        looks=looks.record(fits, tables["probabilities"]),
    )


def _check_names(metric, protocol):
    """Return the names of the score and of the outer protocol; validate the score."""
    get_score(metric)
    name = protocol if isinstance(protocol, str) else protocol[0]
    return {"metric": metric_name(metric), "protocol": name}


def _check_records(frame, y, arrays, params):
    """Return labels and metadata of the records, or raise if lengths differ."""
    check_routing(params)
    check_frame(frame)
    params = params or {}
    y = np.asarray(column_or_1d(check_labels(y)))
    check_consistent_length(frame, y, *arrays.values(), *params.values())
    return y, {"groups": frame["event_id"].to_numpy(), **params}


def _fit_all(design, metadata, run, **options):
    """Fit every candidate on every outer fold; return fits by candidate and fold."""
    fits = iter(
        run(
            delayed(fit_candidate)(
                one.estimator,
                design.arrays[one.name],
                design.y,
                fold,
                metadata,
                **options,
            )
            for one in design.candidates
            for fold in design.folds
        )
    )
    return [[next(fits) for _ in design.folds] for _ in design.candidates]


def _warn_of_failures(errors):
    """Warn of candidates that failed, with the first error."""
    failed = errors[errors != ""]
    if len(failed):
        warnings.warn(
            f"{len(failed)} of {len(errors)} candidates failed in a fold and were not "
            f"chosen there; the first is {failed.index[0]}: {failed.iloc[0]}",
            FitFailedWarning,
            stacklevel=3,
        )
