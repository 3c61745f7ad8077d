"""Settings of `FingerprintClassifier` that were found to be best."""

import torch

from .fingerprint_mlp import FingerprintMLP

PRESETS = {
    "discrimination": {
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
