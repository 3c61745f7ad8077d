"""The device that a network runs on."""

import torch


def choose_device(device):
    """Return a device of torch; "auto" is a CUDA device if there is one."""
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
