"""CSV files whose rows are no longer than their header."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd


def read_csv(source: Any, **options: Any) -> pd.DataFrame:
    """Read a CSV file; a `ParserWarning` is raised where rows are too long.

    By default pandas takes the first cells of such rows for an index, and all columns
    have the names of others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(source, index_col=False, **options)
