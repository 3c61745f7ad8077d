"""Distances and azimuths between events and stations."""

from __future__ import annotations

import numpy as np
import pandas as pd

PATH_COLUMNS = ["distance_km", "azimuth", "back_azimuth"]


def source_paths(
    records: pd.DataFrame, events: pd.DataFrame, stations: pd.DataFrame
) -> pd.DataFrame:
    """Compute distances and azimuths between the events and stations of records.

    Parameters
    ----------
    records : DataFrame
        Records, with the columns `event_id` and `station`.
    events : DataFrame
        Events, with `event_id`, `latitude` and `longitude`, as `read_quakeml`
        returns them.
    stations : DataFrame
        Stations, with `station`, `latitude` and `longitude`, as `read_stationxml`
        returns them; of several epochs the last counts.

    Returns
    -------
    DataFrame
        `distance_km`, `azimuth` (at the event, degrees from north) and `back_azimuth`
        (at the station) on WGS84, one row per record with its index; NaN where a place
        is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseisfp.io import source_paths
    >>> records = pd.DataFrame({"event_id": ["e1"], "station": ["XX.A"]})
    >>> event = pd.DataFrame({"event_id": ["e1"], "latitude": 46.0, "longitude": 7.0})
    >>> station = pd.DataFrame({"station": ["XX.A"], "latitude": 47, "longitude": 7})
    >>> source_paths(records, event, station).round(1).to_dict("records")
    [{'distance_km': 111.2, 'azimuth': 0.0, 'back_azimuth': 180.0}]
    """
    from obspy.geodetics import gps2dist_azimuth

    place = ["latitude", "longitude"]
    sources = events.drop_duplicates("event_id", keep="last").set_index("event_id")
    receivers = stations.drop_duplicates("station", keep="last").set_index("station")
    ends = np.column_stack(
        [
            sources[place].reindex(records["event_id"]).to_numpy(float),
            receivers[place].reindex(records["station"]).to_numpy(float),
        ]
    )
    paths = np.full((len(ends), 3), np.nan)
    for row in np.flatnonzero(np.isfinite(ends).all(axis=1)):
        metres, *azimuths = gps2dist_azimuth(*ends[row])
        paths[row] = metres / 1000.0, *azimuths
    return pd.DataFrame(paths, columns=PATH_COLUMNS, index=records.index)
