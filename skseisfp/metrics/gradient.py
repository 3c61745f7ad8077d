"""The gradient of a fitted network's error on held-out records."""

import numpy as np

from .._utils.nesting import nested
from .weighted import encode

BATCH_SIZE = 256


def neg_gradient_of_error(estimator, X, y):
    r"""Score a fitted network by minus the gradient of its error on held-out records.

    Parameters
    ----------
    estimator : FingerprintClassifier
        Fitted classifier that holds a skorch network as `net_`, bare, as the last step
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
        If there is no network in `estimator`.
    ValueError
        If a label was not among those trained on.

    Notes
    -----
    A scorer as it stands: greater is better, that is, flatter. The network is in
    evaluation mode, records are read by their view 0, and class weights do not enter.
    The root of n makes networks of different size comparable. How steep the quality is
    over a grid of parameters is another gradient, and no scorer can see it.

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

    from .._utils.torch_sums import reproducible_sums

    classifier, X = _network_and_input(estimator, X)
    codes = encode(y, classifier.classes_)
    fingerprints, net = _first_views(X), classifier.net_
    weights = [w for w in net.module_.parameters() if w.requires_grad]
    sums = [torch.zeros_like(w) for w in weights]
    was_training = net.module_.training
    net.module_.eval()
    batches = np.array_split(np.arange(len(codes)), -(-len(codes) // BATCH_SIZE))
    try:
        with reproducible_sums(net.device):
            for rows in batches:
                error = _summed_error(net, fingerprints[rows], codes[rows])
                parts = torch.autograd.grad(error, weights, materialize_grads=True)
                for total, part in zip(sums, parts, strict=True):
                    total += part
    finally:
        net.module_.train(was_training)
    square = sum(float(total.double().square().sum()) for total in sums)
    n_weights = sum(w.numel() for w in weights)
    return float(-np.sqrt(square / n_weights) / len(codes))


def _summed_error(net, fingerprints, codes):
    """Return the summed cross-entropy of a batch."""
    import torch

    output = net.infer(torch.as_tensor(fingerprints, dtype=torch.float32))
    output = output[0] if isinstance(output, tuple) else output
    if isinstance(net.criterion_, torch.nn.NLLLoss):
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
