"""Reader of station documents: coordinates of stations and responses of instruments."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from .documents import read_documents
from .reading_notes import notes_shown_once
from .times import epoch_limit

COLUMNS = ("station", "latitude", "longitude", "elevation_m", "start_time", "end_time")


def read_stationxml(source: Any) -> Bunch:
    """Read stations of a StationXML document, or of another format that obspy reads.

    The others are dataless and full SEED, XSEED, RESP, SCML, and text of FDSN services.

    Parameters
    ----------
    source : str, path-like, bytes, file object or obspy Inventory
        The document, its path, or its content as obspy reads it; also compressed.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        stations : DataFrame
            One row per station and epoch: `station` (network and station code),
            `latitude`, `longitude`, `elevation_m`, `start_time` and `end_time` (UTC,
            NaT where open, for which documents write years such as 2599 as well).
        inventory : obspy Inventory
            Channels, orientations and responses.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the document is of no format that obspy reads, or declares a document type.

    See Also
    --------
    read_quakeml : Events and picks.
    source_paths : Distances and azimuths between events and stations.

    Examples
    --------
    >>> from skseisfp.io import read_stationxml
    >>> read_stationxml("stations.xml").stations  # doctest: +SKIP
    """
    with notes_shown_once():
        inventory = _read_inventory(source)
    rows = [
        (
            f"{network.code}.{station.code}",
            float(station.latitude),
            float(station.longitude),
            float(station.elevation),
            epoch_limit(station.start_date),
            epoch_limit(station.end_date),
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
    documents, _ = read_documents(source, "inventory", read_inventory)
    inventory = documents[0].content
    for document in documents[1:]:
        inventory += document.content
    return inventory
