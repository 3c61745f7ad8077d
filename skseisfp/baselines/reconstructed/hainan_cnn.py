"""The lightweight network of Zhou et al. (2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..._compat import StrOptions
from ..._parameters import COUNT, DROPOUT, FINITE, FRACTION
from ...neural.layers import GeneratorDropout
from ...preprocessing import WaveformAugmenter
from .._constraints import COUNTS
from .._networks import WaveformNet, count_outputs, initialise, pad_same, pad_to
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np

_PADDING = StrOptions({"same", "valid"})
_SIZES = ("kernel_sizes", "n_filters", "pool_sizes", "conv_strides")


class _Pad(nn.Module):
    """Zeros on both sides of the last axis, or of the last two, for ``same``."""

    def __init__(self, size, stride, two_dimensional):
        super().__init__()
        self.size = size
        self.stride = stride
        self.two_dimensional = two_dimensional

    def forward(self, X):
        if self.two_dimensional:
            X = pad_same(X.mT, self.size, 1).mT
        return pad_same(X, self.size, self.stride)


def _cycle_1d(n_inputs, width, size, stride, pool, ceil):
    """Return convolution, ReLU and pool along time."""
    convolution = nn.Conv1d(n_inputs, width, size, stride)
    return convolution, nn.ReLU(), nn.MaxPool1d(pool, ceil_mode=ceil)


def _cycle_2d(n_inputs, width, size, stride, pool, ceil):
    """Return convolution, ReLU and pool on a picture of channels and samples."""
    convolution = nn.Conv2d(n_inputs, width, size, (1, stride))
    return convolution, nn.ReLU(), nn.MaxPool2d((1, pool), ceil_mode=ceil)


class HainanNet(WaveformNet):
    """Three convolutions with pools, dropout and two fully connected layers."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        n_classes: int,
        *,
        kernel_sizes: tuple[int, ...] = (3, 3, 3),
        n_filters: tuple[int, ...] = (4, 8, 16),
        pool_sizes: tuple[int, ...] = (4, 8, 8),
        conv_strides: tuple[int, ...] = (1, 1, 1),
        conv_padding: str = "same",
        pool_padding: str = "valid",
        two_dimensional: bool = False,
        head: str = "flatten",
        dense_size: int = 32,
        dropout_p: float = 0.5,
    ) -> None:
        super().__init__()
        shape = (1, *input_shape[1:]) if two_dimensional else input_shape[1:]
        trunk = nn.Sequential()
        if two_dimensional:
            trunk.append(nn.Unflatten(1, (1, -1)))
        n_inputs = shape[0]
        make_cycle = _cycle_2d if two_dimensional else _cycle_1d
        for size, width, pool, stride in zip(
            kernel_sizes, n_filters, pool_sizes, conv_strides, strict=True
        ):
            if conv_padding == "same":
                trunk.append(_Pad(size, stride, two_dimensional))
            ceil = pool_padding == "same"
            trunk.extend(make_cycle(n_inputs, width, size, stride, pool, ceil))
            n_inputs = width
        if head == "average":
            trunk.append(
                nn.AdaptiveAvgPool2d(1) if two_dimensional else nn.AdaptiveAvgPool1d(1)
            )
        n_flat = count_outputs(trunk, input_shape[1:])
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            GeneratorDropout(dropout_p),
            nn.Linear(n_flat, dense_size),
            nn.ReLU(),
            nn.Linear(dense_size, n_classes),
        )
        initialise(self)


class HainanCNN(NetworkBaseline):
    """Lightweight network of three convolutions, a reconstruction after Zhou et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 100 Hz.
    kernel_sizes : tuple of int, default=(3, 3, 3)
        Samples of the filters of each convolution.
    n_filters : tuple of int, default=(4, 8, 16)
        Number of filters of each convolution.
    pool_sizes : tuple of int, default=(4, 8, 8)
        Samples of each pool, and of its stride.
    conv_strides : tuple of int, default=(1, 1, 1)
        Stride of each convolution.
    conv_padding : {"same", "valid"}, default="same"
        Whether convolutions are padded or lose the ends.
    pool_padding : {"same", "valid"}, default="valid"
        Whether pools are padded or leave out samples that do not fill one.
    two_dimensional : bool, default=False
        Whether filters extend over as many channels as samples, on a picture of samples
        and channels; pools and strides are along time only.
    head : {"flatten", "average"}, default="flatten"
        What goes into the fully connected layers: all of the last pool or its average
        over time.
    dense_size : int in [1, inf), default=32
        Size of the hidden fully connected layer.
    dropout_p : float in [0, 1), default=0.5
        Probability to drop an input of the hidden fully connected layer.
    crop : int in [1, inf), default=9000
        Samples at 100 Hz of the part of longer records that is used: a random one while
        training, drawn again in every epoch, else the middle. None uses all of each
        record.
    augment_p : float in [0, 1], default=0.3
        Part of the records that are shifted and to which noise is added while training.
    noise_snr_db : float in (-inf, inf), default=10.0
        Signal-to-noise ratio of that noise in decibels.

    Notes
    -----
    A reconstruction, not the authors' layout: [1]_ gives three convolutions, three
    pools, one dropout, one hidden fully connected layer and 18,562 parameters for three
    channels of 90 s and two classes. Thousands of combinations of sizes sum to that;
    the default is the only one with equal odd kernels up to 15, doubling filters and a
    power of two in the hidden layer. Others with the same number of parameters:

    =========  ==========  ===========  ==========================================
    kernels    filters     pools        other parameters
    =========  ==========  ===========  ==========================================
    3, 3, 3    8, 16, 32   20, 20, 20   ``two_dimensional=True, dense_size=128``
    13 each    20 each     10, 10, 10   ``dense_size=40``
    17 each    8, 16, 32   8, 8, 10     ``dense_size=16``
    21 each    16 each     9, 9, 9      ``dense_size=32, pool_padding="same"``
    7 each     10 each     6, 6, 6      ``dense_size=40, pool_padding="same"``
    11, 5, 5   4, 8, 16    8, 8, 8      ``dense_size=64``
    15, 9, 9   8, 16, 32   9, 9, 9      ``dense_size=32``
    9 each     4, 16, 64   any          ``dense_size=128, head="average"``
    7 each     32, 32, 8   4, 4, 4      ``dense_size=8, conv_padding="valid"``
    =========  ==========  ===========  ==========================================

    Published: windows from 30 s before to 60 s after the arrival, a random part of
    9,000 samples of the record in every epoch, straight line removed, fourth-order
    high-pass at 2 Hz, values between -1 and 1, cross-entropy, batches of 128,
    translation and noise with probability 0.3. Records have to be longer than 90 s for
    the random parts, with the published window in their middle. Ours: Adam with 1e-3,
    early stopping with at most 100 epochs, dropout of 0.5 before the hidden layer,
    shifts of up to a tenth of the record, noise of 10 dB, one scale for all channels of
    a record before it is cut, and one pass of the filter, forwards: whether the authors
    ran it backwards, too, is not published, and that would double its order.

    Records shorter than the pools need are padded with zeros.

    The paper reports 97.49 % of 438 events (earthquakes and blasts, split by event) by
    a majority of their records, and 94.54 % of the records, with 83.3 % of the events
    being blasts: a balanced accuracy of 94.1 % by event. See
    `skseisfp.ensemble.EventVoteClassifier` for the vote.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import HainanCNN
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = HainanCNN(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Zhou et al.",
        year=2025,
        task="earthquake or blast",
        input="waveforms, 90 s",
        record_shape=(3, 9000),
        published_parameters=18_562,
        exactness="reconstruction",
        figure="accuracy 97.49 % of events (427 of 438), 94.54 % of records",
        measured_on="365 earthquakes and 1,825 blasts at 24 stations, 17,689 records",
        split="event-wise: 20 % of the events for the test",
        caveats=(
            "Kernels, filters, strides, pools and dropout are not published; many "
            "networks have 18,562 parameters. The majority class alone has 83.3 % of "
            "the test events. Records were selected by hand, too."
        ),
        source="paper",
    )
    _module = HainanNet
    _module_parameters = (
        *_SIZES,
        "conv_padding",
        "pool_padding",
        "two_dimensional",
        "head",
        "dense_size",
        "dropout_p",
    )
    _f_min = 2.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        **{name: [COUNTS] for name in _SIZES},
        "conv_padding": [_PADDING],
        "pool_padding": [_PADDING],
        "two_dimensional": ["boolean"],
        "head": [StrOptions({"flatten", "average"})],
        "dense_size": [COUNT],
        "dropout_p": [DROPOUT],
        "crop": [COUNT, None],
        "augment_p": [FRACTION],
        "noise_snr_db": [FINITE],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        kernel_sizes: tuple[int, ...] = (3, 3, 3),
        n_filters: tuple[int, ...] = (4, 8, 16),
        pool_sizes: tuple[int, ...] = (4, 8, 8),
        conv_strides: tuple[int, ...] = (1, 1, 1),
        conv_padding: str = "same",
        pool_padding: str = "valid",
        two_dimensional: bool = False,
        head: str = "flatten",
        dense_size: int = 32,
        dropout_p: float = 0.5,
        crop: int | None = 9000,
        augment_p: float = 0.3,
        noise_snr_db: float = 10.0,
        max_epochs: int = 100,
        batch_size: int = 128,
        lr: float = 1e-3,
        early_stopping: bool = True,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            verbose=verbose,
            device=device,
            random_state=random_state,
        )
        self.kernel_sizes = kernel_sizes
        self.n_filters = n_filters
        self.pool_sizes = pool_sizes
        self.conv_strides = conv_strides
        self.conv_padding = conv_padding
        self.pool_padding = pool_padding
        self.two_dimensional = two_dimensional
        self.head = head
        self.dense_size = dense_size
        self.dropout_p = dropout_p
        self.crop = crop
        self.augment_p = augment_p
        self.noise_snr_db = noise_snr_db

    def _check_combinations(self, X):
        super()._check_combinations(X)
        lengths = [len(getattr(self, name)) for name in _SIZES]
        if len(set(lengths)) > 1 or not lengths[0]:
            raise ValueError(
                f"{', '.join(_SIZES)} must have one value for each convolution; got "
                f"{', '.join(map(str, lengths))} values."
            )
        self._check_channels(X.shape[1])
        least = self._least_samples()
        if self.crop is not None and self.crop < least:
            raise ValueError(
                f"crop must be an integer >= {least}, the samples that convolutions "
                f"and pools need, or None; got {self.crop!r}."
            )

    def _check_channels(self, n_channels):
        """Raise if convolutions without padding leave nothing of the channels."""
        lost = sum(self.kernel_sizes) - len(self.kernel_sizes)
        if self.two_dimensional and self.conv_padding == "valid" and lost >= n_channels:
            raise ValueError(
                'conv_padding="valid" and two_dimensional=True need more than '
                f"{lost} channels for kernel_sizes={self.kernel_sizes!r}; got records "
                f"of {n_channels}."
            )

    def _make_augmenter(self):
        return WaveformAugmenter(
            crop=self.crop, probability=self.augment_p, snr_db=self.noise_snr_db
        )

    def _prepare(self, X):
        inputs, classifier = super()._prepare(X)
        if self.crop is not None and inputs.shape[-1] <= self.crop:
            classifier.set_params(augmenter__crop=None)
        return inputs, classifier

    def _represent(self, X):
        X = self._preprocess(X, zero_phase=False)
        return pad_to(X, [self._least_samples()])

    def _least_samples(self):
        """Count the samples that leave one in the last pool."""
        least = 1
        sizes = zip(self.kernel_sizes, self.pool_sizes, self.conv_strides, strict=True)
        for kernel, pool, stride in list(sizes)[::-1]:
            least = (least * pool - 1) * stride + kernel
        return least
