"""The network in an estimator, its faults and its size, before any fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from math import prod
from typing import Any

import numpy as np
import torch

from .._utils.names import nearest_name
from ..preprocessing import FingerprintTransformer
from ._default_module import DEFAULT_MODULES, default_module
from .architecture import (
    Finding,
    check_architecture,
    complete_architecture,
    plan_layers,
)
from .fingerprint_classifier import FingerprintClassifier
from .fingerprint_mlp import FingerprintMLP

_GIVEN = ("input_shape", "n_classes")  # by the data, not by parameters


@dataclass(frozen=True)
class NetworkSize:
    """Number of weights of a network, and of multiplications for one fingerprint."""

    n_parameters: int
    operations: int


def count_parameters(network: Any) -> int | None:
    """Return the number of weights of a network, None for what is not a network.

    Parameters
    ----------
    network : object
        A torch module; a skorch network or a `FingerprintClassifier`, fitted; or a
        fitted multi-layer perceptron of scikit-learn.

    Returns
    -------
    int or None
        Number of weights and biases, trained or not.
    """
    module = getattr(getattr(network, "net_", network), "module_", network)
    if isinstance(module, torch.nn.Module):
        return sum(weights.numel() for weights in module.parameters())
    if hasattr(network, "coefs_") and hasattr(network, "intercepts_"):
        parts = (*network.coefs_, *network.intercepts_)
        return int(sum(np.size(part) for part in parts))
    return None


def planned_parameters(
    classifier: FingerprintClassifier, input_shape: Sequence[int], n_classes: int
) -> int:
    """Return the number of weights of the network that a classifier would train.

    Parameters
    ----------
    classifier : FingerprintClassifier
        The classifier, not fitted.
    input_shape : tuple of int
        Shape of one fingerprint.
    n_classes : int
        Number of classes.

    Returns
    -------
    int
        Number of weights; no memory is allocated for them.
    """
    module = classifier.module or default_module(input_shape)
    with torch.device("meta"):
        network = module(input_shape, n_classes, **classifier._parameters_of("module"))
    return sum(weights.numel() for weights in network.parameters())


def find_network(estimator: Any) -> tuple[FingerprintClassifier | None, str]:
    """Return the `FingerprintClassifier` in an estimator and its prefix of names.

    Parameters
    ----------
    estimator : estimator
        A `FingerprintClassifier`, a pipeline or a wrapper.

    Returns
    -------
    classifier : FingerprintClassifier or None
        None if there is none.
    prefix : str
        ``"classifier__"`` for the step ``classifier``; empty for the estimator itself.
    """
    return _find(estimator, FingerprintClassifier)


def _find(estimator, kind):
    """Return the first part of an estimator of a class, and its prefix of names."""
    if isinstance(estimator, kind):
        return estimator, ""
    for name, part in estimator.get_params(deep=True).items():
        if isinstance(part, kind):
            return part, f"{name}__"
    return None, ""


def fingerprint_shape(estimator: Any) -> tuple[int, ...] | None:
    """Return the shape of a fingerprint of one channel, None if it is not known.

    Parameters
    ----------
    estimator : estimator
        A pipeline with a `FingerprintTransformer`, or another estimator.

    Returns
    -------
    tuple of int or None
        (n_channels, rows, columns), of flat fingerprints (n_features,).
    """
    transformer, _ = _find(estimator, FingerprintTransformer)
    if transformer is None:
        return None
    shape = transformer._layout.planes
    return (prod(shape),) if transformer.flatten else shape


def architecture_findings(
    estimator: Any, input_shape: Sequence[int] | None = None
) -> list[Finding]:
    """Return the faults of an estimator's network by the names of its parameters.

    Parameters
    ----------
    estimator : estimator
        A `FingerprintClassifier`, or what holds one.
    input_shape : tuple of int, default=None
        Shape of one fingerprint; None takes that of the transformer in `estimator`.

    Returns
    -------
    list of Finding
        The faults; none without a network of this package or without a shape.
    """
    classifier, prefix = find_network(estimator)
    shape = input_shape or fingerprint_shape(estimator)
    if classifier is None or shape is None or _module(classifier, shape) is None:
        return []
    module = _module(classifier, shape)
    findings = _foreign_parameters(classifier, module)
    if not findings and module is FingerprintMLP:
        findings = _mlp_findings(classifier, shape)
    elif not findings:
        findings = [
            Finding(item.level, f"module__{item.parameter}", item.message)
            for item in check_architecture(shape, **_architecture(classifier))
        ]
    return [
        Finding(item.level, f"{prefix}{item.parameter}", item.message)
        for item in findings
    ]


def takes_parameters(estimator: Any, input_shape: Sequence[int]) -> bool:
    """Return whether a network has all parameters that are set for it.

    Parameters
    ----------
    estimator : estimator
        A `FingerprintClassifier`, or what holds one.
    input_shape : tuple of int
        Shape of one fingerprint, which the default network depends on.

    Returns
    -------
    bool
        True also where there is no network of this package.
    """
    classifier, _ = find_network(estimator)
    module = None if classifier is None else _module(classifier, input_shape)
    return module is None or not _foreign_parameters(classifier, module)


def _foreign_parameters(classifier, module):
    """Return the parameters that are set and that the network does not take."""
    known = [name for name in signature(module).parameters if name not in _GIVEN]
    return [
        Finding(
            "impossible",
            f"module__{name}",
            f"{module.__name__} has no parameter {name}.{nearest_name(name, known)}",
        )
        for name in classifier._parameters_of("module")
        if name not in known
    ]


def _mlp_findings(classifier, shape):
    """Return the faults of a fully connected network, parameter by parameter."""
    findings = []
    for name, value in classifier._parameters_of("module").items():
        try:
            with torch.device("meta"):
                FingerprintMLP(shape, 2, **{name: value})
        except (TypeError, ValueError) as error:
            findings.append(Finding("impossible", f"module__{name}", str(error)))
    return findings


def network_size(
    estimator: Any, n_classes: int, input_shape: Sequence[int] | None = None
) -> NetworkSize | None:
    """Return the size of an estimator's network, None without network or shape.

    Parameters
    ----------
    estimator : estimator
        A `FingerprintClassifier`, or what holds one.
    n_classes : int
        Number of classes.
    input_shape : tuple of int, default=None
        Shape of one fingerprint; None takes that of the transformer in `estimator`.

    Returns
    -------
    NetworkSize or None
        The size; None for modules that are not of this package, too.
    """
    classifier, _ = find_network(estimator)
    shape = input_shape or fingerprint_shape(estimator)
    if classifier is None or shape is None or _module(classifier, shape) is None:
        return None
    if _module(classifier, shape) is FingerprintMLP:
        n_parameters = planned_parameters(classifier, shape, n_classes)
        return NetworkSize(n_parameters, n_parameters)
    return _cnn_size(classifier, shape, n_classes)


def _module(classifier, shape):
    """Return the network of this package that a classifier makes, None if another."""
    module = classifier.module or default_module(shape)
    return module if module in DEFAULT_MODULES else None


def _architecture(classifier):
    """Return the parameters of the layer catalogue that are set."""
    params = classifier._parameters_of("module")
    params.pop("check_rules", None)
    return params


def _cnn_size(classifier, shape, n_classes):
    """Sum weights and multiplications over the layers.

    A filter is applied once for each element of its output, and so is each of its
    weights; a fully connected layer has one such place.
    """
    architecture = complete_architecture(_architecture(classifier))
    layers = plan_layers(shape, n_classes, architecture)
    return NetworkSize(
        sum(layer.n_parameters for layer in layers),
        sum(layer.n_parameters * prod(layer.output_shape[1:]) for layer in layers),
    )
