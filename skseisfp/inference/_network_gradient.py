"""Contributions of cells by the gradient of a network, back through the Haar."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from .._utils.torch_state import plain_torch
from ..ensemble import MultiViewClassifier
from ..neural import FingerprintClassifier
from ..neural.data import with_views
from ..signal import get_encoding, haar2d, inverse_haar2d
from ..signal.encoding import Interleaved
from ._cells import QUIET, overlaps
from ._record_classifier import fingerprint_steps

_STEPS = 32  # of the path, at which sums of contributions are within 1 % of the change


def find_network(classifier: Any) -> FingerprintClassifier | None:
    """Return the network after the fingerprint, None where it is another classifier."""
    found = fingerprint_steps(classifier)
    if found is None or len(found[2]) != 1:
        return None
    last = found[2][0]
    for name in ("estimator_", "network_"):
        last = getattr(last, name, last)
    return last if isinstance(last, FingerprintClassifier) else None


def attribute_to_cells(
    classifier: Any,
    X: npt.NDArray,
    columns: npt.NDArray,
    *,
    band_edges: npt.NDArray,
    window_edges: npt.NDArray,
) -> npt.NDArray[np.float64]:
    """Return the contributions of cells, of shape (n_records, n_bands, n_windows).

    Raises
    ------
    TypeError
        If no network follows on the only step that makes fingerprints.
    ValueError
        If the network or the encoding is of an unknown kind.
    """
    network, found = find_network(classifier), fingerprint_steps(classifier)
    if network is None or found is None:
        raise TypeError(
            "method='gradient' needs a pipeline whose last steps are one "
            "FingerprintTransformer and a FingerprintClassifier; use "
            "method='occlusion' for other classifiers."
        )
    before, transformer, (last,) = found
    for step in before:
        X = step.transform(X)
    fingerprints = transformer.transform(X)
    views = _views_of(fingerprints, transformer)
    gradients = _integrated_gradients(network, last, fingerprints, views, columns)
    by_coefficient = _by_coefficient(gradients, transformer, views)
    images = _images_of_cells(by_coefficient, transformer, X)
    in_bands = overlaps(np.log(transformer.frequencies_), np.log(band_edges))
    in_windows = overlaps(transformer.times_.copy(), window_edges)
    return np.einsum("nrc,rb,cw->nbw", images, in_bands, in_windows)


def _views_of(fingerprints, transformer):
    """Return the number of views of each record."""
    with_views = fingerprints.ndim == (3 if transformer.flatten else 5)
    return fingerprints.shape[1] if with_views else 1


def _integrated_gradients(network, last, fingerprints, n_views, columns):
    """Return the contributions of the values of fingerprints, (n_records, views, -1).

    The path leads from the fingerprint of a record without signal, which has no
    coefficients, straight to that of the record.
    """
    wrapped = isinstance(last, MultiViewClassifier)
    if wrapped:
        values = fingerprints.reshape(len(fingerprints), n_views, -1)
    else:
        values = with_views(fingerprints)
    # a network in a wrapper gets the views one by one
    if (last if wrapped else network).predict_views == "first":
        values = values[:, :1]
    found = np.zeros((len(values), n_views, values[0, 0].size))
    network.net_.module_.eval()
    with plain_torch(network.device_):
        for row, column in enumerate(columns):
            end = torch.from_numpy(np.ascontiguousarray(values[row], dtype=np.float32))
            total = torch.zeros_like(end)
            for step in range(_STEPS):
                point = ((step + 0.5) / _STEPS * end).requires_grad_()
                odds = _log_odds(_probabilities(network, point).mean(0), int(column))
                total += torch.autograd.grad(odds, point)[0]
            part = (total / _STEPS * end).reshape(len(end), -1)
            found[row, : len(end)] = part.numpy()
    return found


def _probabilities(network, values):
    """Return the probabilities of the classes, which depend on values."""
    outputs = network.net_.infer(values)
    criterion = network.net_.criterion_
    if isinstance(criterion, nn.CrossEntropyLoss):
        return outputs.softmax(dim=1)
    if isinstance(criterion, nn.NLLLoss):
        return outputs
    raise ValueError(
        "method='gradient' needs a network with CrossEntropyLoss or NLLLoss; got "
        f"{type(criterion).__name__}. Use method='occlusion'."
    )


def _log_odds(probabilities, column):
    """Return the log-odds of a class."""
    least = torch.finfo(probabilities.dtype).tiny
    others = probabilities.sum() - probabilities[column]
    return torch.log(probabilities[column] + least) - torch.log(others + least)


def _by_coefficient(gradients, transformer, n_views):
    """Return contributions of coefficients, (n_records, views, channels, ...)."""
    rows, columns = transformer.shape
    encoding = get_encoding(transformer.encoding)
    planes = encoding.fingerprint_shape(rows, columns)
    values = gradients.reshape(len(gradients), n_views, -1, *planes)
    if isinstance(encoding, Interleaved):
        pairs = (*values.shape[:-2], rows, 2, columns)
        return values.reshape(pairs).sum(axis=(3, 5))
    if planes[1:] != (rows, columns):
        raise ValueError(
            f"method='gradient' cannot assign the values of encoding={encoding!r} to "
            "coefficients: its planes have other rows than images. Use "
            "method='occlusion'."
        )
    return values.sum(axis=3)


def _images_of_cells(contributions, transformer, X):
    """Return contributions of the cells of scalograms, summed over views and channels.

    A sign is its coefficient over the magnitude of this, so that a contribution is
    passed on to the cells by the inverse transform of contribution over coefficient,
    times the height of a cell above the quiet level of its row.
    """
    shape = contributions.shape
    images = transformer.scalogram(X)
    slopes = _over(contributions, transformer.haar_coefficients(X).reshape(shape))
    if transformer.standardize is not None:
        norms = np.linalg.norm(haar2d(images, transformer.haar), axis=(-2, -1))
        slopes = _over(slopes, transformer.scale_)
        slopes = _over(slopes, norms.reshape(*shape[:3], 1, 1))
    images = images.reshape(shape)
    heights = images - np.quantile(images, QUIET, axis=-1, keepdims=True)
    cells = inverse_haar2d(slopes, transformer.haar) * heights
    return cells.sum(axis=(1, 2))


def _over(values, divisors):
    """Divide where neither is zero or missing; the rest is zero."""
    divisors = np.broadcast_to(divisors, values.shape)
    usable = np.isfinite(divisors) & (divisors != 0) & (values != 0)
    return np.divide(values, divisors, out=np.zeros(values.shape), where=usable)
