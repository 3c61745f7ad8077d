"""A skorch net put together from the parameters of a `FingerprintClassifier`."""

from inspect import signature

import numpy as np
import torch
from skorch.callbacks import EarlyStopping, LRScheduler
from skorch.helper import predefined_split
from sklearn.base import clone
from torch.utils.data import DataLoader

from ._data import BalancedSampler, BatchIterator, ShuffleSampler
from ._net import FingerprintNet
from ._parameters import accepts
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP


def choose_module(module, print_shape):
    """Return the module class: an MLP for flat prints, else the CNN, by default."""
    if module is not None:
        return module
    return FingerprintMLP if len(print_shape) == 1 else FingerprintCNN


def assemble_net(classifier, train, valid, generators):
    """Make the untrained net of a fit.

    Parameters
    ----------
    classifier : FingerprintClassifier
        The parameters, with `classes_` and `device_`.
    train, valid : PrintDataset
        Data; `valid` is None without early stopping.
    generators : FitGenerators
        The generators of the fit.

    Returns
    -------
    FingerprintNet
        The net, not initialised.
    """
    module = choose_module(classifier.module, train.X.shape[2:])
    settings = {
        **_module_settings(module, train, len(classifier.classes_)),
        **_balance_settings(classifier, train, generators.order),
        **_optimizer_settings(classifier),
        "iterator_train": BatchIterator,
        "iterator_valid": BatchIterator,
        **classifier.passed_parameters(),
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
        train_split=None if valid is None else predefined_split(valid),
        callbacks=_make_callbacks(classifier),
        classes=np.arange(len(classifier.classes_)),
        device=classifier.device_,
        verbose=classifier.verbose,
        **settings,
    )
    net.generators_ = generators
    return net


def _module_settings(module, train, n_classes):
    """Tell the module what the data say, as far as it takes it."""
    known = {"input_shape": train.X.shape[2:], "n_classes": n_classes}
    takes = signature(module).parameters
    return {f"module__{name}": known[name] for name in known if name in takes}


def _balance_settings(classifier, train, generator):
    """Balance the classes by drawing views or by weights of the criterion."""
    sampler = BalancedSampler if classifier.balance == "views" else ShuffleSampler
    settings = {"iterator_train__sampler": sampler(train, generator)}
    if classifier.balance == "weights":
        if not accepts(classifier.criterion, "weight"):
            raise ValueError(
                f"balance='weights' needs a criterion that takes weight; "
                f"{classifier.criterion.__name__} does not."
            )
        counts = np.bincount(train.y[train.records])
        weights = torch.as_tensor(counts.sum() / (len(counts) * counts))
        settings["criterion__weight"] = weights.to(torch.float32)
    return settings


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
    monitor = "valid_loss" if classifier.early_stopping else "train_loss"
    callbacks = []
    if classifier.lr_schedule == "cosine":
        policy = torch.optim.lr_scheduler.CosineAnnealingLR
        scheduler = LRScheduler(policy, T_max=classifier.max_epochs)
        callbacks.append(("lr_schedule", scheduler))
    elif classifier.lr_schedule == "plateau":
        policy = torch.optim.lr_scheduler.ReduceLROnPlateau
        scheduler = LRScheduler(policy, monitor=monitor, patience=3)
        callbacks.append(("lr_schedule", scheduler))
    if classifier.early_stopping:
        stopping = EarlyStopping(
            monitor, patience=classifier.patience, load_best=True, sink=print
        )
        callbacks.append(("early_stopping", stopping))
    return callbacks + clone(list(classifier.callbacks or []), safe=False)
