"""Settings of `FingerprintClassifier` that have a name.

Those of "two_plane_linear" were selected on development events and not confirmed on
events held out: see `FingerprintClassifier.from_preset`.
"""

from __future__ import annotations

from typing import Any

import torch

from .fingerprint_mlp import FingerprintMLP

PRESETS: dict[str, dict[str, Any]] = {
    "two_plane_linear": {
        "module": FingerprintMLP,
        "module__hidden_sizes": (64,),
        "module__input_dropout_p": 0.0,
        "optimizer": torch.optim.SGD,
        "optimizer__momentum": 0.9,
        "optimizer__nesterov": True,
        "lr": 3e-3,
        "weight_decay": 0.0,
        "balance": "events",
    },
}
