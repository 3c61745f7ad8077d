"""Records to wavelet scalograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._parameters import HERTZ, SIZE
from ..signal.scalogram import scale_image, scalogram
from ..signal.wavelets import Morlet, Morse, frequency_axis
from ._constraints import WAVELET_IMAGE
from ._record_transformer import RecordTransformer, check_pixels

if TYPE_CHECKING:
    import numpy.typing as npt


class ScalogramTransformer(RecordTransformer):
    """Images of the wavelet power, on a logarithmic axis of frequencies.

    Parameters
    ----------
    shape : tuple of (int, int), default=(64, 64)
        Rows (frequencies) and columns (time) of the image.
    f_min : float in (0, inf), default=None
        Lowest frequency in Hz. None takes 8 octaves below `f_max`, at least 8 periods
        in the record, and at most half of `f_max`.
    f_max : float in (0, inf), default=None
        Highest frequency in Hz. None takes 0.4 of the sampling rate.
    wavelet : {"morlet", "morse"} or wavelet, default="morlet"
        The analytic wavelet, by name or as `skseisfp.signal.Morlet` or
        `skseisfp.signal.Morse`.
    scale : {"log", "magnitude", "power"}, default="log"
        Scale of the image, which is 1 at its maximum.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    FingerprintTransformer : Sparse fingerprints of such images.
    SpectrogramTransformer : Images on a linear axis of frequencies.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import ScalogramTransformer
    >>> X = np.random.default_rng(0).standard_normal((2, 3, 5000))
    >>> ScalogramTransformer(shape=(20, 300)).fit_transform(X).shape
    (2, 3, 20, 300)
    """

    _parameter_constraints = {
        **RecordTransformer._parameter_constraints,
        **WAVELET_IMAGE,
        "sampling_rate": [HERTZ],
        "shape": [SIZE],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        shape: tuple[int, int] = (64, 64),
        f_min: float | None = None,
        f_max: float | None = None,
        wavelet: str | Morlet | Morse = "morlet",
        scale: str = "log",
        dynamic_range_db: float = 60.0,
        taper: float = 0.05,
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.shape = shape
        self.f_min = f_min
        self.f_max = f_max
        self.wavelet = wavelet
        self.scale = scale
        self.dynamic_range_db = dynamic_range_db
        self.taper = taper
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
        return frequency_axis(
            self.shape[0],
            n_samples,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
        )

    def _check_combinations(self, n_samples):
        """Raise if images do not fit memory, or frequencies the records."""
        check_pixels(self.shape)
        self.frequencies(n_samples)

    def _map_traces(self, traces):
        power = scalogram(
            traces,
            self.frequencies(traces.shape[-1]),
            self.shape[1],
            sampling_rate=self.sampling_rate,
            wavelet=self.wavelet,
            taper=self.taper,
            normalize=True,
        )
        return scale_image(power, self.scale, self.dynamic_range_db)
