"""AlexNet on pictures of waveforms, after Ren et al. (2022)."""

from torch import nn

from ..neural.layers import GeneratorDropout, GeneratorModule
from ..preprocessing import WaveformImageTransformer
from ..signal.windows import window_samples
from ._base import NetworkBaseline, check_positive, check_shape
from ._networks import count_outputs, initialise

_LEAST_SIDE = 63


class AlexNet(GeneratorModule):
    """Five convolutions, two of them in the two groups of the original."""

    def __init__(self, input_shape, n_classes, *, width=1.0):
        super().__init__()
        sizes = [2 * max(round(width * n / 2), 1) for n in (96, 256, 384, 384, 256)]
        dense = max(round(width * 4096), 1)
        trunk = nn.Sequential(
            nn.Conv2d(input_shape[0], sizes[0], 11, stride=4, padding=2),
            nn.ReLU(),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(sizes[0], sizes[1], 5, padding=2, groups=2),
            nn.ReLU(),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(sizes[1], sizes[2], 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(sizes[2], sizes[3], 3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(sizes[3], sizes[4], 3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), dense),
            nn.ReLU(),
            GeneratorDropout(0.5),
            nn.Linear(dense, dense),
            nn.ReLU(),
            GeneratorDropout(0.5),
            nn.Linear(dense, n_classes),
        )
        initialise(self)

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class AlexNetImage(NetworkBaseline):
    """AlexNet on pictures of waveforms, after Ren et al.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    shape : tuple of (int, int), default=(224, 224)
        Rows and columns of the pictures, at least 63.
    width : float, default=1.0
        Factor of all numbers of filters and sizes of layers; 0.125 is for a CPU.
    max_epochs : int, default=30
        Largest number of epochs.
    batch_size : int, default=32
        Largest number of records in a batch.
    lr : float, default=1e-4
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
    A reconstruction. [1]_ draw each waveform as a picture of 224 x 224 and classify it
    by the AlexNet of MATLAB: five convolutions, three pools, three fully connected
    layers, 56,880,515 parameters for pictures of three planes and three classes at a
    `width` of 1. Each channel is one plane here.

    Not published, and ours: the style of the pictures, the training (Adam with 1e-4, 30
    epochs, batches of 32) and whether the network was trained before; this one is not.

    The paper reports 98.5 % of test records of earthquakes, explosions and collapses in
    Ningxia, and 80 to 90 % on 60 further ones.

    References
    ----------
    .. [1] Ren et al. (2022), natural earthquakes, explosions and collapses by AlexNet
       on 1,539 records of Ningxia.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AlexNetImage
    >>> X = np.random.default_rng(0).standard_normal((4, 1, 500))
    >>> y = np.array(["earthquake", "blast"] * 2)
    >>> classifier = AlexNetImage(
    ...     shape=(63, 63), width=0.05, max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (4, 2)
    """

    _module = AlexNet
    _module_parameters = ("width",)

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        shape=(224, 224),
        width=1.0,
        max_epochs=30,
        batch_size=32,
        lr=1e-4,
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
        self.width = width

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_shape(self.shape, _LEAST_SIDE)
        check_positive("width", self.width)

    def _represent(self, X):
        first, last = window_samples(self.window, X.shape[-1], self.sampling_rate)
        picture = WaveformImageTransformer(shape=self.shape, n_jobs=self.n_jobs)
        return picture.fit_transform(X[..., first:last])[:, None]
