"""The convolutional network for fingerprints."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch

from .architecture import (
    check_architecture,
    complete_architecture,
    plan_layers,
    raise_if_impossible,
)
from .catalogue import default_architecture, is_architecture_parameter
from .layers import GeneratorModule, build_layers


class FingerprintCNN(GeneratorModule):
    """Convolutional network of few cycles for binary fingerprints.

    A cycle is convolution, batch normalisation, ReLU, dropout and average pooling;
    after the last one come fully connected layers. The defaults are the published
    optimum; the stride of the pools is not published.

    Parameters
    ----------
    input_shape : tuple of int, (n_channels, rows, columns)
        Shape of one fingerprint.
    n_classes : int
        Number of classes.
    n_cycles : int, default=2
        Number of cycles. Parameters of the third and further cycles continue the
        names (``conv3_filter_size``); their defaults are those of the second cycle.
    conv1_filter_size : int, default=2
        Rows and columns of the filters in the first convolution.
    conv1_n_filters : int, default=8
        Number of filters in the first convolution.
    conv1_stride : int, default=1
        Step of the filters in the first convolution.
    conv1_padding : int, default=1
        Zeros on each side of the first convolution.
    dropout1_p : float, default=0.3
        Probability to drop an element in the first cycle.
    pool1_size : int, default=2
        Rows and columns of the first averaging window.
    pool1_stride : int, default=2
        Step of the first averaging window.
    conv2_filter_size : int, default=5
        Rows and columns of the filters in the second convolution.
    conv2_n_filters : int, default=56
        Number of filters in the second convolution.
    conv2_stride : int, default=1
        Step of the filters in the second convolution.
    conv2_padding : int, default=2
        Zeros on each side of the second convolution.
    dropout2_p : float, default=0.5
        Probability to drop an element in the second cycle.
    pool2_size : int, default=2
        Rows and columns of the second averaging window.
    pool2_stride : int, default=2
        Step of the second averaging window.
    hidden_sizes : tuple of int, default=()
        Sizes of fully connected layers before the output; ReLU and dropout follow
        each of them.
    hidden_dropout_p : float, default=0.0
        Probability to drop an element of a hidden layer.
    check_rules : bool, default=True
        Warn of settings outside the rules of [1]_.
    **further_cycles : object
        Parameters of the third and further cycles.

    Raises
    ------
    ValueError
        If a setting is impossible, such as a filter larger than its input.

    Warns
    -----
    UserWarning
        If a padding or a stride is not below its window, unless both are defaults.

    Notes
    -----
    The network of [1]_. For one channel of 64 x 64 and three classes it has 54,435
    parameters, and 678,219 with the stride 1 of both pools that follows from the
    rules of the paper. Stride 2 is the default because it achieved a higher event AUC
    in as many epochs at a sixth of the cost (``benchmarks/pool_stride.py``).

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> import torch
    >>> from skseisfp.neural import FingerprintCNN
    >>> network = FingerprintCNN((1, 64, 64), 3)
    >>> network(torch.zeros(5, 1, 64, 64)).shape
    torch.Size([5, 3])
    >>> sum(parameter.numel() for parameter in network.parameters())
    54435
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        n_classes: int,
        *,
        n_cycles: int = 2,
        conv1_filter_size: int = 2,
        conv1_n_filters: int = 8,
        conv1_stride: int = 1,
        conv1_padding: int = 1,
        dropout1_p: float = 0.3,
        pool1_size: int = 2,
        pool1_stride: int = 2,
        conv2_filter_size: int = 5,
        conv2_n_filters: int = 56,
        conv2_stride: int = 1,
        conv2_padding: int = 2,
        dropout2_p: float = 0.5,
        pool2_size: int = 2,
        pool2_stride: int = 2,
        hidden_sizes: Sequence[int] = (),
        hidden_dropout_p: float = 0.0,
        check_rules: bool = True,
        **further_cycles: Any,
    ) -> None:
        given = locals()
        super().__init__()
        defaults = default_architecture()
        params = {
            name: given[name] for name in defaults if given[name] != defaults[name]
        }
        params |= further_cycles
        findings = check_architecture(input_shape, **params)
        raise_if_impossible(findings)
        for finding in findings if check_rules else ():
            warnings.warn(finding.message, UserWarning, stacklevel=2)
        self.layers = build_layers(
            plan_layers(input_shape, n_classes, complete_architecture(params))
        )

    def forward(self, X: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        """Return the logits of the classes.

        Parameters
        ----------
        X : Tensor of shape (n_fingerprints, n_channels, rows, columns)
            Fingerprints.
        **kwargs : object
            Ignored; skorch passes fit parameters here.

        Returns
        -------
        Tensor of shape (n_fingerprints, n_classes)
            Logits.
        """
        return self.layers(X)

    @staticmethod
    def accepts_parameter(name: str) -> bool:
        """Return whether a name is a parameter of this network, in any cycle.

        Parameters
        ----------
        name : str
            The name.

        Returns
        -------
        bool
            True for ``check_rules`` and the names of the layer catalogue.
        """
        return is_architecture_parameter(name) or name == "check_rules"
