"""A convolutional network with several inputs, after Tian et al. (2022)."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from torch import nn

from ...neural.layers import GeneratorDropout, GeneratorModule
from ...preprocessing import ScalogramTransformer
from .._constraints import image_shape
from .._networks import initialise, pad_to
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

_F_MAX = 20.0
_WAVEFORM_FILTERS = (16, 32, 32, 64)
_IMAGE_FILTERS = (16, 32, 64)
_LEAST_SAMPLES = 4 ** len(_WAVEFORM_FILTERS)  # a pool of 4 after each convolution
_LEAST_SIDE = 2 ** len(_IMAGE_FILTERS)  # a pool of 2 after each convolution


class TianNet(GeneratorModule):
    """A branch for waveforms and one for their scalograms, at the end of each row."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        n_classes: int,
        *,
        shape: tuple[int, int] = (32, 64),
    ) -> None:
        super().__init__()
        self.shape = shape
        n_channels = input_shape[1]
        self.waveform = _branch(n_channels, _WAVEFORM_FILTERS, two_dimensional=False)
        self.image = _branch(n_channels, _IMAGE_FILTERS, two_dimensional=True)
        self.head = nn.Sequential(
            GeneratorDropout(0.5),
            nn.Linear(_WAVEFORM_FILTERS[-1] + _IMAGE_FILTERS[-1], 64),
            nn.ReLU(),
            nn.Linear(64, n_classes),
        )
        initialise(self)

    def forward(self, X: torch.Tensor, **kwargs: object) -> torch.Tensor:
        """Return the logits of the classes."""
        n_pixels = prod(self.shape)
        waveform = self.waveform(X[:, 0, :, :-n_pixels])
        image = self.image(X[:, 0, :, -n_pixels:].unflatten(2, self.shape))
        return self.head(torch.cat([waveform, image], dim=1))


def _branch(n_inputs, filters, *, two_dimensional):
    """Return convolutions with pools, averaged over all places at the end."""
    layers = nn.Sequential()
    for n_filters in filters:
        if two_dimensional:
            convolution = nn.Conv2d(n_inputs, n_filters, 3, padding=1)
            normalisation, pool = nn.BatchNorm2d(n_filters), nn.MaxPool2d(2)
        else:
            convolution = nn.Conv1d(n_inputs, n_filters, 7, padding=3)
            normalisation, pool = nn.BatchNorm1d(n_filters), nn.MaxPool1d(4)
        layers.extend([convolution, normalisation, nn.ReLU(), pool])
        n_inputs = n_filters
    average = nn.AdaptiveAvgPool2d(1) if two_dimensional else nn.AdaptiveAvgPool1d(1)
    return layers.extend([average, nn.Flatten()])


class AfterTian2022(NetworkBaseline):
    """Network with two inputs, waveform and scalogram, after Tian et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        100 Hz.
    shape : tuple of (int, int), default=(32, 64)
        Rows (frequencies) and columns (time) of the scalograms, each at least 8.

    Notes
    -----
    Built by description, which is a title: [1]_ lists the convolutional network with
    multiple inputs of [2]_ among its references and says no more about it.

    So all is ours: records of three channels at 100 Hz, band-pass from 1 to 20 Hz, each
    divided by its largest value; four convolutions of 7 samples with 16 to 64 filters
    and pools of 4 on the waveform; three of 3 x 3 with 16 to 64 filters and pools of 2
    on its scalogram in decibels from 1 to 20 Hz; batch normalisation, averages over
    time and frequency, dropout of 0.5, a layer of 64; Adam and its settings. For three
    channels and two classes it has 58,050 parameters, whatever the length of records.
    Records below 2.56 s are padded with zeros.

    Its data and results are not known to us.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    .. [2] Tian et al. (2022), multi-input convolutional neural network, as cited by
       [1]_

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterTian2022
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterTian2022(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Tian et al.",
        year=2022,
        task="unknown",
        input="waveforms, each followed by its scalogram",
        record_shape=(3, 6000),
        exactness="by description",
        caveats="All but that it has several inputs is unknown.",
        source="as cited by Zhou et al. (2025)",
    )
    _module = TianNet
    _module_parameters = ("shape",)
    _f_min = 1.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "shape": [image_shape(_LEAST_SIDE)],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        shape: tuple[int, int] = (32, 64),
        max_epochs: int = 100,
        batch_size: int = 64,
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
        waveforms = self._preprocess(X, f_max=_F_MAX)
        waveforms = pad_to(waveforms, [_LEAST_SAMPLES])
        scalogram = ScalogramTransformer(
            sampling_rate=self._rate,
            shape=self.shape,
            f_min=self._f_min,
            f_max=_F_MAX,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        images = scalogram.fit_transform(waveforms)
        return np.concatenate([waveforms, images.reshape(*X.shape[:2], -1)], axis=-1)
