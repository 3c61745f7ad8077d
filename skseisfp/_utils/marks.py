"""Marks that estimators carry for the searches of this package."""

RECORDWISE = "_transforms_records_alone"


def is_recordwise(transformer):
    """Tell whether a transformer looks at one record at a time.

    Such a transformer sets the attribute (or property) ``_transforms_records_alone``
    to True: what it makes of a record depends on that record and its parameters only,
    not on the other records, on the labels or on what it was fitted on. A search may
    then transform all records once, before the folds are made.
    """
    return bool(getattr(transformer, RECORDWISE, False))
