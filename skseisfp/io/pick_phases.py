"""Onsets in streams, as a table of picks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..signal.arrivals import arrival_samples
from ..signal.filters import bandpass
from ..signal.onsets import pick_onsets
from ..signal.waveform import RecordError
from ._gaps import check_pieces
from .merging import join_pieces, split_instruments, station_of

if TYPE_CHECKING:
    from obspy import Stream


def pick_phases(
    stream: Stream,
    *,
    event_id: str = "event",
    f_min: float | None = 1.0,
    f_max: float | None = None,
    sta: float = 0.5,
    lta: float = 5.0,
    threshold: float = 3.5,
) -> pd.DataFrame:
    """Pick the first onset at every instrument of a stream.

    Parameters
    ----------
    stream : obspy Stream
        Recordings of one event.
    event_id : str, default="event"
        Name of the event in the table.
    f_min : float, default=1.0
        Corner in Hz of the causal high-pass before the search; None has none.
    f_max : float, default=None
        Corner in Hz of the low-pass before the search.
    sta : float, default=0.5
        Short window in seconds, see `skseisfp.signal.pick_onsets`.
    lta : float, default=5.0
        Long window in seconds. An event within its first length is not found.
    threshold : float, default=3.5
        Ratio of power in the short window to that in the long one, at an event.

    Returns
    -------
    DataFrame
        Picks as `WaveformReader.read` takes them: `event_id`, `station`, `phase`
        (``"P"``) and `time` (UTC). Instruments without an onset, with gaps, or shorter
        than the long window have no row.

    See Also
    --------
    skseisfp.inference.classify_stream : Classes of the event of a stream.

    Examples
    --------
    >>> import numpy as np
    >>> from obspy import Stream, Trace
    >>> from skseisfp.io import pick_phases
    >>> samples = np.random.default_rng(0).standard_normal(6000)
    >>> samples[3000:] *= 10
    >>> header = {"network": "XX", "station": "A", "channel": "HHZ"}
    >>> picks = pick_phases(Stream([Trace(samples, header | {"sampling_rate": 100})]))
    >>> picks["station"].tolist(), picks["time"].dt.second.tolist()
    (['XX.A'], [30])
    """
    rows = []
    for instrument, traces in split_instruments(stream).items():
        try:
            check_pieces(traces, None, 0.0)
            waveform, start = join_pieces(traces)
        except RecordError:
            continue
        X, _, rate = waveform
        if np.isnan(X).any() or X.shape[-1] <= lta * rate:
            continue
        X = bandpass(
            X - X.mean(axis=-1, keepdims=True),
            sampling_rate=rate,
            f_min=f_min,
            f_max=f_max,
            zero_phase=False,
        )
        (onset,) = pick_onsets(
            X[None], sampling_rate=rate, sta=sta, lta=lta, threshold=threshold
        )
        if np.isfinite(onset):
            late = round(arrival_samples(onset, rate) * 1e9 / rate)
            time = pd.Timestamp(start + late, unit="ns", tz="UTC")
            rows.append((event_id, station_of(instrument), "P", time))
    picks = pd.DataFrame(rows, columns=["event_id", "station", "phase", "time"])
    return picks.astype({"time": "datetime64[ns, UTC]"})
