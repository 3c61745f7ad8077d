"""A skorch network made from the parameters of a `FingerprintClassifier`."""

from __future__ import annotations

import warnings
from inspect import signature
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import EarlyStopping, LRScheduler
from torch.nn.parameter import is_lazy
from torch.utils.data import DataLoader

from ._default_module import default_module
from ._network import FingerprintNet
from ._parameters import accepts
from ._randomness import make_generators
from .data import BatchIterator


def assemble_network(classifier, generators):
    """Make the untrained network of a classifier.

    Parameters
    ----------
    classifier : FingerprintClassifier
        The parameters, with `fingerprint_shape_`, `classes_`, `class_weight_`,
        `augmenter_`, `device_`.
    generators : FitGenerators
        The generators of the fit.

    Returns
    -------
    FingerprintNet
        The network, not initialised.
    """
    module = classifier.module or default_module(classifier.fingerprint_shape_)
    settings: dict[str, Any] = {
        "train_split": None,
        **_module_settings(module, classifier),
        **_criterion_settings(classifier),
        **_optimizer_settings(classifier),
        "iterator_train": BatchIterator,
        "iterator_valid": BatchIterator,
        **classifier._passed_parameters(),
    }
    for part in ("iterator_train", "iterator_valid"):
        if isinstance(settings[part], type) and issubclass(settings[part], DataLoader):
            settings.setdefault(f"{part}__generator", generators.order)
    network = FingerprintNet(
        module,
        criterion=classifier.criterion,
        optimizer=classifier.optimizer,
        lr=classifier.lr,
        max_epochs=classifier.max_epochs,
        batch_size=classifier.batch_size,
        callbacks=_make_callbacks(classifier),
        classes=np.arange(len(classifier.classes_)),
        device=classifier.device_,
        verbose=max(0, classifier.verbose - 1),
        **settings,
    )
    network.generators_ = generators
    network.augmenter_ = classifier.augmenter_
    network.shows_bar_ = classifier.verbose == 1
    return network


def export_weights(network):
    """Return the state of the module as plain arrays."""
    return {
        name: value.cpu().numpy() if isinstance(value, torch.Tensor) else value
        for name, value in network.module_.state_dict().items()
    }


def restore_network(classifier, weights):
    """Make the network of a fitted classifier again, from its weights."""
    network = assemble_network(classifier, make_generators(0, classifier.device_))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check_weights(network, weights)
        network.initialize()
    network.module_.load_state_dict(
        {
            name: torch.tensor(value) if isinstance(value, np.ndarray) else value
            for name, value in weights.items()
        }
    )
    return network.release()


def _check_weights(network, weights):
    """Raise for weights of other shapes than those of the module.

    It is made without memory for its own weights, which a forged file could make as
    large as it likes.
    """
    try:
        with torch.device("meta"), torch.random.fork_rng(devices=[]):
            settings = network.get_params_for("module")
            module = network.initialized_instance(network.module, settings)
    except (NotImplementedError, RuntimeError):  # it computes with its own weights
        return
    for name, value in module.state_dict().items():
        if isinstance(value, torch.Tensor) and not is_lazy(value):
            shape = np.shape(weights[name]) if name in weights else "none"
            if shape != tuple(value.shape):
                raise ValueError(
                    f"The weights {name} of {type(module).__name__} must have the "
                    f"shape {tuple(value.shape)}; got {shape}."
                )


def _module_settings(module, classifier):
    """Return shape and number of classes, where the module takes them."""
    known = {
        "input_shape": classifier.fingerprint_shape_,
        "n_classes": len(classifier.classes_),
    }
    for name in classifier._parameters_of("module"):
        if not accepts(module, name):
            raise ValueError(
                f"'module__{name}' is not a parameter of "
                f"{getattr(module, '__name__', module)}, which takes fingerprints of "
                f"shape {classifier.fingerprint_shape_}."
            )
    takes = signature(module).parameters
    return {f"module__{name}": known[name] for name in known if name in takes}


def _criterion_settings(classifier):
    """Return the weights of the classes, or raise if the loss takes none."""
    if classifier.class_weight_ is None:
        return {}
    if not accepts(classifier.criterion, "weight"):
        raise ValueError(
            "balance='weights' needs a criterion that takes weight; "
            f"{classifier.criterion.__name__} does not."
        )
    weight = torch.tensor(classifier.class_weight_, dtype=torch.float32)
    return {"criterion__weight": weight}


def _optimizer_settings(classifier):
    """Return the weight decay, or raise if there is one that has no effect."""
    if accepts(classifier.optimizer, "weight_decay"):
        return {"optimizer__weight_decay": classifier.weight_decay}
    if classifier.weight_decay:
        raise ValueError(
            f"{classifier.optimizer.__name__} takes no weight_decay; it must be 0, "
            f"got {classifier.weight_decay!r}."
        )
    return {}


def _make_callbacks(classifier):
    """Return new callbacks: the schedule, early stopping and the user's own."""
    monitor = "valid_loss" if classifier.early_stopping else "train_loss"
    callbacks = []
    if classifier.lr_schedule == "cosine":
        schedule = LRScheduler("CosineAnnealingLR", T_max=classifier.max_epochs)
        callbacks.append(("lr_schedule", schedule))
    elif classifier.lr_schedule == "plateau":
        # the docstring of FingerprintClassifier promises three epochs
        schedule = LRScheduler("ReduceLROnPlateau", monitor=monitor, patience=3)
        callbacks.append(("lr_schedule", schedule))
    if classifier.early_stopping:
        stopping = EarlyStopping(patience=classifier.patience, load_best=True)
        callbacks.append(("early_stopping", stopping))
    own = [clone(callback, safe=False) for callback in classifier.callbacks or ()]
    if classifier.lr_schedule is not None and any(map(_is_schedule, own)):
        raise ValueError(
            "callbacks holds an LRScheduler in addition to "
            f"lr_schedule={classifier.lr_schedule!r}; set lr_schedule=None to use it."
        )
    return callbacks + own


def _is_schedule(callback):
    """Return whether a callback, maybe with its name, sets the learning rate."""
    callback = callback[1] if isinstance(callback, tuple) else callback
    return isinstance(callback, LRScheduler) or callback is LRScheduler
