"""Scores of a whole choice: nested event folds, and what a choice on them inflates."""

import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import check_consistent_length, check_scalar, column_or_1d
from sklearn.utils.parallel import Parallel, delayed

from .._utils.validation import check_labels
from ..metrics import Interval
from ..metrics.weighted import get_score
from ._nested_looks import NestedLooks
from ._nested_tables import tabulate
from ._nested_trials import make_nested_folds, run_candidate
from ._out_of_fold import check_routing
from ._search_space import check_arrays, check_responses, make_candidates
from .protocols import check_frame


@dataclass(frozen=True, eq=False)
class NestedEvaluation:
    """Result of :func:`nested_evaluation`; fingerprints as a short report.

    Parameters
    ----------
    score : Interval
        Event score of the nested predictions: of the whole choice.
    naive : Interval
        Event score of the best candidate on the folds by which it was found best.
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
        ``candidate`` and ``score_<class>``, indexed by ``record``; and, where `score`
        is of them, ``rank_<class>``, see the notes of :func:`nested_evaluation`.
    rank_correlation : float
        Spearman correlation, over candidates, of mean inner and naive score; NaN for
        fewer than three candidates or equal scores.
    metric, protocol : str
        As given.
    n_total : int
        Number of combinations of the search space; more than the candidates where
        they were drawn.
    looks : tuple of str, default=()
        What the ledger says of the events; empty without a ledger.
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
    looks: tuple = ()

    def __str__(self):
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
        """Return the number of candidates, and whether they were drawn."""
        number = len(self.candidates)
        if number == self.n_total:
            return f"{number}, all of the search space"
        return f"{number}, drawn at random from {self.n_total}"

    def _describe_stability(self):
        """Yield a line for the candidate and for each dimension that was chosen."""
        for name, row in self.stability[self.stability["n_folds"] > 0].iterrows():
            yield (
                f"{name} chosen",
                f"{row['most_frequent']} in {row['share']:.0%} of "
                f"{row['n_folds']} folds; {row['n_chosen']} different",
            )

    def _describe_failures(self):
        """Yield a line for the candidates that failed, with the first error."""
        failed = self.candidates.loc[self.candidates["error"] != "", "error"]
        if len(failed):
            yield (
                "failed",
                f"{len(failed)} candidates, first {failed.index[0]}: {failed.iloc[0]}",
            )


def nested_evaluation(
    search_space,
    X,
    y,
    frame,
    *,
    protocol="event",
    inner_protocol=None,
    n_splits=5,
    n_inner_splits=3,
    metric="roc_auc",
    n_iter=None,
    n_resamples=2000,
    params=None,
    random_state=0,
    n_jobs=None,
    verbose=0,
    ledger=None,
):
    """Score a choice among candidates by nested folds of events.

    Parameters
    ----------
    search_space : dict
        Name to classifier, or to (classifier, grid), a grid as
        :class:`~sklearn.model_selection.ParameterGrid` takes it. All combinations are
        candidates. A name is a str, or a tuple (best a named one) of which each part
        is a dimension. Everything that was chosen belongs here: representation,
        window, weights, epochs, preset.
    X : array-like of shape (n_records, ...) or dict of array-like
        Records, or one array for each name of the `search_space`: a representation
        that was computed before. Only what looks at one record at a time and learns
        nothing may be computed before.
    y : array-like of shape (n_records,)
        Labels, one per event.
    frame : DataFrame of shape (n_records, ...)
        Table of the records, see :func:`make_protocols`.
    protocol : str, default="event"
        Protocol of the outer folds, see :func:`make_protocols`.
    inner_protocol : str, default=None
        Protocol of the inner folds; None takes that of the outer ones.
    n_splits : int, default=5
        Number of outer folds.
    n_inner_splits : int, default=3
        Number of inner folds.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"}, default="roc_auc"
        Event score of the mean prediction of an event's records.
    n_iter : int, default=None
        Number of candidates to draw at random; None takes all.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap by event.
    params : dict of str to array-like of shape (n_records,), default=None
        Metadata of the records, for the steps that request it; needs metadata
        routing. ``groups`` is always among it.
    random_state : int, default=0
        Seed of folds, estimators (all parameters that are called ``random_state``),
        draw and bootstrap.
    n_jobs : int, default=None
        Number of pairs of candidate and outer fold at a time, as in joblib.
    verbose : int, default=0
        Messages of joblib about the progress.
    ledger : EvaluationLedger, default=None
        Where the looks are recorded: one for the nested score and one for the naive
        score of each candidate.

    Returns
    -------
    NestedEvaluation
        ``score`` of the whole choice, ``naive`` score, their difference ``optimism``,
        and how stable the choice is.

    Raises
    ------
    TypeError
        If `search_space` or `frame` is of another type.
    SealedSetError
        If the events are a sealed set of the `ledger`: it has one look, this is more.
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
    be too low; then the rank of a prediction among the inner predictions of the chosen
    candidate, which are of training events, stands for it. The naive score has one
    candidate and one scale. A space must not mix classifiers with and without
    ``predict_proba``. Pooling itself lowers the AUC of a useless classifier a little
    below 0.5, since a test event that is left out of training moves the model away
    from it: 0.47 to 0.49 for 40 events in four folds.

    Intervals hold the choice fixed. What was decided before the call by looking at the
    same events is not nested by it.

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
    candidates, n_total = make_candidates(
        search_space,
        n_iter=_check_number("n_iter", n_iter, optional=True),
        random_state=_check_number("random_state", random_state, least=0),
    )
    arrays = check_arrays(X, search_space)
    check_responses(candidates)
    _check_options(metric, params, n_resamples)
    y = column_or_1d(check_labels(y))
    check_frame(frame)
    events = frame["event_id"].to_numpy()
    check_consistent_length(frame, y, *arrays.values(), *(params or {}).values())
    folds, scored = make_nested_folds(
        frame,
        y,
        protocols=_check_protocols(protocol, inner_protocol),
        n_splits=(
            _check_number("n_splits", n_splits),
            _check_number("n_inner_splits", n_inner_splits),
        ),
        random_state=random_state,
    )
    metadata = {"groups": events, **(params or {})}
    looks = NestedLooks(
        ledger,
        candidates,
        arrays,
        folds,
        y=y,
        events=events,
        scored=scored,
        metric=metric,
        protocol=protocol,
    )
    trials = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(run_candidate)(
            one.estimator,
            arrays[one.name],
            y,
            fold,
            metadata,
            metric=metric,
            random_state=random_state,
        )
        for one in candidates
        for fold in folds
    )
    trials = [trials[at : at + len(folds)] for at in range(0, len(trials), len(folds))]
    options = {
        "metric": metric,
        "classes": np.unique(y),
        "n_resamples": n_resamples,
        "random_state": random_state,
    }
    tables = tabulate(candidates, trials, folds, scored, y, events, options)
    _warn_of_failures(tables["candidates"]["error"])
    return NestedEvaluation(
        **tables,
        metric=metric,
        protocol=protocol,
        n_total=n_total,
        looks=looks.record(trials, tables["probabilities"]),
    )


def _check_number(name, value, *, least=2, optional=False):
    """Return an integer that is not less than allowed, or None where that is."""
    if optional and value is None:
        return None
    return check_scalar(value, name, Integral, min_val=least)


def _check_options(metric, params, n_resamples):
    """Raise if an option is not allowed."""
    get_score(metric)
    check_scalar(n_resamples, "n_resamples", Integral, min_val=1)
    check_routing(params)


def _check_protocols(protocol, inner_protocol):
    """Return the outer and the inner protocol, one name each."""
    inner_protocol = protocol if inner_protocol is None else inner_protocol
    for name, value in (("protocol", protocol), ("inner_protocol", inner_protocol)):
        if not isinstance(value, str):
            raise TypeError(f"{name} must be the name of one protocol; got {value!r}.")
    return protocol, inner_protocol


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
