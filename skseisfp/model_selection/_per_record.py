"""Metadata that splitters need of each record, and their own options."""

import numpy as np
import pandas as pd

from .._compat import num_samples
from ._options import check_options


def check_splitter(splitter):
    """Raise at the first option of the constructor that is outside of its declaration.

    A splitter has no `get_params`; its attributes are the options.
    """
    check_options(splitter._parameter_constraints, **vars(splitter))


def per_record(name, splitter, given, n_records):
    """Return validated metadata, as given to `split` or to the constructor."""
    values = getattr(splitter, name) if given is None else given
    owner = type(splitter).__name__
    ways = (
        f"Pass them by metadata routing, fit(..., {name}=...) or "
        f"params={{'{name}': ...}}, or, where all records are split at once, as "
        f"{owner}({name}=...)."
    )
    if values is None:
        raise ValueError(f"{owner} needs the {name} of the records. {ways}")
    if num_samples(values) != n_records:
        raise ValueError(
            f"{owner} got {num_samples(values)} {name} for {n_records} records. {ways}"
        )
    values = pd.Series(np.asarray(values))
    if values.isna().any():
        raise ValueError(
            f"{name} is missing for record {int(values.isna().to_numpy().argmax())}."
        )
    return values
