"""Records to spectra in a few bands."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft
from scipy.signal import detrend

from .._compat import Interval, StrOptions
from .._parameters import FRACTION, HERTZ
from ..signal.phase_windows import band_weights
from ..signal.scalogram import scale_image
from ..signal.waveform import taper_window
from ._constraints import FROM_ZERO_HERTZ, IMAGE
from ._record_transformer import (
    RecordTransformer,
    check_band,
    check_log_scale,
    over_peak,
)

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_BANDS = 2**14  # each has a weight for every line of the spectrum, in memory


class SpectrumTransformer(RecordTransformer):
    """Mean spectrum of each trace in adjoining bands.

    Parameters
    ----------
    n_bands : int in [1, 16384], default=50
        Number of bands.
    f_min : float in [0, inf), default=None
        Lower edge of the first band in Hz; None is 0.
    f_max : float in (0, inf), default=None
        Upper edge of the last band in Hz; None is the Nyquist frequency.
    spacing : {"linear", "log"}, default="linear"
        Whether bands have equal widths or equal ratios of their edges; the latter
        needs `f_min`.
    normalize : bool, default=True
        Whether the spectrum of each trace is divided by its maximum. If not, `scale`
        must not be ``"log"``.
    scale : {"log", "magnitude", "power"}, default="magnitude"
        Scale of the spectrum; ``"log"`` is 1 at the maximum and 0 where the power is
        `dynamic_range_db` below it, or less.
    dynamic_range_db : float in (0, 300], default=60.0
        Decibels below the maximum at which a log spectrum is clipped.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    Notes
    -----
    Every line of the discrete spectrum represents the interval around it, and a band
    averages the power of the intervals by how much of them it covers; a band narrower
    than an interval takes the power of its line. The mean of each trace is removed.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import SpectrumTransformer
    >>> X = np.sin(2 * np.pi * 7.5 * np.arange(1000) / 50)[None]
    >>> spectrum = SpectrumTransformer(sampling_rate=50, n_bands=5)
    >>> spectrum.fit_transform(X).round(1)
    array([[0., 1., 0., 0., 0.]])
    """

    _parameter_constraints = {
        **RecordTransformer._parameter_constraints,
        **IMAGE,
        "sampling_rate": [HERTZ],
        "n_bands": [Interval(Integral, 1, MOST_BANDS, closed="both")],
        "f_min": [FROM_ZERO_HERTZ, None],
        "f_max": [HERTZ, None],
        "spacing": [StrOptions({"linear", "log"})],
        "normalize": ["boolean"],
        "taper": [FRACTION],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        n_bands: int = 50,
        f_min: float | None = None,
        f_max: float | None = None,
        spacing: str = "linear",
        normalize: bool = True,
        scale: str = "magnitude",
        dynamic_range_db: float = 60.0,
        taper: float = 0.05,
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.n_bands = n_bands
        self.f_min = f_min
        self.f_max = f_max
        self.spacing = spacing
        self.normalize = normalize
        self.scale = scale
        self.dynamic_range_db = dynamic_range_db
        self.taper = taper
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose

    def edges(self) -> npt.NDArray:
        """Compute the edges of the bands.

        Returns
        -------
        ndarray of shape (n_bands + 1,)
            Frequencies in Hz.
        """
        self._validate_params()
        low, high = check_band(self.f_min, self.f_max, self.sampling_rate)
        space = np.geomspace if self.spacing == "log" else np.linspace
        return space(low, high, self.n_bands + 1)

    @staticmethod
    def _count_output_axes(record_shape):
        return 1 + len(record_shape)

    def _feature_names(self, input_features):
        """Return a name for each band, with its edges in Hz."""
        bands = enumerate(pairwise(self.edges()))
        names = [f"band{i}_{low:.4g}_{high:.4g}" for i, (low, high) in bands]
        return np.array(names, dtype=object)

    def _check_combinations(self, n_samples):
        check_log_scale(self.scale, self.normalize)
        low, _ = check_band(self.f_min, self.f_max, self.sampling_rate)
        if self.spacing == "log" and low == 0:
            raise ValueError("spacing='log' needs f_min above 0 Hz.")
        if not (np.diff(self.edges()) > 0).all():  # numbers of 64 bits end there
            raise ValueError(
                f"n_bands={self.n_bands} bands have no width between f_min and f_max."
            )

    def _band_weights(self, n_samples):
        """Weights of the lines in the bands, of shape (n_lines, n_bands)."""
        lines = np.fft.rfftfreq(n_samples, 1 / self.sampling_rate)
        bands = list(pairwise(self.edges()))
        weights = band_weights(lines, bands, self.sampling_rate / 2)
        return weights / weights.sum(axis=0)

    def _map_traces(self, traces):
        n_samples = traces.shape[-1]
        if self.normalize:
            traces = over_peak(traces, axis=-1)
        window = taper_window(n_samples, self.taper).astype(traces.dtype)
        lines = np.asarray(fft.rfft(detrend(traces, type="constant") * window))
        power = (np.abs(lines) ** 2) @ self._band_weights(n_samples)
        power = power.astype(traces.dtype, copy=False)
        if self.normalize:
            power = over_peak(power, axis=-1)
        return scale_image(power, self.scale, self.dynamic_range_db)
