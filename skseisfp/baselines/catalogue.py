"""The catalogue of the published systems."""

from dataclasses import asdict
from functools import lru_cache
from importlib import import_module

import numpy as np
import pandas as pd
import torch

from ..neural.data import with_views
from ._published import SYSTEMS
from .two_step import TwoStepClassifier

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


def catalogue():
    """List the published systems, and what their figures were measured on.

    Returns
    -------
    DataFrame
        One row a system, named by its class, with the columns

        - ``paper``, ``year``: who published it, and when;
        - ``task``: what it was made for, which is not always the nature of events;
        - ``level``: whether a row of X is a ``"record"`` or an ``"event"``;
        - ``input``, ``input_shape``: what the network takes, and its shape here for the
          published records; None where it is no network;
        - ``n_classes``: classes for which parameters are counted;
        - ``published_parameters``: as printed by the authors, or counted by hand from
          the layers that they published; missing where these are unknown;
        - ``parameters``: counted from the class with its defaults, for the same input;
          missing where it is no network;
        - ``exactness``: ``"exact"`` where the layers are published,
          ``"reconstruction"`` where only some of them are and figures narrow down the
          others, or others have rebuilt them, ``"by description"`` where most of it is
          ours;
        - ``figure``: the published result;
        - ``measured_on``, ``split``: the data and the division of it that the result
          was measured on;
        - ``caveats``: what to know before it is quoted;
        - ``source``: where these facts are from.

        What is not known is ``"unknown"``.

    See Also
    --------
    skseisfp.neural.layer_catalogue : The parameters of the network on fingerprints.

    Notes
    -----
    Figures of different rows were measured on different data, by different splits. They
    cannot be compared; the estimators can.

    Examples
    --------
    >>> from skseisfp.baselines import catalogue
    >>> table = catalogue()
    >>> table.loc["HainanCNN", ["published_parameters", "parameters", "exactness"]]
    published_parameters             18562
    parameters                       18562
    exactness               reconstruction
    Name: HainanCNN, dtype: object
    >>> print(table.loc["ErtuncayCNN", "split"])
    record-wise in four folds; leak known
    """
    rows = []
    for system in SYSTEMS:
        shape, n_parameters = _size(system)
        counts = {"input_shape": shape, "parameters": n_parameters}
        rows.append({**asdict(system), **counts})
    table = pd.DataFrame(rows).set_index("name")[list(_COLUMNS)]
    return table.astype(_COLUMNS)


@lru_cache(maxsize=len(SYSTEMS))
def _size(system):
    """Return the shape that a network takes for the published records, and its size."""
    if system.record_shape is None:
        return None, None
    classifier = getattr(import_module(__package__), system.name)()
    records = np.random.default_rng(0).standard_normal((1, *system.record_shape))
    inputs = classifier._represent(classifier._check(records, reset=True))
    shape = with_views(inputs).shape[2:]
    return _without_ones(shape), _count(classifier, shape, system.n_classes)


def _without_ones(shape):
    """Return a shape without the axes of length one before all others."""
    first = next(axis for axis, size in enumerate(shape) if size > 1)
    return shape[first:]


def _count(classifier, shape, n_classes):
    """Count the parameters of the network, or networks, that a fit would train."""
    net, outputs = classifier._make_network(), (n_classes,)
    if isinstance(net, TwoStepClassifier):
        net, outputs = net.step, net.outputs(n_classes)
    settings = {
        name.removeprefix("module__"): value
        for name, value in net._passed_parameters().items()
        if name.startswith("module__")
    }
    with torch.device("meta"):
        modules = [net.module(shape, size, **settings) for size in outputs]
    return sum(
        parameter.numel() for module in modules for parameter in module.parameters()
    )
