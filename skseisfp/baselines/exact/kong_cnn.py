"""The network of Kong et al. (2022) for waveforms and a physical feature."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from ..._compat import Interval
from ..._parameters import WINDOW, pair_of
from ..._utils.fit_metadata import note_given
from ...neural.layers import GeneratorDropout, GeneratorModule
from ...signal.phase_windows import band_power, log_amplitude_ratio
from ...signal.windows import window_samples
from .._constraints import VP_VS
from .._networks import count_outputs, initialise, pad_to
from .._onsets import OnsetsMixin, WindowFeatures
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem
from ..waveform_baseline import check_within

if TYPE_CHECKING:
    from typing import Self

    import numpy.typing as npt

_RATE = 40.0
_LEAST_SAMPLES = 64  # product of the three pools of 4
_CYCLES = ((64, 0.0), (128, 0.3), (256, 0.3))  # filters and dropout


class KongNet(GeneratorModule):
    """A branch for the waveform and one for the feature in the last column."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        _, n_channels, n_columns = input_shape
        self.waveform = nn.Sequential()
        n_inputs = n_channels
        for n_filters, p in _CYCLES:
            convolution = nn.Conv1d(n_inputs, n_filters, 3, padding=1)
            cycle = (convolution, nn.ReLU(), GeneratorDropout(p), nn.MaxPool1d(4))
            self.waveform.extend(cycle)
            n_inputs = n_filters
        n_flat = count_outputs(self.waveform, (n_channels, n_columns - 1))
        self.waveform.extend([nn.Flatten(), nn.Linear(n_flat, 128), nn.ReLU()])
        self.physics = nn.Sequential(nn.Linear(1, 128), nn.ReLU())
        self.head = nn.Sequential(
            GeneratorDropout(0.5),
            nn.Linear(256, 100),
            nn.ReLU(),
            nn.Linear(100, n_classes),
        )
        initialise(self)

    def forward(self, X: torch.Tensor, **kwargs: object) -> torch.Tensor:
        """Return the logits of the classes."""
        waveform = self.waveform(X[:, 0, :, :-1])
        physics = self.physics(X[:, 0, 0, -1:])
        return self.head(torch.cat([waveform, physics], dim=1))


class KongCNN(OnsetsMixin, NetworkBaseline):
    """Network of two branches for waveforms and the ratio of P to S, after Kong et al.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=40.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        the published 40 Hz.
    p_window : tuple of (float, float), default=None
        Start and end of the P waves in seconds after the start of `window`, in records
        whose arrivals are not known. None is the first half of it.
    s_window : tuple of (float, float), default=None
        Start and end of the S waves, likewise. None is the second half.
    vp_vs : float in (1, inf), default=None
        Ratio of speeds by which S is estimated from P and the origin; None does not
        estimate it.
    ratio_band : tuple of (float, float), default=(10.0, 18.0)
        Band in Hz in which the amplitudes of P and S waves are compared, as far as it
        lies below 20 Hz and below half of `sampling_rate`.

    Notes
    -----
    The hybrid network of the public code of [1]_: three convolutions on the waveform
    and a fully connected layer on a physical feature, joined in a layer of 100. For
    three channels of 50 s at 40 Hz, one feature and two classes it has 1,165,998
    parameters.

    Published: the layers and their dropout, Adam, balanced class weights, batches of
    256, a fifth held out for validation, 30 epochs of patience. Ours: the loss, not
    the accuracy, stops the training, at most 200 epochs, each record is scaled by its
    largest value. Records below 1.6 s are padded with zeros.

    The feature is the logarithm of the ratio of the root mean squares of P and S in the
    band, over all channels. The paper takes windows from picks: with the arrivals of P
    and S in `fit` and `predict`, the feature is that of
    :class:`~skseisfp.preprocessing.PhysicsFeatures` in its windows, without subtracting
    the noise. Without them it compares `p_window` and `s_window`, which should be
    given where the records are aligned. It is 0 where there is nothing to compare, as
    in all records whose rate is too low for the band: a part of the default band needs
    more than 20 Hz, all of it 36 Hz.

    The paper reports that the hybrid generalises better to new regions than either
    branch alone, for earthquakes and explosions.

    References
    ----------
    .. [1] Kong et al. (2022), Combining deep learning with physics based features in
       explosion-earthquake discrimination, Geophysical Research Letters 49(13),
       arXiv:2203.06347

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import KongCNN
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 400))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = KongCNN(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Kong et al.",
        year=2022,
        task="earthquake or explosion",
        input="waveforms, 50 s, each followed by its ratio of P to S",
        record_shape=(3, 2000),
        published_parameters=1_165_998,
        exactness="exact",
        figure="better in new regions than either branch alone; figures unknown",
        split="by region",
        caveats="The windows of P and S are unknown.",
        source="public code (qingkaikong/PhysicsML-CombineFeatures)",
    )
    _module = KongNet
    _fitted = "net_"
    _recipe = {**NetworkBaseline._recipe, "patience": 30, "balance": "weights"}
    _rate = _RATE
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "p_window": [WINDOW, None],
        "s_window": [WINDOW, None],
        "vp_vs": [VP_VS, None],
        "ratio_band": [
            pair_of(
                Interval(Real, 0, None, closed="both"),
                "two increasing frequencies in Hz from 0 up, the lower one below "
                f"{_RATE / 2:g} Hz",
                also=lambda low, high: low < min(high, _RATE / 2),
            )
        ],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 40.0,
        window: tuple[float, float] | None = None,
        p_window: tuple[float, float] | None = None,
        s_window: tuple[float, float] | None = None,
        vp_vs: float | None = None,
        ratio_band: tuple[float, float] = (10.0, 18.0),
        max_epochs: int = 200,
        batch_size: int = 256,
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
        self.p_window = p_window
        self.s_window = s_window
        self.vp_vs = vp_vs
        self.ratio_band = ratio_band

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> Self:
        """Train a fresh network on records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record, as in `NetworkBaseline`.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            Seconds from the first sample of the record to P, to S and to the origin of
            the event; NaN where they are not known. The origin is used with `vp_vs`
            only. Those that are given here must be given to the methods that predict,
            too.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a parameter is not valid; if training diverges.
        """
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        note_given(self, times)
        return self._fit(X, y, groups, **times)

    def _check_combinations(self, X):
        super()._check_combinations(X)
        duration = self._preprocess(X[:1]).shape[-1] / self._rate
        check_within("p_window", self.p_window, duration)
        check_within("s_window", self.s_window, duration)

    def _represent(self, X, **times):
        waveforms = self._preprocess(X)
        ratio = self._ratios(waveforms, self._in_window(X, rate=self._rate, **times))
        feature = np.tile(ratio[:, None, None], (1, X.shape[1], 1))
        waveforms = pad_to(waveforms, [_LEAST_SAMPLES])
        return np.concatenate([waveforms, feature], axis=-1).astype(np.float32)

    def _ratios(self, waveforms, times):
        """Return the logarithms of the ratios of P to S, 0 where there are none."""
        low, high = self.ratio_band
        nyquist = min(self.sampling_rate, self._rate) / 2
        if low >= nyquist:
            return np.zeros(len(waveforms))
        band = low, min(high, nyquist)
        ratio = self._ratio_of_phases(waveforms, band, times)
        windows = self._windows(waveforms.shape[-1])
        for row in np.flatnonzero(np.isnan(ratio)):
            ratio[row] = self._ratio_of_windows(waveforms[row], band, windows)
        return ratio

    def _ratio_of_phases(self, waveforms, band, times):
        """Return the logarithms of the ratios of P to S, NaN where arrivals lack."""
        describer = WindowFeatures(
            sampling_rate=self._rate,
            features="ratios",
            ratio_bands=[band],
            noise_window=None,
            vp_vs=self.vp_vs,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return describer.fit_transform(waveforms, **times)[:, 0]

    def _windows(self, n_samples):
        """Return the first sample of P and of S, and those after their last."""
        middle = n_samples // 2
        halves = (0, max(middle, 1)), (middle, n_samples)
        return [
            half if window is None else window_samples(window, n_samples, self._rate)
            for window, half in zip((self.p_window, self.s_window), halves, strict=True)
        ]

    def _ratio_of_windows(self, record, band, windows):
        """Return the logarithm of the ratio of P to S, 0 where there is none."""
        p_power, s_power = (
            band_power(record.astype(float), window, [band], self._rate)[0]
            for window in windows
        )
        return np.nan_to_num(log_amplitude_ratio(p_power, s_power, 0.0))
