"""The device that a network runs on."""

from __future__ import annotations

from typing import Any

import torch


def choose_device(device: Any) -> Any:
    """Return a device of torch; "auto" is a CUDA device if there is one.

    Parameters
    ----------
    device : str, int or torch.device
        ``"auto"``, or what `torch.device` takes.

    Returns
    -------
    str, int or torch.device
        A device of this machine.

    Raises
    ------
    ValueError
        If torch does not find the device here.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.Generator(torch.device(device))
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            "device must be 'auto' or a device that torch finds here "
            f"({', '.join(_found_devices())}); got {device!r}."
        ) from error
    return device


def _found_devices():
    """Return the names of the devices of torch on this machine."""
    found = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    return [*found, "mps"] if torch.backends.mps.is_available() else found
