"""The activations of a network that enter its output layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn


def hidden_features(network: Any, dataset: Any, n_classes: int) -> npt.NDArray:
    """Return the input of the output layer for all items.

    Parameters
    ----------
    network : FingerprintNet
        A trained network.
    dataset : FingerprintDataset
        The items.
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of float32 of shape (n_items, n_features)
        Activations.

    Raises
    ------
    ValueError
        If the network has no linear output layer.
    """
    batches = []
    with _last_linear(network.module_) as found:
        for _ in network.forward_iter(dataset):
            _check_output_layer(network.module_, found, n_classes)
            batches.append(found.pop("input").cpu().numpy())
    return np.concatenate(batches)


def count_hidden_features(network: Any, shape: tuple[int, ...], n_classes: int) -> int:
    """Return the number of inputs of the output layer.

    Parameters
    ----------
    network : FingerprintNet
        A trained network.
    shape : tuple of int
        Shape of one fingerprint in the network.
    n_classes : int
        Number of classes.

    Returns
    -------
    int
        Number of features.
    """
    module = network.module_
    module.eval()
    with _last_linear(module) as found, torch.no_grad():
        module(torch.zeros(1, *shape, device=torch.device(network.device)))
    _check_output_layer(module, found, n_classes)
    return found["input"].shape[1]


@contextmanager
def _last_linear(module: nn.Module) -> Iterator[dict[str, Any]]:
    """Record the linear layer that ran last in this thread, and its input."""
    found: dict[str, Any] = {}
    thread = get_ident()  # others may predict with the same network meanwhile

    def record(layer, inputs):
        if get_ident() == thread:
            found.update(layer=layer, input=inputs[0].detach())

    layers = [part for part in module.modules() if isinstance(part, nn.Linear)]
    handles = [layer.register_forward_pre_hook(record) for layer in layers]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _check_output_layer(module, found, n_classes):
    """Raise unless the layer that was found gives one logit for each class."""
    # of two classes one logit may stand for both, as of a sigmoid
    allowed = (1, 2) if n_classes == 2 else (n_classes,)
    if (
        "input" not in found
        or found["layer"].out_features not in allowed
        or found["input"].ndim != 2
    ):
        raise ValueError(
            "transform needs a module whose last layer is a torch.nn.Linear with one "
            f"output for each class; {type(module).__name__} has none."
        )
