"""What an event is: where the event of a record comes from, and that nobody guesses it.

The events of records come from, in this order: ``groups`` that a call is given; the
index, or the level of an index, that is named ``event_id``, of the labels; the same of
a table of records; the ``event_id`` of lazy references to records. Nothing is inferred
from repeated values, types or other names. Two sources that disagree are an error.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ._compat import num_samples
from ._utils.names import suggest_names as _suggest_names
from ._utils.validation import check_groups

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "EventsUnknownWarning",
    "attach_events",
    "event_codes",
    "find_groups",
    "has_event_index",
    "resolve_groups",
    "sortable",
    "warn_events_unknown",
]
_suggest_names(__name__)

EVENT_ID = "event_id"
RECORDS = "records"  # the value of `groups` that asks for every record by itself

# Tools that hand labels on without their index, so that attached events are lost.
# Measured by tests/test_events_in_every_tool.py.
_INDEX_DROPPED_BY = frozenset(
    {
        "AdaBoostClassifier",
        "BaggingClassifier",
        "CalibratedClassifierCV",
        "OneVsOneClassifier",
        "OneVsRestClassifier",
        "OutputCodeClassifier",
        "RFE",
        "RFECV",
        "SelfTrainingClassifier",
        "StackingClassifier",
        "VotingClassifier",
        "cross_val_predict",
    }
)
_CALLS = {
    "cross_val_predict": 'cross_val_predict(..., params={"groups": event_id})',
    # it hands groups to its last step, too, and splits by record by itself
    "StackingClassifier": (
        "StackingClassifier(\n"
        "        ..., cv=list(StratifiedGroupKFold().split(X, y, event_id)),\n"
        "        final_estimator=EventVoteClassifier(LogisticRegression()),\n"
        "    ).fit(X, y, groups=event_id)"
    ),
}
# Tools in which labels, or rows, go to others without their events.
_PERMUTES = "permutation_test_score"
_PERMUTED = (
    f"{_PERMUTES} permutes the labels of records; those of one event cannot be "
    "exchanged alone. Permute the labels of events:\n"
    "    skseisfp.model_selection.event_permutation_test(estimator, X, y, event_id)"
)
_SAMPLED = (
    "A sampler of imbalanced-learn draws or makes records without their events, which "
    "nothing gives back to the steps after it. Leave it out, and balance in the "
    "classifier:\n"
    '    FingerprintClassifier(balance="events")  # others: class_weight="balanced"'
)


class EventsUnknownWarning(UserWarning):
    """Events are not known, and every record counts as an event of its own.

    Examples
    --------
    >>> import warnings
    >>> from skseisfp.events import EventsUnknownWarning
    >>> warnings.simplefilter("error", EventsUnknownWarning)  # stop at the first one
    """


def attach_events(y: npt.ArrayLike, event_id: npt.ArrayLike) -> pd.Series:
    """Return labels that carry the event of each record.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels; an index that they have is replaced, rows keep their order.
    event_id : array-like of shape (n_records,)
        Event of each record.

    Returns
    -------
    Series of shape (n_records,)
        The labels, with an index named ``event_id``.

    Raises
    ------
    ValueError
        If the lengths differ or an event id is missing.

    Examples
    --------
    >>> from skseisfp import attach_events
    >>> attach_events([1, 1, 0], [7, 7, 9])
    event_id
    7    1
    7    1
    9    0
    dtype: int64
    """
    values = y.array if isinstance(y, pd.Series) else np.asarray(y)
    groups = check_groups(_values(event_id, "event_id"), len(values), name="event_id")
    name = y.name if isinstance(y, pd.Series) else None
    dtype = object if getattr(values, "dtype", None) is np.dtype("O") else None
    return pd.Series(
        values, index=pd.Index(groups, name=EVENT_ID), name=name, dtype=dtype
    )


def has_event_index(values: Any) -> bool:
    """Return whether labels or a table have an index, or a level, named ``event_id``.

    Parameters
    ----------
    values : object
        Labels or records, of any type.

    Returns
    -------
    bool
        False for what is not a Series, DataFrame or Index.
    """
    return _index_events(values) is not None


def find_groups(
    y: Any = None, groups: Any = None, *, X: Any = None
) -> npt.NDArray | None:
    """Return the event of each record, or None where nothing says it.

    Parameters
    ----------
    y : array-like of shape (n_records,), default=None
        Labels, with an index named ``event_id`` or without.
    groups : array-like of shape (n_records,) or "records", default=None
        Event of each record; ``"records"`` makes each record its own event.
    X : array-like of shape (n_records, ...), default=None
        Records: a DataFrame with an index named ``event_id``, or lazy references.

    Returns
    -------
    ndarray of shape (n_records,) or None
        Event ids.

    Raises
    ------
    ValueError
        If an event is missing, a length does not fit, two sources disagree, or the
        calling tool moves labels or records without their events.
    """
    parts = [part for part in (y, X, groups) if part is not None]
    if not parts:
        return None
    for name, part in (("y", y), ("X", X)):
        if np.isscalar(part) or (isinstance(part, np.ndarray) and part.ndim == 0):
            raise ValueError(f"{name} must have one value per record; got {part!r}.")
    n_records = num_samples(parts[0])
    if isinstance(groups, str):
        if groups != RECORDS:
            raise ValueError(
                f"groups must be the event of each record, or {RECORDS!r}; got "
                f"{groups!r}."
            )
        return np.arange(n_records)
    sources = {
        "groups": None if groups is None else _values(groups, "groups"),
        "the index event_id of y": _index_events(y),
        "the index event_id of X": _index_events(X),
        "the event_id of the references in X": _reference_events(X),
    }
    if any(values is not None for values in sources.values()):
        _check_callers()
    known = {
        name: check_groups(values, n_records, name=name)
        for name, values in sources.items()
        if values is not None
    }
    if not known:
        return None
    (first, events), *others = known.items()
    for name, other in others:
        _check_agreement(first, events, name, other)
    return events


def resolve_groups(
    y: Any, groups: Any = None, *, X: Any = None, needed_by: str = "This"
) -> npt.NDArray:
    """Return the event of each record, or raise where nothing says it.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels, with an index named ``event_id`` or without.
    groups : array-like of shape (n_records,) or "records", default=None
        Event of each record; ``"records"`` makes each record its own event.
    X : array-like of shape (n_records, ...), default=None
        Records: a DataFrame with an index named ``event_id``, or lazy references.
    needed_by : str, default="This"
        What needs the events, for the message.

    Returns
    -------
    ndarray of shape (n_records,)
        Event ids.

    Raises
    ------
    ValueError
        If the events are not known, one is missing, a length does not fit, or two
        sources disagree.
    """
    found = find_groups(y, groups, X=X)
    if found is None:
        _check_callers()
        raise ValueError(f"{needed_by} {_how_to_give_events()}")
    return found


def warn_events_unknown(consequence: str) -> None:
    """Warn that events are not known, and say what is done without them.

    Parameters
    ----------
    consequence : str
        A sentence without its full stop.
    """
    warnings.warn(
        f"{consequence}, since nothing says which records belong to one event. Pass "
        "groups=event_id, or labels from skseisfp.attach_events(y, event_id).",
        EventsUnknownWarning,
        stacklevel=3,
    )


def event_codes(groups: npt.ArrayLike) -> tuple[npt.NDArray, npt.NDArray]:
    """Return the number of each event in the order of ids, which may mix types.

    Parameters
    ----------
    groups : array-like of shape (n_records,)
        Event of each record.

    Returns
    -------
    codes : ndarray of int of shape (n_records,)
        Number of the event of each record.
    events : ndarray of shape (n_events,)
        Event ids, sorted; numbers go before strings.
    """
    values = _values(groups, "groups")
    if not isinstance(values, (pd.Series, pd.Index)):
        values = pd.Index(values, tupleize_cols=False)
    codes, events = pd.factorize(values, sort=True)
    return codes, np.asarray(events)


def sortable(groups: Any) -> Any:
    """Return event ids as splitters take them: numbers of the events if they mix types.

    Parameters
    ----------
    groups : array-like of shape (n_records,) or None
        Event of each record.

    Returns
    -------
    array-like of shape (n_records,) or None
        The ids themselves where they can be sorted.
    """
    values = np.asarray(groups)
    if values.dtype == object and len({type(value) for value in values.flat}) > 1:
        return event_codes(values)[0]
    return groups


def _values(groups, name):
    """Return ids as an array; of an index of several levels the one of the events."""
    if isinstance(groups, pd.MultiIndex):
        events = _index_events(groups)
        if events is None:
            raise ValueError(
                f"{name} has the levels {list(groups.names)}; one of them must be "
                f"named {EVENT_ID!r}."
            )
        return events
    return groups


def _index_events(values):
    """Return the index or level named event_id of pandas objects, None without."""
    if not isinstance(values, (pd.Series, pd.DataFrame, pd.Index)):
        return None
    index = values if isinstance(values, pd.Index) else values.index
    if EVENT_ID not in index.names:
        return None
    return index.get_level_values(EVENT_ID)


def _reference_events(X):
    """Return the events of lazy references to records, None where X holds no such."""
    if not isinstance(X, np.ndarray) or X.dtype != object or X.ndim != 1 or not len(X):
        return None
    events = [getattr(reference, EVENT_ID, None) for reference in X]
    return None if None in events else events


def _check_agreement(first, events, name, other):
    """Raise where two sources put records together differently."""
    codes, other_codes = pd.factorize(events)[0], pd.factorize(other)[0]
    if (codes == other_codes).all():
        return
    record = int((codes != other_codes).argmax())
    raise ValueError(
        f"{first} and {name} disagree on which records belong to one event, first at "
        f"record {record}: '{events[record]}' and '{other[record]}'. Give the events "
        "once, or the same twice."
    )


def _how_to_give_events():
    """Say that events are missing, who lost them, and the lines that give them."""
    tool = _index_dropping_caller()
    text = (
        "needs the event of every record, and neither groups nor an index named "
        "'event_id' gives it."
    )
    if tool is None:
        return (
            f"{text} Attach the events to the labels:\n"
            "    y = skseisfp.attach_events(y, event_id)\n"
            "or pass groups=event_id, in a pipeline by the name of the step:\n"
            "    pipeline.fit(X, y, classifier__groups=event_id)\n"
            "By metadata routing they reach every part that requests them. "
            "groups='records' counts every record as an event of its own."
        )
    call = _CALLS.get(tool, f"{tool}(...).fit(X, y, groups=event_id)")
    return (
        f"{text} {tool} hands labels on without their index, so that attached events "
        "are lost there. Pass them by metadata routing:\n"
        "    sklearn.set_config(enable_metadata_routing=True)\n"
        f"    {call}\n"
        "groups='records' counts every record as an event of its own."
    )


def _index_dropping_caller():
    """Return the outermost calling tool that drops the index of labels, or None."""
    found = None
    for owner, function, module in _calling_tools():
        kind = type(owner).__name__
        if module.startswith("imblearn."):
            found = kind
        for name in (kind, function):
            if name in _INDEX_DROPPED_BY and module.startswith("sklearn."):
                found = name
    return found


def _check_callers():
    """Raise within a tool that moves labels or records without their events."""
    for owner, function, module in _calling_tools():
        # a private function of that name scores, also in workers
        if module.startswith("sklearn.") and function.strip("_") == _PERMUTES:
            raise ValueError(_PERMUTED)
        if (
            module == "imblearn.pipeline"
            and function.startswith("fit")
            and any(hasattr(step, "fit_resample") for _, step in owner.steps)
        ):
            raise ValueError(_SAMPLED)


def _calling_tools():
    """Yield owner, function and module of all calls of tools, the innermost first."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("sklearn.", "imblearn.")):
            yield frame.f_locals.get("self"), frame.f_code.co_name, module
        frame = frame.f_back
