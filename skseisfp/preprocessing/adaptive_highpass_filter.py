"""Records filtered at their own cut-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._utils.fit_metadata import check_given
from ._cutoff_filter import CutoffFilter

if TYPE_CHECKING:
    import numpy.typing as npt


class AdaptiveHighpassFilter(CutoffFilter):
    """High-pass filter with an automatic cut-off for each record.

    Low-frequency noise is stationary along the rows of a scalogram and an event is
    not. This distinguishes the noise of a record from its signal, and the cut-off is
    the one with the least expected squared error of the filtered record.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    FilterAugmenter : The same, with views at shifted cut-offs.

    Notes
    -----
    After Silkin [1]_, whose own algorithm is not public in detail. A record with the
    status ``"no_noise"`` is filtered at its small cut-off, which does no harm. The
    estimate assumes that noise is below the signal in frequency and longer than the
    event. It fails for noise bursts, surface waves of the event below the noise, events
    that fill the record and high-frequency noise. Filter whole records first and cut
    windows later: a window that the event fills shows little noise.

    With metadata routing, ``set_transform_request(p_arrival=True)`` passes P of records
    where it is known. If `fit_transform` was given it, `transform` must be given it,
    too.

    References
    ----------
    .. [1] Silkin (2024), Journal of Volcanology and Seismology 18(3), 275-289,
       doi:10.1134/S0742046324700556

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import AdaptiveHighpassFilter
    >>> rng = np.random.default_rng(0)
    >>> time = np.arange(4000) / 40
    >>> event = rng.standard_normal(4000) * np.exp(-0.3 * (time - 40)) * (time > 40)
    >>> X = [event + 0.05 * np.cumsum(rng.standard_normal(4000))]
    >>> highpass = AdaptiveHighpassFilter(sampling_rate=40)
    >>> filtered = highpass.fit_transform(X)
    >>> highpass.estimate_cutoff(X)[["cutoff", "status"]].round(1)
       cutoff status
    0     2.1     ok
    """

    def transform(
        self, X: npt.ArrayLike, p_arrival: npt.ArrayLike | None = None
    ) -> npt.NDArray:
        """Filter each record at its cut-off.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records; the channels of one record share a cut-off.
        p_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample to P; NaN where it is not known.

        Returns
        -------
        ndarray of the shape and type of `X`
            Filtered records.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid, if P is not within its record,
            or `p_arrival` was given to one of `fit_transform` and `transform` only.
        """
        records = self._check_transform(X)
        self._check_container(records.shape[1:])
        check_given(self, "transform", {"p_arrival": p_arrival})
        cutoffs = self._tabulate_cutoffs(records, p_arrival)["cutoff"].to_numpy()
        return self._filter(records, cutoffs)
