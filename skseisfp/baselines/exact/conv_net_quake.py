"""The detector of Perol et al. (2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..._parameters import FINITE
from ...preprocessing import WaveformAugmenter
from .._networks import SameConv1d, WaveformNet, count_outputs, initialise
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np


class ConvNetQuakeNet(WaveformNet):
    """Eight convolutions of stride 2 and one fully connected layer."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        _, n_channels, n_samples = input_shape
        trunk = nn.Sequential()
        for n_inputs in (n_channels, *[32] * 7):
            trunk.extend([SameConv1d(n_inputs, 32, 3, stride=2), nn.ReLU()])
        n_flat = count_outputs(trunk, (n_channels, n_samples))
        head = nn.Linear(n_flat, n_classes)
        self.layers = nn.Sequential(trunk, nn.Flatten(), head)
        initialise(self, draw=nn.init.kaiming_normal_)


class ConvNetQuake(NetworkBaseline):
    """ConvNetQuake, the detector of Perol et al., as a classifier of records.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 100 Hz.
    noise_snr_db : float in (-inf, inf) or None, default=20.0
        Signal-to-noise ratio in decibels of the Gaussian noise that is added to each
        record while training; None adds none. The published level is not known.

    Notes
    -----
    The layers of the public code of [1]_: eight convolutions of 32 filters of three
    samples with stride 2, ReLU after each, and one fully connected layer. For three
    channels of 10 s and two classes it has 22,306 parameters, for 90 s 24,354. The
    length of the input follows the records.

    Published: mean removed and scaled, Adam with 1e-3, batches of 128, L2 of 1e-3 on
    the weights of the convolutions, Gaussian noise as the only augmentation, 32,000
    steps. Ours: 100 epochs, each trace scaled by its largest value, the level of the
    noise.

    The paper detects events in continuous records and assigns them to regions of one
    network (17 times as many detections as the catalogue); it does not distinguish
    earthquakes from explosions. Its test month follows the training months.

    References
    ----------
    .. [1] Perol, Gharbi and Denolle (2018), Convolutional neural network for earthquake
       detection and location, Science Advances 4(2), doi:10.1126/sciadv.1700578

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import ConvNetQuake
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = ConvNetQuake(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Perol, Gharbi and Denolle",
        year=2018,
        task="detection and region of events",
        input="waveforms, 10 s",
        record_shape=(3, 1001),
        n_classes=7,
        published_parameters=22_951,
        exactness="exact",
        figure="more than 17 times the detections of the catalogue",
        measured_on="continuous records, six regions and noise",
        split="by time: July 2014 for the test",
        caveats=(
            "It distinguishes events from noise and their regions, not their nature."
        ),
        source="paper and public code (tperol/ConvNetQuake)",
    )
    _module = ConvNetQuakeNet
    _recipe = {
        **NetworkBaseline._recipe,
        "optimizer__param_groups": [("layers.0.*.weight", {"weight_decay": 1e-3})],
    }
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "noise_snr_db": [FINITE, None],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        noise_snr_db: float | None = 20.0,
        max_epochs: int = 100,
        batch_size: int = 128,
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
        self.noise_snr_db = noise_snr_db

    def _make_augmenter(self):
        if self.noise_snr_db is None:
            return None
        return WaveformAugmenter(
            probability=1.0, max_shift=0.0, snr_db=self.noise_snr_db
        )

    def _represent(self, X):
        return self._preprocess(X, detrend="constant", scaling="trace")
