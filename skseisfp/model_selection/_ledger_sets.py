"""Sets of events with their labels, which identify the data of a look."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .._utils.digest import digest
from .._utils.validation import check_labels
from ..events import resolve_groups
from ..metrics import aggregate_events, event_labels

LEDGER = "An EvaluationLedger"


@dataclass(frozen=True)
class EventSet:
    """Events and their labels as strings, sorted by event.

    Parameters
    ----------
    events : tuple of str
        Event ids.
    labels : tuple of str
        Label of each event.
    """

    events: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def from_records(cls, y, groups):
        """Return the set of some records; `groups` None takes the index of `y`."""
        groups = as_strings(resolve_groups(y, groups, needed_by=LEDGER))
        labels = event_labels(as_strings(check_labels(y)), groups)
        return cls.from_pairs(zip(labels.index, labels, strict=True))

    @classmethod
    def from_pairs(cls, pairs):
        """Return the set of pairs of event id and label."""
        return cls(*zip(*sorted(pairs), strict=True))

    @cached_property
    def digest(self):
        """Digest of the sorted pairs of event id and label."""
        return digest(json.dumps([self.events, self.labels]))

    @cached_property
    def classes(self):
        """Labels that occur, sorted; whole numbers by their size."""
        return sorted(set(self.labels), key=_label_order)

    @cached_property
    def codes(self):
        """Class number of each event."""
        return np.array([self.classes.index(label) for label in self.labels])

    @property
    def class_counts(self):
        """Number of events of each class."""
        counts = Counter(self.labels)
        return {label: counts[label] for label in self.classes}

    def align(self, event_scores):
        """Return event scores of shape (n_events, n_classes), in the order of the set.

        Parameters
        ----------
        event_scores : DataFrame or array-like of shape (n_events, n_classes)
            As `EvaluationLedger.record` takes it.
        """
        shape = len(self.events), len(self.classes)
        if isinstance(event_scores, pd.DataFrame):
            event_scores = self._align_table(event_scores)
        scores = np.asarray(event_scores, dtype=float)
        if scores.shape != shape:
            raise ValueError(
                f"event_scores must have the shape (n_events, n_classes) = {shape}, "
                "rows in the order of the sorted event ids and a column for each of "
                f"the classes {', '.join(self.classes)}; got {scores.shape}."
            )
        if not np.isfinite(scores).all():
            row = int(np.argwhere(~np.isfinite(scores))[0, 0])
            raise ValueError(
                f"event_scores must be finite; event '{self.events[row]}' is not."
            )
        return np.ascontiguousarray(scores, dtype="<f8")

    def _align_table(self, table):
        """Return the columns of the classes, rows in the order of the set."""
        columns = [f"score_{label}" for label in self.classes]
        if missing := [name for name in columns if name not in table]:
            raise ValueError(f"event_scores lacks the column '{missing[0]}'.")
        table = table.set_axis(as_strings(table.index), axis="index")
        if table.index.has_duplicates:
            event = table.index[table.index.duplicated()][0]
            raise ValueError(f"event_scores has event '{event}' more than once.")
        lacking = set(self.events) - set(table.index)
        foreign = set(table.index) - set(self.events)
        if lacking or foreign:
            place = "lacks" if lacking else "has, in addition to those of the set,"
            raise ValueError(
                f"event_scores {place} {len(lacking or foreign)} events, first "
                f"'{min(lacking or foreign)}'."
            )
        return table.loc[list(self.events), columns]


def as_strings(values):
    """Return ids or labels as strings, the same for a whole number of any type."""
    return np.array([_string(value) for value in np.asarray(values).tolist()], object)


def _string(value):
    """Return one id or label as a string."""
    is_bool = isinstance(value, (bool, np.bool_))
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_bool or is_whole else str(value)


def _label_order(label):
    """Return a key that sorts whole numbers by size, before all other labels."""
    number = label.removeprefix("-")
    if number.isascii() and number.isdigit():
        return 0, int(label), label
    return 1, 0, label


def vote(y_true, y_score, groups, classes):
    """Return the table of the events of some records, with ids as strings."""
    groups = as_strings(resolve_groups(y_true, groups, needed_by=LEDGER))
    classes = as_strings(np.unique(y_true) if classes is None else classes)
    return aggregate_events(y_score, groups, classes=classes)
