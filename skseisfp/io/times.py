"""Times of obspy and of pandas."""

import pandas as pd


def timestamp_of(time):
    """Return an obspy time, or None, for pandas."""
    if time is None:
        return pd.NaT
    try:
        return pd.Timestamp(time.ns, unit="ns", tz="UTC")
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        raise ValueError(f"the time {time}") from None


def utc_of(value):
    """Return a time in any form as an obspy time; text and naive times are UTC."""
    from obspy import UTCDateTime

    if isinstance(value, UTCDateTime):
        return value
    time = pd.Timestamp(value)
    time = time.tz_localize("UTC") if time.tz is None else time.tz_convert("UTC")
    return UTCDateTime(ns=time.as_unit("ns").value)
