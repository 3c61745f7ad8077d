"""One record on its way into an array: components, gaps, sampling rate, length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.signal import resample_poly
from scipy.signal.windows import tukey

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_SAMPLES = 100_000_000  # of one trace; a false date or rate would make more
# of samples before rates are divided; SciPy's filter has 20 times as many coefficients
MOST_TIMES = 500_000
LEAST_TAPER = 1e-300  # SciPy divides numbers of samples by it


class RecordError(ValueError):
    """A record that cannot be used; the message is the reason."""


class Waveform(NamedTuple):
    """Samples of shape (n_channels, n_samples), NaN in gaps, and their components."""

    samples: npt.NDArray
    components: str
    sampling_rate: float


def in_order(samples: npt.NDArray, components: str) -> tuple[npt.NDArray, str]:
    """Return samples and component letters in the order Z N E.

    Horizontal components 1 and 2 count as N and E; others raise `RecordError`.
    """
    letters = components.upper().replace("1", "N").replace("2", "E")
    known = len(letters) == len(samples) == len(set(letters))
    if not known or not set(letters) <= set("ZNE"):
        raise RecordError(
            f"its {len(samples)} channels have the components {components!r}, "
            "not each of Z, N (1), E (2) at most once"
        )
    order = sorted(range(len(letters)), key=lambda row: "ZNE".index(letters[row]))
    return samples[order], "".join(letters[row] for row in order)


def pick_components(waveform: Waveform, components: Collection[str] | None) -> Waveform:
    """Keep some components, in the order Z N E."""
    if components is None:
        return waveform
    missing = set(components) - set(waveform.components)
    if missing:
        raise RecordError(f"it has no component {', '.join(sorted(missing))}")
    rows = [waveform.components.index(name) for name in "ZNE" if name in components]
    return waveform._replace(
        samples=waveform.samples[rows],
        components="".join(waveform.components[row] for row in rows),
    )


def bridge_gaps(waveform: Waveform, max_gap: float) -> Waveform:
    """Fill short gaps, which are NaN, by straight lines; raise if one is long."""
    samples = np.asarray(waveform.samples)
    if samples.dtype.kind != "f":
        samples = samples.astype(float)
    if np.isfinite(samples).all():
        return waveform._replace(samples=samples)
    if np.isinf(samples).any():
        raise RecordError("it holds infinite values")
    samples = samples.copy()
    for trace in samples:
        gap = np.isnan(trace)
        longest = longest_run(gap) / waveform.sampling_rate
        if gap[0] or gap[-1] or longest > max_gap:
            raise RecordError(f"it has gaps of up to {longest:g} s (NaN or masked)")
        at = np.arange(trace.size)
        trace[gap] = np.interp(at[gap], at[~gap], trace[~gap])
    return waveform._replace(samples=samples)


def resample(waveform: Waveform, sampling_rate: float | None) -> Waveform:
    """Change the sampling rate by a polyphase filter, free of aliasing.

    The mean is subtracted before and added after: the filter would turn an offset into
    a ripple at the highest frequency.
    """
    if sampling_rate is None or np.isclose(waveform.sampling_rate, sampling_rate, 1e-6):
        return waveform
    up, down = resampling_factors(waveform.sampling_rate, sampling_rate)
    if waveform.samples.shape[-1] * up > MOST_SAMPLES * down:
        raise RecordError(
            f"it would have more than {MOST_SAMPLES} samples at {sampling_rate:g} Hz"
        )
    offset = waveform.samples.mean(axis=-1, keepdims=True)
    samples = resample_poly(
        waveform.samples - offset, up, down, axis=-1, padtype="line"
    )
    return waveform._replace(
        samples=samples + offset, sampling_rate=float(sampling_rate)
    )


def resampling_factors(from_rate: float, to_rate: float) -> tuple[int, int]:
    """Return the integers by which a rate is multiplied and divided to get another."""
    ratio = float(to_rate) / float(from_rate)
    # The filter for larger factors would be as long as a record. An error of 1e-5 is
    # one sample in 1,000 s at 100 Hz.
    factor = Fraction(ratio if isfinite(ratio) else 0).limit_denominator(1000)
    is_close = np.isclose(float(factor), ratio, rtol=1e-5, atol=0)
    if not 0 < factor.numerator <= MOST_TIMES or not is_close:
        raise RecordError(
            f"its rate of {from_rate:g} Hz is not a simple fraction of {to_rate:g} Hz"
        )
    return factor.as_integer_ratio()


def taper_window(n_samples: int, taper: float) -> npt.NDArray[np.float64]:
    """Return a window with cosine flanks over a part of its length, 0 for none."""
    return tukey(n_samples, max(taper, LEAST_TAPER) if taper else 0)


def inside(waveform: Waveform, first: int, last: int) -> Waveform:
    """Return the part of a waveform between two samples, as far as it has them."""
    part = waveform.samples[:, max(first, 0) : max(last, 0)]
    if not part.shape[1]:
        raise RecordError("it has no samples in the window")
    return waveform._replace(samples=part)


def cut_window(waveform: Waveform, first: int, last: int, pad: str | None) -> Waveform:
    """Return a window of a waveform, NaN where it has no samples."""
    part = inside(waveform, first, last).samples
    n_samples = last - first
    lacking = n_samples - part.shape[1]
    if lacking and pad is None:
        raise RecordError(f"it lacks {lacking} of {n_samples} samples of the window")
    samples = np.full((len(part), n_samples), np.nan, dtype=part.dtype)
    offset = max(-first, 0)
    samples[:, offset : offset + part.shape[1]] = part
    return waveform._replace(samples=samples)


def fit_length(waveform: Waveform, n_samples: int, pad: str | None) -> Waveform:
    """Cut a record at its end, or continue it by its mirror image, or raise."""
    samples = waveform.samples[:, :n_samples]
    short = n_samples - samples.shape[1]
    if short and pad is None:
        raise RecordError(f"it has {samples.shape[1]} of {n_samples} samples")
    if short:
        samples = np.pad(samples, ((0, 0), (0, short)), mode="reflect")
    return waveform._replace(samples=samples)


def drop_minority(
    taken: dict[Any, Waveform],
    reasons: dict[Any, str],
    name: str,
    parameter: str,
    fact: Callable[[Waveform], Any],
) -> None:
    """Move records that differ from most in some fact to the rejected ones."""
    values = {row: fact(waveform) for row, waveform in taken.items()}
    counts = Counter(values.values())
    if len(counts) < 2:
        return
    common = counts.most_common(1)[0][0]
    for row, value in values.items():
        if value != common:
            reasons[row] = (
                f"its {name} is {value}, that of most records {common}; see the "
                f"parameter {parameter}"
            )
            del taken[row]


def longest_run(mask: npt.NDArray) -> int:
    """Return the length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return max(edges[1::2] - edges[::2], default=0)
