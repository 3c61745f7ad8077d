"""Controls: classifiers that see no seismogram of the event, for comparison."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import welch
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from .._utils.checks import check_option
from ..metrics import event_labels
from ._event_tables import STATION_COLUMNS, TIME_COLUMNS, event_times, find_column

CONTROLS = ("prior", "station", "noise", "time", "shuffled")
# samples of a segment of noise: its spectrum has 33 lines up to the Nyquist frequency
SEGMENT = 64


class MissingControlError(ValueError):
    """Error of a control whose input is not known."""


class Control(NamedTuple):
    """A classifier that sees no seismogram of the event, and its input."""

    name: str
    estimator: BaseEstimator
    X: object


def check_controls(controls):
    """Return the names of controls as a list."""
    names = [controls] if isinstance(controls, str) else list(controls)
    for name in names:
        check_option("controls", name, CONTROLS)
    return names


def make_controls(names, frame, noise):
    """Make the controls that are possible.

    Parameters
    ----------
    names : sequence of str
        Names of the controls.
    frame : DataFrame of shape (n_records, ...)
        Table of the records.
    noise : ndarray of shape (n_records, [n_channels,] n_samples) or None
        Noise recorded before the event.

    Returns
    -------
    list of Control
        All but those that use labels alone (``"shuffled"``).
    dict of str to str
        Reasons why other controls are not possible.
    """
    made, reasons = [], {}
    for name in names:
        if name == "shuffled":
            continue
        try:
            made.append(_MAKERS[name](frame, noise))
        except MissingControlError as reason:
            reasons[f"control: {name}"] = str(reason)
    return made, reasons


def shuffle_labels(y, events, seed):
    """Return the labels shuffled among the events, one for each record."""
    labels = event_labels(y, events)
    shuffled = np.random.default_rng(seed).permutation(labels.to_numpy())
    return pd.Series(shuffled, index=labels.index).loc[events].to_numpy()


def _trees():
    """Return the classifier of the controls, which suits any columns.

    Untuned: 100 trees are scikit-learn's default; with three records or more in a leaf
    no single record decides.
    """
    return ExtraTreesClassifier(
        100, min_samples_leaf=3, class_weight="balanced", random_state=0
    )


def _prior(frame, noise):
    """Return the control of the shares of the classes."""
    return Control("prior", DummyClassifier(), np.zeros((len(frame), 1)))


def _station(frame, noise):
    """Return the control of station, channel and the like."""
    if "station" not in frame:
        raise MissingControlError("frame has no column station")
    columns = frame[[name for name in STATION_COLUMNS if name in frame]]
    encode = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    return Control("station", make_pipeline(encode, _trees()), columns)


def _noise(frame, noise):
    """Return the control of the spectrum of the noise."""
    if noise is None:
        raise MissingControlError("noise, the records before the event, is not given")
    return Control("noise", _trees(), noise_levels(noise))


def noise_levels(noise):
    """Return the log power of noise at the lines of its spectrum, in decades.

    The power of the channels is summed. The scale of the records is kept: the level
    of the noise identifies the station.
    """
    n_samples = noise.shape[-1]
    power = np.asarray(welch(noise, nperseg=min(SEGMENT, n_samples), axis=-1)[1])
    power = power.reshape(len(noise), -1, power.shape[-1]).sum(axis=1)
    least = np.finfo(np.float32).tiny  # a dead trace has no power, and no logarithm
    return np.log10(np.maximum(power, least))


def _time(frame, noise):
    """Return the control of year, hour and weekday."""
    if find_column(frame, TIME_COLUMNS) is None:
        raise MissingControlError(
            f"frame has none of the columns {', '.join(TIME_COLUMNS)}"
        )
    times = event_times(frame).dt
    hour = times.hour + times.minute / 60
    columns = {"year": times.year, "hour": hour, "weekday": times.day_of_week}
    return Control("time", _trees(), pd.DataFrame(columns).astype(float))


_MAKERS = {"prior": _prior, "station": _station, "noise": _noise, "time": _time}
