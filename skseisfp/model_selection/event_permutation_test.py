"""Test of a score against chance: labels permuted over events."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import StratifiedGroupKFold, check_cv, cross_val_score
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.parallel import delayed

from .._parameters import COUNT
from .._utils.progress import run_jobs
from ..events import resolve_groups
from ..metrics import event_labels, event_roc_auc, wilson_interval
from ._options import check_options
from .check_folds import check_folds, split_events

OPTIONS = {
    "n_permutations": [COUNT],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def event_permutation_test(
    estimator: BaseEstimator,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    cv: Any = 5,
    scoring: Callable[..., Any] = event_roc_auc,
    n_permutations: int = 100,
    params: dict[str, Any] | None = None,
    n_jobs: int | None = None,
    random_state: np.random.RandomState | int | None = None,
    verbose: int = 0,
) -> Bunch:
    """Test a cross-validated score against labels permuted over events.

    Parameters
    ----------
    estimator : classifier
        The classifier; cloned for every fit.
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels, one per event.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, see
        :func:`skseisfp.attach_events`. ``"records"`` makes each record an event.
    cv : int, cross-validation splitter or iterable of (train, test), default=5
        Folds; a number is that of a shuffled
        :class:`~sklearn.model_selection.StratifiedGroupKFold`. A splitter splits again
        for every permutation; if it stratifies, it does so by the permuted labels.
    scoring : callable, default=event_roc_auc
        Scorer; an event scorer takes the events from the index of the labels.
    n_permutations : int, default=100
        Number of permutations.
    params : dict, default=None
        Metadata, as in :func:`~sklearn.model_selection.cross_val_score`.
    n_jobs : int, default=None
        Number of permutations that are scored at a time, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seed of the permutations and of the default folds.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Returns
    -------
    Bunch
        ``score`` (mean over folds), ``permutation_scores`` of shape
        (n_permutations,), ``p_value`` (share of the permutations, the identity among
        them, that score at least as high), ``p_value_interval`` (Wilson) and
        ``chance_interval`` (2.5 and 97.5 % of the permutation scores).

    Raises
    ------
    ValueError
        If an event straddles labels, or if the folds share an event or lack a class.

    Notes
    -----
    The records of an event share a label, so that events are exchangeable and records
    are not: permuting records finds too much significant, and permuting within events,
    as :func:`~sklearn.model_selection.permutation_test_score` does with ``groups``,
    changes nothing. A fold whose score is undefined (a class is missing under the
    permuted labels) does not count in the mean.

    References
    ----------
    .. [1] M. Ojala and G. C. Garriga, Permutation tests for studying classifier
       performance, J. Mach. Learn. Res. 11, 1833-1863, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import event_permutation_test
    >>> event_id = np.repeat(np.arange(30), 3)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 1, (90, 4))
    >>> result = event_permutation_test(
    ...     LogisticRegression(), X, y, event_id, n_permutations=19, random_state=0
    ... )
    >>> result.p_value
    0.05
    """
    check_options(
        OPTIONS,
        n_permutations=n_permutations,
        random_state=random_state,
        verbose=verbose,
    )
    rng = check_random_state(random_state)
    groups = resolve_groups(y, groups, X=X, needed_by="event_permutation_test")
    labels = event_labels(y, groups)
    if isinstance(cv, Integral):
        seed = rng.randint(np.iinfo(np.int32).max)
        cv = StratifiedGroupKFold(int(cv), shuffle=True, random_state=seed)
    y = pd.Series(
        labels.loc[groups].to_numpy(), index=pd.Index(groups, name="event_id")
    )
    cv = check_cv(cv, y, classifier=True)
    check_folds(cv, X, y)
    permuted = [
        pd.Series(rng.permutation(labels.to_numpy()), index=labels.index)
        .loc[groups]
        .rename_axis("event_id")
        for _ in range(n_permutations)
    ]
    scores = np.fromiter(
        run_jobs(
            (
                delayed(_mean_score)(clone(estimator), X, labelled, cv, scoring, params)
                for labelled in (y, *permuted)
            ),
            "permutations",
            verbose,
            n_jobs=n_jobs,
            by="Permutation test",
        ),
        dtype=float,
    )
    hits = int(np.sum(scores >= scores[0]))  # the identity is one of them
    return Bunch(
        score=float(scores[0]),
        permutation_scores=scores[1:],
        p_value=hits / (1 + n_permutations),
        p_value_interval=wilson_interval(hits, 1 + n_permutations),
        chance_interval=tuple(np.nanquantile(scores[1:], [0.025, 0.975])),  # 95 %
    )


def _mean_score(estimator, X, y, cv, scoring, params):
    """Return the mean cross-validated score over the folds in which it is defined."""
    folds = split_events(cv, X, y, y.index)
    scores = cross_val_score(
        estimator,
        X,
        y,
        cv=folds,
        scoring=scoring,
        params=params,
        error_score="raise",  # pyright: ignore[reportArgumentType]  default is NaN
    )
    return float(np.nanmean(scores))
