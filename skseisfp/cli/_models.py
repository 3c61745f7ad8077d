"""Models that arguments name: files, or those of the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PRETRAINED = "pretrained:"


def open_model(name: str) -> Any:
    """Return the estimator of a file, or one that comes with the package."""
    if name.startswith(PRETRAINED):
        from ..inference import load_pretrained

        return load_pretrained(name.removeprefix(PRETRAINED))
    if not Path(name).is_file():
        raise FileNotFoundError(f"There is no model {name}.")
    from ..persistence import load

    return load(name)


def open_discriminator(name: str) -> Any:
    """Return a discriminator; raise for another model."""
    model = open_model(name)
    if not hasattr(model, "discriminate"):
        raise ValueError(
            f"{name} holds a {type(model).__name__}, which is not an "
            "EventDiscriminator; `skseisfp train` makes one."
        )
    return model
