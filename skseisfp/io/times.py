"""Times of obspy and of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from obspy import UTCDateTime


def timestamp_of(time: UTCDateTime | None) -> pd.Timestamp | Any:
    """Return an obspy time as a pandas time, NaT for None."""
    if time is None:
        return pd.NaT
    try:
        return pd.Timestamp(time.ns, unit="ns", tz="UTC")
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        raise ValueError(f"it has the time {time}") from None


def epoch_limit(time: UTCDateTime | None) -> pd.Timestamp | Any:
    """Return the start or end of an epoch, NaT where it is open.

    Years that no time of pandas reaches, such as 2500 or 2999, mean that it is open.
    """
    try:
        return timestamp_of(time)
    except ValueError:
        return pd.NaT


def utc_of(value: Any) -> UTCDateTime:
    """Return a time in any form as an obspy time; strings and naive times are UTC."""
    from obspy import UTCDateTime

    if isinstance(value, UTCDateTime):
        return value
    return UTCDateTime(ns=in_nanoseconds(pd.to_datetime(value, utc=True)))


def in_nanoseconds(time: pd.Timestamp) -> int:
    """Return a pandas time as whole nanoseconds since 1970."""
    return time.as_unit("ns").value
