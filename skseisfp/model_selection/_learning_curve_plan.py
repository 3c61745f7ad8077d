"""Training and test events of a learning curve, and resamples of the events."""

from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import check_random_state

LEAST = 2  # training events of a class: of one event nothing can be generalised


class CurveFit(NamedTuple):
    """Size and repeat of a fit, and its training and test events."""

    size: int
    repeat: int
    train: npt.NDArray
    test: npt.NDArray


def plan_curve(labels, train_sizes, *, n_splits, n_repeats, random_state):
    """Return the fits of a learning curve.

    Parameters
    ----------
    labels : Series of shape (n_events,)
        Label of each event.
    train_sizes : sequence of float or of int
        As for `event_learning_curve`.
    n_splits, n_repeats, random_state : int
        As for `event_learning_curve`.

    Returns
    -------
    list of CurveFit
        One for each size, repeat and fold.
    """
    _check_classes(labels, n_splits)
    train_sizes = _check_sizes(train_sizes)
    folds = [
        (repeat, *(labels.index[rows] for rows in fold))
        for repeat in range(n_repeats)
        for fold in StratifiedKFold(
            n_splits, shuffle=True, random_state=random_state + repeat
        ).split(labels, labels)
    ]
    sizes = _count_sizes(train_sizes, min(len(train) for _, train, _ in folds))
    _check_least(labels, folds, sizes)
    plan = []
    for number, (repeat, train, test) in enumerate(folds):
        rng = np.random.default_rng([random_state, number])
        order = {
            label: rng.permutation(members.index.to_numpy())
            for label, members in labels.loc[train].groupby(labels.loc[train])
        }
        for size in sizes:
            quota = _share_out(size, {label: len(m) for label, m in order.items()})
            drawn = [members[: quota[label]] for label, members in order.items()]
            plan.append(CurveFit(size, repeat, np.concatenate(drawn), test.to_numpy()))
    return plan


def _check_classes(labels, n_splits):
    """Raise if a class has fewer events than there are folds."""
    counts = labels.value_counts()
    if len(counts) < 2:
        raise ValueError(f"y must hold two classes or more; got {counts.index[0]!r}.")
    if counts.min() < n_splits:
        listed = ", ".join(f"{number} of {label!r}" for label, number in counts.items())
        raise ValueError(
            f"n_splits={n_splits} needs {n_splits} events or more of every class; "
            f"there are {listed}."
        )


def _check_sizes(train_sizes):
    """Return sizes as a list, all of them shares or all of them numbers."""
    if isinstance(train_sizes, str) or not np.iterable(train_sizes):
        raise TypeError(
            f"train_sizes must be a sequence of float or of int; got {train_sizes!r}."
        )
    sizes = list(train_sizes)
    if not sizes:
        raise ValueError("train_sizes must hold one size or more; got none.")
    if all(isinstance(size, Integral) for size in sizes):
        return sizes
    for size in sizes:
        if isinstance(size, Integral) or not isinstance(size, Real):
            raise TypeError(
                "train_sizes must be all float, shares of the training events, or all "
                f"int, numbers of events; got {size!r} among others."
            )
        if not 0 < float(size) <= 1:
            raise ValueError(
                f"train_sizes must be shares above 0 and up to 1; got {size}."
            )
    return sizes


def _count_sizes(train_sizes, n_train):
    """Return distinct numbers of training events in rising order."""
    sizes = [
        size if isinstance(size, Integral) else round(size * n_train)
        for size in train_sizes
    ]
    if max(sizes) > n_train:
        raise ValueError(
            f"train_sizes must not exceed {n_train}, the training events of the "
            f"smallest fold; got {max(sizes)}."
        )
    return sorted({int(size) for size in sizes})


def _check_least(labels, folds, sizes):
    """Raise if the smallest size has too few events of a class in some fold."""
    counts = [labels.loc[train].value_counts() for _, train, _ in folds]
    worst = min(counts, key=lambda count: count.min() / count.sum())
    rarest, n_train = worst.idxmin(), worst.sum()
    left = min(_share_out(sizes[0], count.to_dict())[rarest] for count in counts)
    if left < LEAST:
        needed = int(np.ceil(LEAST * n_train / worst.min()))
        raise ValueError(
            f"train_sizes: {sizes[0]} events leave {left} of {rarest!r} to train on "
            f"and {LEAST} are needed; take {needed} events or more "
            f"({np.ceil(100 * needed / n_train) / 100:.2f} of the training events)."
        )


def _share_out(size, counts):
    """Return the number of events of each class in a size, by largest remainder."""
    total = sum(counts.values())
    exact = {label: size * count / total for label, count in counts.items()}
    quota = {label: int(value) for label, value in exact.items()}
    by_remainder = sorted(exact, key=lambda label: quota[label] - exact[label])
    for label in by_remainder[: size - sum(quota.values())]:
        quota[label] += 1
    return quota


def draw_counts(labels, n_resamples, random_state):
    """Return how often each event is drawn: once first, then at random within classes.

    Parameters
    ----------
    labels : Series of shape (n_events,)
        Label of each event.
    n_resamples : int
        Number of resamples.
    random_state : int
        Seed of the draws.

    Returns
    -------
    ndarray of shape (1 + n_resamples, n_events)
        The counts.
    """
    rng = check_random_state(random_state)
    counts = np.ones((1 + n_resamples, len(labels)))
    for label in labels.unique():
        members = np.flatnonzero(labels == label)
        evenly = np.full(len(members), 1 / len(members))
        counts[1:, members] = rng.multinomial(len(members), evenly, n_resamples)
    return counts


def tabulate_curve(plan, drawn, labels, rarer):
    """Return a row for each size and repeat."""
    fits = pd.DataFrame(
        {
            "n_events": [fit.size for fit in plan],
            "n_rarer": [int((labels.loc[fit.train] == rarer).sum()) for fit in plan],
            "repeat": [fit.repeat for fit in plan],
        }
    )
    lines = fits.groupby(["n_events", "repeat"]).agg({"n_rarer": "mean"}).reset_index()
    low, high = np.nanquantile(drawn[..., 1:], [0.025, 0.975], axis=-1)  # 95 %
    return pd.DataFrame(
        {
            "n_events": lines["n_events"],
            "n_rarer": lines["n_rarer"].round().astype(int),
            "repeat": lines["repeat"],
            "score": drawn[..., 0].ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )
