"""State of samples: dead and clipped channels, gaps and the noise that fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import fftconvolve

from .waveform import RecordError, longest_run

if TYPE_CHECKING:
    import numpy.typing as npt

# chosen here, not published
CLIPPED_RUN = 3  # equal samples in a row at the extreme value
CLIPPED_SAMPLES = 12  # of such runs, at least
CLIPPED_STEPS = 500  # distance of the extreme from the median in steps of the digitizer


def is_dead(samples: npt.NDArray) -> bool:
    """Return whether a trace holds one value only, gaps aside."""
    known = samples[np.isfinite(samples)]
    return not known.size or known.min() == known.max()


def is_clipped(samples: npt.NDArray) -> bool:
    """Return whether a trace stays at its largest or smallest value repeatedly.

    That is twelve samples or more in runs of three or more equal ones at an extreme
    value. Traces whose extreme is near the resolution of the digitizer are never
    clipped.
    """
    known = samples[np.isfinite(samples)]
    if is_dead(known):
        return False
    steps = np.diff(np.unique(known))
    middle = np.median(known)
    for extreme in (known.min(), known.max()):
        if abs(extreme - middle) < CLIPPED_STEPS * steps.min():
            continue
        if _samples_in_runs(samples == extreme) >= CLIPPED_SAMPLES:
            return True
    return False


def _samples_in_runs(mask):
    """Count true values in runs of at least `CLIPPED_RUN`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    lengths = edges[1::2] - edges[::2]
    return lengths[lengths >= CLIPPED_RUN].sum()


def check_gaps(samples: npt.NDArray, sampling_rate: float, max_gap: float) -> None:
    """Raise if gaps are longer than `max_gap` seconds, or values are infinite."""
    if np.isinf(samples).any():
        raise RecordError("it holds infinite values")
    longest = max(longest_run(np.isnan(trace)) for trace in samples) / sampling_rate
    if longest > max_gap:
        raise RecordError(f"it has gaps of up to {longest:g} s (NaN or masked)")


def fill_with_noise(samples: npt.NDArray, rng: np.random.Generator) -> npt.NDArray:
    """Fill NaN in place with noise of the level and spectrum of the quietest part.

    The noise lies on straight lines that bridge the gaps, or on the level of the
    quietest part at the ends of the record.
    """
    for trace in samples:
        gap = np.isnan(trace)
        if not gap.any():
            continue
        if gap.all():
            raise RecordError("it has a channel without samples")
        quiet = _quietest_part(trace)
        noise = _noise_like(quiet, gap.sum(), rng)
        at = np.arange(trace.size)
        ends = {"left": quiet.mean(), "right": quiet.mean()}
        trace[gap] = np.interp(at[gap], at[~gap], trace[~gap], **ends) + noise
    return samples


def _quietest_part(trace):
    """Return the part of known samples, a tenth of the record, that varies least."""
    known = trace[~np.isnan(trace)]
    length = min(known.size, max(trace.size // 10, 16))
    starts = range(0, known.size - length + 1, max(length // 2, 1))
    return min((known[at : at + length] for at in starts), key=np.std)


def _noise_like(quiet, n_samples, rng):
    """Draw noise with the spectrum and the standard deviation of a quiet part."""
    centred = (quiet - quiet.mean()) * np.hanning(quiet.size)
    white = rng.standard_normal(n_samples + quiet.size - 1)
    power = np.sqrt((centred**2).sum())
    if not power:
        return np.zeros(n_samples)
    return fftconvolve(white, centred / power, mode="valid") * quiet.std()
