"""Records to rows of events, for networks that look at all stations at once."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_scalar

from .._utils.checks import check_option, check_per_record
from .._utils.validation import check_groups, check_labels, check_record_values
from ..events import attach_events, resolve_groups

if TYPE_CHECKING:
    import numpy.typing as npt

_ORDERS = ("record", "p_time", "weight", "station")
_KEPT = ("sampling_rate", "components")


def stack_stations(
    X: npt.ArrayLike | Bunch,
    y: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    *,
    order: str | Sequence[str] | npt.NDArray = "record",
    n_stations: int | None = None,
    station: npt.ArrayLike | None = None,
    p_time: npt.ArrayLike | str | None = None,
    weight: npt.ArrayLike | str | None = None,
) -> Bunch:
    """Stack the records of each event into one row of stations.

    This changes the number of rows, so it comes before any pipeline or search. The
    rows, with the events in `groups`, go to classifiers of events such as
    `skseisfp.baselines.ArrayConvNet`.

    Parameters
    ----------
    X : array-like of shape (n_records, [n_channels,] n_samples) or Bunch
        Records, one of each station; or the result of `skseisfp.datasets.load_records`,
        which holds labels, events and stations, too.
    y : array-like of shape (n_records,), default=None
        Labels, one and the same for all records of an event.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, or the events
        of a Bunch.
    order : {"record", "p_time", "weight", "station"} or list of str, default="record"
        Which record is in which slot of its row: the records of an event in their
        order in `X`, by `p_time` (earliest first) or by `weight` (largest first),
        unknown values last and ties in their order. With ``"station"`` every station
        has a slot of its own, by name; a list names the stations of the slots.
    n_stations : int, default=None
        Number of slots. None takes the largest number of records of an event; with
        ``order="station"``, the number of stations. Further records are left out; with
        ``order="station"``, the stations with fewest records. Must be None with a list.
    station : array-like of shape (n_records,), default=None
        Station of each record.
    p_time : array-like of shape (n_records,) or str, default=None
        Time of P at each record, on one clock for all records of an event. With a
        Bunch, a column of its `frame` such as ``"p_arrival"``, if records of an event
        begin at the same time.
    weight : array-like of shape (n_records,) or str, default=None
        How preferable a record is, such as its signal-to-noise ratio. With a Bunch,
        also a column of its `frame`.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes, and `sampling_rate` and `components` of a Bunch.

        data : ndarray of shape (n_events, n_stations, n_channels, n_samples)
            Events in the order of their first records, zeros where a station is
            missing; floating types are kept, others become float64.
        target : Series of shape (n_events,) or None
            Label of each event, with the event in the index ``event_id``.
        groups : ndarray of shape (n_events,)
            The events.
        mask : ndarray of bool, shape (n_events, n_stations)
            Where a station is missing.
        slots : list of str or None
            Stations of the slots, if these are fixed; `order` for further records.
        frame : DataFrame
            The records of the rows, by row and slot: ``row``, ``slot``, ``record``
            (its number in `X`), ``event_id`` and all that is known of it.
        rejected : DataFrame
            The records that were left out, with all that is known of them and the
            ``reason``. An event whose records are all left out has no row.
        DESCR : str
            Description.

    Raises
    ------
    ValueError
        If the events are not known, if records of an event have different labels, or
        share a slot of a station; if values that `order` needs are missing, or the data
        are not valid.

    Notes
    -----
    Rows are plain arrays, as scikit-learn's tools expect them; `mask` distinguishes a
    missing record from a silent one. A masked array of them is
    ``np.ma.array(data, mask=np.broadcast_to(mask[..., None, None], data.shape))``.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import stack_stations
    >>> X = np.random.default_rng(0).standard_normal((4, 3, 1000))
    >>> events = stack_stations(
    ...     X,
    ...     ["quake", "blast", "quake", "quake"],
    ...     ["e1", "e2", "e1", "e1"],
    ...     order="p_time",
    ...     p_time=[12.1, 5.2, 9.7, 10.3],
    ...     n_stations=2,
    ... )
    >>> events.data.shape, events.target.tolist(), events.mask.tolist()
    ((2, 2, 3, 1000), ['quake', 'blast'], [[False, False], [False, True]])
    >>> events.frame["record"].tolist(), events.rejected["record"].tolist()
    ([2, 3, 1], [0])
    """
    source = X if isinstance(X, Bunch) else None
    data: Any = X
    if source is not None:
        _check_not_in_bunch(y=y, groups=groups, station=station)
        data, y, groups, station = (
            source[name] for name in ("data", "target", "groups", "stations")
        )
    records = check_record_values(data, max_ndim=3)
    records = records[:, None] if records.ndim == 2 else records
    groups = resolve_groups(y, groups, needed_by="stack_stations")
    groups = check_groups(groups, len(records))
    rows, events = pd.factorize(groups)
    known = _collect(source, len(records), station, p_time, weight)
    target = _label_events(y, events, rows)
    slots, names = _choose_slots(order, n_stations, events, rows, known)
    n_slots = _count_slots(n_stations, names, slots)
    table = _tabulate(source, groups, rows, slots, known)
    placed = (slots >= 0) & (slots < n_slots)
    kept, new_rows = np.unique(rows[placed], return_inverse=True)
    if not kept.size:
        raise ValueError(f"No record is at a station of order={names}.")
    frame = table[placed].assign(row=new_rows).sort_values(["row", "slot"])
    rejected = table[~placed].drop(columns=["row", "slot"])
    rejected = rejected.assign(reason=_give_reasons(slots[~placed], n_slots))
    stacked, mask = _fill(records, frame, (len(kept), n_slots))
    return Bunch(
        data=stacked,
        target=None if target is None else attach_events(target[kept], events[kept]),
        groups=events[kept],
        mask=mask,
        slots=names,
        frame=frame.reset_index(drop=True),
        rejected=rejected.reset_index(drop=True),
        DESCR=(
            f"{len(kept)} events of up to {n_slots} stations from {placed.sum()} "
            f"records; {len(rejected)} records were left out."
        ),
        **{name: value for name, value in (source or {}).items() if name in _KEPT},
    )


def _check_not_in_bunch(**given):
    """Raise if arguments are given that the Bunch holds, too."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"{name} is in the Bunch; leave it None.")


def _collect(source, n_records, station, p_time, weight):
    """Return all that is known of each record, by name."""
    given = {"station": station, "p_time": p_time, "weight": weight}
    known = {}
    for name, values in given.items():
        if isinstance(values, str):
            values = _get_column(source, name, values)
        if values is not None:
            known[name] = check_per_record(name, values, n_records, "value")
    for name, kinds in {"p_time": "iufM", "weight": "iuf"}.items():
        if name in known and known[name].dtype.kind not in kinds:
            what = "numbers or times" if "M" in kinds else "numbers"
            raise ValueError(f"{name} must be {what}, NaN where not known.")
    return known


def _get_column(source, name, column):
    """Return a column of the frame of a Bunch."""
    if source is None or column not in source.frame:
        columns = [] if source is None else list(source.frame.columns)
        raise ValueError(
            f"{name}={column!r} is not a column of the frame of a Bunch; it has "
            f"{columns}."
        )
    return source.frame[column]


def _label_events(y, events, rows):
    """Return one label per event; raise if an event has several."""
    if y is None:
        return None
    y = check_per_record("y", check_labels(y), len(rows), "label")
    _, first = np.unique(rows, return_index=True)
    target = y[first]
    other = np.flatnonzero(y != target[rows])
    if other.size:
        record = other[0]
        row = rows[record]
        raise ValueError(
            f"Event {_show(events[row])} has records of different labels: "
            f"{_show(target[row])} in record {first[row]} and {_show(y[record])} in "
            f"record {record}."
        )
    return target


def _show(value):
    """Return a value for a message, without its NumPy type."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _choose_slots(order, n_stations, events, rows, known):
    """Return the slot of each record, -1 for none, and the stations of fixed slots."""
    needed = "station" if isinstance(order, (list, tuple, np.ndarray)) else order
    check_option("order", needed, _ORDERS)
    if n_stations is not None:
        check_scalar(n_stations, "n_stations", Integral, min_val=1)
    if needed != "record" and needed not in known:
        raise ValueError(f"order={order!r} needs the {needed} of each record.")
    if needed == "record":
        return _number(rows, np.arange(len(rows))), None
    if needed == "p_time":
        return _number(rows, known["p_time"]), None
    if needed == "weight":
        return _number(rows, -known["weight"].astype(float)), None
    station = _check_stations(known["station"])
    names = _name_slots(order, n_stations, station)
    slots = pd.Index(names).get_indexer(station)
    _check_slots(slots, names, events, rows)
    return slots, names


def _number(rows, key):
    """Return the rank of each record in its event by a key, missing keys last."""
    table = pd.DataFrame({"row": rows, "key": np.asarray(key)})
    ordered = table.sort_values(["row", "key"])
    return ordered.groupby("row").cumcount().sort_index().to_numpy()


def _check_stations(station):
    """Return stations as strings; raise if one is missing."""
    missing = pd.isna(station) | (station == "")
    if missing.any():
        raise ValueError(f"station is missing for record {np.argmax(missing)}.")
    return station.astype(str)


def _name_slots(order, n_stations, station):
    """Return the stations of the slots."""
    if isinstance(order, str):
        counts = pd.Series(station).value_counts().sort_index()
        return sorted(counts.nlargest(n_stations or len(counts)).index)
    names = [str(name) for name in order]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"order must name each station once; got {names}.")
    if n_stations is not None:
        raise ValueError("n_stations is the length of order; leave it None.")
    return names


def _check_slots(slots, names, events, rows):
    """Raise if two records of an event are in one slot."""
    taken = pd.DataFrame({"row": rows, "slot": slots})
    double = taken[slots >= 0].duplicated()
    if double.any():
        row, slot = taken.loc[double.idxmax()]
        raise ValueError(
            f"Event {_show(events[row])} has several records of the station "
            f"{names[slot]!r}; keep one of them."
        )


def _count_slots(n_stations, names, slots):
    """Return the number of slots of a row."""
    if names is not None:
        return len(names)
    return slots.max() + 1 if n_stations is None else n_stations


def _tabulate(source, groups, rows, slots, known):
    """Return a table of the records, with the columns of a Bunch."""
    frame = {} if source is None else source.frame.reset_index(drop=True)
    columns = {"row": rows, "slot": slots, "record": np.arange(len(rows))}
    columns["event_id"] = groups
    return pd.DataFrame({**columns, **frame, **known, **columns})


def _give_reasons(slots, n_slots):
    """Return why each of the records is left out."""
    return np.where(
        slots < 0, "its station has no slot", f"event has more than {n_slots} records"
    )


def _fill(records, frame, shape):
    """Return the rows and where they are empty; a copy of the data only."""
    data = np.zeros((*shape, *records.shape[1:]), records.dtype)
    mask = np.ones(shape, bool)
    placed = frame[["row", "slot", "record"]].to_numpy()
    for row, slot, record in placed:
        data[row, slot] = records[record]
    mask[placed[:, 0], placed[:, 1]] = False
    return data, mask
