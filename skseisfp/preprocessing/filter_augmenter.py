"""Views of records, filtered at their own cut-off and at shifted ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._parameters import NOT_NEGATIVE, Where
from .._utils.fit_metadata import check_given
from ._cutoff_filter import CutoffFilter

if TYPE_CHECKING:
    import numpy.typing as npt

# of the sampling rate; a filter must be below the Nyquist frequency, 0.5, and one close
# to it leaves nothing
_HIGHEST = 0.45
MOST_VIEWS = 1000  # each of which takes the memory of the records once more


def _are_shifts(values):
    """Return whether a sequence holds finite numbers, one or more."""
    if isinstance(values, range):  # which may have no end
        values = values[: MOST_VIEWS + 1]
    values = np.asarray(values)
    counted = values.ndim == 1 and 0 < values.size <= MOST_VIEWS
    numeric = counted and values.dtype.kind in "iuf"
    return numeric and np.isfinite(values).all()


class FilterAugmenter(CutoffFilter):
    """Views of each record, high-passed at its optimal cut-off and at shifted ones.

    Augmentation adds an axis, not rows: view 0 is the record as
    `AdaptiveHighpassFilter` returns it, the other views are the same record filtered a
    little too low or too high, as happens in practice. One record stays one row,
    with its label, its event and its fold.

    Parameters
    ----------
    shifts : sequence of float, default=(0, -2, -1, 1, 2)
        Shift of the cut-off of each view, in steps.
    step_octaves : float in [0, inf), default=0.25
        Size of a step in octaves.
    fallback : float in (0, inf), default=None
        Cut-off in Hz for records without a reliable estimate (status ``"no_signal"``
        or ``"overlap"``), below the Nyquist frequency; shifted like an estimate. None
        leaves them unfiltered, in all views.
    f_min : float in (0, inf), default=None
        Lowest cut-off in Hz before the shifts. None takes 8 periods in the record,
        but not less than 1/640 of the sampling rate.
    f_max : float in (0, inf), default=None
        Highest cut-off in Hz before the shifts. None takes a quarter of the sampling
        rate.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    AdaptiveHighpassFilter : View 0 alone; its notes describe how the cut-off is found.

    Notes
    -----
    Optimal and four shifted cut-offs are the augmentation of Silkin [1]_; the size of
    the shifts is not published. The step is a quarter of an octave because the estimate
    had a standard error of that size on generated records (0.26 octaves). Records with
    the status ``"no_noise"`` are filtered and shifted like others, so that their views
    differ too. No cut-off is shifted above 0.45 of the sampling rate.

    With ``method="fft"`` all views come from one or two spectra of a record, in a fifth
    of the time. Of the coefficients that fingerprints keep, 99.9 % or more were those
    of the exact filter, ``method="sos"``, in generated and in real records; the others
    lie next to the ends of a record, beyond which the two continue it differently.

    With metadata routing, ``set_transform_request(p_arrival=True)`` passes P of records
    where it is known. If `fit_transform` was given it, `transform` must be given it,
    too.

    No step of a pipeline knows the `sampling_rate` of another one, and a wrong one goes
    unnoticed: all steps must have the rate of the records that they get.
    :class:`skseisfp.inference.EventDiscriminator` raises where they differ.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import FilterAugmenter
    >>> X = np.random.default_rng(0).standard_normal((3, 1, 2000))
    >>> FilterAugmenter(sampling_rate=40, fallback=1.0).fit_transform(X).shape
    (3, 5, 1, 2000)
    """

    _parameter_constraints = {
        **CutoffFilter._parameter_constraints,
        "shifts": [
            Where(
                _are_shifts,
                "a sequence of numbers, one a view and all finite, at most "
                f"{MOST_VIEWS}",
            )
        ],
        "step_octaves": [NOT_NEGATIVE],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        shifts: Sequence[float] | npt.NDArray = (0, -2, -1, 1, 2),
        step_octaves: float = 0.25,
        statistic: str = "window",
        threshold: float | None = None,
        fallback: float | None = None,
        f_min: float | None = None,
        f_max: float | None = None,
        order: int = 4,
        zero_phase: bool = True,
        method: str = "sos",
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        super().__init__(
            sampling_rate=sampling_rate,
            statistic=statistic,
            threshold=threshold,
            fallback=fallback,
            f_min=f_min,
            f_max=f_max,
            order=order,
            zero_phase=zero_phase,
            method=method,
            batch_size=batch_size,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.shifts = shifts
        self.step_octaves = step_octaves

    def transform(
        self, X: npt.ArrayLike, p_arrival: npt.ArrayLike | None = None
    ) -> npt.NDArray:
        """Make the filtered views of records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records; the channels of one record share a cut-off.
        p_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample to P; NaN where it is not known.

        Returns
        -------
        ndarray of shape (n_records, n_views, n_channels, n_samples)
            Views, of the type of `X`, in the order of `shifts`.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid, if P is not within its record,
            or `p_arrival` was given to one of `fit_transform` and `transform` only.
        """
        records = self._check_transform(X)
        check_given(self, "transform", {"p_arrival": p_arrival})
        cutoffs = self._shift(self._tabulate_cutoffs(records, p_arrival))
        records = records[:, None] if records.ndim == 2 else records
        return self._filter(records, cutoffs)

    @staticmethod
    def _count_output_axes(record_shape):
        return 4

    def view_cutoffs(
        self, X: npt.ArrayLike, p_arrival: npt.ArrayLike | None = None
    ) -> npt.NDArray:
        """Compute the cut-offs of all views.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        p_arrival : array-like of shape (n_records,), default=None
            See `transform`.

        Returns
        -------
        ndarray of shape (n_records, n_views)
            Cut-offs in Hz, in the order of `shifts`; NaN where the record is not
            filtered.
        """
        return self._shift(self.estimate_cutoff(X, p_arrival))

    def _shift(self, estimates):
        """Return the cut-offs of all views, from a table of `estimate_cutoff`."""
        optimal = estimates["cutoff"].to_numpy()
        factors = 2.0 ** (self.step_octaves * np.asarray(self.shifts, dtype=float))
        highest = np.maximum(optimal, _HIGHEST * self.sampling_rate)
        return np.minimum(optimal[:, None] * factors, highest[:, None])
