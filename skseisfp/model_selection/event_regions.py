"""Regions of events, for folds that leave one out."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.utils import check_scalar

from .._utils.checks import check_per_record
from .._utils.validation import check_groups


def event_regions(latitude, longitude, groups, *, n_regions=5, random_state=0):
    """Divide events into regions by their coordinates.

    Parameters
    ----------
    latitude, longitude : array-like of shape (n_records,)
        Coordinates of the event of each record in degrees; NaN where not known.
    groups : array-like of shape (n_records,)
        Event of each record. An event has the first known coordinates of its records.
    n_regions : int, default=5
        Number of regions.
    random_state : int, default=0
        Seed of the start of the clustering.

    Returns
    -------
    ndarray of shape (n_records,)
        Number of the region, 0 to ``n_regions - 1``, or -1 where the coordinates of
        the event are not known.

    Raises
    ------
    ValueError
        If a coordinate is out of range, or there are fewer places than regions.

    Notes
    -----
    Events are clustered by k-means of their points on the sphere. Labels are not
    looked at. The regions differ in size; their records differ in number.

    Examples
    --------
    >>> from skseisfp.model_selection import event_regions
    >>> event_regions(
    ...     [46.2, 46.2, 47.9, 46.3, None], [-122.2, -122.2, -121.8, -122.1, None],
    ...     ["a", "a", "b", "c", "d"], n_regions=2,
    ... )
    array([ 0,  0,  1,  0, -1])
    """
    check_scalar(n_regions, "n_regions", Integral, min_val=2)
    groups = check_groups(groups, len(groups))
    degrees = np.column_stack(
        [
            _degrees("latitude", latitude, len(groups), 90),
            _degrees("longitude", longitude, len(groups), 360),
        ]
    )
    table = pd.DataFrame(degrees, columns=["latitude", "longitude"])
    table[table.isna().any(axis=1)] = np.nan
    events = table.groupby(groups, sort=False).first().dropna()
    n_places = len(events.drop_duplicates())
    if n_places < n_regions:
        raise ValueError(
            f"n_regions={n_regions} needs as many places; the events with coordinates "
            f"have {n_places}."
        )
    clusters = KMeans(n_regions, n_init=10, random_state=random_state)
    regions = pd.Series(clusters.fit_predict(_on_sphere(events)), index=events.index)
    regions = regions.map({k: i for i, k in enumerate(pd.unique(regions))})
    return regions.reindex(groups, fill_value=-1).to_numpy()


def _degrees(name, values, n_records, limit):
    """Return coordinates of records as floats within their range."""
    values = np.array(check_per_record(name, values, n_records, "value"), dtype=float)
    outside = np.abs(values) > limit
    if outside.any():
        record = int(outside.argmax())
        raise ValueError(
            f"{name} must be between -{limit} and {limit} degrees; record {record} has "
            f"{values[record]:g}."
        )
    return values


def _on_sphere(events):
    """Return points on the unit sphere."""
    latitude = np.radians(events["latitude"])
    longitude = np.radians(events["longitude"])
    return np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
