"""The detector of Ulyanov et al. (2021), by description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..._parameters import DROPOUT
from ...neural.layers import GeneratorDropout
from .._networks import WaveformNet, count_outputs, initialise
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np

_FILTERS = (16, 32, 32, 64, 64)


class UlyanovNet(WaveformNet):
    """Five convolutions with batch normalisation and dropout, and one dense layer."""

    def __init__(
        self, input_shape: tuple[int, ...], n_classes: int, *, dropout_p: float = 0.2
    ) -> None:
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
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        100 Hz.
    dropout_p : float in [0, 1), default=0.2
        Probability to drop an element after each convolution.

    Notes
    -----
    Built by description. [2]_ describes the detector of [1]_: windows of 15 s of three
    components, five times a convolution with batch normalisation and dropout, one fully
    connected layer. Use windows of that length to be close to it.

    Ours: 100 Hz, 16 to 64 filters of 7 samples with stride 2, ReLU, Adam, batches and
    epochs, the straight line removed and records divided by their largest value. For
    three channels of 15 s and two classes it has 60,738 parameters.

    The task of the paper is another one: to distinguish events from noise. It reports
    correct detections on all seismograms of its test, according to [2]_; their number
    is not known here.

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

    published = PublishedSystem(
        paper="Ulyanov et al.",
        year=2021,
        task="detection of events",
        input="waveforms, 15 s",
        record_shape=(3, 1500),
        exactness="by description",
        figure="correct on all tested seismograms",
        caveats=(
            "It distinguishes events from noise, not their nature. Rate, kernels, "
            "filters, pools and training are unknown."
        ),
        source="as described by Silkin (2024)",
    )
    _module = UlyanovNet
    _module_parameters = ("dropout_p",)
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "dropout_p": [DROPOUT],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        dropout_p: float = 0.2,
        max_epochs: int = 50,
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
        self.dropout_p = dropout_p

    def _represent(self, X):
        return self._preprocess(X)
