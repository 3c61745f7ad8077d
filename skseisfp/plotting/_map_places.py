"""Places on a map, from tables and documents, and the limits of the map."""

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..io.read_stationxml import read_stationxml
from ..io.tables import require_columns

PLACE = ("latitude", "longitude")
MARGIN = 0.08  # free space at each side, as a share of the larger one
NARROWEST = 0.6  # the smaller side of the map over the larger one
LEAST_STRETCH = 0.01  # instead of 0 at the poles
SHORTEST = 0.02  # smallest extent in degrees, 2 km


def as_stations(stations):
    """Return a table of stations, or None if nothing is given."""
    if stations is None or isinstance(stations, pd.DataFrame):
        return stations
    if isinstance(stations, Bunch):
        return stations.stations
    return read_stationxml(stations).stations


def places_in(frame, names, choices):
    """Return the places of names in a frame, from the first columns that it has."""
    for columns in choices:
        if set(columns) <= set(frame):
            places = frame[list(columns)].set_axis(list(PLACE), axis=1)
            places.insert(0, names.name, names)
            return places.sort_values("latitude").drop_duplicates(names.name)
    return None


def placed_rows(name, table, key):
    """Return the rows of a table that have coordinates; raise if they are invalid."""
    require_columns(name, table, (key, *PLACE))
    table = table.drop_duplicates(key, keep="last").dropna(subset=list(PLACE))
    places = table[list(PLACE)].astype(float)
    wrong = (places["latitude"].abs() > 90) | (places["longitude"].abs() > 360)
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise ValueError(
            f"{name} has {table[key].iloc[row]} at latitude "
            f"{places['latitude'].iloc[row]:g}, longitude "
            f"{places['longitude'].iloc[row]:g}, which is not a place on the earth."
        )
    return table.assign(**{key: table[key].astype(str)}, **places)


def turned_around(middle, table):
    """Return a table with longitudes within 180 degrees of a middle."""
    longitudes = table["longitude"].astype(float)
    turns = ((middle - longitudes) / 360).round()
    return table.assign(longitude=longitudes + 360 * turns)


def middle_longitude(longitudes):
    """Return the circular mean of longitudes."""
    turns = np.exp(1j * np.radians(longitudes.to_numpy(float)))
    return float(np.degrees(np.angle(turns.mean())))


def map_limits(events, stations):
    """Return the limits west, east, south and north of a map that is not too narrow."""
    places = np.vstack([table[list(PLACE)] for table in (events, stations)])
    places = places.astype(float)
    (south, west), (north, east) = places.min(axis=0), places.max(axis=0)
    stretch = stretch_at((south + north) / 2)
    width, height = (east - west) * stretch, north - south
    side = max(width, height, SHORTEST)
    width, height = (
        max(extent, NARROWEST * side) + 2 * MARGIN * side for extent in (width, height)
    )
    x, y, half = (west + east) / 2, (south + north) / 2, width / stretch / 2
    return x - half, x + half, y - height / 2, y + height / 2


def stretch_at(latitude):
    """Return the length of a degree of longitude over that of one of latitude."""
    return max(np.cos(np.radians(latitude)), LEAST_STRETCH)


def figure_size(ratio):
    """Return width and height in inches of a figure of a map with its legend."""
    width, height = (5.6, 5.6 * ratio) if ratio < 1 else (5.6 / ratio, 5.6)
    return width + 2.4, height + 0.8


def degree_writer(ends):
    """Return a formatter of degrees; `ends` are its negative and positive letter."""

    def write(value, _):
        value = (value + 180) % 360 - 180 if ends == "WE" else value
        letter = "" if value % 180 == 0 else ends[int(value > 0)]
        return f"{abs(value):.4g}°{letter}"

    return write
