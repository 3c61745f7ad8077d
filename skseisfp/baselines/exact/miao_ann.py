"""The fully connected network of Miao et al. (2020)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from torch import nn

from ..._parameters import COUNT
from ...neural.layers import GeneratorDropout
from ...preprocessing import SpectrumTransformer
from .._networks import LayeredNet, initialise
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np


class MiaoNet(LayeredNet):
    """Two hidden layers of 256."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
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


class MiaoANN(NetworkBaseline):
    """Fully connected network on spectral amplitudes, after Miao et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 100 Hz.
    n_amplitudes : int in [1, inf), default=132
        Number of spectral amplitudes, in equal parts of all channels; what is left over
        is not used.

    Notes
    -----
    Two hidden layers of 256 on 132 spectral amplitudes, as [1]_ describes it: 100,354
    parameters for two classes.

    Published: the number of amplitudes and layers. After the public reimplementation
    [2]_: dropout of 0.3, an L2 penalty of 5e-4 on the hidden layers, which is a weight
    decay of 1e-3 in torch, Adam with 1e-3, batches of 100, 20 epochs, a quarter held
    out for validation, two epochs of patience; not its output, a softmax of one value
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
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Miao et al.",
        year=2020,
        task="earthquake or blast",
        input="132 spectral amplitudes",
        record_shape=(3, 9000),
        published_parameters=100_354,
        exactness="exact",
        figure="accuracy 97 % of records",
        caveats=(
            "Dropout, weight decay and training are those of a reimplementation; the "
            "windows of the amplitudes are not rebuilt."
        ),
        source="abstract, and public code of Ertuncay et al.",
    )
    _module = MiaoNet
    _recipe = {
        **NetworkBaseline._recipe,
        "optimizer__param_groups": [("layers.[03].weight", {"weight_decay": 1e-3})],
        "validation_fraction": 0.25,
        "patience": 2,
    }
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "n_amplitudes": [COUNT],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        n_amplitudes: int = 132,
        max_epochs: int = 20,
        batch_size: int = 100,
        lr: float = 1e-3,
        early_stopping: bool = True,
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
        self.n_amplitudes = n_amplitudes

    def _represent(self, X):
        spectrum = SpectrumTransformer(
            sampling_rate=self._rate,
            n_bands=max(self.n_amplitudes // X.shape[1], 1),
            f_min=1.0,
            f_max=20.0,
            scale="log",
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return spectrum.fit_transform(self._preprocess(X)).reshape(len(X), -1)
