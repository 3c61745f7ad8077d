"""Fitted classifiers of fingerprints as ONNX graphs, layer by layer.

The graphs are built from the weights rather than traced: the networks of this package
are chains of seven kinds of layers, forests and linear models are one node each, and
neither torch's exporter with its onnxscript nor skl2onnx is needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from torch import nn

from .._utils.optional import import_optional
from ..neural import FingerprintClassifier, FingerprintCNN, FingerprintMLP
from ..neural.layers import GeneratorDropout

# the oldest operators that the nodes need, so that old runtimes load the files
OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8  # that of these operators
INPUT, OUTPUT = "fingerprints", "probabilities"
TREES = (DecisionTreeClassifier, ExtraTreeClassifier)
FORESTS = (ExtraTreesClassifier, RandomForestClassifier)
LINEAR = (LogisticRegression, LogisticRegressionCV)
NETWORKS = (FingerprintCNN, FingerprintMLP)
EXPORTABLE = (FingerprintClassifier, *FORESTS, *TREES, *LINEAR)


class Graph(NamedTuple):
    """Nodes and weights of a graph."""

    nodes: list[Any]
    weights: list[Any]


def check_exportable(classifier: Any) -> None:
    """Raise for a classifier that has no graph, naming it and what has one."""
    if type(classifier) not in EXPORTABLE:
        names = ", ".join(kind.__name__ for kind in EXPORTABLE)
        raise ValueError(
            f"{type(classifier).__name__} is not exportable; must be one of {names}."
        )
    if isinstance(classifier, FingerprintClassifier):
        _check_network(classifier)


def _check_network(classifier):
    """Raise for a network other than those of this package."""
    module = classifier.net_.module_
    if type(module) not in NETWORKS:
        names = " or ".join(kind.__name__ for kind in NETWORKS)
        raise ValueError(
            f"The module {type(module).__name__} is not exportable; must be {names}."
        )
    if classifier.criterion is not nn.CrossEntropyLoss:
        raise ValueError(
            f"The criterion {classifier.criterion.__name__} is not exportable; must be "
            "CrossEntropyLoss, whose probabilities are the softmax of the network."
        )
    if classifier.augmenter_ is not None:
        raise ValueError("A network with an augmenter is not exportable; it crops X.")


def input_shape(classifier: Any) -> tuple[int, ...]:
    """Return the shape of one fingerprint in the graph of a classifier."""
    if isinstance(classifier, FingerprintClassifier):
        return tuple(map(int, classifier.fingerprint_shape_))
    return (int(classifier.n_features_in_),)


def build_model(classifier: Any, dtype: npt.DTypeLike) -> bytes:
    """Return the ONNX model of a fitted classifier.

    Parameters
    ----------
    classifier : classifier
        One that `check_exportable` accepts.
    dtype : dtype
        Type of the fingerprints, int8 or uint8.

    Returns
    -------
    bytes
        The model, from ``fingerprints`` to ``probabilities`` (float32).
    """
    onnx = import_optional("onnx", extra="onnx")
    helper: Any = onnx.helper
    kind = getattr(onnx.TensorProto, np.dtype(dtype).name.upper())
    graph = Graph([], [])
    if isinstance(classifier, FingerprintClassifier):
        _add_network(graph, classifier, onnx)
    elif type(classifier) in LINEAR:
        _add_linear(graph, classifier, onnx)
    else:
        _add_trees(graph, classifier, onnx)
    shape = ["n_records", *input_shape(classifier)]
    n_classes = len(classifier.classes_)
    scores = ["n_records", n_classes]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            type(classifier).__name__,
            [helper.make_tensor_value_info(INPUT, kind, shape)],
            [helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, scores)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid(*item) for item in OPSETS.items()],
        producer_name="skseisfp",
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _add_network(graph, classifier, onnx):
    """Add the layers of a network, and the softmax of its results."""
    helper = onnx.helper
    graph.nodes.append(
        helper.make_node("Cast", [INPUT], ["x0"], to=onnx.TensorProto.FLOAT)
    )
    last = "x0"
    module = classifier.net_.module_
    for number, layer in enumerate(module.layers, 1):
        described = _describe(layer)
        if described is None:
            continue
        operator, weights, attributes = described
        names = [f"w{number}_{position}" for position in range(len(weights))]
        graph.weights.extend(
            onnx.numpy_helper.from_array(_plain(weight), name)
            for weight, name in zip(weights, names, strict=True)
        )
        result = f"x{number}"
        graph.nodes.append(
            helper.make_node(operator, [last, *names], [result], **attributes)
        )
        last = result
    graph.nodes.append(helper.make_node("Softmax", [last], [OUTPUT], axis=1))


def _describe(layer):
    """Return operator, weights and attributes of a layer, None for dropout."""
    match layer:
        case GeneratorDropout():
            return None
        case nn.Flatten():
            return "Flatten", [], {"axis": 1}
        case nn.ReLU():
            return "Relu", [], {}
        case nn.Linear():
            return "Gemm", [layer.weight, layer.bias], {"transB": 1}
        case nn.Conv2d():
            padding: Any = layer.padding
            attributes = {"strides": layer.stride, "pads": padding * 2}
            return "Conv", [layer.weight, layer.bias], attributes
        case nn.BatchNorm2d():
            statistics = [layer.running_mean, layer.running_var]
            weights = [layer.weight, layer.bias, *statistics]
            return "BatchNormalization", weights, {"epsilon": layer.eps}
        case nn.AvgPool2d():
            sizes = [_pair(value) for value in (layer.kernel_size, layer.stride)]
            attributes = dict(zip(("kernel_shape", "strides"), sizes, strict=True))
            return "AveragePool", [], attributes
    raise ValueError(f"The layer {type(layer).__name__} is not exportable.")


def _pair(value):
    """Return a size as rows and columns."""
    return [value, value] if isinstance(value, int) else list(value)


def _plain(weight: torch.Tensor):
    """Return a weight as an array."""
    return weight.detach().cpu().numpy()


def _add_linear(graph, classifier, onnx):
    """Add a linear model in double precision, and the softmax of its results."""
    helper, tensor = onnx.helper, onnx.TensorProto
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(coef) == 1:  # of two classes: the sigmoid is a softmax over 0 and the score
        coef, intercept = (np.concatenate([0 * a, a]) for a in (coef, intercept))
    graph.weights.extend(
        onnx.numpy_helper.from_array(np.asarray(values, dtype=float), name)
        for values, name in ((coef.T, "coef"), (intercept, "intercept"))
    )
    graph.nodes.extend(
        (
            helper.make_node("Cast", [INPUT], ["x"], to=tensor.DOUBLE),
            helper.make_node("MatMul", ["x", "coef"], ["product"]),
            helper.make_node("Add", ["product", "intercept"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["shares"], axis=1),
            helper.make_node("Cast", ["shares"], [OUTPUT], to=tensor.FLOAT),
        )
    )


def _add_trees(graph, classifier, onnx):
    """Add a tree, or the mean of a forest."""
    trees = getattr(classifier, "estimators_", [classifier])
    columns = {name: [] for name in _TREE_ATTRIBUTES}
    for number, tree in enumerate(trees):
        for name, values in _tree_columns(tree.tree_, number, len(trees)).items():
            columns[name].extend(values)
    graph.nodes.extend(
        (
            onnx.helper.make_node("Cast", [INPUT], ["x"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node(
                "TreeEnsembleRegressor",
                ["x"],
                [OUTPUT],
                domain="ai.onnx.ml",
                n_targets=len(classifier.classes_),
                aggregate_function="SUM",
                post_transform="NONE",
                **columns,
            ),
        )
    )


_TREE_ATTRIBUTES = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_modes",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "target_treeids",
    "target_nodeids",
    "target_ids",
    "target_weights",
)


def _tree_columns(tree, number, n_trees):
    """Return the attributes of one tree, with its shares divided by the number."""
    leaf = tree.children_left < 0
    nodes = np.arange(tree.node_count)
    # values of fingerprints are integers: half-way thresholds decide alike, exactly
    thresholds = np.where(leaf, 0.0, np.floor(tree.threshold) + 0.5)
    shares = tree.value[:, 0] / tree.value[:, 0].sum(axis=1, keepdims=True) / n_trees
    at, classes = np.nonzero((shares > 0) & leaf[:, None])
    columns = (
        np.full(tree.node_count, number),
        nodes,
        np.where(leaf, 0, tree.feature),
        thresholds,
        np.where(leaf, "LEAF", "BRANCH_LEQ"),
        np.where(leaf, 0, tree.children_left),
        np.where(leaf, 0, tree.children_right),
        np.full(len(at), number),
        at,
        classes,
        shares[at, classes],
    )
    return {
        name: values.tolist()
        for name, values in zip(_TREE_ATTRIBUTES, columns, strict=True)
    }
