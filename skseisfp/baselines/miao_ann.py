"""The fully connected network of Miao et al. (2020)."""

from math import prod
from numbers import Integral

from sklearn.utils import check_scalar
from torch import nn

from ..neural.layers import GeneratorDropout, GeneratorModule
from ..preprocessing import SpectrumTransformer
from ._base import NetworkBaseline
from ._networks import initialise


class MiaoNet(GeneratorModule):
    """Two hidden layers of 256."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(prod(input_shape), 256),
            nn.ReLU(),
            GeneratorDropout(0.3),
            nn.Linear(256, 256),
            nn.ReLU(),
            GeneratorDropout(0.3),
            nn.Linear(256, n_classes),
        )
        initialise(self)

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class MiaoANN(NetworkBaseline):
    """Fully connected network on spectral amplitudes, after Miao et al.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to the published 100 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    n_amplitudes : int, default=132
        Number of spectral amplitudes, in equal parts of all channels; what is left over
        is not used.
    max_epochs : int, default=20
        Largest number of epochs.
    batch_size : int, default=100
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
    Two hidden layers of 256 on 132 spectral amplitudes, as [1]_ describes it: 100,354
    parameters for two classes.

    Published: the number of amplitudes and layers. After the public reimplementation
    [2]_: dropout of 0.3, an L2 penalty of 5e-4 on the hidden layers, which is a weight
    decay of 1e-3 in torch, Adam with 1e-3, batches of 100, 20 epochs, a quarter kept
    apart for validation, two epochs of patience; not its output, a softmax of one value
    and thus always 1. Ours: bands from 1 to 20 Hz, logarithms relative to the maximum
    of each trace, and validation keeps events whole.

    The paper reports 97 % of the records of earthquakes and quarry blasts.

    References
    ----------
    .. [1] Miao et al. (2020), High-accuracy discrimination of blasts and earthquakes
       using neural networks with multiwindow spectral data, Seismological Research
       Letters 91(3), doi:10.1785/0220190084

    .. [2] Ertuncay et al. (2024), public code at
       https://github.com/Machine-Learning-in-Seismology/CNN-Earthquake-Explosion

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import MiaoANN
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = MiaoANN(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = MiaoNet
    _recipe = {
        **NetworkBaseline._recipe,
        "optimizer__param_groups": [("layers.[03].weight", {"weight_decay": 1e-3})],
        "validation_fraction": 0.25,
        "patience": 2,
    }

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        n_amplitudes=132,
        max_epochs=20,
        batch_size=100,
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
        self.n_amplitudes = n_amplitudes

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_scalar(self.n_amplitudes, "n_amplitudes", Integral, min_val=1)

    def _represent(self, X):
        spectrum = SpectrumTransformer(
            sampling_rate=self._rate,
            n_bands=max(self.n_amplitudes // X.shape[1], 1),
            f_min=1.0,
            f_max=20.0,
            scale="log",
            n_jobs=self.n_jobs,
        )
        return spectrum.fit_transform(self._preprocess(X)).reshape(len(X), -1)
