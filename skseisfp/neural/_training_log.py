"""What is shown of the epochs of a fit: a bar, or skorch's table."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from skorch.callbacks import Callback, PrintLog

CODES = re.compile(r"\x1b\[[0-9;]*m")  # of colours
SHOWN = ("train_loss", "valid_loss")


class EpochProgress(Callback):
    """Advance the bar of a network, where it shows one."""

    def on_epoch_end(self, network, **kwargs):
        """Advance by an epoch, with its losses."""
        if network.advance_ is not None:
            epoch = network.history[-1]
            network.advance_(note=lambda: describe_losses(epoch))


class PlainTable(PrintLog):
    """The table of skorch, without the codes of colours where it goes to a file."""

    def format_row(self, row: Any, key: str, color: str) -> Any:
        """Format a value."""
        value = super().format_row(row, key, color)
        is_plain = not (isinstance(value, str) and CODES.search(value))
        return value if is_plain or sys.stdout.isatty() else CODES.sub("", value)


def describe_losses(epoch: Mapping[str, Any]) -> str:
    """Return the losses of an epoch in words."""
    losses = (f"{name} {epoch[name]:.3g}" for name in SHOWN if name in epoch)
    return ", ".join(losses).replace("_", " ")
