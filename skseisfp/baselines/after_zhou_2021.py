"""Four networks on the first stations of an event, after Zhou et al. (2021)."""

from numbers import Integral

from sklearn.utils import check_scalar
from torch import nn

from .._utils.checks import check_option
from ._base import EventNetworkBaseline, check_positive, pad_to
from ._deep_networks import STRUCTURES
from ._networks import WaveformNet, initialise

_LEAST_SAMPLES = 64


class ZhouNet(WaveformNet):
    """One of four well-known networks of images, along time."""

    def __init__(self, input_shape, n_classes, *, structure="alexnet", width=0.25):
        super().__init__()
        self.layers = STRUCTURES[structure](input_shape[1], n_classes, width)
        initialise(self, draw=nn.init.kaiming_normal_)


class AfterZhou2021(EventNetworkBaseline):
    """Convolutional networks on the five earliest stations, after Zhou et al.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to 100 Hz if they have
        another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    n_stations : int, default=5
        Number of stations, of those that an event has, that are used: the first ones.
    structure : {"alexnet", "vgg16", "vgg19", "googlenet"}, default="alexnet"
        Which of the four networks is trained.
    width : float, default=0.25
        Factor of all numbers of filters and sizes of layers.
    max_epochs : int, default=50
        Largest number of epochs.
    batch_size : int, default=32
        Largest number of events in a batch.
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

    See Also
    --------
    skseisfp.preprocessing.stack_stations : Makes the rows of events.

    Notes
    -----
    Built by description. [1]_ compare AlexNet, VGG16, VGG19 and GoogLeNet on the
    waveforms of three components of the five stations that an event reaches first, for
    earthquakes, blasts and collapses in Shandong. The abstract tells of training by
    single stations and tests by several of them; how waveforms enter the networks is
    not known here.

    One row of the input is one event, of shape (n_stations, n_channels, n_samples);
    make it by ``stack_stations(..., order="arrival", n_stations=5)``. A missing station
    is zeros, or masked in a masked array. Records without an axis of stations count as
    events of one station.

    Ours: one network sees all stations, their channels are its channels,
    two-dimensional windows become windows in time, batch normalisation follows every
    convolution, and places are averaged to seven before the fully connected layers. The
    straight line is removed, stations are divided by their largest value, and training
    is by Adam. For 15 channels, three classes and a `width` of 1 the networks have
    25,312,771, 36,396,227, 38,169,539 and 3,444,883 parameters. Records below 0.64 s
    are continued with zeros.

    As [2]_ reports, the networks reach above 93 % on a random split, and 80.9 % on
    later events of the same region.

    References
    ----------
    .. [1] Zhou et al. (2021), Research on identification of seismic events based on
       deep learning: taking the records of Shandong seismic network as an example,
       Seismology and Geology 43(3), 663-676, doi:10.3969/j.issn.0253-4967.2021.03.012

    .. [2] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterZhou2021
    >>> X = np.random.default_rng(0).standard_normal((6, 5, 3, 500))
    >>> y = np.array(["earthquake", "blast"] * 3)
    >>> classifier = AfterZhou2021(
    ...     width=0.05, max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (6, 2)
    """

    _module = ZhouNet
    _module_parameters = ("structure", "width")

    def __init__(
        self,
        *,
        sampling_rate=100.0,
        window=None,
        n_stations=5,
        structure="alexnet",
        width=0.25,
        max_epochs=50,
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
        self.n_stations = n_stations
        self.structure = structure
        self.width = width

    def _check_parameters(self, X):
        super()._check_parameters(X)
        check_scalar(self.n_stations, "n_stations", Integral, min_val=1)
        check_option("structure", self.structure, tuple(STRUCTURES))
        check_positive("width", self.width)

    def _represent(self, X):
        waveforms = self._preprocess(X[:, : self.n_stations])
        n_events, n_stations, n_channels, n_samples = waveforms.shape
        waveforms = waveforms.reshape(n_events, n_stations * n_channels, n_samples)
        return pad_to(waveforms, [_LEAST_SAMPLES])
