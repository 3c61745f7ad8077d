"""One split of records into training and test, by whole events."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import indexable

from .._compat import safe_indexing
from ..events import resolve_groups
from ..metrics import event_labels


def event_train_test_split(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *arrays: Any,
    test_size: float = 0.2,
    random_state: np.random.RandomState | int | None = None,
) -> list[Any]:
    """Split records into training and test so that no event is in both.

    Parameters
    ----------
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels, one per event.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, see
        :func:`skseisfp.attach_events`. ``"records"`` makes each record an event.
    *arrays : array-like of shape (n_records, ...)
        Further arrays to be split in the same way, such as the table of the records.
    test_size : float or int, default=0.2
        Share or number of the events to test on.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw of the test events.

    Returns
    -------
    list of length 2 * (3 + len(arrays))
        ``X_train, X_test, y_train, y_test, groups_train, groups_test, ...``.

    Raises
    ------
    ValueError
        If the events are not known, an event straddles labels, a class has a single
        event, or lengths differ.

    Notes
    -----
    The split is stratified: the same share of the events of each class is drawn. The
    default share is that of [1]_.

    References
    ----------
    .. [1] S. Zhou et al., Geofizika 42, 2025,
       https://doi.org/10.15233/gfz.2025.42.2.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.model_selection import event_train_test_split
    >>> event_id = np.repeat(np.arange(20), 3)
    >>> X, y = np.zeros((60, 8)), event_id % 2
    >>> parts = event_train_test_split(X, y, event_id, random_state=0)
    >>> X_train, X_test, y_train, y_test, train_events, test_events = parts
    >>> X_test.shape, y_test.mean(), len(set(train_events) & set(test_events))
    ((12, 8), np.float64(0.5), 0)
    """
    groups = resolve_groups(y, groups, X=X, needed_by="event_train_test_split")
    whole = indexable(X, y, groups, *arrays)
    labels = event_labels(y, groups)
    codes, _ = pd.factorize(groups)
    train, test = train_test_split(
        np.arange(len(labels)),
        test_size=test_size,
        stratify=labels.to_numpy(),
        random_state=random_state,
    )
    rows = [np.flatnonzero(np.isin(codes, events)) for events in (train, test)]
    return [safe_indexing(array, part) for array in whole for part in rows]
