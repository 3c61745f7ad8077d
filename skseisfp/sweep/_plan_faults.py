"""Faults of the trials of a plan, found before any fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import Parameter, signature
from typing import Any, NamedTuple

from sklearn.base import clone

from .._parameters import parameter_faults

IMPOSSIBLE = "impossible"
ANY_SHAPE = (1, 10**6, 10**6)  # so large that only a value itself can be at fault


class Fault(NamedTuple):
    """A parameter at fault, by its full name."""

    level: str
    parameter: str
    message: str


def find_faults(
    estimator: Any, input_shape: Sequence[int] | None = None
) -> list[Fault]:
    """Return the faults of all parts of an estimator.

    Parameters
    ----------
    estimator : estimator
        An estimator, a pipeline for example, not fitted.
    input_shape : tuple of int, default=None
        Shape of one fingerprint; None takes that of the transformer in `estimator`.

    Returns
    -------
    list of Fault
        Parameters outside of their declarations, in all parts, then the faults of the
        architecture of its network, as if all others had their defaults.
    """
    faults = [
        Fault(IMPOSSIBLE, f"{prefix}{name}", message)
        for prefix, part in _parts(estimator).items()
        for name, message in parameter_faults(part)
    ]
    known = {fault.parameter for fault in faults}
    sound = _with_defaults(estimator, known)
    return faults + [
        Fault(item.level, item.parameter, item.message)
        for item in _network_faults(sound, input_shape)
        if item.parameter not in known
    ]


def _network_faults(estimator, input_shape):
    """Return the faults of the network, without a shape those of single values."""
    from ..neural.parameter_counts import (  # loads torch
        architecture_findings,
        fingerprint_shape,
        takes_parameters,
    )

    if input_shape or fingerprint_shape(estimator):
        return architecture_findings(estimator, input_shape)
    shape = ANY_SHAPE
    if not takes_parameters(estimator, shape):  # then they may be of the flat network
        shape = ANY_SHAPE[:1] if takes_parameters(estimator, shape[:1]) else shape
    return architecture_findings(estimator, shape)


def _parts(estimator):
    """Return an estimator and those in it by the prefixes of their parameters."""
    return {"": estimator} | {
        f"{name}__": part
        for name, part in estimator.get_params(deep=True).items()
        if hasattr(part, "get_params") and not isinstance(part, type)
    }


def _with_defaults(estimator: Any, names: Iterable[str]) -> Any:
    """Return a copy whose parameters of some names have their defaults."""
    copy: Any = clone(estimator)
    parts = _parts(copy)
    for name in names:
        prefix, separator, own = name.rpartition("__")
        part = parts[prefix + separator]
        declared = signature(type(part)).parameters.get(own)
        if declared is not None and declared.default is not Parameter.empty:
            part.set_params(**{own: declared.default})
    return copy
