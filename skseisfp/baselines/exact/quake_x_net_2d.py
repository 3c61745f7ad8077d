"""The network on spectrograms of Kharita et al. (2025)."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from torch import nn

from ..._compat import Interval
from ..._parameters import DROPOUT
from ...neural.layers import GeneratorDropout
from ...preprocessing import SpectrogramTransformer
from .._networks import LayeredNet, count_outputs, pad_to
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

# filters and stride of each convolution; those that a pool and dropout follow, from 0
_CONVOLUTIONS = ((8, 1), (8, 2), (16, 1), (16, 2), (32, 1), (32, 2), (64, 1))
_POOLED = (1, 3)
_DROPPED = (1, 3, 5, 6)
# the smallest that the strides and pools of 2 leave one of: 11, 6, 3, 2, 1, 1
_LEAST_IMAGE = (11, 11)


class QuakeXNet2DNet(LayeredNet):
    """Seven convolutions with batch normalisation and two fully connected layers."""

    def __init__(
        self, input_shape: tuple[int, ...], n_classes: int, *, dropout_p: float = 0.4
    ) -> None:
        super().__init__()
        trunk = nn.Sequential()
        n_inputs = input_shape[0]
        for number, (n_filters, stride) in enumerate(_CONVOLUTIONS):
            trunk.append(nn.Conv2d(n_inputs, n_filters, 3, stride, padding=1))
            trunk.extend([nn.BatchNorm2d(n_filters), nn.ReLU()])
            if number in _POOLED:
                trunk.append(nn.MaxPool2d(2))
            if number in _DROPPED:
                trunk.append(GeneratorDropout(dropout_p))
            n_inputs = n_filters
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), 128),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, n_classes),
            nn.BatchNorm1d(n_classes),
        )


class QuakeXNet2D(NetworkBaseline):
    """Network on spectrograms, QuakeXNet-2D of Kharita et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=50.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 50 Hz.
    dropout_p : float in [0, 1), default=0.4
        Probability to drop an element after convolutions 2, 4, 6 and 7.
    batch_size : int in [3, inf), default=128
        Largest number of records in a batch; with 3 or more no batch has a single
        record, for which batch normalisation is undefined.

    Notes
    -----
    The layers of the public code of [1]_: seven convolutions of 3 x 3 with 8 to 64
    filters, three of them with stride 2, two pools, batch normalisation throughout. For
    three channels of 100 s at 50 Hz and four classes it has 70,708 parameters.

    Published, after the code of training [2]_: windows of 100 s that begin at random
    before P, band-pass of fourth order from 1 to 20 Hz, Tukey taper of 0.1, records
    divided by the standard deviation of their absolute values, power in frames of 256
    samples that overlap by half, under a Tukey window of 0.25, dropout of 0.4, Adam
    with 1e-3, batches of 128, 60 epochs, ten epochs of patience. SeisBench removes a
    straight line first, as is done here, divides each component by its own deviation
    and has other frames. Ours: validation keeps events whole. Images below 11 x 11 are
    padded with zeros.

    The paper [3]_ reports above 92 % for earthquakes, explosions, surface events and
    noise of the Pacific Northwest, 70 % for training, 20 % for validation and 10 % for
    the test.

    References
    ----------
    .. [1] Kharita et al. (2025), QuakeXNet, public code in SeisBench,
       https://github.com/seisbench/seisbench

    .. [2] Public code at
       https://github.com/Akashkharita/PNW_Seismic_Event_Classification

    .. [3] Kharita et al. (2025), Exploration of machine learning methods to seismic
       event discrimination in the Pacific Northwest, arXiv:2510.23795

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import QuakeXNet2D
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 2000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = QuakeXNet2D(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Kharita et al.",
        year=2025,
        task="earthquake, explosion, surface event or noise",
        input="spectrograms, 100 s",
        record_shape=(3, 5000),
        n_classes=4,
        published_parameters=70_708,
        exactness="exact",
        figure="accuracy above 92 %",
        measured_on="more than 70,000 events in the Pacific Northwest",
        split="70/20/10; by event or by record is unknown",
        caveats="Published as about 70 thousand parameters.",
        source="public code, abstract",
    )
    _module = QuakeXNet2DNet
    _module_parameters = ("dropout_p",)
    # 20 % of the events for validation, of the 90 % that are not for the test
    _recipe = {**NetworkBaseline._recipe, "validation_fraction": 2 / 9}
    _rate = 50.0
    _f_min = 1.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "dropout_p": [DROPOUT],
        "batch_size": [Interval(Integral, 3, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 50.0,
        window: tuple[float, float] | None = None,
        dropout_p: float = 0.4,
        max_epochs: int = 60,
        batch_size: int = 128,
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
        self.dropout_p = dropout_p

    def _represent(self, X):
        waveforms = self._preprocess(X, f_max=20.0, taper=0.1)
        spread = np.abs(waveforms).std(axis=(1, 2), keepdims=True)
        waveforms = waveforms / np.where(spread > 0, spread, 1)
        spectrogram = SpectrogramTransformer(
            sampling_rate=self._rate,
            window=("tukey", 0.25),
            normalize=False,
            scale="power",
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return pad_to(spectrogram.fit_transform(waveforms), _LEAST_IMAGE)[:, None]
