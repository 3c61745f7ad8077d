"""What a splitter has to know of each record beside its event."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import _num_samples


def per_record(name, splitter, given, n_records):
    """Return the metadata `name`, given to `split` or to the constructor, checked."""
    values = getattr(splitter, name) if given is None else given
    owner = type(splitter).__name__
    ways = (
        f"Pass them by metadata routing, fit(..., {name}=...) or "
        f"params={{'{name}': ...}}, or, where all records are split at once, as "
        f"{owner}({name}=...)."
    )
    if values is None:
        raise ValueError(f"{owner} needs the {name} of the records. {ways}")
    if _num_samples(values) != n_records:
        raise ValueError(
            f"{owner} got {_num_samples(values)} {name} for {n_records} records. {ways}"
        )
    values = pd.Series(np.asarray(values))
    if values.isna().any():
        raise ValueError(
            f"{name} is missing for record {int(values.isna().to_numpy().argmax())}."
        )
    return values


def required_groups(groups, splitter):
    """Refuse to split without events."""
    if groups is None:
        raise ValueError(f"{type(splitter).__name__} needs groups, the event ids.")
    return groups
