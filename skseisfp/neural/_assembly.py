"""A skorch network put together from the parameters of a `FingerprintClassifier`."""

import warnings
from inspect import signature

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import EarlyStopping, LRScheduler
from torch.utils.data import DataLoader

from ._network import FingerprintNet
from ._parameters import accepts
from ._randomness import make_generators
from .data import BatchIterator
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP


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
    module = classifier.module
    if module is None:
        flat = len(classifier.fingerprint_shape_) == 1
        module = FingerprintMLP if flat else FingerprintCNN
    settings = {
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
    net = FingerprintNet(
        module,
        criterion=classifier.criterion,
        optimizer=classifier.optimizer,
        lr=classifier.lr,
        max_epochs=classifier.max_epochs,
        batch_size=classifier.batch_size,
        train_split=None,
        callbacks=_make_callbacks(classifier),
        classes=np.arange(len(classifier.classes_)),
        device=classifier.device_,
        verbose=classifier.verbose,
        **settings,
    )
    net.generators_ = generators
    net.augmenter_ = classifier.augmenter_
    return net


def export_weights(net):
    """Return the state of the module as plain arrays."""
    return {
        name: value.cpu().numpy() if isinstance(value, torch.Tensor) else value
        for name, value in net.module_.state_dict().items()
    }


def restore_network(classifier, weights):
    """Make the network of a fitted classifier again, from its weights."""
    net = assemble_network(classifier, make_generators(0, classifier.device_))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.initialize()
    net.module_.load_state_dict(
        {
            name: torch.tensor(value) if isinstance(value, np.ndarray) else value
            for name, value in weights.items()
        }
    )
    return net.release()


def _module_settings(module, classifier):
    """Tell the module what the data say, as far as it takes it."""
    known = {
        "input_shape": classifier.fingerprint_shape_,
        "n_classes": len(classifier.classes_),
    }
    for name in classifier._passed_parameters():
        part, _, rest = name.partition("__")
        if part == "module" and not accepts(module, rest):
            raise ValueError(
                f"{name!r} is no parameter of {getattr(module, '__name__', module)}, "
                f"which takes fingerprints of shape {classifier.fingerprint_shape_}."
            )
    takes = signature(module).parameters
    return {f"module__{name}": known[name] for name in known if name in takes}


def _criterion_settings(classifier):
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
    if accepts(classifier.optimizer, "weight_decay"):
        return {"optimizer__weight_decay": classifier.weight_decay}
    if classifier.weight_decay:
        raise ValueError(
            f"{classifier.optimizer.__name__} takes no weight_decay; set it to 0."
        )
    return {}


def _make_callbacks(classifier):
    """Return fresh callbacks: the schedule, early stopping and the user's own."""
    schedulers = torch.optim.lr_scheduler
    monitor = "valid_loss" if classifier.early_stopping else "train_loss"
    callbacks = []
    if classifier.lr_schedule == "cosine":
        schedule = LRScheduler(
            schedulers.CosineAnnealingLR, T_max=classifier.max_epochs
        )
        callbacks.append(("lr_schedule", schedule))
    elif classifier.lr_schedule == "plateau":
        schedule = LRScheduler(
            schedulers.ReduceLROnPlateau, monitor=monitor, patience=3
        )
        callbacks.append(("lr_schedule", schedule))
    if classifier.early_stopping:
        stopping = EarlyStopping(patience=classifier.patience, load_best=True)
        callbacks.append(("early_stopping", stopping))
    return callbacks + clone(list(classifier.callbacks or []), safe=False)
