"""The network of Shen and Shen (2021) for all stations of an event."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import torch
from torch import nn

from ..._compat import Interval
from .._networks import LayeredNet, count_outputs, pad_to
from ..event_network_baseline import EventNetworkBaseline
from ..published_system import PublishedSystem

_LEAST_SAMPLES = 20  # product of the pools along time, 5 x 2 x 2


class ArrayNet(LayeredNet):
    """Three convolutions over stations and time."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        trunk = nn.Sequential(
            nn.Conv2d(input_shape[0], 4, (1, 9), padding=(0, 4)),
            nn.ReLU(),
            nn.MaxPool2d((1, 5)),
            nn.Conv2d(4, 4, (5, 3), padding=(2, 1)),
            nn.ReLU(),
            nn.MaxPool2d((1, 2)),
            nn.Conv2d(4, 8, (5, 3), padding=(2, 1)),
            nn.ReLU(),
            nn.MaxPool2d((1, 2)),
        )
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            nn.Linear(count_outputs(trunk, input_shape), 128),
            nn.ReLU(),
            nn.Linear(128, n_classes),
        )


class ArrayConvNet(EventNetworkBaseline):
    """Network on all stations of an event, ArrayConvNet of Shen and Shen.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=50.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 50 Hz.
    vertical : int in [0, inf), default=0
        The channel by whose largest value stations are ordered.

    See Also
    --------
    skseisfp.preprocessing.stack_stations : Makes the rows of events.

    Notes
    -----
    The layers of the public scripts of [1]_: three convolutions over stations and time
    and a hidden layer of 128. For 55 stations of three channels of 50 s at 50 Hz and
    two classes it has 7,041,230 parameters. One row of the input is one event, of shape
    (n_stations, n_channels, n_samples), up to four axes in all; records without an axis
    of stations count as events of one station.

    Published: Hann taper of 2 % at each end, each trace divided by its peak, stations
    in the order of the time of the largest value of the vertical channel, absolute
    values, AdamW with 2e-5, batches of 32, 80 epochs. A missing station is zeros, or
    masked in a masked array. Missing stations come last. Ours: the mean of each trace
    is removed. Records below 0.4 s are padded with zeros.

    The paper distinguishes events from noise: 99.4 % of a random quarter of the events.

    References
    ----------
    .. [1] Shen and Shen (2021), Array-based convolutional neural networks for automatic
       detection and 4D localization of earthquakes in Hawaii, Seismological Research
       Letters 92(5)

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import ArrayConvNet
    >>> X = np.random.default_rng(0).standard_normal((6, 5, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 3)
    >>> classifier = ArrayConvNet(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (6, 2)
    """

    published = PublishedSystem(
        paper="Shen and Shen",
        year=2021,
        task="detection of events by an array",
        input="absolute waveforms of all stations, 50 s",
        record_shape=(55, 3, 2500),
        published_parameters=7_041_230,
        exactness="exact",
        figure="accuracy 99.4 %",
        measured_on="55 stations in Hawaii",
        split="event-wise: a random quarter of the events for the test",
        caveats="It distinguishes events from noise, not their nature.",
        source="paper and public code (seismolab/ArrayConvNet)",
    )
    _module = ArrayNet
    _recipe = {
        **EventNetworkBaseline._recipe,
        "optimizer": torch.optim.AdamW,
        "weight_decay": 1e-2,
    }
    _rate = 50.0
    _parameter_constraints = {
        **EventNetworkBaseline._parameter_constraints,
        "vertical": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 50.0,
        window: tuple[float, float] | None = None,
        vertical: int = 0,
        max_epochs: int = 80,
        batch_size: int = 32,
        lr: float = 2e-5,
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
        self.vertical = vertical

    def _check_combinations(self, X):
        super()._check_combinations(X)
        if self.vertical >= X.shape[2]:
            raise ValueError(
                f"vertical must be the number of a channel, 0 to {X.shape[2] - 1}; got "
                f"{self.vertical!r}."
            )

    def _represent(self, X):
        # a taper of 2 % at each end
        X = self._preprocess(X, detrend="constant", taper=0.04, scaling="trace")
        X = np.abs(X)
        vertical = X[:, :, self.vertical]
        time = np.where(vertical.any(axis=-1), vertical.argmax(axis=-1), X.shape[-1])
        order = np.argsort(time, axis=1, kind="stable")
        X = np.take_along_axis(X, order[:, :, None, None], axis=1)
        return pad_to(X.swapaxes(1, 2), [_LEAST_SAMPLES])[:, None]
