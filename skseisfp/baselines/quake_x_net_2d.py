"""The network on spectrograms of Kharita et al. (2025)."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from torch import nn

from ..neural.layers import GeneratorDropout, GeneratorModule
from ..preprocessing import SpectrogramTransformer
from ._base import NetworkBaseline, check_dropout, pad_to
from ._networks import count_outputs

_CONVOLUTIONS = ((8, 1), (8, 2), (16, 1), (16, 2), (32, 1), (32, 2), (64, 1))
_POOLED = (1, 3)
_DROPPED = (1, 3, 5, 6)
_LEAST_IMAGE = (11, 11)


class QuakeXNet2DNet(GeneratorModule):
    """Seven convolutions with batch normalisation and two fully connected layers."""

    def __init__(self, input_shape, n_classes, *, dropout_p=0.4):
        super().__init__()
        trunk = nn.Sequential()
        n_inputs = input_shape[0]
        for number, (n_filters, stride) in enumerate(_CONVOLUTIONS):
            trunk.append(nn.Conv2d(n_inputs, n_filters, 3, stride, padding=1))
            trunk.extend([nn.BatchNorm2d(n_filters), nn.ReLU()])
            if number in _POOLED:
                trunk.append(nn.MaxPool2d(2))
            if number in _DROPPED:
                trunk.append(GeneratorDropout(dropout_p))
            n_inputs = n_filters
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), 128),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, n_classes),
            nn.BatchNorm1d(n_classes),
        )

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class QuakeXNet2D(NetworkBaseline):
    """Network on spectrograms, QuakeXNet-2D of Kharita et al.

    Parameters
    ----------
    sampling_rate : float, default=50.0
        Samples per second (Hz) of the records; they are brought to the published 50 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    dropout_p : float, default=0.4
        Probability to drop an element after convolutions 2, 4, 6 and 7.
    max_epochs : int, default=60
        Largest number of epochs.
    batch_size : int, default=128
        Largest number of records in a batch, at least 3, so that none has a single one,
        which batch normalisation does not take.
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
    The layers of the public code of [1]_: seven convolutions of 3 x 3 with 8 to 64
    filters, three of them with stride 2, two pools, batch normalisation throughout. For
    three channels of 100 s at 50 Hz and four classes it has 70,708 parameters.

    Published, after the code of training [2]_: windows of 100 s that begin at random
    before P, band-pass of fourth order from 1 to 20 Hz, Tukey taper of 0.1, records
    divided by the standard deviation of their absolute values, power in frames of 256
    samples that overlap by half, under a Tukey window of 0.25, dropout of 0.4, Adam
    with 1e-3, batches of 128, 60 epochs, ten epochs of patience. SeisBench removes a
    straight line first, as is done here, divides each component by its own deviation
    and has other frames. Ours: validation keeps events whole. Images below 11 x 11 are
    continued with zeros.

    The paper [3]_ reports above 92 % for earthquakes, explosions, surface events and
    noise of the Pacific Northwest, 70 % for training, 20 % for validation and 10 % for
    the test.

    References
    ----------
    .. [1] Kharita et al. (2025), QuakeXNet, public code in SeisBench,
       https://github.com/seisbench/seisbench

    .. [2] Public code at
       https://github.com/Akashkharita/PNW_Seismic_Event_Classification

    .. [3] Kharita et al. (2025), Exploration of machine learning methods to seismic
       event discrimination in the Pacific Northwest, arXiv:2510.23795

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import QuakeXNet2D
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 2000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = QuakeXNet2D(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = QuakeXNet2DNet
    _module_parameters = ("dropout_p",)
    _recipe = {**NetworkBaseline._recipe, "validation_fraction": 2 / 9}
    _rate = 50.0
    _f_min = 1.0

    def __init__(
        self,
        *,
        sampling_rate=50.0,
        window=None,
        dropout_p=0.4,
        max_epochs=60,
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
        self.dropout_p = dropout_p

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_dropout("dropout_p", self.dropout_p)
        check_scalar(self.batch_size, "batch_size", Integral, min_val=3)

    def _represent(self, X):
        waveforms = self._preprocess(X, f_max=20.0, taper=0.1)
        spread = np.abs(waveforms).std(axis=(1, 2), keepdims=True)
        waveforms = waveforms / np.where(spread > 0, spread, 1)
        spectrogram = SpectrogramTransformer(
            sampling_rate=self._rate,
            window=("tukey", 0.25),
            normalize=False,
            scale="power",
            n_jobs=self.n_jobs,
        )
        return pad_to(spectrogram.fit_transform(waveforms), _LEAST_IMAGE)[:, None]
