"""A transformer with capsules on scalograms, after Saad et al. (2024)."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..._parameters import COUNT
from ...neural.layers import GeneratorDropout, GeneratorModule
from ...preprocessing import ScalogramTransformer
from ...signal.wavelets import Morlet
from .._constraints import image_shape
from .._networks import pad_to
from ..capsules import MarginLoss, RoutedCapsules, lengths, squash
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np

_LEAST_SAMPLES = 100  # 1 s, a period of the lowest frequency
_LEAST_SIDE = 4  # two pools of 2
_F_MAX = 45.0  # of QBTransNet, as the types and sizes of capsules
_N_TYPES = 4
_CAPSULE_SIZE = 4
_WIDTH = 32  # ours, as heads and blocks
_N_HEADS = 4
_N_BLOCKS = 2


class TransformerBlock(nn.Module):
    """Attention between all tokens, and a hidden layer on each."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(_WIDTH), nn.LayerNorm(_WIDTH)])
        self.attention = nn.MultiheadAttention(_WIDTH, _N_HEADS, batch_first=True)
        self.hidden = nn.Sequential(
            nn.Linear(_WIDTH, 2 * _WIDTH), nn.GELU(), nn.Linear(2 * _WIDTH, _WIDTH)
        )
        self.dropout = GeneratorDropout(0.1)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Add to the tokens what they learn from each other."""
        seen = self.norms[0](X)
        X = X + self.dropout(self.attention(seen, seen, seen, need_weights=False)[0])
        return X + self.dropout(self.hidden(self.norms[1](X)))


class SaadNet(GeneratorModule):
    """Convolutions that make tokens, a transformer, and a capsule for each class."""

    def __init__(
        self, input_shape: tuple[int, ...], n_classes: int, *, n_routings: int = 3
    ) -> None:
        super().__init__()
        n_channels, *image = input_shape
        n_rows, n_columns = (side // _LEAST_SIDE for side in image)
        self.tokens = nn.Sequential(
            nn.Conv2d(n_channels, _WIDTH // 2, 3, padding=1),
            nn.BatchNorm2d(_WIDTH // 2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(_WIDTH // 2, _WIDTH, 3, padding=1),
            nn.BatchNorm2d(_WIDTH),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.places = nn.Parameter(torch.empty(n_rows * n_columns, _WIDTH))
        nn.init.normal_(self.places, std=0.02)  # as in torchvision's VisionTransformer
        self.blocks = nn.Sequential(*(TransformerBlock() for _ in range(_N_BLOCKS)))
        self.norm = nn.LayerNorm(_WIDTH)
        self.primary = nn.Conv2d(
            _WIDTH, _N_TYPES * _CAPSULE_SIZE, 5, stride=(1, 2), padding=2
        )
        self.dropout = GeneratorDropout(0.5)
        n_capsules = _N_TYPES * n_rows * -(-n_columns // 2)
        self.classes = RoutedCapsules(
            n_capsules, _CAPSULE_SIZE, n_classes, _CAPSULE_SIZE, n_routings=n_routings
        )

    def forward(self, X: torch.Tensor, **kwargs: object) -> torch.Tensor:
        """Return the lengths of the class capsules.

        Predictions are computed in double precision on a CPU: the rounding of attention
        depends on the number of records that are predicted together.
        """
        if self.training or not X.is_cpu:
            return self._measure(X)
        return deepcopy(self).double()._measure(X.double())

    def _measure(self, X):
        """Return the lengths in the precision of the records."""
        grid = self.tokens(X)
        tokens = self.norm(self.blocks(grid.flatten(2).mT + self.places))
        capsules = self.dropout(self.primary(tokens.mT.unflatten(2, grid.shape[2:])))
        capsules = capsules.unflatten(1, (_N_TYPES, _CAPSULE_SIZE)).movedim(2, -1)
        return lengths(self.classes(squash(capsules.flatten(1, 3))))


class AfterSaad2024(NetworkBaseline):
    """Transformer with class capsules on wavelet scalograms, after Saad et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        100 Hz.
    shape : tuple of (int, int), default=(20, 150)
        Rows (frequencies) and columns (time) of the scalograms, each at least 4.
    n_routings : int in [1, inf), default=3
        Number of rounds of dynamic routing.

    Notes
    -----
    Built by description. Published by [1]_: windows from 10 s before to 50 s after the
    P wave, scalograms of the continuous wavelet transform of three channels, a compact
    convolutional transformer, capsules with dynamic routing for the classes.

    Not published where we could read, and taken from its successor [2]_: band-pass of
    two corners from 1 to 45 Hz, 20 frequencies, a Morlet wavelet of 10 radians, each
    channel relative to its maximum, four types of capsules of four numbers, the margin
    loss [3]_, Adam, batches of 16, at most 200 epochs, 30 epochs of patience. Ours: 150
    columns in time, two convolutions of 16 and 32 filters with batch normalisation and
    pools of 2 that make the tokens, two blocks of attention with four heads. The
    probability of a class is the length of its capsule divided by the sum of all. For
    three channels and two classes it has 53,232 parameters, its successor 198,410.
    Records below 1 s are padded with zeros.

    The paper reports 97.31 % of records of earthquakes and quarry blasts of the
    Egyptian network, of which 80 % were for training and 20 % for the test; whether
    events were kept whole is unknown.

    References
    ----------
    .. [1] Saad, Soliman, Chen, Amin and Abdelhafiez (2024), Capsule neural network
       guided by compact convolutional transformer for discriminating earthquakes from
       quarry blasts, Seismological Research Letters, doi:10.1785/0220230101

    .. [2] Yang et al. (2025), QBTransNet, Seismological Research Letters,
       doi:10.1785/0220240388

    .. [3] Sabour, Frosst and Hinton (2017), Dynamic routing between capsules,
       arXiv:1710.09829

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterSaad2024
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterSaad2024(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Saad et al.",
        year=2024,
        task="earthquake or quarry blast",
        input="wavelet scalograms, 60 s",
        record_shape=(3, 6000),
        exactness="by description",
        figure="accuracy 97.31 %, F1 98.02 %",
        measured_on="the Egyptian network",
        split="80/20; by event or by record is unknown",
        caveats=(
            "Layers are unknown. Its successor QBTransNet has 198,410 parameters and "
            "was tested on a random tenth of the records, so that events are on both "
            "sides."
        ),
        source="abstract, and public code of QBTransNet",
    )
    _module = SaadNet
    _module_parameters = ("n_routings",)
    _recipe = {**NetworkBaseline._recipe, "criterion": MarginLoss, "patience": 30}
    _f_min = 1.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "shape": [image_shape(_LEAST_SIDE)],
        "n_routings": [COUNT],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        shape: tuple[int, int] = (20, 150),
        n_routings: int = 3,
        max_epochs: int = 200,
        batch_size: int = 16,
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
        self.shape = shape
        self.n_routings = n_routings

    def _represent(self, X):
        waveforms = self._preprocess(X, f_max=_F_MAX, order=2)
        waveforms = pad_to(waveforms, [_LEAST_SAMPLES])
        scalogram = ScalogramTransformer(
            sampling_rate=self._rate,
            shape=self.shape,
            f_min=self._f_min,
            f_max=_F_MAX,
            wavelet=Morlet(10.0),
            scale="magnitude",
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return scalogram.fit_transform(waveforms)[:, None]
