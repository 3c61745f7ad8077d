"""The lightweight network of Zhou et al. (2025)."""

from numbers import Integral

from sklearn.utils import check_scalar
from torch import nn

from .._utils.checks import check_option, check_real
from ..neural.catalogue import is_count
from ..neural.layers import GeneratorDropout
from ..preprocessing import WaveformAugmenter
from ._base import NetworkBaseline, check_dropout, check_finite, pad_to
from ._networks import WaveformNet, count_outputs, initialise, pad_same

_PADDINGS = ("same", "valid")
_SIZES = ("kernel_sizes", "n_filters", "pool_sizes", "conv_strides")


class _Pad(nn.Module):
    """Zeros on both sides of the last axis, or of the last two, as ``same`` has it."""

    def __init__(self, size, stride, two_dimensional):
        super().__init__()
        self.size = size
        self.stride = stride
        self.two_dimensional = two_dimensional

    def forward(self, X):
        if self.two_dimensional:
            X = pad_same(X.mT, self.size, 1).mT
        return pad_same(X, self.size, self.stride)


class HainanNet(WaveformNet):
    """Three convolutions with pools, dropout and two fully connected layers."""

    def __init__(
        self,
        input_shape,
        n_classes,
        *,
        kernel_sizes=(3, 3, 3),
        n_filters=(4, 8, 16),
        pool_sizes=(4, 8, 8),
        conv_strides=(1, 1, 1),
        conv_padding="same",
        pool_padding="valid",
        two_dimensional=False,
        head="flatten",
        dense_size=32,
        dropout_p=0.5,
    ):
        super().__init__()
        shape = (1, *input_shape[1:]) if two_dimensional else input_shape[1:]
        trunk = nn.Sequential()
        if two_dimensional:
            trunk.append(nn.Unflatten(1, (1, -1)))
        n_inputs = shape[0]
        for size, width, pool, stride in zip(
            kernel_sizes, n_filters, pool_sizes, conv_strides, strict=True
        ):
            if conv_padding == "same":
                trunk.append(_Pad(size, stride, two_dimensional))
            ceil = pool_padding == "same"
            if two_dimensional:
                convolution = nn.Conv2d(n_inputs, width, size, (1, stride))
                pooling = nn.MaxPool2d((1, pool), ceil_mode=ceil)
            else:
                convolution = nn.Conv1d(n_inputs, width, size, stride)
                pooling = nn.MaxPool1d(pool, ceil_mode=ceil)
            trunk.extend([convolution, nn.ReLU(), pooling])
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
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to the published 100 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    kernel_sizes : tuple of int, default=(3, 3, 3)
        Samples of the filters of each convolution.
    n_filters : tuple of int, default=(4, 8, 16)
        Number of filters of each convolution.
    pool_sizes : tuple of int, default=(4, 8, 8)
        Samples of each pool, which is its step, too.
    conv_strides : tuple of int, default=(1, 1, 1)
        Step of each convolution.
    conv_padding : {"same", "valid"}, default="same"
        Whether convolutions are padded or lose the ends.
    pool_padding : {"same", "valid"}, default="valid"
        Whether pools are padded or leave out samples that do not fill one.
    two_dimensional : bool, default=False
        Whether filters extend over as many channels as samples, on a picture of samples
        and channels; pools and steps are along time only.
    head : {"flatten", "average"}, default="flatten"
        What goes into the fully connected layers: all of the last pool or its average
        over time.
    dense_size : int, default=32
        Size of the hidden fully connected layer.
    dropout_p : float, default=0.5
        Probability to drop an input of the hidden fully connected layer.
    crop : int, default=9000
        Samples at 100 Hz of the part of longer records that is used: a random one while
        training, drawn again in every epoch, else the middle. None uses all of each
        record.
    augment_p : float, default=0.3
        Part of the records that are shifted and to which noise is added while training.
    noise_snr_db : float, default=10.0
        Signal-to-noise ratio of that noise in decibels.
    max_epochs : int, default=100
        Largest number of epochs.
    batch_size : int, default=128
        Largest number of records in a batch.
    lr : float, default=1e-3
        Learning rate.
    early_stopping : bool, default=True
        Keep events apart for validation, stop when their loss no longer improves and
        restore the best weights.
    n_jobs : int, default=None
        Number of threads that prepare the records.
    device : str, default="auto"
        Torch device of the network; ``"auto"`` is ``"cuda"`` if there is one and else
        ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout, augmentation and validation split.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : FingerprintClassifier
        The trained network; it holds the history of training.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

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

    Records shorter than the pools need are continued with zeros.

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
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

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

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        kernel_sizes=(3, 3, 3),
        n_filters=(4, 8, 16),
        pool_sizes=(4, 8, 8),
        conv_strides=(1, 1, 1),
        conv_padding="same",
        pool_padding="valid",
        two_dimensional=False,
        head="flatten",
        dense_size=32,
        dropout_p=0.5,
        crop=9000,
        augment_p=0.3,
        noise_snr_db=10.0,
        max_epochs=100,
        batch_size=128,
        lr=1e-3,
        early_stopping=True,
        n_jobs=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
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

    def _check_parameters(self, X):
        super()._check_parameters(X)
        self._check_sizes(n_channels=X.shape[1])
        check_option("head", self.head, ("flatten", "average"))
        check_scalar(self.dense_size, "dense_size", Integral, min_val=1)
        check_dropout("dropout_p", self.dropout_p)
        if self.crop is not None:
            least = self._least_samples()
            check_scalar(self.crop, "crop", Integral, min_val=least)
        check_real("augment_p", self.augment_p, min_val=0, max_val=1)
        check_finite("noise_snr_db", self.noise_snr_db)

    def _check_sizes(self, n_channels):
        """Refuse convolutions and pools that make no net."""
        for name in _SIZES:
            sizes = getattr(self, name)
            if not (isinstance(sizes, (tuple, list)) and all(map(is_count, sizes))):
                raise ValueError(
                    f"{name} must be a tuple of integers >= 1; got {sizes!r}."
                )
        lengths = [len(getattr(self, name)) for name in _SIZES]
        if len(set(lengths)) > 1 or not lengths[0]:
            raise ValueError(
                f"{', '.join(_SIZES)} must have one value for each convolution; got "
                f"{', '.join(map(str, lengths))} values."
            )
        check_option("conv_padding", self.conv_padding, _PADDINGS)
        check_option("pool_padding", self.pool_padding, _PADDINGS)
        check_option("two_dimensional", self.two_dimensional, (False, True))
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
        inputs, net = super()._prepare(X)
        if self.crop is not None and inputs.shape[-1] <= self.crop:
            net.set_params(augmenter__crop=None)
        return inputs, net

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
