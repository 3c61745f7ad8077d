"""The network of one branch a component of Hakim et al. (2023), by description."""

from __future__ import annotations

import numpy as np
from torch import nn

from ...neural.layers import GeneratorDropout
from ...preprocessing import ScalogramTransformer
from .._constraints import image_shape
from .._networks import LayeredNet, count_outputs, initialise
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

_FILTERS = (16, 32, 64)
_LEAST_SIDE = 2 ** len(_FILTERS)  # a pool of 2 after each convolution
_LEVELS = 256


class HakimNet(LayeredNet):
    """A branch of three convolutions for each channel, and two fully connected layers.

    The branches are the groups of the convolutions.
    """

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
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


class AfterHakim2023(NetworkBaseline):
    """Network of one branch a component on images of records, after Hakim et al.

    Parameters
    ----------
    shape : tuple of (int, int), default=(77, 77)
        Rows (frequencies) and columns (time) of the images, at least 8.

    Notes
    -----
    Built by description, and an architecture only. [1]_ classify the quality of
    stations (classified, usable, unusable) by 30 days of 411 seismometers, not events,
    although [2]_ cites the paper among classifiers of events: its 99 % say nothing
    about earthquakes and blasts.

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

    published = PublishedSystem(
        paper="Hakim et al.",
        year=2023,
        task="quality of stations",
        input="grey images of the components",
        record_shape=(3, 9000),
        n_classes=3,
        exactness="by description",
        figure="accuracy 99 % of the quality of stations",
        measured_on="records of 30 days of 411 seismometers, 12 months",
        caveats=(
            "An architecture only: the paper classifies the quality of stations, not "
            "events, although it is cited for them. Kernels are unknown."
        ),
        source="abstract, and as described by Silkin (2024)",
    )
    _module = HakimNet
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "shape": [image_shape(_LEAST_SIDE)],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        shape: tuple[int, int] = (77, 77),
        max_epochs: int = 30,
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
        self.shape = shape

    def _represent(self, X):
        scalogram = ScalogramTransformer(
            sampling_rate=self.sampling_rate,
            shape=self.shape,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        images = scalogram.fit_transform(self._cut(X))
        return (np.round(images * (_LEVELS - 1)) / (_LEVELS - 1))[:, None]
