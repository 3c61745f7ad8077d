"""The layer catalogue: layers of a network, their parameters and constraints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import pandas as pd

CONVOLUTION = "convolution"
DROPOUT = "dropout"
POOLING = "average pooling"
FULLY_CONNECTED = "fully connected"


@dataclass(frozen=True)
class _Parameter:
    """One row of the layer catalogue; `{}` in the name is the number of the cycle."""

    name: str
    layer: str
    minimum: float
    rule: str
    defaults: tuple
    published: tuple
    ranges: tuple[str, str]
    maximum: float | None = None
    kind: type = int

    def of_cycle(self, cycle, values):
        """Return the value of a cycle; cycles beyond the last repeat the last."""
        return values[min(cycle, len(values)) - 1]


# `published` and `ranges` are the optimum and the first sweep of Silkin (2024), for
# the first and the second cycle. The defaults are that optimum. The paper gives no
# strides: they are 1 for convolutions, and 2 for pools after benchmarks/pool_stride.py
_CYCLE = (
    _Parameter(
        "conv{}_filter_size",
        CONVOLUTION,
        1,
        "at most the padded input",
        (2, 5),
        (2, 5),
        ("1:1:8", "1:1:8"),
    ),
    _Parameter(
        "conv{}_n_filters",
        CONVOLUTION,
        1,
        "",
        (8, 56),
        (8, 56),
        ("8:8:64", "8:8:64"),
    ),
    _Parameter(
        "conv{}_stride",
        CONVOLUTION,
        1,
        "below the filter size (paper)",
        (1, 1),
        (None, None),
        ("", ""),
    ),
    _Parameter(
        "conv{}_padding",
        CONVOLUTION,
        0,
        "below the filter size (paper)",
        (1, 2),
        (1, 2),
        ("0:1:3", "0:1:3"),
    ),
    _Parameter(
        "dropout{}_p",
        DROPOUT,
        0.0,
        "",
        (0.3, 0.5),
        (0.3, 0.5),
        ("0.1:0.2:0.9", "0.1:0.2:0.9"),
        maximum=1.0,
        kind=float,
    ),
    _Parameter(
        "pool{}_size",
        POOLING,
        1,
        "at most its input",
        (2, 2),
        (2, None),
        ("1:1:6", ""),
    ),
    _Parameter(
        "pool{}_stride",
        POOLING,
        1,
        "below the pool size (paper)",
        (2, 2),
        (None, None),
        ("", ""),
    ),
)
# layers of the network of Silkin (2024), numbered from its input layer
_PAPER_LAYERS = {
    CONVOLUTION: ("conv_2", "conv_7"),
    DROPOUT: ("dropout_5", "dropout_10"),
    POOLING: ("pool_6", "pool_11"),
}
_EMPTY_ROW = {
    "cycle": None,
    "layer": "",
    "paper_layer": "",
    "maximum": None,
    "published": None,
    "published_range": "",
    "constraint": "",
}
_HEAD_ROWS = (
    {
        "parameter": "n_cycles",
        "type": "int",
        "minimum": 1,
        "default": 2,
        "published": 2,
    },
    {
        "parameter": "hidden_sizes",
        "layer": FULLY_CONNECTED,
        "type": "tuple of int",
        "minimum": 1,
        "default": (),
        "published": (),
        "constraint": "one size a hidden layer",
    },
    {
        "parameter": "hidden_dropout_p",
        "layer": FULLY_CONNECTED,
        "type": "float",
        "minimum": 0.0,
        "maximum": 1.0,
        "default": 0.0,
    },
)
_HEAD_DEFAULTS = {"hidden_sizes": (), "hidden_dropout_p": 0.0}
_BY_NAME = {parameter.name: parameter for parameter in _CYCLE}


def layer_catalogue(n_cycles: int = 2) -> pd.DataFrame:
    """List the parameters of an architecture.

    Parameters
    ----------
    n_cycles : int, default=2
        Number of cycles of convolution, batch normalisation, ReLU, dropout and
        average pooling.

    Returns
    -------
    DataFrame
        One row a parameter, named by it, with the columns ``cycle``, ``layer``,
        ``paper_layer``, ``type``, ``minimum``, ``maximum`` (exclusive for a
        probability), ``default``, ``published`` (optimum of the paper),
        ``published_range`` (min:step:max of its first sweep) and ``constraint``.

    Raises
    ------
    ValueError
        If `n_cycles` is not a positive integer.

    Notes
    -----
    The cycles and their optimum are those of [1]_; it sweeps neither the strides nor
    the second pool size. Cycles from the third on take the defaults of the second.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> from skseisfp.neural import layer_catalogue
    >>> layer_catalogue().loc["conv2_n_filters", ["default", "published_range"]]
    default                56
    published_range    8:8:64
    Name: conv2_n_filters, dtype: object
    """
    if not is_count(n_cycles):
        raise ValueError(f"n_cycles must be an integer >= 1; got {n_cycles!r}.")
    cycles = range(1, n_cycles + 1)
    rows = [_cycle_row(parameter, cycle) for cycle in cycles for parameter in _CYCLE]
    rows += [{**_EMPTY_ROW, **row} for row in _HEAD_ROWS]
    columns = ["parameter", "cycle", "layer", "paper_layer", "type", "minimum"]
    columns += ["maximum", "default", "published", "published_range", "constraint"]
    table = pd.DataFrame(rows, columns=pd.Index(columns), dtype=object)
    return table.set_index("parameter")


def _cycle_row(parameter, cycle):
    published = cycle <= 2
    return {
        "parameter": parameter.name.format(cycle),
        "cycle": cycle,
        "layer": parameter.layer,
        "paper_layer": _PAPER_LAYERS[parameter.layer][cycle - 1] if published else "",
        "type": parameter.kind.__name__,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "default": parameter.of_cycle(cycle, parameter.defaults),
        "published": parameter.published[cycle - 1] if published else None,
        "published_range": parameter.ranges[cycle - 1] if published else "",
        "constraint": parameter.rule,
    }


def cycle_of(name: str) -> int | None:
    """Return the cycle that a parameter belongs to, or None if it has none."""
    match = re.fullmatch(r"[a-z]+([1-9]\d*)_[a-z_]+", name)
    return int(match[1]) if match and find_parameter(name) else None


def find_parameter(name: str) -> _Parameter | None:
    """Return the catalogue entry of a cycle's parameter, or None."""
    return _BY_NAME.get(re.sub(r"\d+", "{}", name, count=1))


def is_architecture_parameter(name: str) -> bool:
    """Return whether a name is one of the layer catalogue, in any cycle."""
    return name in ("n_cycles", *_HEAD_DEFAULTS) or cycle_of(name) is not None


def default_architecture(n_cycles: int = 2) -> dict[str, Any]:
    """Return the default of every parameter of the layer catalogue."""
    defaults = {
        parameter.name.format(cycle): parameter.of_cycle(cycle, parameter.defaults)
        for cycle in range(1, n_cycles + 1)
        for parameter in _CYCLE
    }
    return {"n_cycles": n_cycles, **defaults, **_HEAD_DEFAULTS}


def is_count(value: Any, minimum: float = 1) -> bool:
    """Return whether a value is an integer, not a bool, of a minimum or more."""
    integral = isinstance(value, Integral) and not isinstance(value, bool)
    return integral and int(value) >= minimum


def is_probability(value: Any) -> bool:
    """Return whether a value is a number in [0, 1), not a bool."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and 0 <= float(value) < 1
