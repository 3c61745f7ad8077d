"""Regions of events, for folds that leave one out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans

from .._compat import num_samples
from .._utils.checks import check_per_record
from .._utils.validation import check_groups
from ._options import AT_LEAST_TWO, check_options

OPTIONS = {"n_regions": [AT_LEAST_TWO], "random_state": ["random_state"]}
# starts of the clustering, of which the best is kept: one start may end in a poor one
N_STARTS = 10


def event_regions(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    n_regions: int = 5,
    random_state: np.random.RandomState | int | None = 0,
) -> npt.NDArray[np.int64]:
    """Divide events into regions by their coordinates.

    Parameters
    ----------
    latitude, longitude : array-like of shape (n_records,)
        Coordinates of the event of each record in degrees; NaN where they are not
        known.
    groups : array-like of shape (n_records,)
        Event of each record. An event has the first known coordinates of its records.
    n_regions : int, default=5
        Number of regions.
    random_state : int, RandomState instance or None, default=0
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
    used. The regions differ in area and in the number of records.

    Examples
    --------
    >>> from skseisfp.model_selection import event_regions
    >>> event_regions(
    ...     [46.2, 46.2, 47.9, 46.3, None], [-122.2, -122.2, -121.8, -122.1, None],
    ...     ["a", "a", "b", "c", "d"], n_regions=2,
    ... )
    array([ 0,  0,  1,  0, -1])
    """
    check_options(OPTIONS, n_regions=n_regions, random_state=random_state)
    groups = check_groups(groups, num_samples(groups))
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
    clusters = KMeans(
        n_regions,
        n_init=N_STARTS,  # pyright: ignore[reportArgumentType]  default is a string
        random_state=random_state,
    )
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
