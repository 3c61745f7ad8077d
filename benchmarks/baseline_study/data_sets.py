"""The data sets of the comparison, all in one form.

Records begin 20 s before their onset and end 80 s after it. A record that is shorter is
continued by its mirror image.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skseisfp import load_records
from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import WaveformPreprocessor
from skseisfp.signal import cut_windows, pick_onsets

BEFORE, AFTER = 20.0, 80.0
CLEAR = "snr_db > 6 and label_confidence != 'low'"
NOISE_SECONDS = {"pnw": 18.0, "surface": 18.0, "generated": 14.0, "france": 8.0}
NETWORKS = ("UW", "CC")
BLASTS = {"quarry_blast": "explosion", "mine_blast": "explosion"}
FRENCH = {0: "earthquake", 1: "explosion"}
TIMES = ["p_time", "p_arrival", "s_arrival", "origin"]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Records, labels and metadata.

    Parameters
    ----------
    name : str
        Name of the data set.
    waveforms : ndarray of shape (n_records, n_channels, n_samples)
        Records, their onset `BEFORE` seconds after the start.
    sampling_rate : float
        Samples per second (Hz).
    y : ndarray of shape (n_records,)
        Labels.
    frame : DataFrame of n_records rows
        With ``event_id`` and ``station``, and where they are known, with ``p_time``,
        which orders the records of an event in time, and ``p_arrival``, ``s_arrival``
        and ``origin``, the seconds from the first sample of `waveforms` to P, to S and
        to the origin of the event.
    noise : ndarray of shape (n_records, n_channels, n_noise) or None
        The recording before the event.
    metadata : tuple of str
        Columns of `frame` that a model could know without a waveform.
    ranked : bool
        Whether there are events enough to compare systems.
    """

    name: str
    waveforms: np.ndarray
    sampling_rate: float
    y: np.ndarray
    frame: pd.DataFrame
    noise: np.ndarray | None = None
    metadata: tuple = ()
    ranked: bool = True

    @property
    def events(self):
        """The event of each record."""
        return self.frame["event_id"].to_numpy()

    @property
    def p_times(self):
        """The order of the records of an event in time; NaN where not known."""
        return self._known("p_time")

    @property
    def phases(self):
        """Seconds to P, S and origin by name of parameter; NaN where not known."""
        return {
            name: self._known(name) for name in ("p_arrival", "s_arrival", "origin")
        }

    def _known(self, column):
        unknown = pd.Series(np.nan, index=self.frame.index)
        return self.frame.get(column, unknown).to_numpy(dtype=float)


def read_pnw(folder):
    """Read the clear records of both folders of the Pacific Northwest."""
    parts = [load_records(Path(folder) / k, query=CLEAR) for k in ("pnw", "pnw_more")]
    return Bunch(
        data=np.concatenate([part.data for part in parts]),
        target=np.concatenate([part.target for part in parts]),
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        sampling_rate=parts[0].sampling_rate,
    )


def load_pnw(folder, seed):
    """Earthquakes and blasts of the Pacific Northwest, aligned at their onsets."""
    bunch = read_pnw(folder)
    frame = bunch.frame
    frame["p_time"] = frame["p_arrival"]  # records of an event start together
    origin = frame["origin_sample"] / bunch.sampling_rate
    frame["origin"] = BEFORE + origin - frame["p_arrival"]
    metadata = ("station", "channel", "original_sampling_rate_hz")
    return _from_bunch("pnw", bunch, metadata=metadata, fallback=25.0)


def load_surface(folder, seed):
    """Add surface events as a third class, all on stations of two networks.

    Surface events have no onset: all records are aligned at the time of the catalogue,
    and none has an arrival, which would reveal the class.
    """
    pnw = read_pnw(folder)
    slides = load_records(Path(folder) / "esec", components="Z")
    slides.frame["event_type"] = "surface_event"
    frame = pd.concat([pnw.frame, slides.frame], ignore_index=True, join="inner")
    frame = frame.drop(columns="p_arrival")
    data = np.concatenate([pnw.data, slides.data])
    kept = frame["station"].str[:2].isin(NETWORKS).to_numpy()
    frame, data = frame[kept].reset_index(drop=True), data[kept]
    rate = pnw.sampling_rate
    return DataSet(
        "surface",
        data[:, None, : round((BEFORE + AFTER) * rate)],
        rate,
        frame["event_type"].to_numpy(dtype=str),
        frame,
        noise=_noise("surface", data[:, None], rate),
        metadata=("station", "original_sampling_rate_hz"),
    )


def load_france(folder, seed):
    """Nine events with three components, as a test that the code runs on them."""
    bunch = load_records(Path(folder) / "france")
    return _french(bunch)


def make_generated(folder, seed, n_records=360):
    """Synthetic earthquakes, quarry blasts and mine blasts."""
    bunch = make_seismograms(n_records, random_state=seed)
    bunch.frame["p_time"] = bunch.frame["distance_km"]
    return _from_bunch("generated", bunch, metadata=("station",))


def load_across(folder, seed, n_records=360):
    """Vertical records of `pnw`, generated ones and `france`, of two classes."""
    french = load_records(Path(folder) / "france", components="Z", sampling_rate=40.0)
    generated = make_generated(folder, seed, n_records)
    y = pd.Series(generated.y).replace(BLASTS).to_numpy(dtype=str)
    parts = {
        "pnw": load_pnw(folder, seed),
        "generated": replace(generated, y=y),
        "france": _french(french),
    }
    frame = pd.concat(
        [
            part.frame.reindex(columns=["event_id", "station", *TIMES]).assign(part=k)
            for k, part in parts.items()
        ],
        ignore_index=True,
    )
    return DataSet(
        "across",
        np.concatenate([part.waveforms for part in parts.values()]),
        40.0,
        np.concatenate([part.y for part in parts.values()]),
        frame,
    )


def _from_bunch(name, bunch, *, metadata, fallback=None):
    """Align records at P."""
    rate = bunch.sampling_rate
    data = bunch.data if bunch.data.ndim == 3 else bunch.data[:, None]
    frame = bunch.frame.reset_index(drop=True)
    p_arrival = frame["p_arrival"]
    frame["p_arrival"] = np.where(p_arrival.notna(), BEFORE, np.nan)
    if "s_arrival" in frame:
        frame["s_arrival"] = BEFORE + frame["s_arrival"] - p_arrival
    waveforms = cut_windows(
        data,
        p_arrival,
        sampling_rate=rate,
        before=BEFORE,
        after=AFTER,
        fallback=fallback,
        pad="reflect",
    )
    return DataSet(
        name,
        waveforms.astype(np.float32),
        rate,
        np.asarray(bunch.target, dtype=str),
        frame,
        noise=_noise(name, data, rate),
        metadata=metadata,
    )


def _french(bunch):
    """Align French records at automatic onsets, 10.5 s where there is none."""
    rate = bunch.sampling_rate
    data = bunch.data if bunch.data.ndim == 3 else bunch.data[:, None]
    clear = WaveformPreprocessor(sampling_rate=rate, f_min=2.0, scaling=None)
    onsets = pick_onsets(clear.fit_transform(data), sampling_rate=rate)
    start = pd.to_datetime(bunch.frame["start_time_utc"], format="ISO8601", utc=True)
    since = (start - start.min()).dt.total_seconds()
    bunch.frame["p_time"] = since + onsets
    bunch.frame["p_arrival"] = onsets
    bunch.target = bunch.target.map(FRENCH)
    made = _from_bunch("france", bunch, metadata=("station",), fallback=10.5)
    return replace(made, ranked=False)


def _noise(name, data, rate):
    """Return the part of the recordings before the event."""
    return data[..., : round(NOISE_SECONDS[name] * rate)].astype(np.float32)


DATA_SETS = {
    "pnw": load_pnw,
    "surface": load_surface,
    "france": load_france,
    "generated": make_generated,
    "across": load_across,
}
WITHOUT_FILES = ("generated",)
