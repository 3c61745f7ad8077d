"""Four networks on the first stations of an event, after Zhou et al. (2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..._compat import StrOptions
from ..._parameters import COUNT, POSITIVE
from .._deep_networks import STRUCTURES
from .._networks import WaveformNet, initialise, pad_to
from ..event_network_baseline import EventNetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np

_LEAST_SAMPLES = 64  # VGG halves them five times and leaves two


class ZhouNet(WaveformNet):
    """One of four well-known networks of images, along time."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        n_classes: int,
        *,
        structure: str = "alexnet",
        width: float = 0.25,
    ) -> None:
        super().__init__()
        self.layers = STRUCTURES[structure](input_shape[1], n_classes, width)
        initialise(self, draw=nn.init.kaiming_normal_)


class AfterZhou2021(EventNetworkBaseline):
    """Convolutional networks on the five earliest stations, after Zhou et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        100 Hz.
    n_stations : int in [1, inf), default=5
        Number of stations of an event that are used, from the first one.
    structure : {"alexnet", "vgg16", "vgg19", "googlenet"}, default="alexnet"
        Which of the four networks is trained.
    width : float in (0, inf), default=0.25
        Factor of all numbers of filters and sizes of layers.
    batch_size : int in [1, inf), default=32
        Largest number of events in a batch.

    See Also
    --------
    skseisfp.preprocessing.stack_stations : Makes the rows of events.

    Notes
    -----
    Built by description. [1]_ compare AlexNet, VGG16, VGG19 and GoogLeNet on the
    waveforms of three components of the five stations that an event reaches first, for
    earthquakes, blasts and collapses in Shandong. The abstract mentions training on
    single stations and tests on several of them; how waveforms enter the networks is
    not known here.

    One row of the input is one event, of shape (n_stations, n_channels, n_samples);
    make it by ``stack_stations(..., order="p_time", n_stations=5)``. A missing station
    is zeros, or masked in a masked array. Records without an axis of stations count as
    events of one station.

    Ours: one network sees all stations, their channels are its channels,
    two-dimensional windows become windows in time, batch normalisation follows every
    convolution, and places are averaged to seven before the fully connected layers. The
    straight line is removed, stations are divided by their largest value, and training
    is by Adam. For 15 channels, three classes and a `width` of 1 the networks have
    25,312,771, 36,396,227, 38,169,539 and 3,444,883 parameters. Records below 0.64 s
    are padded with zeros.

    According to [2]_, the networks achieve above 93 % on a random split, and 80.9 % on
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

    published = PublishedSystem(
        paper="Zhou et al.",
        year=2021,
        task="earthquake, blast or collapse",
        input="waveforms of the five earliest stations",
        record_shape=(5, 3, 6000),
        n_classes=3,
        exactness="by description",
        figure="accuracy above 93 %; 80.9 % of later events",
        measured_on="events in Shandong",
        split="random; then by time: later events of the same region",
        caveats="Length of the input and training are unknown.",
        source="as described by Zhou et al. (2025)",
    )
    _module = ZhouNet
    _module_parameters = ("structure", "width")
    _parameter_constraints = {
        **EventNetworkBaseline._parameter_constraints,
        "n_stations": [COUNT],
        "structure": [StrOptions(set(STRUCTURES))],
        "width": [POSITIVE],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        n_stations: int = 5,
        structure: str = "alexnet",
        width: float = 0.25,
        max_epochs: int = 50,
        batch_size: int = 32,
        lr: float = 1e-3,
        early_stopping: bool = False,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            verbose=verbose,
            device=device,
            random_state=random_state,
        )
        self.n_stations = n_stations
        self.structure = structure
        self.width = width

    def _represent(self, X):
        waveforms = self._preprocess(X[:, : self.n_stations])
        n_events, n_stations, n_channels, n_samples = waveforms.shape
        waveforms = waveforms.reshape(n_events, n_stations * n_channels, n_samples)
        return pad_to(waveforms, [_LEAST_SAMPLES])
