"""Is a score better than chance? Labels permuted over events."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, check_cv, cross_val_score
from sklearn.utils import Bunch, check_random_state, check_scalar
from sklearn.utils.parallel import Parallel, delayed

from ..metrics import event_labels, event_roc_auc, wilson_interval
from ..metrics.aggregation import resolve_groups
from .check_folds import check_folds, split_events


def event_permutation_test(
    estimator,
    X,
    y,
    groups=None,
    *,
    cv=5,
    scoring=event_roc_auc,
    n_permutations=100,
    params=None,
    n_jobs=None,
    random_state=None,
):
    """Test a cross-validated score against labels permuted over events.

    Parameters
    ----------
    estimator : classifier
        What is tested; cloned for every fit.
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels, one per event.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index of `y`, see
        :func:`skseisfp.metrics.make_event_scorer`.
    cv : int, cross-validation splitter or iterable of (train, test), default=5
        Folds; a number is that of a shuffled
        :class:`~sklearn.model_selection.StratifiedGroupKFold`. A splitter deals again
        for every permutation, stratified by the permuted labels where it stratifies.
    scoring : callable, default=event_roc_auc
        Scorer; an event scorer finds the events in the index of the labels.
    n_permutations : int, default=100
        Number of permutations.
    params : dict, default=None
        Metadata, as in :func:`~sklearn.model_selection.cross_val_score`.
    n_jobs : int, default=None
        Number of permutations scored at a time, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Draw of permutations and of the default folds.

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
    The records of an event share a label, so it is events that can be exchanged:
    permuting records destroys that and calls too much significant, and permuting
    within events, as :func:`~sklearn.model_selection.permutation_test_score` does
    with ``groups``, changes nothing. A fold without a value (a class is missing
    under the permuted labels) does not count in the mean.

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
    check_scalar(n_permutations, "n_permutations", Integral, min_val=1)
    rng = check_random_state(random_state)
    groups = resolve_groups(y, groups, routed=False)
    labels = event_labels(y, groups)
    if isinstance(cv, Integral):
        seed = rng.randint(np.iinfo(np.int32).max)
        cv = StratifiedGroupKFold(cv, shuffle=True, random_state=seed)
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
    score, *permutation_scores = Parallel(n_jobs=n_jobs)(
        delayed(_mean_score)(clone(estimator), X, labelled, cv, scoring, params)
        for labelled in (y, *permuted)
    )
    hits = 1 + int(np.sum(np.array(permutation_scores) >= score))
    return Bunch(
        score=score,
        permutation_scores=np.array(permutation_scores),
        p_value=hits / (1 + n_permutations),
        p_value_interval=wilson_interval(hits, 1 + n_permutations),
        chance_interval=tuple(np.nanquantile(permutation_scores, [0.025, 0.975])),
    )


def _mean_score(estimator, X, y, cv, scoring, params):
    """Return the mean cross-validated score, over the folds that have one."""
    folds = list(split_events(cv, X, y, y.index))
    scores = cross_val_score(
        estimator, X, y, cv=folds, scoring=scoring, params=params, error_score="raise"
    )
    return float(np.nanmean(scores))
