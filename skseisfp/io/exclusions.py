"""Tables of records that were reviewed and are left out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pandas as pd

from .tables import read_table, require_columns

COLUMNS = ("record_id", "reason")
MOST_NAMED = 10  # records in a message


def as_exclusions(exclusions: Any) -> pd.Series:
    """Return the reasons of excluded records by their ids.

    Parameters
    ----------
    exclusions : DataFrame, str, path-like, sequence of str or None
        A table or CSV file with `record_id` and where there is one `reason`, or ids.

    Returns
    -------
    Series of str
        Reasons, `record_id` as the index; of several rows of a record the last counts.
    """
    name = "exclusions"
    if isinstance(exclusions, (str, os.PathLike)):
        name = exclusions
        exclusions = read_table(exclusions, COLUMNS)
    elif not isinstance(exclusions, pd.DataFrame):
        ids = [] if exclusions is None else list(exclusions)
        exclusions = pd.DataFrame({"record_id": ids}, dtype=object)
    require_columns(name, exclusions, ("record_id",))
    missing = exclusions["record_id"].isna().to_numpy().nonzero()[0]
    if len(missing):
        raise ValueError(f"{name} has no record_id in row {missing[0]}, from 0.")
    reasons = ["reviewed"] * len(exclusions)
    if "reason" in exclusions:
        given = ["" if pd.isna(why) else str(why) for why in exclusions["reason"]]
        reasons = [why.strip() or "reviewed" for why in given]
    ids = pd.Index(exclusions["record_id"].astype(str), name="record_id")
    table = pd.Series(reasons, index=ids, name="reason", dtype=object)
    return table.loc[~table.index.duplicated(keep="last")]


def reasons_to_exclude(exclusions: Any, record_ids: Iterable[str]) -> dict[str, str]:
    """Map records that are excluded to the reason that `rejected` gives.

    Parameters
    ----------
    exclusions : DataFrame, str, path-like, sequence of str or None
        As `as_exclusions` takes it.
    record_ids : iterable of str
        All records that there are.

    Returns
    -------
    dict
        Reasons by record.

    Raises
    ------
    ValueError
        If a row of the table matches no record.
    """
    reasons = as_exclusions(exclusions)
    unknown = reasons.index.difference(list(record_ids), sort=False)
    if len(unknown):
        named = ", ".join(unknown[:MOST_NAMED])
        more = ", ..." if len(unknown) > MOST_NAMED else ""
        raise ValueError(
            f"{len(unknown)} of {len(reasons)} exclusions match no record: "
            f"{named}{more}."
        )
    return {str(name): f"excluded: {reason}" for name, reason in reasons.items()}


def exclusions_among(
    exclusions: Any, stored: pd.DataFrame, references: Iterable[Any]
) -> pd.DataFrame:
    """Return the rows of a table but those of stored records without reference."""
    reasons = as_exclusions(exclusions)
    others = set(stored["record_id"]) - {item.record_id for item in references}
    return reasons.loc[~reasons.index.isin(list(others))].reset_index()
