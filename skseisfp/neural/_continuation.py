"""What stays when training goes on with a fitted network, and its history."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._parameters import component_parameters


def check_same_module(before: Any, network: Any) -> None:
    """Raise if a network differs from the fitted one in a parameter of its module.

    Parameters
    ----------
    before : FingerprintNet
        The fitted network.
    network : FingerprintNet
        The network that is to take its weights.

    Raises
    ------
    ValueError
        If the module or one of its parameters was changed.
    """
    old, new = _module_parameters(before), _module_parameters(network)
    for name in {**old, **new}:
        if not _same(old.get(name), new.get(name)):
            raise ValueError(
                "Training goes on with the network that was fitted, of "
                f"{name}={old.get(name)!r}; {name} is now {new.get(name)!r}. Set it "
                "back, or fit a new network with warm_start=False."
            )


def _module_parameters(network):
    """Return the module of a network and its parameters, with their defaults."""
    values = component_parameters(network.module) | network.get_params_for("module")
    named = {f"module__{name}": value for name, value in values.items()}
    return {"module": network.module, **named}


def _same(first, second):
    """Return whether two values of a parameter are the same."""
    return first is second or np.array_equal(first, second)


def join_histories(
    first: dict[str, list[float]],
    n_first: int,
    second: dict[str, list[float]],
    n_second: int,
) -> dict[str, list[float]]:
    """Return one history after the other; what one of them does not have is NaN."""
    return {
        name: first.get(name, [np.nan] * n_first)
        + second.get(name, [np.nan] * n_second)
        for name in {**first, **second}
    }
