"""The network in an estimator, its faults and its size, before any fit."""

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class NetworkSize:
    """What a network costs."""

    n_parameters: int
    operations: int


def find_network(estimator):
    """Return the `FingerprintClassifier` in an estimator and its prefix of names.

    Returns
    -------
    classifier : FingerprintClassifier or None
        None if there is none.
    prefix : str
        ``"classifier__"`` for the step ``classifier``; empty for the estimator itself.
    """
    from . import FingerprintClassifier

    return _find(estimator, FingerprintClassifier)


def _find(estimator, kind):
    """Return the first part of an estimator of a class, and its prefix of names."""
    if isinstance(estimator, kind):
        return estimator, ""
    for name, part in estimator.get_params(deep=True).items():
        if isinstance(part, kind):
            return part, f"{name}__"
    return None, ""


def fingerprint_shape(estimator):
    """Return (channels, rows, columns) of a one-channel print, None if unknown.

    Flat fingerprints have the shape (features,).
    """
    from ..preprocessing import FingerprintTransformer

    transformer, _ = _find(estimator, FingerprintTransformer)
    if transformer is None:
        return None
    shape = transformer._layout.planes
    return (prod(shape),) if transformer.flatten else shape


def architecture_findings(estimator, input_shape=None):
    """Return the faults of an estimator's network by the names of its parameters."""
    from . import Finding, FingerprintMLP, check_architecture

    classifier, prefix = find_network(estimator)
    shape = input_shape or fingerprint_shape(estimator)
    if classifier is None or shape is None:
        return []
    findings = []
    module = _module(classifier, shape)
    if module is FingerprintMLP:
        try:
            _mlp_size(classifier, shape, 2)
        except (TypeError, ValueError) as error:
            findings = [Finding("impossible", "module", str(error))]
    elif module is not None:
        findings = [
            Finding(item.level, f"module__{item.parameter}", item.message)
            for item in check_architecture(shape, **_architecture(classifier))
        ]
    return [
        Finding(item.level, f"{prefix}{item.parameter}", item.message)
        for item in findings
    ]


def network_size(estimator, n_classes, input_shape=None):
    """Return the size of an estimator's network, None without network or shape."""
    from . import FingerprintMLP

    classifier, _ = find_network(estimator)
    shape = input_shape or fingerprint_shape(estimator)
    if classifier is None or shape is None:
        return None
    module = _module(classifier, shape)
    if module is None:
        return None
    size = _mlp_size if module is FingerprintMLP else _cnn_size
    return size(classifier, shape, n_classes)


def _module(classifier, shape):
    """Return the package's network that a classifier makes, None if another."""
    from . import FingerprintCNN, FingerprintMLP

    if classifier.module is None:
        return FingerprintCNN if len(shape) == 3 else FingerprintMLP
    known = classifier.module in (FingerprintCNN, FingerprintMLP)
    return classifier.module if known else None


def _module_parameters(classifier):
    return {
        name.removeprefix("module__"): value
        for name, value in classifier._passed_parameters().items()
        if name.startswith("module__")
    }


def _architecture(classifier):
    params = _module_parameters(classifier)
    params.pop("check_rules", None)
    return params


def _cnn_size(classifier, shape, n_classes):
    """Sum parameters and multiplications over the layers."""
    from .architecture import complete_architecture, plan_layers

    architecture = complete_architecture(_architecture(classifier))
    layers = plan_layers(shape, n_classes, architecture)
    return NetworkSize(
        sum(layer.n_parameters for layer in layers),
        sum(layer.n_parameters * prod(layer.output_shape[1:]) for layer in layers),
    )


def _mlp_size(classifier, shape, n_classes):
    """Count the parameters of a fully connected network without allocating them."""
    import torch

    from . import FingerprintMLP

    with torch.device("meta"):
        net = FingerprintMLP(shape, n_classes, **_module_parameters(classifier))
    n_parameters = sum(parameter.numel() for parameter in net.parameters())
    return NetworkSize(n_parameters, n_parameters)
