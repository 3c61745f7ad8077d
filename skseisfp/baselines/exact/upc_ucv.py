"""The detector of Tous et al. (2020)."""

from __future__ import annotations

from torch import nn

from .._networks import (
    SameConv1d,
    SameMaxPool1d,
    WaveformNet,
    count_outputs,
    initialise,
)
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem


class UPCUCVNet(WaveformNet):
    """Four cycles of a wide convolution and a pool, three fully connected layers."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        _, n_channels, n_samples = input_shape
        trunk = nn.Sequential()
        for n_inputs in (n_channels, 32, 32, 32):
            convolution = SameConv1d(n_inputs, 32, 20, stride=5)
            trunk.extend([convolution, nn.ReLU(), SameMaxPool1d(5, stride=2)])
        n_flat = count_outputs(trunk, (n_channels, n_samples))
        head = (nn.Linear(n_flat, 10), nn.Linear(10, 10), nn.Linear(10, n_classes))
        self.layers = nn.Sequential(trunk, nn.Flatten(), *head)
        initialise(self, draw=nn.init.kaiming_normal_)


class UPCUCV(NetworkBaseline):
    """UPC-UCV, the detector of Tous et al., as a classifier of records.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 100 Hz.

    Notes
    -----
    The layers of the public code and of the configuration ``model14b`` of [1]_: four
    times a convolution of 32 filters of 20 samples with stride 5, ReLU and the largest
    of five with stride 2, then fully connected layers of 10, 10 and the classes without
    activation between them. It has 63,950 parameters for three channels of up to 90 s
    and two classes. That this configuration is the one of the paper is inferred.

    Published: Adam with 1e-3, batches of 128, L2 regularisation, 2,000 to 10,000 steps.
    Ours: 100 epochs, L2 of 1e-3 on the weights of the convolutions, mean removed and
    each trace scaled by its largest value.

    The paper detects events in windows of records of CARABOBO and assigns them to
    regions, 80 % of the windows for training and 20 % for the test: about 95 %.

    References
    ----------
    .. [1] Tous et al. (2020), Deep neural networks for earthquake detection and source
       region estimation in north-central Venezuela, Bulletin of the Seismological
       Society of America 110(5), doi:10.1785/0120190172

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import UPCUCV
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = UPCUCV(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Tous et al.",
        year=2020,
        task="detection and region of events",
        input="waveforms, 10 s",
        record_shape=(3, 1000),
        published_parameters=63_950,
        exactness="exact",
        figure="accuracy about 95 %",
        measured_on="949 events of Mw 1.1 to 5.2 in Venezuela, 2018 to 2019",
        split="80/20; by event or by window is unknown",
        caveats=(
            "It distinguishes events from noise and their regions, not their nature. "
            "Kernels and strides are those of the configuration that comes with the "
            "code, taken for those of the paper. The exact figure is not verified."
        ),
        source="public code (rtous/deepquake), abstract",
    )
    _module = UPCUCVNet
    _recipe = {
        **NetworkBaseline._recipe,
        "optimizer__param_groups": [("layers.0.*.weight", {"weight_decay": 1e-3})],
    }

    def _represent(self, X):
        return self._preprocess(X, detrend="constant", scaling="trace")
