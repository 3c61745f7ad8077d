"""Places of stations at the times of records."""

from __future__ import annotations

import pandas as pd

from .source_paths import source_paths


def paths_at_times(
    records: pd.DataFrame, events: pd.DataFrame, stations: pd.DataFrame
) -> pd.DataFrame:
    """Compute distances and azimuths, with the places of stations at the time.

    Parameters
    ----------
    records : DataFrame
        Records: `event_id`, `station` and `start_time` (UTC, NaT where not known).
    events : DataFrame
        Events: `event_id`, `latitude` and `longitude`.
    stations : DataFrame
        Stations as `read_stationxml` returns them, a row for each epoch. Where none of
        a station holds the time of a record, the nearest one counts; where several do,
        or the time is not known, the last.

    Returns
    -------
    DataFrame
        As `source_paths` returns it.
    """
    epochs = epochs_at_times(records, stations)
    at_time = stations.iloc[epochs.to_numpy()].assign(station=epochs.index)
    return source_paths(records.assign(station=range(len(records))), events, at_time)


def epochs_at_times(records: pd.DataFrame, stations: pd.DataFrame) -> pd.Series:
    """Find the epoch of the station of each record.

    Parameters
    ----------
    records : DataFrame
        Records: `station` and `start_time` (UTC, NaT where not known).
    stations : DataFrame
        Stations, as `paths_at_times` takes them.

    Returns
    -------
    Series of int
        Rows of `stations` by the number of the record; records of stations that are not
        there are left out.
    """
    wanted = pd.DataFrame(
        {
            "record": range(len(records)),
            "station": records["station"].to_numpy(),
            "time": pd.to_datetime(records["start_time"].array, utc=True),
        }
    )
    known = pd.DataFrame(
        {"epoch": range(len(stations)), "station": stations["station"].to_numpy()}
    )
    for name in ("start_time", "end_time"):
        times = stations[name] if name in stations else [pd.NaT] * len(stations)
        known[name] = pd.to_datetime(pd.Series(times).array, utc=True)
    pairs = wanted.merge(known, on="station")
    before = (pairs["start_time"] - pairs["time"]).dt.total_seconds()
    after = (pairs["time"] - pairs["end_time"]).dt.total_seconds()
    pairs["away"] = pd.concat([before, after], axis=1).max(axis=1).clip(lower=0)
    pairs["away"] = pairs["away"].fillna(0.0)
    pairs = pairs.sort_values(
        ["record", "away", "epoch"], ascending=[True, True, False]
    )
    best = pairs.drop_duplicates("record")
    return pd.Series(best["epoch"].to_numpy(), index=best["record"].to_numpy())
