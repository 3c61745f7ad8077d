"""The detector of Perol et al. (2018)."""

import torch
from torch import nn

from ..preprocessing import WaveformAugmenter
from ._base import NetworkBaseline, check_finite
from ._networks import SameConv1d, WaveformNet, count_outputs, initialise


class ConvNetQuakeNet(WaveformNet):
    """Eight convolutions of stride 2 and one fully connected layer."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        _, n_channels, n_samples = input_shape
        trunk = nn.Sequential()
        for n_inputs in (n_channels, *[32] * 7):
            trunk.extend([SameConv1d(n_inputs, 32, 3, stride=2), nn.ReLU()])
        n_flat = count_outputs(trunk, (n_channels, n_samples))
        head = nn.Linear(n_flat, n_classes)
        self.layers = nn.Sequential(trunk, nn.Flatten(), head)
        initialise(self, draw=nn.init.kaiming_normal_)


class ConvNetQuake(NetworkBaseline):
    """ConvNetQuake, the detector of Perol et al., as a classifier of records.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to the published 100 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    noise_snr_db : float or None, default=20.0
        Signal-to-noise ratio in decibels of the Gaussian noise that is added to each
        record while training; None adds none. The published level is not known.
    max_epochs : int, default=100
        Largest number of epochs.
    batch_size : int, default=128
        Largest number of records in a batch.
    lr : float, default=1e-3
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

    Notes
    -----
    The layers of the public code of [1]_: eight convolutions of 32 filters of three
    samples with stride 2, ReLU after each, and one fully connected layer. For three
    channels of 10 s and two classes it has 22,306 parameters, for 90 s 24,354. The
    length of the input follows the records.

    Published: mean removed and scaled, Adam with 1e-3, batches of 128, L2 of 1e-3 on
    the weights of the convolutions, Gaussian noise as the only augmentation, 32,000
    steps. Ours: 100 epochs, each trace scaled by its largest value, the level of the
    noise.

    The paper detects events in continuous records and assigns them to regions of one
    network (17 times as many detections as the catalogue); it does not tell earthquakes
    from explosions. Its test month follows the training months.

    References
    ----------
    .. [1] Perol, Gharbi and Denolle (2018), Convolutional neural network for earthquake
       detection and location, Science Advances 4(2), doi:10.1126/sciadv.1700578

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import ConvNetQuake
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = ConvNetQuake(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = ConvNetQuakeNet
    _recipe = {
        "optimizer": torch.optim.Adam,
        "weight_decay": 0.0,
        "lr_schedule": None,
        "optimizer__param_groups": [("layers.0.*.weight", {"weight_decay": 1e-3})],
    }

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        noise_snr_db=20.0,
        max_epochs=100,
        batch_size=128,
        lr=1e-3,
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
        self.noise_snr_db = noise_snr_db

    def _check_parameters(self, X):
        super()._check_parameters(X)
        if self.noise_snr_db is not None:
            check_finite("noise_snr_db", self.noise_snr_db)

    def _make_augmenter(self):
        if self.noise_snr_db is None:
            return None
        return WaveformAugmenter(
            probability=1.0, max_shift=0.0, snr_db=self.noise_snr_db
        )

    def _represent(self, X):
        return self._preprocess(X, detrend="constant", scaling="trace")
