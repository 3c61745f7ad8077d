"""Random changes of records while a network is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator

from .._parameters import (
    COUNT,
    FINITE,
    FRACTION,
    ValidatedParameters,
    Where,
    pair_of,
)
from .._utils.checks import as_float

if TYPE_CHECKING:
    import numpy.typing as npt

_RANGE = pair_of(
    FINITE, "a pair of numbers (low, high)", also=lambda low, high: low <= high
)


def _are_finite_records(noise):
    """Return whether an array holds finite records."""
    if isinstance(noise, range):
        return False
    noise = np.asarray(noise)
    return noise.ndim >= 2 and noise.size > 0 and np.isfinite(noise).all()


class WaveformAugmenter(ValidatedParameters, BaseEstimator):
    """Random crops, shifts, noise and lost channels, drawn again in every epoch.

    It is not a step of a pipeline but a parameter of `FingerprintClassifier`, which
    applies it only to the batches that it trains on: records of a validation or test
    set are cut about their middle and are not changed otherwise. The number of rows
    never changes, so that labels and events keep their records.

    Parameters
    ----------
    crop : int in [1, inf), default=None
        Samples of the random part that is cut from each record; None keeps all.
    probability : float in [0, 1], default=0.3
        Probability that a record is shifted and Gaussian noise is added to it.
    max_shift : float in [0, 1], default=0.1
        Largest shift, to either side, as a fraction of the length. Samples that leave
        the record at one end enter it at the other.
    snr_db : float in (-inf, inf) or tuple of (float, float), default=10.0
        Ratio in dB of the power of a record, its channels together, to that of the
        noise that is added; a pair is a range to draw from.
    noise : ndarray of shape (n_noises, [n_channels,] n_samples), default=None
        Real noise, at least as long as the crop and of the channels of the records,
        of which random parts are added.
    noise_probability : float in [0, 1], default=0.3
        Probability that real noise is added to a record, if `noise` is given.
    drop_probability : float in [0, 1], default=0.0
        Probability that a record of several channels loses one, which becomes zero.

    See Also
    --------
    skseisfp.neural.FingerprintClassifier : Takes it as `augmenter`.
    FilterAugmenter : Views at shifted cut-offs, a step of a pipeline.

    Notes
    -----
    ``WaveformAugmenter(crop=9000)`` is the augmentation of Zhou et al. [1]_: a random
    crop of 9,000 samples always, and with a probability of 0.3 a shift and Gaussian
    noise. The size of the shift and the ratio of the noise are not published.

    All random numbers come from the generator that is passed; the object has no state
    and can be cloned and pickled.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import WaveformAugmenter
    >>> X = np.tile(np.arange(10.0), (2, 3, 1))
    >>> augmenter = WaveformAugmenter(crop=6, probability=0)
    >>> augmenter.augment(X, random_state=0)[:, 0]
    array([[4., 5., 6., 7., 8., 9.],
           [3., 4., 5., 6., 7., 8.]])
    >>> augmenter.center(X)[:, 0]
    array([[2., 3., 4., 5., 6., 7.],
           [2., 3., 4., 5., 6., 7.]])
    """

    _parameter_constraints = {
        "crop": [COUNT, None],
        "probability": [FRACTION],
        "max_shift": [FRACTION],
        "snr_db": [FINITE, _RANGE],
        "noise": [
            Where(
                _are_finite_records,
                "finite records of shape (n_noises, ..., n_samples)",
            ),
            None,
        ],
        "noise_probability": [FRACTION],
        "drop_probability": [FRACTION],
    }

    def __init__(
        self,
        *,
        crop: int | None = None,
        probability: float = 0.3,
        max_shift: float = 0.1,
        snr_db: float | tuple[float, float] = 10.0,
        noise: npt.ArrayLike | None = None,
        noise_probability: float = 0.3,
        drop_probability: float = 0.0,
    ):
        self.crop = crop
        self.probability = probability
        self.max_shift = max_shift
        self.snr_db = snr_db
        self.noise = noise
        self.noise_probability = noise_probability
        self.drop_probability = drop_probability

    def augment(
        self,
        X: npt.ArrayLike,
        random_state: int | np.random.Generator | None = None,
    ) -> npt.NDArray:
        """Return changed copies of records.

        Parameters
        ----------
        X : ndarray of shape (n_records, ..., n_samples)
            Records; axis -2 is that of the channels.
        random_state : int, Generator or None, default=None
            Seed or generator of the random numbers, for `numpy.random.default_rng`; a
            generator advances.

        Returns
        -------
        ndarray of shape (n_records, ..., n_kept)
            Augmented records, of floating type.

        Raises
        ------
        ValueError
            If a parameter is not valid or does not fit the records.
        """
        X = as_float(X)
        if X.ndim < 2:
            raise ValueError(
                f"X must have shape (n_records, ..., n_samples); got {X.shape}."
            )
        self.output_shape(X.shape[1:])
        rng = np.random.default_rng(random_state)
        records = self._crop_and_shift(X, rng)
        if self.noise is not None:
            chosen = rng.random(len(X)) < self.noise_probability
            self._add(records, chosen, self._draw_noise, rng)
        if self.drop_probability > 0:
            lost = np.flatnonzero(rng.random(len(X)) < self.drop_probability)
            channel = rng.integers(X.shape[-2], size=len(lost))
            records[lost, ..., channel, :] = 0
        return records

    def center(self, X: Any) -> Any:
        """Cut records about their middle, to the length of the crop.

        Parameters
        ----------
        X : ndarray or Tensor of shape (n_records, ..., n_samples)
            Records.

        Returns
        -------
        ndarray or Tensor of shape (n_records, ..., n_kept)
            The same samples, not copied.
        """
        n_kept = X.shape[-1] if self.crop is None else self.crop
        first = (X.shape[-1] - n_kept) // 2
        return X[..., first : first + n_kept]

    def output_shape(self, record_shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a record after augmentation.

        Parameters
        ----------
        record_shape : tuple of int
            Shape of a record, samples last.

        Returns
        -------
        tuple of int
            Shape of a record of the result of `augment` and `center`.

        Raises
        ------
        ValueError
            If a parameter is not valid or does not fit the records.
        """
        self._validate_params()
        *axes, n_samples = record_shape
        n_kept = n_samples if self.crop is None else self.crop
        if n_kept > n_samples:
            raise ValueError(
                f"crop={self.crop} is longer than the records of {n_samples} samples."
            )
        if self.drop_probability > 0 and (not axes or axes[-1] < 2):
            raise ValueError(
                "drop_probability needs records of two channels or more; got records "
                f"of shape {tuple(record_shape)}."
            )
        if self.noise is not None:
            *noise_axes, n_noise = np.shape(self.noise)[1:]
            if np.prod(noise_axes) != np.prod(axes) or n_noise < n_kept:
                raise ValueError(
                    f"noise of shape {np.shape(self.noise)} does not fit records of "
                    f"shape {tuple(record_shape)}: it must have their channels and at "
                    f"least {n_kept} samples."
                )
        return (*axes, n_kept)

    def _crop_and_shift(self, X, rng):
        """Return random parts, some of them shifted and with Gaussian noise."""
        n_kept = X.shape[-1] if self.crop is None else self.crop
        start = rng.integers(X.shape[-1] - n_kept, size=len(X), endpoint=True)
        chosen = rng.random(len(X)) < self.probability
        limit = round(self.max_shift * n_kept)
        shift = rng.integers(-limit, limit, size=len(X), endpoint=True) * chosen
        index = start[:, None] + (np.arange(n_kept) - shift[:, None]) % n_kept
        shape = (len(X), *(1,) * (X.ndim - 2), n_kept)
        records = np.take_along_axis(X, index.reshape(shape), axis=-1)
        self._add(records, chosen, _draw_gaussian, rng)
        return records

    def _add(self, records, chosen, draw, rng):
        """Add noise to the chosen records, in place."""
        if not chosen.any():
            return
        taken = records[chosen]
        noise = draw(taken.shape, rng)
        low, high = np.broadcast_to(self.snr_db, 2)
        ratio = 10 ** (rng.uniform(low, high, len(taken)) / 20)
        level = np.divide(
            _rms(taken), _rms(noise), out=np.zeros(len(taken)), where=_rms(noise) > 0
        )
        factor = (level / ratio).reshape(-1, *(1,) * (taken.ndim - 1))
        records[chosen] = taken + noise * factor.astype(records.dtype)

    def _draw_noise(self, shape, rng):
        """Draw parts of the real noise."""
        noise = np.asarray(self.noise)
        rows = rng.integers(len(noise), size=shape[0])
        start = rng.integers(noise.shape[-1] - shape[-1], size=shape[0], endpoint=True)
        parts = [
            noise[row, ..., first : first + shape[-1]]
            for row, first in zip(rows, start, strict=True)
        ]
        return np.reshape(parts, shape)


def _draw_gaussian(shape, rng):
    """Draw Gaussian noise."""
    return rng.standard_normal(shape, dtype=np.float32)


def _rms(records):
    """Return the standard deviation of each record about the means of its traces."""
    traces = records - records.mean(axis=-1, keepdims=True)
    return np.sqrt(
        np.square(traces, dtype=float).reshape(len(records), -1).mean(axis=1)
    )
