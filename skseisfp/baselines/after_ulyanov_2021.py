"""The detector of Ulyanov et al. (2021), by description."""

from torch import nn

from ..neural.layers import GeneratorDropout
from ._base import NetworkBaseline, check_dropout
from ._networks import WaveformNet, count_outputs, initialise

_FILTERS = (16, 32, 32, 64, 64)


class UlyanovNet(WaveformNet):
    """Five convolutions with batch normalisation and dropout, and one dense layer."""

    def __init__(self, input_shape, n_classes, *, dropout_p=0.2):
        super().__init__()
        _, n_channels, n_samples = input_shape
        trunk = nn.Sequential()
        n_inputs = n_channels
        for n_filters in _FILTERS:
            convolution = nn.Conv1d(n_inputs, n_filters, 7, stride=2, padding=3)
            normalisation = nn.BatchNorm1d(n_filters)
            trunk.extend([convolution, normalisation, nn.ReLU()])
            trunk.append(GeneratorDropout(dropout_p))
            n_inputs = n_filters
        n_flat = count_outputs(trunk, (n_channels, n_samples))
        self.layers = nn.Sequential(trunk, nn.Flatten(), nn.Linear(n_flat, n_classes))
        initialise(self)


class AfterUlyanov2021(NetworkBaseline):
    """Convolutional network on short waveforms, after Ulyanov et al.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to 100 Hz if they have
        another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    dropout_p : float, default=0.2
        Probability to drop an element after each convolution.
    max_epochs : int, default=50
        Largest number of epochs.
    batch_size : int, default=64
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
    Built by description. [2]_ tells of the detector of [1]_: windows of 15 s of three
    components, five times a convolution with batch normalisation and dropout, one fully
    connected layer. Give windows of that length to be near to it.

    Ours: 100 Hz, 16 to 64 filters of 7 samples with stride 2, ReLU, Adam, batches and
    epochs, the straight line removed and records divided by their largest value. For
    three channels of 15 s and two classes it has 60,738 parameters.

    The task of the paper is another one: to tell events from noise. It reports correct
    detections on all seismograms of its test, as [2]_ has it; their number is not known
    here.

    References
    ----------
    .. [1] Ulyanov et al. (2021), doi:10.18303/2619-1563-2021-2-13

    .. [2] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterUlyanov2021
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1500))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterUlyanov2021(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = UlyanovNet
    _module_parameters = ("dropout_p",)

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        dropout_p=0.2,
        max_epochs=50,
        batch_size=64,
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
        self.dropout_p = dropout_p

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_dropout("dropout_p", self.dropout_p)

    def _represent(self, X):
        return self._preprocess(X)
