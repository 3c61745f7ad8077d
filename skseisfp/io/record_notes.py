"""Notes on records that were taken though something about them is unusual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .reading_notes import keep_note_of_records

# Rates of one kind of instrument differ by less, such as 19.5 and 20 Hz; the loss is
# above 95 % of the highest frequency, which the filter of resampling takes, too.
LOW_RATE = 0.95


def note_low_rates(frame: pd.DataFrame, sampling_rate: float) -> None:
    """Keep a note if recordings have a lower rate than their records.

    Parameters
    ----------
    frame : DataFrame
        Table of the records that were taken, with `sampling_rate_hz`.
    sampling_rate : float
        Rate of the records in Hz.
    """
    rates = frame["sampling_rate_hz"].to_numpy(float)
    low = rates[rates < LOW_RATE * sampling_rate]
    if len(low):
        lowest = low.min()
        keep_note_of_records(
            f"{_count(len(low), 'recording')} a lower rate than {sampling_rate:g} Hz, "
            f"as low as {lowest:g} Hz: they hold nothing above {lowest / 2:g} Hz; see "
            "sampling_rate_hz in frame."
        )


def note_early_p(facts: Sequence[dict[str, Any]]) -> None:
    """Keep a note if records have P before the origin of their event.

    Parameters
    ----------
    facts : sequence of dict
        `origin_time` and `p_time` of each record that was taken.
    """
    n_early = np.count_nonzero([one["p_time"] < one["origin_time"] for one in facts])
    if n_early:
        keep_note_of_records(f"{_count(n_early, 'record')} P before the origin.")


def _count(number, what):
    """Return a number of things, and the verb."""
    return f"{number} {what} has" if number == 1 else f"{number} {what}s have"
