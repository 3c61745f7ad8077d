"""Records to wavelet scalograms."""

from .._utils.checks import check_real
from .._utils.validation import check_rate
from ..signal.scalogram import scale_image, scalogram
from ..signal.wavelets import frequency_axis, get_wavelet
from ._record_transformer import RecordTransformer, check_scale, check_size


class ScalogramTransformer(RecordTransformer):
    """Images of the wavelet power, on a logarithmic axis of frequencies.

    Parameters
    ----------
    sampling_rate : float, default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    shape : tuple of (int, int), default=(64, 64)
        Rows (frequencies) and columns (time) of the image.
    f_min : float, default=None
        Lowest frequency in Hz. None takes 8 octaves below `f_max`, at least 8 periods
        in the record, and at most half of `f_max`.
    f_max : float, default=None
        Highest frequency in Hz. None takes 0.4 of the sampling rate.
    wavelet : {"morlet", "morse"} or wavelet, default="morlet"
        The analytic wavelet, by name or as `skseisfp.signal.Morlet` or
        `skseisfp.signal.Morse`.
    scale : {"log", "magnitude", "power"}, default="log"
        Scale of the image, which is 1 at its maximum.
    dynamic_range_db : float, default=60.0
        Decibels below the maximum at which a log image is clipped, up to 300.
    taper : float, default=0.05
        Part of the record under the flanks of a Tukey window, both ends together.
    batch_size : int, default=64
        Records that are worked on at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.

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

    def __init__(
        self,
        *,
        sampling_rate=1.0,
        shape=(64, 64),
        f_min=None,
        f_max=None,
        wavelet="morlet",
        scale="log",
        dynamic_range_db=60.0,
        taper=0.05,
        batch_size=64,
        n_jobs=None,
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

    def frequencies(self, n_samples):
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

    def _check_parameters(self, n_samples):
        check_rate(self.sampling_rate)
        check_size("shape", self.shape)
        check_scale(self.scale, self.dynamic_range_db)
        check_real("taper", self.taper, min_val=0, max_val=1)
        get_wavelet(self.wavelet)
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
