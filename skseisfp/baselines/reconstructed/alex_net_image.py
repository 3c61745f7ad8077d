"""AlexNet on pictures of waveforms, after Ren et al. (2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..._parameters import POSITIVE
from ...neural.layers import GeneratorDropout
from ...preprocessing import WaveformImageTransformer
from .._constraints import image_shape
from .._networks import LayeredNet, count_outputs, initialise
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np

# the smallest that the first convolution and the pools leave one of: 63, 15, 7, 3, 1
_LEAST_SIDE = 63


class AlexNet(LayeredNet):
    """Five convolutions, two of them in the two groups of the original."""

    def __init__(
        self, input_shape: tuple[int, ...], n_classes: int, *, width: float = 1.0
    ) -> None:
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


class AlexNetImage(NetworkBaseline):
    """AlexNet on pictures of waveforms, after Ren et al.

    Parameters
    ----------
    shape : tuple of (int, int), default=(224, 224)
        Rows and columns of the pictures, at least 63.
    width : float in (0, inf), default=1.0
        Factor of all numbers of filters and sizes of layers; 0.125 is for a CPU.

    Notes
    -----
    A reconstruction. [1]_ draw each waveform as a picture of 224 x 224 and classify it
    by the AlexNet of MATLAB: five convolutions, three pools, three fully connected
    layers, 56,880,515 parameters for pictures of three planes and three classes at a
    `width` of 1. Each channel is one plane here.

    Not published, and ours: the style of the pictures, the training (Adam with 1e-4, 30
    epochs, batches of 32) and whether the network was pretrained; this one is not.

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

    published = PublishedSystem(
        paper="Ren J. et al.",
        year=2022,
        task="earthquake, explosion or collapse",
        input="pictures of waveforms",
        record_shape=(3, 9000),
        n_classes=3,
        exactness="reconstruction",
        figure="accuracy 98.51 %; 90, 80 and 85 % on 60 further records",
        measured_on="1,539 records in Ningxia",
        caveats=(
            "About 99 % is quoted elsewhere, without the further records. Whether the "
            "network was pretrained on other pictures is unknown. AlexNet for three "
            "classes has about 57 million parameters."
        ),
        source="abstract, and as described by Silkin (2024)",
    )
    _module = AlexNet
    _module_parameters = ("width",)
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "shape": [image_shape(_LEAST_SIDE)],
        "width": [POSITIVE],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        shape: tuple[int, int] = (224, 224),
        width: float = 1.0,
        max_epochs: int = 30,
        batch_size: int = 32,
        lr: float = 1e-4,
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
        self.width = width

    def _represent(self, X):
        picture = WaveformImageTransformer(
            shape=self.shape, n_jobs=self.n_jobs, verbose=self.verbose
        )
        return picture.fit_transform(self._cut(X))[:, None]
