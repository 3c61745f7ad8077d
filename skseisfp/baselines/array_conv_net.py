"""The network of Shen and Shen (2021) for all stations of an event."""

from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_scalar
from torch import nn

from ..neural.layers import GeneratorModule
from ._base import EventNetworkBaseline, NetworkBaseline, pad_to
from ._networks import count_outputs

_LEAST_SAMPLES = 20


class ArrayNet(GeneratorModule):
    """Three convolutions over stations and time."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        trunk = nn.Sequential(
            nn.Conv2d(input_shape[0], 4, (1, 9), padding=(0, 4)),
            nn.ReLU(),
            nn.MaxPool2d((1, 5)),
            nn.Conv2d(4, 4, (5, 3), padding=(2, 1)),
            nn.ReLU(),
            nn.MaxPool2d((1, 2)),
            nn.Conv2d(4, 8, (5, 3), padding=(2, 1)),
            nn.ReLU(),
            nn.MaxPool2d((1, 2)),
        )
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), 128),
            nn.ReLU(),
            nn.Linear(128, n_classes),
        )

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class ArrayConvNet(EventNetworkBaseline):
    """Network on all stations of an event, ArrayConvNet of Shen and Shen.

    Parameters
    ----------
    sampling_rate : float, default=50.0
        Samples per second (Hz) of the records; they are brought to the published 50 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    vertical : int, default=0
        The channel by whose largest value stations are ordered.
    max_epochs : int, default=80
        Largest number of epochs.
    batch_size : int, default=32
        Largest number of records in a batch.
    lr : float, default=2e-5
        Learning rate.
    early_stopping : bool, default=False
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

    See Also
    --------
    skseisfp.preprocessing.stack_stations : Makes the rows of events.

    Notes
    -----
    The layers of the public scripts of [1]_: three convolutions over stations and time
    and a hidden layer of 128. For 55 stations of three channels of 50 s at 50 Hz and
    two classes it has 7,041,230 parameters. One row of the input is one event, of shape
    (n_stations, n_channels, n_samples), up to four axes in all; records without an axis
    of stations count as events of one station.

    Published: Hann taper of 2 % at each end, each trace divided by its peak, stations
    in the order of the time of the largest value of the vertical channel, absolute
    values, AdamW with 2e-5, batches of 32, 80 epochs. A missing station is zeros, or
    masked in a masked array. Missing stations come last. Ours: the mean of each trace
    is removed. Records below 0.4 s are continued with zeros.

    The paper tells events from noise: 99.4 % of a random quarter of the events.

    References
    ----------
    .. [1] Shen and Shen (2021), Array-based convolutional neural networks for automatic
       detection and 4D localization of earthquakes in Hawaii, Seismological Research
       Letters 92(5)

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import ArrayConvNet
    >>> X = np.random.default_rng(0).standard_normal((6, 5, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 3)
    >>> classifier = ArrayConvNet(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (6, 2)
    """

    _module = ArrayNet
    _recipe = {
        **NetworkBaseline._recipe,
        "optimizer": torch.optim.AdamW,
        "weight_decay": 1e-2,
    }
    _rate = 50.0

    def __init__(
        self,
        *,
        sampling_rate=50.0,
        window=None,
        vertical=0,
        max_epochs=80,
        batch_size=32,
        lr=2e-5,
        early_stopping=False,
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
        self.vertical = vertical

    def _check_parameters(self, X):
        super()._check_parameters(X)
        limit = X.shape[2] - 1
        check_scalar(self.vertical, "vertical", Integral, min_val=0, max_val=limit)

    def _represent(self, X):
        X = self._preprocess(X, detrend="constant", taper=0.04, scaling="trace")
        X = np.abs(X)
        vertical = X[:, :, self.vertical]
        time = np.where(vertical.any(axis=-1), vertical.argmax(axis=-1), X.shape[-1])
        order = np.argsort(time, axis=1, kind="stable")
        X = np.take_along_axis(X, order[:, :, None, None], axis=1)
        return pad_to(X.swapaxes(1, 2), [_LEAST_SAMPLES])[:, None]
