"""The inputs of the systems: one row a record."""

from functools import lru_cache
from time import process_time

import numpy as np
import pandas as pd

from skseisfp import AdaptiveHighpassFilter, FingerprintTransformer
from skseisfp.preprocessing import PhysicsFeatures

from .data_sets import BEFORE

BAND = {"f_min": 1.0, "f_max": 16.0}
WINDOW = (BEFORE - 5, BEFORE + 27)
SHORT_WINDOW = (BEFORE - 3, BEFORE + 21)  # found with the preset "two_plane_linear"
VP_VS = 1.73


def waveforms(data_set):
    """Return the records without any change."""
    return data_set.waveforms


def fingerprints(data_set):
    """Return fingerprints whose coefficients keep their signs, in one plane."""
    return _fingerprints(data_set)


def two_planes(data_set, window=WINDOW):
    """Return fingerprints with a plane for each sign."""
    return _fingerprints(data_set, "two_plane_linear", window)


def short_planes(data_set):
    """Return the same for 24 s instead of 32 s."""
    return two_planes(data_set, SHORT_WINDOW)


def paper_fingerprints(data_set):
    """Return fingerprints of the paper's form: magnitudes, without signs."""
    return _fingerprints(data_set, "trova")


def small_scalograms(data_set):
    """Return log-scalograms of 16 rows and 16 columns."""
    return _scalograms(data_set, 16)


def large_scalograms(data_set):
    """Return log-scalograms of 64 rows and 64 columns, as fingerprints are made of."""
    return _scalograms(data_set, 64)


def physics_features(data_set):
    """Return physics features of each record, with its known phases."""
    features = PhysicsFeatures(sampling_rate=data_set.sampling_rate, vp_vs=VP_VS)
    return features.fit_transform(data_set.waveforms, **data_set.phases)


def three_views(data_set):
    """Return fingerprints, small scalograms and physics features in one row."""
    return np.hstack([view(data_set) for view in THREE_VIEWS])


THREE_VIEWS = (fingerprints, small_scalograms, physics_features)


def noise_fingerprints(data_set):
    """Return fingerprints of the recording before the event."""
    return _transform(data_set.noise, data_set.sampling_rate)


def metadata(data_set):
    """Return the metadata of the records."""
    return data_set.frame[list(data_set.metadata)]


def years(data_set):
    """Return the year of the event."""
    return _origin_times(data_set)[["year"]]


def times(data_set):
    """Return year, hour (UTC) and weekday of the event."""
    return _origin_times(data_set)


def _origin_times(data_set):
    """Return the parts of the origin times."""
    times = data_set.frame["origin_time_utc"]
    times = pd.to_datetime(times, utc=True, format="ISO8601").dt
    hours = times.hour + times.minute / 60
    return pd.DataFrame(
        {"year": times.year, "hour": hours, "weekday": times.day_of_week}
    )


def _clear(data_set):
    """Return records filtered at their own cut-off."""
    clear = AdaptiveHighpassFilter(sampling_rate=data_set.sampling_rate, fallback=1.0)
    return clear.fit_transform(data_set.waveforms)


def _fingerprints(data_set, preset=None, window=WINDOW):
    """Return fingerprints of filtered records."""
    return _transform(_clear(data_set), data_set.sampling_rate, preset, window)


def _transform(records, rate, preset=None, window=None):
    """Return flat fingerprints of records."""
    settings = {"sampling_rate": rate, **BAND, "window": window, "flatten": True}
    if preset is None:
        transformer = FingerprintTransformer(**settings)
    else:
        transformer = FingerprintTransformer.from_preset(preset, **settings)
    return transformer.fit_transform(records).astype(np.int8)


def _scalograms(data_set, n):
    """Return log-scalograms of n rows and n columns, the latter flattened."""
    records = _clear(data_set)
    settings = {"sampling_rate": data_set.sampling_rate, **BAND, "window": WINDOW}
    transformer = FingerprintTransformer(**settings, shape=(n, n)).fit(records)
    images = transformer.scalogram(records)
    return images.reshape(len(images), -1).astype(np.float32)


@lru_cache(maxsize=16)
def represent(view, data_set):
    """Return the inputs of a system, and their cost in processor seconds a record."""
    start = process_time()
    inputs = view(data_set)
    return inputs, (process_time() - start) / len(data_set.y)
