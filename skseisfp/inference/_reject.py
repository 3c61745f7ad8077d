"""The reject option: leave events undecided so that few of the others are wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, binom

N_TRIED = 10  # thresholds


def least_events(max_error: float, confidence_level: float) -> int:
    """Return the least number of decided events that a test passes with one error.

    `reject_threshold` tests no fewer, even where none of them is wrong.
    """
    n_events = 2
    while binom.cdf(1, n_events, max_error) > 1 - confidence_level:
        n_events *= 2
    counts = np.arange(n_events // 2, n_events + 1)
    passed = binom.cdf(1, counts, max_error) <= 1 - confidence_level
    return int(counts[passed][0])


def reject_threshold(
    confidence: npt.ArrayLike,
    is_right: npt.ArrayLike,
    *,
    max_error: float,
    confidence_level: float,
) -> float:
    r"""Return the least confidence at which events are decided.

    Parameters
    ----------
    confidence : array-like of shape (n_events,)
        Score of the predicted class of events that were held out.
    is_right : array-like of shape (n_events,)
        Whether their predictions are right.
    max_error : float in (0, 1)
        Largest share of wrong predictions among the decided ones.
    confidence_level : float in (0, 1)
        Probability that the error of further such events is not above it.

    Returns
    -------
    float
        The threshold; infinite where no threshold keeps the error.

    Notes
    -----
    Chow's rule [1]_ decides where the confidence is above a threshold. A threshold with
    :math:`k` errors among :math:`n` events that were held out keeps the error if
    :math:`P(K \le k) \le` 1 - `confidence_level` for :math:`K` binomial with :math:`n`
    and `max_error`: the test of selection with guaranteed risk [2]_. Thresholds that
    decide a tenth, two tenths and so on up to all of the events are tested in this
    order, from the first that one error would not fail, up to the first that fails:
    tests in a fixed sequence need no correction for their number [3]_. Events must be
    independent, and new ones like those held out.

    References
    ----------
    .. [1] C. K. Chow, On optimum recognition error and reject tradeoff, IEEE Trans.
       Inf. Theory 16, 41-46, 1970.
    .. [2] Y. Geifman and R. El-Yaniv, Selective classification for deep neural
       networks, NeurIPS, 2017.
    .. [3] A. N. Angelopoulos et al., Learn then test: calibrating predictive algorithms
       to achieve risk control, arXiv:2110.01052, 2021.
    """
    confidence = np.asarray(confidence, dtype=float)
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], ~np.asarray(is_right, dtype=bool)[order]
    allowed = 1 - confidence_level
    shares = np.arange(1, N_TRIED + 1) / N_TRIED
    kept = np.inf
    for threshold in ranked[np.ceil(shares * len(ranked)).astype(int) - 1]:
        # events of equal confidence are decided together
        n_decided = int((ranked >= threshold).sum())
        if binom.cdf(1, n_decided, max_error) > allowed:
            continue
        if binom.cdf(wrong[:n_decided].sum(), n_decided, max_error) > allowed:
            break
        kept = float(threshold)
    return kept


def fewest_of_class(max_error: float, confidence_level: float) -> int:
    """Return the least number of events of a class that `exclusion_threshold` takes."""
    return int(np.ceil(np.log1p(-confidence_level) / np.log1p(-max_error)))


def exclusion_threshold(
    scores: npt.ArrayLike, *, max_error: float, confidence_level: float
) -> float:
    r"""Return the score of a class below which an event is not of the class.

    Parameters
    ----------
    scores : array-like of shape (n_events,)
        Scores of the class, of events of the class that were held out.
    max_error, confidence_level : float in (0, 1)
        Largest share of the events of the class that are below, and the probability
        that it is not larger.

    Returns
    -------
    float
        The threshold; minus infinity where there are too few events for any.

    Notes
    -----
    The share of new events of the class below the :math:`k`-th smallest of :math:`n`
    scores is at most Beta distributed with :math:`k` and :math:`n + 1 - k`, whatever
    the distribution of the scores [1]_; the largest :math:`k` is taken that keeps
    `max_error`. Sets of the classes that are not excluded are conformal sets with a
    bounded error of each class [2]_.

    References
    ----------
    .. [1] V. Vovk, Conditional validity of inductive conformal predictors, Machine
       Learning 92, 349-376, 2013.
    .. [2] M. Sadinle, J. Lei and L. Wasserman, Least ambiguous set-valued classifiers
       with bounded error levels, J. Am. Stat. Assoc. 114, 223-234, 2019.
    """
    ranked = np.sort(np.asarray(scores, dtype=float))
    ranks = np.arange(1, len(ranked) + 1)
    kept = beta.cdf(max_error, ranks, len(ranked) + 1 - ranks) >= confidence_level
    return float(ranked[kept][-1]) if kept.any() else -np.inf
