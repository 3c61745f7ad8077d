"""Architectures that are checked and tabulated before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import pandas as pd

from .._utils.names import nearest_name
from .catalogue import (
    CONVOLUTION,
    DROPOUT,
    FULLY_CONNECTED,
    POOLING,
    cycle_of,
    default_architecture,
    find_parameter,
    is_count,
    is_probability,
)

BATCH_NORMALIZATION = "batch normalization"
RELU = "relu"


@dataclass(frozen=True)
class Finding:
    """A fault of an architecture.

    Parameters
    ----------
    level : {"impossible", "rule"}
        ``"impossible"``: the network cannot be built; ``"rule"``: outside the rules of
        Silkin (2024), which the experiments of that paper break, too.
    parameter : str
        The parameter at fault.
    message : str
        The parameter, its value and what is allowed.
    """

    level: str
    parameter: str
    message: str


@dataclass(frozen=True)
class Layer:
    """One layer of a network: settings, shapes and number of weights."""

    name: str
    kind: str
    settings: dict[str, Any]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    n_parameters: int = 0


class _ImpossibleError(ValueError):
    """A layer that cannot be built; `parameter` is the one at fault."""

    def __init__(self, parameter, message):
        super().__init__(message)
        self.parameter = parameter


def check_architecture(input_shape: Sequence[int], **params: Any) -> list[Finding]:
    """List the faults of an architecture, without building the network.

    Parameters
    ----------
    input_shape : tuple of int, (n_channels, rows, columns)
        Shape of one fingerprint.
    **params : object
        Parameters of the `layer_catalogue`; the others keep their defaults.

    Returns
    -------
    list of Finding
        Impossible settings first, then settings outside the rules of [1]_
        (padding >= filter size, stride >= window). Empty for an architecture without
        faults. A pair of values that are both the default is not reported.

    Raises
    ------
    TypeError
        If a name is not in the layer catalogue.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> from skseisfp.neural import check_architecture
    >>> check_architecture((1, 64, 64))
    []
    >>> for finding in check_architecture((1, 8, 8), conv2_filter_size=11):
    ...     print(finding.level, "-", finding.message)
    impossible - conv2_filter_size=11 is larger than its padded input of 8 x 8.
    """
    findings = _check_values(input_shape, params)
    if findings:
        return findings
    architecture = complete_architecture(params)
    try:
        plan_layers(input_shape, 2, architecture)
    except _ImpossibleError as error:
        findings = [Finding("impossible", error.parameter, str(error))]
    return findings + _check_rules(architecture)


def summarize(
    input_shape: Sequence[int], n_classes: int = 2, **params: Any
) -> pd.DataFrame:
    """Tabulate the layers of an architecture, their shapes and parameter counts.

    Parameters
    ----------
    input_shape : tuple of int, (n_channels, rows, columns)
        Shape of one fingerprint.
    n_classes : int, default=2
        Number of classes.
    **params : object
        Parameters of the `layer_catalogue`; the others keep their defaults.

    Returns
    -------
    DataFrame
        One row a layer, in order, named by it, with the columns ``kind``,
        ``settings``, ``input_shape``, ``output_shape`` and ``n_parameters``.

    Raises
    ------
    ValueError
        If the architecture is impossible.

    Examples
    --------
    >>> from skseisfp.neural import summarize
    >>> layers = summarize((1, 64, 64), 3, pool1_stride=1, pool2_stride=1)
    >>> int(layers["n_parameters"].sum())
    678219
    """
    raise_if_impossible(check_architecture(input_shape, **params))
    layers = plan_layers(input_shape, n_classes, complete_architecture(params))
    return pd.DataFrame([vars(layer) for layer in layers]).set_index("name")


def raise_if_impossible(findings: Iterable[Finding]) -> None:
    """Raise a ValueError with all impossible settings, if there are any."""
    impossible = [item.message for item in findings if item.level == "impossible"]
    if impossible:
        raise ValueError("Impossible architecture: " + " ".join(impossible))


def complete_architecture(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of an architecture: the given ones and the defaults."""
    return {**default_architecture(params.get("n_cycles", 2)), **params}


def plan_layers(
    input_shape: Sequence[int], n_classes: int, architecture: Mapping[str, Any]
) -> list[Layer]:
    """Return the layers of a complete architecture, in order."""
    layers: list[Layer] = []
    shape = tuple(input_shape)
    for cycle in range(1, architecture["n_cycles"] + 1):
        layers += _plan_cycle(cycle, shape, architecture)
        shape = layers[-1].output_shape
    return layers + _plan_head(shape, n_classes, architecture)


def _plan_cycle(cycle, shape, architecture):
    conv = _plan_convolution(cycle, shape, architecture)
    shapes = conv.output_shape, conv.output_shape
    n_weights = 2 * conv.output_shape[0]  # scale and shift of each channel
    dropout = {"p": architecture[f"dropout{cycle}_p"]}
    return [
        conv,
        Layer(f"norm{cycle}", BATCH_NORMALIZATION, {}, *shapes, n_weights),
        Layer(f"relu{cycle}", RELU, {}, *shapes),
        Layer(f"dropout{cycle}", DROPOUT, dropout, *shapes),
        _plan_pooling(cycle, conv.output_shape, architecture),
    ]


def _plan_convolution(cycle, shape, architecture):
    names = ("filter_size", "n_filters", "stride", "padding")
    settings = {name: architecture[f"conv{cycle}_{name}"] for name in names}
    size, n_filters, stride, padding = settings.values()
    padded = [length + 2 * padding for length in shape[1:]]
    if size > min(padded):
        raise _too_large(f"conv{cycle}_filter_size", size, "padded input", padded)
    output = tuple((length - size) // stride + 1 for length in padded)
    return Layer(
        f"conv{cycle}",
        CONVOLUTION,
        settings,
        shape,
        (n_filters, *output),
        n_filters * (shape[0] * size**2 + 1),  # a bias for each filter
    )


def _plan_pooling(cycle, shape, architecture):
    size, stride = (architecture[f"pool{cycle}_{name}"] for name in ("size", "stride"))
    if size > min(shape[1:]):
        raise _too_large(f"pool{cycle}_size", size, "input", shape[1:])
    output = tuple((length - size) // stride + 1 for length in shape[1:])
    settings = {"size": size, "stride": stride}
    return Layer(f"pool{cycle}", POOLING, settings, shape, (shape[0], *output))


def _too_large(name, value, what, lengths):
    lengths = " x ".join(str(length) for length in lengths)
    return _ImpossibleError(
        name, f"{name}={value} is larger than its {what} of {lengths}."
    )


def _plan_head(shape, n_classes, architecture):
    n_inputs = prod(shape)
    p = architecture["hidden_dropout_p"]
    layers = []
    for index, size in enumerate(architecture["hidden_sizes"], start=1):
        layers += [
            _fully_connected(f"hidden{index}", n_inputs, size),
            Layer(f"hidden_relu{index}", RELU, {}, (size,), (size,)),
            Layer(f"hidden_dropout{index}", DROPOUT, {"p": p}, (size,), (size,)),
        ]
        n_inputs = size
    return [*layers, _fully_connected("output", n_inputs, n_classes)]


def _fully_connected(name, n_inputs, size):
    return Layer(
        name,
        FULLY_CONNECTED,
        {"size": size},
        (n_inputs,),
        (size,),
        (n_inputs + 1) * size,  # a bias for each output
    )


def _check_values(input_shape, params):
    """Return findings on types, ranges and cycles of the given values."""
    findings = []

    def add(name, message):
        findings.append(Finding("impossible", name, message))

    shape = tuple(input_shape)
    if len(shape) != 3 or not all(is_count(length) for length in shape):
        add("input_shape", f"input_shape must be three counts; got {shape}.")
    n_cycles = params.get("n_cycles", 2)
    if not is_count(n_cycles):
        add("n_cycles", f"n_cycles must be an integer >= 1; got {n_cycles!r}.")
        return findings
    known = default_architecture(n_cycles)
    for name, value in params.items():
        if name not in known and cycle_of(name) is None:
            raise TypeError(
                f"{name!r} is not in the layer catalogue.{nearest_name(name, known)}"
            )
        if name not in known:
            add(name, f"{name} belongs to a cycle beyond n_cycles={n_cycles}.")
        elif (allowed := _allowed(name, value)) is not None:
            add(name, f"{name} must be {allowed}; got {value!r}.")
    return findings


def _allowed(name, value):
    """Return the allowed values of a parameter, or None if the value is allowed."""
    if name == "n_cycles":
        return None
    if name == "hidden_sizes":
        sizes = value if isinstance(value, (tuple, list)) else (None,)
        return None if all(map(is_count, sizes)) else "a tuple of integers >= 1"
    parameter = find_parameter(name)
    if parameter is None or parameter.kind is float:  # hidden_dropout_p has no cycle
        return None if is_probability(value) else "a number in [0, 1)"
    minimum = parameter.minimum
    return None if is_count(value, minimum) else f"an integer >= {minimum}"


def _check_rules(architecture):
    """Return findings on the rules of Silkin (2024)."""
    defaults = default_architecture(architecture["n_cycles"])
    findings = []
    for cycle in range(1, architecture["n_cycles"] + 1):
        for small, large in (
            (f"conv{cycle}_padding", f"conv{cycle}_filter_size"),
            (f"conv{cycle}_stride", f"conv{cycle}_filter_size"),
            (f"pool{cycle}_stride", f"pool{cycle}_size"),
        ):
            pair = {name: architecture[name] for name in (small, large)}
            at_default = all(pair[name] == defaults[name] for name in pair)
            if pair[small] >= pair[large] and not at_default:
                message = (
                    f"{small}={pair[small]} is not below {large}={pair[large]}, as "
                    "the rules of Silkin (2024) ask."
                )
                findings.append(Finding("rule", small, message))
    return findings
