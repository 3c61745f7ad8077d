"""One record on its way into an array: components, gaps, sampling rate, length."""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.signal import resample_poly

MOST_SAMPLES = 100_000_000  # of one trace; a false date or rate would make more


class RecordError(ValueError):
    """A record that cannot be taken; the message is the reason."""


class Waveform(NamedTuple):
    """Samples of shape (n_channels, n_samples), NaN in gaps, and their components."""

    samples: np.ndarray
    components: str
    sampling_rate: float


def in_order(samples, components):
    """Return samples and component letters in the order Z N E, others refused.

    Horizontal components 1 and 2 count as N and E.
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


def pick_components(waveform, components):
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


def bridge_gaps(waveform, max_gap):
    """Fill short gaps, which are NaN, by straight lines; refuse long ones."""
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


def resample(waveform, sampling_rate):
    """Change the sampling rate by a polyphase filter, free of aliasing.

    The filter sees no offset: of one it would leave a ripple at the highest frequency.
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


def resampling_factors(from_rate, to_rate):
    """Return by what whole numbers a rate is multiplied and divided to get another."""
    ratio = to_rate / from_rate
    factor = Fraction(ratio).limit_denominator(1000)
    if not np.isclose(float(factor), ratio, rtol=1e-5, atol=0):
        raise RecordError(
            f"its rate of {from_rate:g} Hz is no simple fraction of {to_rate:g} Hz"
        )
    return factor.as_integer_ratio()


def inside(waveform, first, last):
    """Return the part of a waveform within limits that may lie outside it."""
    part = waveform.samples[:, max(first, 0) : max(last, 0)]
    if not part.shape[1]:
        raise RecordError("it has no samples in the window")
    return waveform._replace(samples=part)


def cut_window(waveform, first, last, pad):
    """Return the samples of a window, NaN where the record does not reach."""
    part = inside(waveform, first, last).samples
    n_samples = last - first
    lacking = n_samples - part.shape[1]
    if lacking and pad is None:
        raise RecordError(f"it lacks {lacking} of {n_samples} samples of the window")
    samples = np.full((len(part), n_samples), np.nan, dtype=part.dtype)
    offset = max(-first, 0)
    samples[:, offset : offset + part.shape[1]] = part
    return waveform._replace(samples=samples)


def fit_length(waveform, n_samples, pad):
    """Cut a record at its end, or continue it by its mirror image, or refuse it."""
    samples = waveform.samples[:, :n_samples]
    short = n_samples - samples.shape[1]
    if short and pad is None:
        raise RecordError(f"it has {samples.shape[1]} of {n_samples} samples")
    if short:
        samples = np.pad(samples, ((0, 0), (0, short)), mode="reflect")
    return waveform._replace(samples=samples)


def drop_minority(taken, reasons, name, parameter, fact):
    """Move records that differ from most in some fact to the refused ones."""
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


def longest_run(mask):
    """Length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return max(edges[1::2] - edges[::2], default=0)
