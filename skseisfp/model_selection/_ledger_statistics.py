"""Statistics of the best of several looks at the same events.

The looks share their events, so their errors depend on each other. If the scores of
the events are known, all looks are resampled together, which keeps the dependence
[1]_; looks of which only the score is known count as independent, which overestimates
the effect of chance.

Predictions out of fold depend on the labels of all other events, so that their errors
are larger than those of fixed predictions, see `OUT_OF_FOLD`.

References
----------
.. [1] Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping,
   Econometrica 73, 1237-1282, section 4, doi:10.1111/j.1468-0262.2005.00615.x
.. [2] Hanley and McNeil (1982), The meaning and use of the area under a receiver
   operating characteristic (ROC) curve, Radiology 143, 29-36,
   doi:10.1148/radiology.143.1.7063747
.. [3] Newcombe (2006), Confidence intervals for an effect size measure based on the
   Mann-Whitney statistic, part 2, Statistics in Medicine 25, 559-573,
   doi:10.1002/sim.2324
"""

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from ..metrics import Interval
from ..metrics.weighted import Rows, get_metric

MAX_CELLS = 4_000_000  # numbers in an array of weights, 32 MB
# draws of chance for looks without event scores: 20 of them lie above the quantile
# 0.999 that the best of 50 looks asks for at a level of 95 %
N_NULL = 20_000
# Shares of the predictions that a useless classifier may give the commonest class,
# the rest in the proportion of the classes; 0.5 to 1 because accuracy rises there.
MAJORITY_SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)
# Factor of the errors of predictions out of fold. Where the prediction of an event is
# linear in the labels of the others, f_i = sum_j K_ij y_j with K symmetric, the sum of
# y_i f_i over the events counts each pair twice: under chance its variance is twice
# that for fixed f_i. Of few features it is less.
OUT_OF_FOLD = np.sqrt(2)
# true scores that a formula interval tries, in steps of a quarter of a printed digit
GRID = np.linspace(0, 1, 4001)


def error_factors(held_out):
    """Return the factor of the error of each look: 1 for events held out."""
    return np.where(held_out, 1.0, OUT_OF_FOLD)


def can_resample(class_counts):
    """Return whether events can be drawn within each class."""
    return min(class_counts) > 1


def bootstrap_scores(metric, codes, event_scores, n_resamples, rng):
    """Return scores of all looks on the same resamples of the events.

    Parameters
    ----------
    metric : str
        Name of the score.
    codes : ndarray of shape (n_events,)
        Class number of each event.
    event_scores : list of ndarray of shape (n_events, n_classes)
        The looks.
    n_resamples : int
        Number of resamples.
    rng : Generator
        Draws of the events, within classes.

    Returns
    -------
    observed : ndarray of shape (n_looks,)
        Scores on the events as they are.
    drawn : ndarray of shape (n_looks, n_resamples)
        Scores on the resamples.
    """
    score = _resampled_auc if metric == "roc_auc" else get_metric(metric)
    looks = [Rows(codes, scores.argmax(axis=1), scores) for scores in event_scores]
    draws = [np.ones((1, len(codes))), *_draw_counts(codes, n_resamples, rng)]
    parts = [np.stack([score(look, counts) for look in looks]) for counts in draws]
    return parts[0][:, 0], np.concatenate(parts[1:], axis=1)


def _resampled_auc(rows, counts):
    """Return the AUC of resamples that draw within classes.

    The same as the AUC by weights, ten times as fast: a product of matrices over the
    pairs of events, of which the number of pairs stays the same.
    """
    areas = []
    for number in _scored_columns(rows.scores):
        hits, score = rows.true == number, rows.scores[:, number]
        lead = score[hits][:, None] - score[~hits]
        wins = ((counts[:, hits] @ (0.5 + np.sign(lead) / 2)) * counts[:, ~hits]).sum(1)
        areas.append(wins / (hits.sum() * (~hits).sum()))
    return np.mean(areas, axis=0)


def _scored_columns(scores):
    """Return the columns whose AUC counts: the second of two classes, else all."""
    return [1] if scores.shape[1] == 2 else range(scores.shape[1])


def _draw_counts(codes, n_resamples, rng):
    """Yield how often each event is drawn, as many of each class as there are."""
    for size in _chunks(n_resamples, len(codes)):
        counts = np.empty((size, len(codes)))
        for number in np.unique(codes):
            units = np.flatnonzero(codes == number)
            evenly = np.full(len(units), 1 / len(units))
            counts[:, units] = rng.multinomial(len(units), evenly, size)
        yield counts


def _chunks(total, n_columns):
    """Return sizes that add up to a total, each of at most `MAX_CELLS` cells."""
    size = max(1, MAX_CELLS // n_columns)
    return [min(size, total - start) for start in range(0, total, size)]


def chance_maxima(metric, codes, event_scores, factors, n_resamples, rng):
    """Return the scores of the best look by chance, of shape (n_resamples,).

    The labels of the events are permuted against the scores of all looks together.
    Each look without event scores is an independent draw of chance.

    Parameters
    ----------
    metric, codes, n_resamples, rng : object
        As for `bootstrap_scores`.
    event_scores : list of ndarray or None
        The looks, None if the scores of the events are not known.
    factors : ndarray of shape (n_looks,)
        Factors of their errors.
    """
    known = np.array([item is not None for item in event_scores])
    maxima = np.full(n_resamples, -np.inf)
    if known.any():
        looks = [
            (item, item.argmax(axis=1)) for item in event_scores if item is not None
        ]
        drawn = _permuted(metric, codes, looks, n_resamples, rng)
        maxima = _widen(drawn, factors[known]).max(axis=0)
    if n_other := np.sum(~known):
        drawn = _permuted(metric, codes, _useless(metric, codes, rng), N_NULL, rng)
        sample = _widen(drawn, factors[~known].max()).max(axis=0)
        levels = rng.random(n_resamples) ** (1 / n_other)
        maxima = np.maximum(maxima, _upper_quantiles(sample, levels))
    return np.minimum(maxima, 1.0)


def _widen(drawn, factors):
    """Return scores by chance whose deviations from their mean are larger."""
    means = drawn.mean(axis=1, keepdims=True)
    return means + np.reshape(factors, (-1, 1)) * (drawn - means)


def _permuted(metric, codes, looks, n_resamples, rng):
    """Return scores of looks under the same permutations, (n_looks, n_resamples)."""
    n_events, n_classes = len(codes), int(codes.max()) + 1
    score = _permuted_auc(looks) if metric == "roc_auc" else _by_rows(metric, looks)
    drawn = []
    for size in _chunks(n_resamples, n_events * n_classes):
        labels = rng.permuted(np.tile(codes, (size, 1)), axis=1)
        drawn.append(score(np.eye(n_classes)[labels]))
    return np.concatenate(drawn, axis=1)


def _by_rows(metric, looks):
    """Return the function from permuted labels to the scores of some looks.

    Each event has a row for each class; the weights of a permutation are 1 in the row
    of its label and 0 in the others.
    """
    score = get_metric(metric)
    n_events, n_classes = looks[0][0].shape
    true = np.tile(np.arange(n_classes), n_events)
    rows = [
        Rows(true, predicted.repeat(n_classes), scores.repeat(n_classes, axis=0))
        for scores, predicted in looks
    ]

    def score_all(members):
        weights = members.reshape(len(members), -1)
        return np.stack([score(look, weights) for look in rows])

    return score_all


def _permuted_auc(looks):
    """Return the function from permuted labels to the AUCs, by sums of ranks."""
    columns = _scored_columns(looks[0][0])
    ranks = [rankdata([scores[:, k] for scores, _ in looks], axis=1) for k in columns]

    def score_all(members):
        areas = []
        for number, rank in zip(columns, ranks, strict=True):
            inside = members[:, :, number]
            size = inside[0].sum()
            pairs = size * (inside.shape[1] - size)
            areas.append((rank @ inside.T - size * (size + 1) / 2) / pairs)
        return np.mean(areas, axis=0)

    return score_all


def _useless(metric, codes, rng):
    """Return uninformed looks, the best of which represents one look.

    A score of labels depends on how often each class is predicted, which is not known:
    the best of several shares counts.
    """
    counts = np.bincount(codes)
    if metric != "roc_auc":
        return [_predictions(share, counts) for share in _shares(counts)]
    scores = rng.random((len(codes), len(counts)))
    if len(counts) == 2:
        scores[:, 0] = 1 - scores[:, 1]
    return [(scores, scores.argmax(axis=1))]


def _shares(counts):
    """Return shares of the predictions that classes may have."""
    prior = counts / counts.sum()
    majority = np.eye(len(counts))[counts.argmax()]
    mixed = [share * majority + (1 - share) * prior for share in MAJORITY_SHARES]
    return [np.full(len(counts), 1 / len(counts)), *mixed]


def _predictions(share, counts):
    """Return scores and predicted class numbers of a look with these shares."""
    ends = np.rint(share.cumsum() * counts.sum()).astype(int)
    predicted = np.searchsorted(ends, np.arange(counts.sum()), side="right")
    return np.eye(len(counts))[predicted], predicted


def _upper_quantiles(sample, levels):
    """Return quantiles, the larger of the simulated and of the normal ones.

    Many looks ask for quantiles beyond the last draw; the normal ones extend to there.
    """
    normal = sample.mean() + sample.std() * norm.ppf(levels)
    return np.maximum(np.quantile(sample, levels), normal)


def max_type_interval(best, observed, drawn, counts, alpha, factors):
    """Return the interval of the best score that holds for all looks at once.

    The quantile of the largest deviation over the looks replaces that of one look:
    the ends hold whichever look is taken for the best.
    """
    margin = _margin(counts)
    deviations = _stretch(drawn, margin) - _stretch(observed, margin)[:, None]
    deviations *= factors[:, None]
    above = np.quantile(deviations.max(axis=0), 1 - alpha / 2)
    below = np.quantile((-deviations).max(axis=0), 1 - alpha / 2)
    return _interval(best, -above, below, margin)


def _margin(counts):
    """Return half the step of the recall of the rarest class.

    It is the continuity correction of a share of so few events.
    """
    return 0.5 / min(counts)


def _stretch(score, margin):
    """Return scores on a scale on which their error hardly depends on the score.

    It is the logit, with a margin that keeps perfect scores finite.
    """
    return logit((score + margin) / (1 + 2 * margin))


def _interval(best, down, up, margin):
    """Return the interval of a score between steps on the stretched scale."""
    ends = expit(_stretch(best, margin) + np.array([down, up]))
    low, high = np.clip(ends * (1 + 2 * margin) - margin, 0, 1)
    return Interval(best, float(min(low, best)), float(max(high, best)))


def percentile_interval(best, drawn, alpha):
    """Return the interval of one look from the percentiles of its resamples."""
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return Interval(best, min(float(low), best), max(float(high), best))


def normal_interval(best, drawn, counts, alpha, factor):
    """Return the interval of one look from the standard deviation of its resamples."""
    margin = _margin(counts)
    step = factor * norm.isf(alpha / 2) * np.std(_stretch(drawn, margin))
    return _interval(best, -step, step, margin)


def formula_interval(metric, score, class_counts, alpha, factor=1.0):
    """Return the interval of a score of which nothing else is known.

    It holds the true scores whose distance from the score is not too many of their
    standard errors [3]_, so that a perfect score has an interval, too.
    """
    margin = (
        factor * norm.isf(alpha / 2) * np.sqrt(_variance(metric, GRID, class_counts))
    )
    held = GRID[np.abs(score - GRID) <= margin + GRID[1] / 2]
    return Interval(score, min(held[0], score), max(held[-1], score))


def _variance(metric, score, class_counts):
    """Return the variance of a score by its true value, for these numbers of events.

    For an AUC it is that of [2]_, for several classes as if all were as uncertain as
    the rarest; for an accuracy the binomial one; for a balanced accuracy, and
    approximately for F1, that of a mean of independent recalls.
    """
    counts = np.asarray(class_counts)
    if metric == "roc_auc":
        positive = counts.min()
        negative = counts.sum() - positive
        q1, q2 = score / (2 - score), 2 * score**2 / (1 + score)
        spread = (positive - 1) * (q1 - score**2) + (negative - 1) * (q2 - score**2)
        return (score * (1 - score) + spread) / (positive * negative)
    per_event = 1 / counts.sum()
    if metric != "accuracy":
        per_event = np.sum(1 / counts) / len(counts) ** 2
    return score * (1 - score) * per_event
