"""Reader of StationXML: coordinates of stations and responses of instruments."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from .safe_xml import read_document
from .times import timestamp_of

COLUMNS = ("station", "latitude", "longitude", "elevation_m", "start_time", "end_time")


def read_stationxml(source: Any) -> Bunch:
    """Read stations of a StationXML document.

    Parameters
    ----------
    source : str, path-like, bytes, file object or obspy Inventory
        The document, its path, or its content as obspy reads it.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        stations : DataFrame
            One row per station and epoch: `station` (network and station code),
            `latitude`, `longitude`, `elevation_m`, `start_time` and `end_time` (UTC,
            NaT where open).
        inventory : obspy Inventory
            Channels, orientations and responses.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the document is not StationXML or declares a document type.

    See Also
    --------
    read_quakeml : Events and picks.
    source_paths : Distances and azimuths between events and stations.

    Examples
    --------
    >>> from skseisfp.io import read_stationxml
    >>> read_stationxml("stations.xml").stations  # doctest: +SKIP
    """
    inventory = _read_inventory(source)
    rows = [
        (
            f"{network.code}.{station.code}",
            float(station.latitude),
            float(station.longitude),
            float(station.elevation),
            timestamp_of(station.start_date),
            timestamp_of(station.end_date),
        )
        for network in inventory
        for station in network
    ]
    return Bunch(stations=pd.DataFrame(rows, columns=COLUMNS), inventory=inventory)


def _read_inventory(source):
    """Return an obspy Inventory."""
    from obspy import Inventory, read_inventory

    if isinstance(source, Inventory):
        return source
    data, name = read_document(source, "FDSNStationXML")
    try:
        return read_inventory(io.BytesIO(data), format="STATIONXML")
    except Exception as error:
        raise ValueError(f"{name} cannot be read as StationXML: {error}") from error
