"""The gradient of a fitted network's error on held-out records."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._utils.nested_estimators import nested
from .weighted import encode

BATCH_SIZE = 256  # records at a time, for memory only: the gradient is their sum


def neg_gradient_of_error(estimator: Any, X: Any, y: npt.ArrayLike) -> float:
    r"""Return minus the gradient of a fitted network's error on held-out records.

    Parameters
    ----------
    estimator : FingerprintClassifier
        Fitted classifier that holds a skorch network as `net_`, alone, as the last step
        of a :class:`~sklearn.pipeline.Pipeline`, or in a search or an
        :class:`~skseisfp.ensemble.EventVoteClassifier`.
    X : array-like of shape (n_records, ...)
        Records, in the form that `estimator` predicts from.
    y : array-like of shape (n_records,)
        Labels.

    Returns
    -------
    float
        :math:`-\lVert \nabla_w L \rVert_2 / \sqrt{n}`, with the mean
        cross-entropy L of the records and the n weights w of the network; at most 0.

    Raises
    ------
    TypeError
        If `estimator` has no network.
    ValueError
        If a label was not among those trained on.

    Notes
    -----
    It is a scorer: greater is better, that is, flatter. The network is in evaluation
    mode, view 0 of each record is used, and the errors have no class weights. The root
    of n makes networks of different size comparable. The gradient of a score over a
    grid of parameters is another quantity, which no scorer can compute:
    :meth:`skseisfp.sweep.ResultCube.gradient`.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.metrics import neg_gradient_of_error
    >>> from skseisfp.neural import FingerprintClassifier
    >>> X = np.random.default_rng(0).integers(0, 2, (40, 32)).astype(np.uint8)
    >>> y = X[:, 0]
    >>> network = FingerprintClassifier(max_epochs=2, random_state=0).fit(X, y)
    >>> neg_gradient_of_error(network, X, y) < 0
    True
    """
    import torch

    from .._utils.torch_state import plain_torch

    classifier, X = _network_and_input(estimator, X)
    codes = encode(y, classifier.classes_)
    fingerprints, network = _first_views(X), classifier.net_
    weights = [w for w in network.module_.parameters() if w.requires_grad]
    sums = [torch.zeros_like(w) for w in weights]
    was_training = network.module_.training
    network.module_.eval()
    batches = np.array_split(np.arange(len(codes)), -(-len(codes) // BATCH_SIZE))
    try:
        with plain_torch(network.device):
            for rows in batches:
                error = _summed_error(network, fingerprints[rows], codes[rows])
                parts = torch.autograd.grad(error, weights, materialize_grads=True)
                for total, part in zip(sums, parts, strict=True):
                    total += part
    finally:
        network.module_.train(was_training)
    square = sum(float(total.double().square().sum()) for total in sums)
    n_weights = sum(w.numel() for w in weights)
    return float(-np.sqrt(square / n_weights) / len(codes))


def _summed_error(network, fingerprints, codes):
    """Return the summed cross-entropy of a batch."""
    import torch

    output = network.infer(torch.as_tensor(fingerprints, dtype=torch.float32))
    output = output[0] if isinstance(output, tuple) else output
    if isinstance(network.criterion_, torch.nn.NLLLoss):
        likelihood = torch.log(output.clamp_min(torch.finfo(output.dtype).tiny))
    else:
        likelihood = torch.log_softmax(output, dim=1)
    target = torch.as_tensor(codes, device=output.device)
    return torch.nn.functional.nll_loss(likelihood, target, reduction="sum")


def _network_and_input(estimator, X):
    """Follow searches and pipelines to the network; return it with its input."""
    for inner in nested(estimator):
        if hasattr(inner, "net_"):
            return inner, X
        if hasattr(inner, "steps") and len(inner) > 1:
            X = inner[:-1].transform(X)
    raise TypeError(
        "neg_gradient_of_error needs a fitted classifier that holds a network as net_; "
        f"found {type(inner).__name__}."
    )


def _first_views(X):
    """Return view 0 of fingerprints, with a channel axis where they are images."""
    X = np.asarray(X)
    if X.ndim == 5:
        return X[:, 0]
    return X[:, None] if X.ndim == 3 else X
