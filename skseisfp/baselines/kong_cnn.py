"""The net of Kong et al. (2022) for waveforms and a physical feature."""

import numpy as np
import torch
from torch import nn

from ..neural._layers import GeneratorDropout
from ..signal.phase_windows import band_power, log_amplitude_ratio
from ..signal.windows import window_samples
from ._base import NetBaseline, pad_to
from ._nets import WaveformNet, count_outputs, initialise

_LEAST_SAMPLES = 64
_CYCLES = ((64, 0.0), (128, 0.3), (256, 0.3))


class KongNet(WaveformNet):
    """A branch for the waveform and one for the feature in the last column."""

    def __init__(self, input_shape, n_classes):
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

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        waveform = self.waveform(X[:, 0, :, :-1])
        physics = self.physics(X[:, 0, 0, -1:])
        return self.head(torch.cat([waveform, physics], dim=1))


class KongCNN(NetBaseline):
    """Net of two branches for waveforms and the ratio of P to S, after Kong et al.

    Parameters
    ----------
    sampling_rate : float, default=40.0
        Samples per second (Hz) of the records; they are brought to the published 40 Hz
        if they have another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    p_window : tuple of (float, float), default=None
        Start and end of the P waves in seconds after the start of `window`. None is the
        first half of it.
    s_window : tuple of (float, float), default=None
        Start and end of the S waves, likewise. None is the second half.
    ratio_band : tuple of (float, float), default=(10.0, 18.0)
        Band in Hz in which the amplitudes of P and S waves are compared; the records
        have nothing above 20 Hz.
    max_epochs : int, default=200
        Largest number of epochs.
    batch_size : int, default=256
        Largest number of records in a batch.
    lr : float, default=1e-3
        Learning rate.
    early_stopping : bool, default=True
        Keep events apart for validation, stop when their loss no longer improves and
        restore the best weights.
    n_jobs : int, default=None
        Number of threads that prepare the records.
    device : str, default="auto"
        Torch device of the net; ``"auto"`` is ``"cuda"`` if there is one and else
        ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout, augmentation and validation split.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : FingerprintClassifier
        The trained net; it holds the history of training.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    Notes
    -----
    The hybrid net of the public code of [1]_: three convolutions on the waveform and a
    fully connected layer on a physical feature, joined in a layer of 100. For three
    channels of 50 s at 40 Hz, one feature and two classes it has 1,165,998 parameters.

    Published: the layers and their dropout, Adam, balanced class weights, batches of
    256, a fifth kept apart for validation, 30 epochs of patience. Ours: the loss, not
    the accuracy, stops the training, at most 200 epochs, each record is scaled by its
    largest value. The feature is the logarithm of the ratio of the root mean squares in
    the two windows and the band, over all channels, as in
    :class:`~skseisfp.preprocessing.PhysicsFeatures` but with no noise taken off; the
    paper takes windows from picks, so give them where the records are aligned. Records
    below 1.6 s are continued with zeros.

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
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = KongNet
    _recipe = {**NetBaseline._recipe, "patience": 30, "balance": "weights"}
    _rate = 40.0

    def __init__(
        self,
        *,
        sampling_rate=40.0,
        window=None,
        p_window=None,
        s_window=None,
        ratio_band=(10.0, 18.0),
        max_epochs=200,
        batch_size=256,
        lr=1e-3,
        early_stopping=True,
        n_jobs=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
        )
        self.p_window = p_window
        self.s_window = s_window
        self.ratio_band = ratio_band

    def _represent(self, X):
        low, high = self.ratio_band
        if not 0 <= low < min(high, self._rate / 2):
            raise ValueError(
                "ratio_band must be two increasing frequencies in Hz, the lower one "
                f"below {self._rate / 2:g} Hz; got {self.ratio_band!r}."
            )
        waveforms = self._preprocess(X)
        windows = self._windows(waveforms.shape[-1])
        ratio = [self._log_ratio(record, windows) for record in waveforms]
        feature = np.tile(np.reshape(ratio, (-1, 1, 1)), (1, X.shape[1], 1))
        waveforms = pad_to(waveforms, [_LEAST_SAMPLES])
        return np.concatenate([waveforms, feature], axis=-1).astype(np.float32)

    def _windows(self, n_samples):
        """Return the first sample of P and of S, and those after their last."""
        middle = n_samples // 2
        halves = (0, max(middle, 1)), (middle, n_samples)
        return [
            half if window is None else window_samples(window, n_samples, self._rate)
            for window, half in zip((self.p_window, self.s_window), halves, strict=True)
        ]

    def _log_ratio(self, record, windows):
        """Return the logarithm of the ratio of P to S, 0 where there is none."""
        low, high = self.ratio_band
        band = low, min(high, self._rate / 2)
        powers = [
            band_power(record.astype(float), window, [band], self._rate)[0]
            for window in windows
        ]
        return np.nan_to_num(log_amplitude_ratio(*powers, 0.0))
