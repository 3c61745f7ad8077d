"""The network of one branch a component of Hakim et al. (2023), by description."""

import numpy as np
from torch import nn

from ..neural.layers import GeneratorDropout, GeneratorModule
from ..preprocessing import ScalogramTransformer
from ..signal.windows import window_samples
from ._base import NetworkBaseline, check_shape
from ._networks import count_outputs, initialise

_FILTERS = (16, 32, 64)
_LEAST_SIDE = 2 ** len(_FILTERS)
_LEVELS = 256


class HakimNet(GeneratorModule):
    """A branch of three convolutions for each channel, and two fully connected layers.

    The branches are the groups of the convolutions.
    """

    def __init__(self, input_shape, n_classes):
        super().__init__()
        n_branches = input_shape[0]
        trunk = nn.Sequential()
        n_inputs = 1
        for n_filters in _FILTERS:
            sizes = n_branches * n_inputs, n_branches * n_filters
            trunk.append(nn.Conv2d(*sizes, 3, padding=1, groups=n_branches))
            trunk.extend([nn.ReLU(), nn.MaxPool2d(2), GeneratorDropout(0.25)])
            n_inputs = n_filters
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), 128),
            nn.ReLU(),
            nn.Linear(128, n_classes),
        )
        initialise(self, draw=nn.init.kaiming_normal_)

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class AfterHakim2023(NetworkBaseline):
    """Network of one branch a component on images of records, after Hakim et al.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    shape : tuple of (int, int), default=(77, 77)
        Rows (frequencies) and columns (time) of the images, at least 8.
    max_epochs : int, default=30
        Largest number of epochs.
    batch_size : int, default=32
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
    Built by description, and an architecture only. [1]_ classify the quality of
    stations (classified, usable, unusable) by 30 days of 411 seismometers, not events,
    although [2]_ cites the paper among classifiers of events: its 99 % say nothing of
    earthquakes and blasts.

    Published: three equal branches, one for each component, on grey images of 77 x 77
    with 256 levels and logarithmic frequencies; three times convolution, pool and
    dropout; two fully connected layers on the joined branches. Here there are as many
    branches as channels.

    Ours: wavelet scalograms for the images, each relative to its maximum; 16, 32 and
    64 filters of 3 x 3, pools of 2, dropout of 0.25, a hidden layer of 128, Adam,
    batches and epochs. For three channels and two classes it has 2,060,930 parameters.

    References
    ----------
    .. [1] Hakim, Saputro, Rohadi, Adi and Karnawati (2023), multiple input
       convolutional neural network for the quality of earthquake observation stations

    .. [2] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterHakim2023
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterHakim2023(
    ...     shape=(32, 32), max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = HakimNet

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        shape=(77, 77),
        max_epochs=30,
        batch_size=32,
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
        self.shape = shape

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_shape(self.shape, _LEAST_SIDE)

    def _represent(self, X):
        first, last = window_samples(self.window, X.shape[-1], self.sampling_rate)
        scalogram = ScalogramTransformer(
            sampling_rate=self.sampling_rate, shape=self.shape, n_jobs=self.n_jobs
        )
        images = scalogram.fit_transform(X[..., first:last])
        return (np.round(images * (_LEVELS - 1)) / (_LEVELS - 1))[:, None]
