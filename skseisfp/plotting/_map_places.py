"""Places on a map: where they come from, and the frame around them."""

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..io.read_stationxml import read_stationxml
from ..io.tables import require_columns

PLACE = ("latitude", "longitude")
MARGIN = 0.08  # of the larger side
NARROWEST = 0.6  # the smaller side of the map over the larger one
LEAST_STRETCH = 0.01  # at the poles
SHORTEST = 0.02  # smallest extent in degrees


def as_stations(stations):
    """Return a table of stations, None where nothing is given."""
    if stations is None or isinstance(stations, pd.DataFrame):
        return stations
    if isinstance(stations, Bunch):
        return stations.stations
    return read_stationxml(stations).stations


def places_in(frame, names, choices):
    """Return the places that a frame has for names, by the first columns it has."""
    for columns in choices:
        if set(columns) <= set(frame):
            places = frame[list(columns)].set_axis(list(PLACE), axis=1)
            places.insert(0, names.name, names)
            return places.sort_values("latitude").drop_duplicates(names.name)
    return None


def placed_rows(name, table, key):
    """Return the rows of a table that have a place, which must be on the earth."""
    require_columns(name, table, (key, *PLACE))
    table = table.drop_duplicates(key, keep="last").dropna(subset=list(PLACE))
    places = table[list(PLACE)].astype(float)
    wrong = (places["latitude"].abs() > 90) | (places["longitude"].abs() > 360)
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise ValueError(
            f"{name} has {table[key].iloc[row]} at latitude "
            f"{places['latitude'].iloc[row]:g}, longitude "
            f"{places['longitude'].iloc[row]:g}, which is no place on the earth."
        )
    return table.assign(**{key: table[key].astype(str)}, **places)


def turned_around(middle, table):
    """Return a table with longitudes within half a turn of a middle."""
    longitudes = table["longitude"].astype(float)
    turns = ((middle - longitudes) / 360).round()
    return table.assign(longitude=longitudes + 360 * turns)


def middle_longitude(longitudes):
    """Return the mean direction of longitudes."""
    turns = np.exp(1j * np.radians(longitudes.to_numpy(float)))
    return float(np.degrees(np.angle(turns.mean())))


def map_limits(events, stations):
    """Return west, east, south and north of a map, not too narrow a one."""
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
    """Return a writer of degrees, with the letters of the negative and positive end."""

    def write(value, _):
        value = (value + 180) % 360 - 180 if ends == "WE" else value
        letter = "" if value % 180 == 0 else ends[int(value > 0)]
        return f"{abs(value):.4g}°{letter}"

    return write
