"""The mark of transformers that treat each record alone."""

from typing import Any

RECORDWISE = "_transforms_records_alone"


def is_recordwise(transformer: Any) -> bool:
    """Return whether a transformer treats each record alone.

    Such a transformer sets the attribute (or property) ``_transforms_records_alone``
    to True: its output for a record depends on that record and its parameters only,
    not on other records, on labels or on the records that it was fitted on. A search
    may then transform all records once, before it makes the folds.
    """
    return bool(getattr(transformer, RECORDWISE, False))
