"""Records to spectrograms."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import detrend, get_window, spectrogram

from .._compat import Interval
from .._parameters import COUNT, HERTZ, Where
from ..signal.scalogram import scale_image
from ._constraints import FROM_ZERO_HERTZ, IMAGE
from ._record_transformer import (
    RecordTransformer,
    check_band,
    check_log_scale,
    over_peak,
)

if TYPE_CHECKING:
    import numpy.typing as npt


class SpectrogramTransformer(RecordTransformer):
    """Power in frames of equal length, on a linear axis of frequencies.

    Parameters
    ----------
    window_length : int in [1, inf), default=256
        Samples of a frame. A shorter record is one frame.
    overlap : float in [0, 1), default=0.5
        Part of a frame that it shares with the next.
    window : str or tuple, default="hann"
        Window of the frames, by its name for `scipy.signal.get_window`.
    f_min : float in [0, inf), default=None
        Lowest frequency in Hz; None is 0.
    f_max : float in (0, inf), default=None
        Highest frequency in Hz; None is the Nyquist frequency.
    normalize : bool, default=True
        Whether the spectrogram of each trace is divided by its maximum. If not, it is
        a power spectral density, and `scale` must not be ``"log"``.
    scale : {"log", "magnitude", "power"}, default="log"
        Scale of the image; ``"log"`` is 1 at the maximum and 0 where the power is
        `dynamic_range_db` below it, or less.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    ScalogramTransformer : Images on a logarithmic axis of frequencies.

    Notes
    -----
    Frames and their axis are those of `scipy.signal.spectrogram`: rows are
    frequencies, low to high, columns are time. The mean of each frame is removed. A
    straight line, in all of a trace, gives zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import SpectrogramTransformer
    >>> X = np.random.default_rng(0).standard_normal((2, 3, 5000))
    >>> SpectrogramTransformer(sampling_rate=50).fit_transform(X).shape
    (2, 3, 129, 38)
    """

    _parameter_constraints = {
        **RecordTransformer._parameter_constraints,
        **IMAGE,
        "sampling_rate": [HERTZ],
        "window_length": [COUNT],
        "overlap": [Interval(Real, 0, 1, closed="left")],
        "window": [
            Where(
                lambda window: (
                    isinstance(window, (str, tuple))
                    and window
                    and (get_window(window, 4) is not None)
                ),
                "a window of scipy.signal",
            )
        ],
        "f_min": [FROM_ZERO_HERTZ, None],
        "f_max": [HERTZ, None],
        "normalize": ["boolean"],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        window_length: int = 256,
        overlap: float = 0.5,
        window: str | tuple = "hann",
        f_min: float | None = None,
        f_max: float | None = None,
        normalize: bool = True,
        scale: str = "log",
        dynamic_range_db: float = 60.0,
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.window_length = window_length
        self.overlap = overlap
        self.window = window
        self.f_min = f_min
        self.f_max = f_max
        self.normalize = normalize
        self.scale = scale
        self.dynamic_range_db = dynamic_range_db
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose

    def frequencies(self, n_samples: int) -> npt.NDArray:
        """Compute the frequencies of the rows.

        Parameters
        ----------
        n_samples : int
            Samples of a record.

        Returns
        -------
        ndarray of shape (n_rows,)
            Frequencies in Hz.
        """
        self._validate_params()
        self._check_combinations(n_samples)
        axis = np.fft.rfftfreq(self._frame(n_samples), 1 / self.sampling_rate)
        return axis[self._in_band(axis)]

    def _frame(self, n_samples):
        """Return the samples of a frame."""
        return min(self.window_length, n_samples)

    def _in_band(self, axis):
        """Return which frequencies are kept."""
        low, high = check_band(self.f_min, self.f_max, self.sampling_rate)
        return (axis >= low) & (axis <= high)

    def _check_combinations(self, n_samples):
        check_log_scale(self.scale, self.normalize)
        axis = np.fft.rfftfreq(self._frame(n_samples), 1 / self.sampling_rate)
        if not self._in_band(axis).any():
            raise ValueError(
                f"no row is between f_min={self.f_min} Hz and f_max={self.f_max} Hz: "
                f"rows are {self.sampling_rate / self._frame(n_samples):g} Hz apart."
            )

    def _map_traces(self, traces):
        frame = self._frame(traces.shape[-1])
        if self.normalize:
            traces = over_peak(traces, axis=-1)
        with np.errstate(under="ignore"):
            axis, _, power = spectrogram(
                detrend(traces, type="constant"),
                self.sampling_rate,
                window=self.window,
                nperseg=frame,
                noverlap=min(int(self.overlap * frame), frame - 1),
                detrend="constant",
            )
        power = power[:, self._in_band(axis)].astype(traces.dtype, copy=False)
        if self.normalize:
            power = over_peak(power, axis=(-2, -1))
        return scale_image(power, self.scale, self.dynamic_range_db)
