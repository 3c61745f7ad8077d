"""The detector of Tous et al. (2020)."""

import torch
from torch import nn

from ._base import NetworkBaseline
from ._networks import SameConv1d, SameMaxPool1d, WaveformNet, count_outputs, initialise


class UPCUCVNet(WaveformNet):
    """Four cycles of a wide convolution and a pool, three fully connected layers."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        _, n_channels, n_samples = input_shape
        trunk = nn.Sequential()
        for n_inputs in (n_channels, 32, 32, 32):
            convolution = SameConv1d(n_inputs, 32, 20, stride=5)
            trunk.extend([convolution, nn.ReLU(), SameMaxPool1d(5, stride=2)])
        n_flat = count_outputs(trunk, (n_channels, n_samples))
        head = (nn.Linear(n_flat, 10), nn.Linear(10, 10), nn.Linear(10, n_classes))
        self.layers = nn.Sequential(trunk, nn.Flatten(), *head)
        initialise(self, draw=nn.init.kaiming_normal_)


class UPCUCV(NetworkBaseline):
    """UPC-UCV, the detector of Tous et al., as a classifier of records.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to the published 100 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
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
    The layers of the public code and of the configuration ``model14b`` of [1]_: four
    times a convolution of 32 filters of 20 samples with stride 5, ReLU and the largest
    of five with stride 2, then fully connected layers of 10, 10 and the classes without
    activation between them. It has 63,950 parameters for three channels of up to 90 s
    and two classes. That this configuration is the one of the paper is an inference.

    Published: Adam with 1e-3, batches of 128, L2 regularisation, 2,000 to 10,000 steps.
    Ours: 100 epochs, L2 of 1e-3 on the weights of the convolutions, mean removed and
    each trace scaled by its largest value.

    The paper detects events in windows of records of CARABOBO and assigns them to
    regions, 80 % of the windows for training and 20 % for the test: about 95 %.

    References
    ----------
    .. [1] Tous et al. (2020), Deep neural networks for earthquake detection and source
       region estimation in north-central Venezuela, Bulletin of the Seismological
       Society of America 110(5), doi:10.1785/0120190172

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import UPCUCV
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = UPCUCV(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = UPCUCVNet
    _recipe = {
        "optimizer": torch.optim.Adam,
        "weight_decay": 0.0,
        "lr_schedule": None,
        "optimizer__param_groups": [("layers.0.*.weight", {"weight_decay": 1e-3})],
    }

    def _represent(self, X):
        return self._preprocess(X, detrend="constant", scaling="trace")
