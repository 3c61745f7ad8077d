"""The table of the published systems."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..neural.data import with_views
from .event_network_baseline import EventNetworkBaseline
from .network_baseline import NetworkBaseline
from .published_system import BY_DESCRIPTION, EXACT, RECONSTRUCTION
from .waveform_baseline import WaveformBaseline

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMNS = {
    "paper": "string",
    "year": "Int64",
    "task": "string",
    "level": "string",
    "input": "string",
    "input_shape": "object",
    "n_classes": "Int64",
    "published_parameters": "Int64",
    "parameters": "Int64",
    "exactness": "string",
    "figure": "string",
    "measured_on": "string",
    "split": "string",
    "caveats": "string",
    "source": "string",
}
_ORDER = (EXACT, RECONSTRUCTION, BY_DESCRIPTION)


def published_systems(
    extra: Iterable[type[WaveformBaseline]] = (),
) -> pd.DataFrame:
    """List the published systems, and what their figures were measured on.

    Parameters
    ----------
    extra : sequence of class, default=()
        Further systems to list: subclasses of `WaveformBaseline` with facts of their
        own in the attribute `published`.

    Returns
    -------
    DataFrame
        One row per system, named by its class: first the exact ones, then the
        reconstructions, then those by description, by name, and at last those of
        `extra`. Columns:

        - ``paper``, ``year``: who published it, and when;
        - ``task``: what it was made for, which is not always the nature of events;
        - ``level``: whether a row of X is a ``"record"`` or an ``"event"``;
        - ``input``, ``input_shape``: what the network takes, and its shape here for the
          published records; None for a system without a network;
        - ``n_classes``: number of classes for which parameters are counted;
        - ``published_parameters``: as printed by the authors, or counted by hand from
          the layers that they published; missing where these are unknown;
        - ``parameters``: counted from the class with its defaults, for the same input;
          missing for a system without a network;
        - ``exactness``: ``"exact"`` where the layers are published,
          ``"reconstruction"`` where only some of them are and figures narrow down the
          others, or others have rebuilt them, ``"by description"`` where most of it is
          ours;
        - ``figure``: the published result;
        - ``measured_on``, ``split``: the data that the result was measured on, and how
          they were split;
        - ``caveats``: what to know before the result is quoted;
        - ``source``: where these facts are from.

        What is not known is ``"unknown"``.

    Raises
    ------
    TypeError
        If an element of `extra` is not a subclass of `WaveformBaseline` with facts of
        its own.

    See Also
    --------
    PublishedSystem : The facts of one system.
    skseisfp.neural.layer_catalogue : The parameters of the network on fingerprints.

    Notes
    -----
    Figures of different rows were measured on different data, by different splits. They
    cannot be compared; the estimators can.

    Examples
    --------
    >>> from skseisfp.baselines import published_systems
    >>> table = published_systems()
    >>> table.loc["HainanCNN", ["published_parameters", "parameters", "exactness"]]
    published_parameters             18562
    parameters                       18562
    exactness               reconstruction
    Name: HainanCNN, dtype: object
    >>> print(table.loc["ErtuncayCNN", "split"])
    record-wise in four folds; leak known
    """
    rows = [*_own_rows(), *(_row(_checked(system)) for system in extra)]
    table = pd.DataFrame(rows, columns=["name", *_COLUMNS])
    return table.set_index("name").astype(_COLUMNS)


@cache
def _own_rows():
    """Return the rows of the systems that this package exports."""
    exported = vars(import_module(__name__.rpartition(".")[0])).values()
    own = [item for item in exported if _has_facts(item)]
    own.sort(key=lambda item: (_ORDER.index(item.published.exactness), item.__name__))
    return [_row(system) for system in own]


def _has_facts(item):
    """Return whether an object is a system with facts of its own."""
    is_baseline = isinstance(item, type) and issubclass(item, WaveformBaseline)
    return is_baseline and "published" in vars(item)


def _checked(system):
    """Return a further system; raise if it lacks facts."""
    if not _has_facts(system):
        raise TypeError(
            "extra must be subclasses of WaveformBaseline, each with an attribute "
            f"published of its own; got {system!r}."
        )
    return system


def _row(system):
    """Return the facts of a system, with what is counted from its class."""
    shape, n_parameters = _size(system)
    return {
        **asdict(system.published),
        "name": system.__name__,
        "level": "event" if issubclass(system, EventNetworkBaseline) else "record",
        "input_shape": shape,
        "parameters": n_parameters,
    }


def _size(system):
    """Return the shape that a network takes for the published records, and its size."""
    facts = system.published
    if facts.record_shape is None or not issubclass(system, NetworkBaseline):
        return None, None
    classifier = system()
    records = np.random.default_rng(0).standard_normal((1, *facts.record_shape))
    inputs = classifier._represent(classifier._check(records, reset=True))
    shape = with_views(inputs).shape[2:]
    n_parameters = classifier._planned_parameters(shape, facts.n_classes)
    return _without_ones(shape), n_parameters


def _without_ones(shape):
    """Return a shape without the axes of length one before all others."""
    first = next(axis for axis, size in enumerate(shape) if size > 1)
    return shape[first:]
