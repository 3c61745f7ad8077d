"""The state of torch that a network runs in, whatever its caller has set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

import torch

from .torch_sums import reproducible_sums

_LOCK = Lock()
_FLOAT32 = {"active": 0, "outer": torch.float32}


@contextmanager
def plain_torch(device: str | torch.device) -> Iterator[None]:
    """Run torch on one thread in float32, without the modes of the caller.

    These are another default dtype or device, inference mode and autocast: networks are
    trained and predict as they do outside of them.

    Parameters
    ----------
    device : str or torch.device
        Device of the network.
    """
    kind = torch.device(device).type
    with ExitStack() as stack:
        stack.enter_context(reproducible_sums(device))
        stack.enter_context(_float32())
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


@contextmanager
def _float32():
    """Make float32 the default dtype, which belongs to the whole process.

    The last of several threads restores that which was set before the first.
    """
    with _LOCK:
        if _FLOAT32["active"] == 0:
            _FLOAT32["outer"] = torch.get_default_dtype()
            torch.set_default_dtype(torch.float32)
        _FLOAT32["active"] += 1
    try:
        yield
    finally:
        with _LOCK:
            _FLOAT32["active"] -= 1
            if _FLOAT32["active"] == 0:
                torch.set_default_dtype(_FLOAT32["outer"])
