"""Validation records for early stopping, whole events at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._utils.validation import check_groups
from ..events import event_codes


def group_valid_split(
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    fraction: float = 0.2,
    random_state: int | np.random.Generator | None = None,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Split records into training and validation, keeping events whole.

    Of each class the same fraction of events goes to validation, at least one where
    the class has two; a class of one event stays in training.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,), default=None
        The event of each record; None makes every record its own event.
    fraction : float, default=0.2
        Fraction of the events of each class, in (0, 1).
    random_state : int, Generator or None, default=None
        Seed of the choice, for `numpy.random.default_rng`.

    Returns
    -------
    train, valid : ndarray of int
        Indices of the records.

    Raises
    ------
    ValueError
        If no class has two events.

    Notes
    -----
    An event whose records differ in label counts for its most frequent one.

    Examples
    --------
    >>> from skseisfp.neural.group_valid_split import group_valid_split
    >>> train, valid = group_valid_split(
    ...     [0, 0, 0, 1, 1, 1], ["a", "a", "b", "c", "d", "d"], random_state=0
    ... )
    >>> train, valid
    (array([2, 4, 5]), array([0, 1, 3]))
    """
    y = np.asarray(y)
    event_of_record, events = event_codes(check_groups(groups, len(y)))
    classes, codes = np.unique(y, return_inverse=True)
    counts = np.zeros((len(events), len(classes)), dtype=int)
    np.add.at(counts, (event_of_record, codes), 1)
    label = counts.argmax(axis=1)
    generator = np.random.default_rng(random_state)
    drawn = np.concatenate(
        [
            _draw(np.flatnonzero(label == code), fraction, generator)
            for code in range(len(classes))
        ]
    )
    if not len(drawn):
        raise ValueError(
            "The validation split needs a class with two events or more; each class "
            "has one event."
        )
    valid = np.isin(event_of_record, drawn)
    return np.flatnonzero(~valid), np.flatnonzero(valid)


def _draw(events, fraction, generator):
    """Draw the validation events of one class."""
    n_valid = min(max(1, round(fraction * len(events))), len(events) - 1)
    return generator.permutation(events)[: max(n_valid, 0)]
