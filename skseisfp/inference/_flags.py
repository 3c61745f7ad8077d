"""Flags of records and events that are not what a discriminator was made for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..signal import bandpass, snr
from ..signal.record_condition import is_clipped
from ..signal.scalogram import detrend_records
from ._record_faults import is_constant
from .input_contract import InputContract

OF_RECORDS = ("no_signal", "clipped", "noise_like", "doubtful_onset", "out_of_range")
FLAGS = (*OF_RECORDS, "too_few_stations")
SILENT = ["no_signal", "clipped", "noise_like", "doubtful_onset"]  # do not vote
# of the SNR that distinguishes noise: P is sharpest in its first seconds and between
# the microseisms and the noise of towns; benchmarks/pnw_discriminator.py measures it
BAND = (2.0, 10.0)  # Hz
AFTER, GAP = 2.0, 0.5  # seconds
LONGEST_NOISE = 10.0  # seconds
# part of the events to learn from that would be flagged if their best record counts
NOISE_QUANTILE = 0.01
# P of four times the power of the noise is not noise, however clear training was
MOST_SNR = 6.0  # dB
# instruments of one kind differ less in gain; counts and m/s by a factor of 1e6 or more
PEAK_MARGIN = 10.0
SPAN_MARGIN = 0.1  # of the range of other quantities
TABLE = ("distance_km", "magnitude", "depth_km")  # columns with a range


def measure_records(
    samples: npt.NDArray,
    p_arrival: npt.NDArray,
    frame: pd.DataFrame | None,
    density: npt.NDArray | None,
    *,
    kind: str,
    sampling_rate: float | None,
) -> pd.DataFrame:
    """Return the measurements of records, NaN where something is not known."""
    table = pd.DataFrame({"p_arrival": p_arrival})
    traces = samples.reshape(len(samples), -1, samples.shape[-1])
    if kind != "fingerprints":
        middle = traces.mean(axis=-1, keepdims=True)
        table["peak"] = np.abs(traces - middle).max(axis=(1, 2))
    table["snr_db"] = np.nan
    if kind == "waveforms" and sampling_rate is not None:
        table["snr_db"] = _snr_in_band(traces, p_arrival, sampling_rate)
    if density is not None:
        table["density"] = density
    for name in TABLE:
        if frame is not None and name in frame:
            values: Any = pd.to_numeric(frame[name], errors="coerce")
            table[name] = values.to_numpy(float)
    return table


def _snr_in_band(traces, p_arrival, rate):
    """Return the SNR of the first seconds of P in a band, in dB."""
    known = p_arrival[np.isfinite(p_arrival)]
    ratios = np.full(len(traces), np.nan)
    before = min(LONGEST_NOISE, np.median(known) - GAP) if len(known) else 0.0
    if before * rate < 1 or AFTER * rate >= traces.shape[-1]:
        return ratios
    f_min, f_max = noise_band(rate)
    filtered = bandpass(
        _without_lines(traces), sampling_rate=rate, f_min=f_min, f_max=f_max
    )
    last = (traces.shape[-1] - 1) / rate
    within = np.where((p_arrival >= 0) & (p_arrival <= last), p_arrival, np.nan)
    ratios = snr(
        filtered, within, sampling_rate=rate, before=before, after=AFTER, gap=GAP
    )
    return np.where(np.isfinite(ratios), ratios, np.nan)


def noise_band(rate: float) -> tuple[float, float]:
    """Return the corners in Hz between which P is compared with noise."""
    f_max = min(BAND[1], 0.4 * rate)
    return min(BAND[0], f_max / 5), f_max


def _without_lines(traces):
    """Return traces of records without their straight lines."""
    flat = traces.reshape(-1, traces.shape[-1])
    return detrend_records(flat).reshape(traces.shape)


def ranges_of(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return smallest and largest value of each quantity that is known."""
    known = table.dropna(axis="columns", how="all")
    return {
        str(name): (float(column.min()), float(column.max()))
        for name, column in known.items()
    }


def least_snr(table: pd.DataFrame, events: npt.ArrayLike) -> float | None:
    """Return the SNR that nearly all events have at their best record, or None.

    It is at most `MOST_SNR`.
    """
    by_event: Any = table["snr_db"].groupby(np.asarray(events))
    best = by_event.max().dropna()
    return min(float(best.quantile(NOISE_QUANTILE)), MOST_SNR) if len(best) else None


def flag_table(
    samples: npt.NDArray,
    table: pd.DataFrame,
    contract: InputContract,
    frame: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return a column of bools for each flag of records."""
    flags = pd.DataFrame(False, index=table.index, columns=list(OF_RECORDS))
    if contract.kind == "fingerprints":
        flags["no_signal"] = ~samples.reshape(len(samples), -1).any(axis=1)
    elif samples.shape[-1] > 1:
        traces = samples.reshape(len(samples), -1, samples.shape[-1])
        lines = ~_without_lines(traces).any(axis=-1)
        flags["no_signal"] = is_constant(samples) | lines.any(axis=1)
        flags["clipped"] = [any(map(is_clipped, record)) for record in traces]
    if contract.least_snr_db is not None:
        flags["noise_like"] = table["snr_db"] < contract.least_snr_db
    if frame is not None and "doubtful_onset" in frame:
        flags["doubtful_onset"] = frame["doubtful_onset"].to_numpy(bool)
    flags["out_of_range"] = _is_out_of_range(table, contract.ranges)
    return flags


def _is_out_of_range(table, ranges):
    """Return where a quantity is well outside of its range; NaN is not."""
    outside = np.zeros(len(table), dtype=bool)
    for name, (low, high) in ranges.items():
        if name not in table or name == "snr_db":  # of noise, see least_snr_db
            continue
        values = table[name].to_numpy()
        if name == "peak":
            low, high = low / PEAK_MARGIN, high * PEAK_MARGIN
        else:
            margin = SPAN_MARGIN * (high - low) + 1e-9 * abs(high)
            low, high = low - margin, high + margin
        outside |= (values < low) | (values > high)
    return outside


def join_flags(flags: pd.DataFrame) -> npt.NDArray:
    """Return the names of the flags of each row, separated by commas."""
    names = np.asarray(flags.columns, dtype=object)
    return np.array([", ".join(names[row]) for row in flags.to_numpy(bool)], object)


def flag_events(
    flags: pd.DataFrame, events: Any, stations: Any, *, min_stations: int
) -> pd.DataFrame:
    """Return flags and number of stations of events, in order of first appearance.

    A flag of records that do not vote holds for an event if it holds for more than half
    of them and none is left to vote; `out_of_range` if it holds for more than half.
    """
    silent: Any = flags[SILENT]
    voting = ~silent.any(axis=1).to_numpy()
    groups = np.asarray(events)
    shares: Any = flags.groupby(groups, sort=False).mean()
    votes: Any = pd.Series(voting).groupby(groups, sort=False).any()
    by_event = shares > 0.5
    by_event[SILENT] = (shares[SILENT] > 0) & ~votes.to_numpy()[:, None]
    heard = pd.Series(np.asarray(stations, object)).where(voting)
    counts: Any = heard.groupby(groups, sort=False).nunique()
    by_event["too_few_stations"] = counts.to_numpy() < min_stations
    return by_event.assign(n_stations=counts.to_numpy())
