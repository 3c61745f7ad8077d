"""Events and the stations that record them, drawn alike for all classes."""

from math import ceil

import numpy as np
import pandas as pd

from ._noise import band_rms, noise_spectra
from ._propagation import VP, VS, local_amplitude
from ._source import SOURCE_KINDS, corner_frequency

SIDE_KM = 240.0  # of the square of stations and epicentres: regional distances
# Signal-to-noise ratio of the median station at the smallest magnitude; tuned with the
# levels of the waves, see `_synthesis`.
DETECTION = 30.0
# Mean magnitude above the threshold: 1 / (b ln 10) of Gutenberg and Richter, b = 1.09
MAGNITUDE_SCALE = 0.4
SNR_BAND = (2.0, 10.0)  # Hz


def draw_catalogue(rng, network, frequencies, *, n_records, classes, records_per_event):
    """Draw events and records.

    Returns
    -------
    events : DataFrame
        One row per event, in random order of the classes.
    records : DataFrame
        One row per record, ordered by event; `event` and `site` are row numbers.
    """
    shares = [len(part) for part in np.array_split(np.arange(n_records), len(classes))]
    n_events = max(1, round(min(shares) / records_per_event))
    n_stations = len(network.names)
    sizes = [_event_sizes(rng, share, n_events, n_stations) for share in shares]
    names = rng.permutation(np.repeat(classes, [len(size) for size in sizes]))
    counts = np.zeros(len(names), dtype=int)
    for name, size in zip(classes, sizes, strict=True):
        counts[names == name] = size
    events = _draw_events(rng, names)
    records = _draw_records(rng, events, counts, network)
    threshold = _thresholds(records, network, frequencies)
    events["magnitude"] = threshold + _excess(rng, names)
    events["corner"] = corner_frequency(events["magnitude"], events["stress_drop"])
    return events, records


def _event_sizes(rng, n_records, n_events, n_stations):
    """Draw the numbers of records of the events, from one to all stations.

    There are more events than asked for where the stations are too few for the records.
    """
    n_events = max(n_events, ceil(n_records / n_stations))
    spare = [n_stations - 1] * n_events
    return 1 + rng.multivariate_hypergeometric(spare, n_records - n_events)


def _draw_events(rng, names):
    """Draw epicentres, depths and sources; scatter is in decades of amplitude."""
    n = len(names)
    kinds = [SOURCE_KINDS[name] for name in names]
    depth = np.array([rng.uniform(*kind.depth_km) for kind in kinds])
    median = {
        field: np.array([getattr(kind, field) for kind in kinds])
        for field in ("stress_drop", "corner_ratio", "s_to_p", "s_to_p_scatter", "rg")
    }
    scatter = 10.0 ** (median["s_to_p_scatter"] * rng.standard_normal(n))
    return pd.DataFrame(
        {
            "event_id": [f"ev{number:05d}" for number in range(1, n + 1)],
            "event_type": names,
            "east": SIDE_KM * _stratified_uniform(rng, names),
            "north": SIDE_KM * _stratified_uniform(rng, names),
            "depth_km": depth,
            "stress_drop": median["stress_drop"] * 10 ** rng.normal(0.0, 0.3, n),
            "corner_ratio": median["corner_ratio"] * 10 ** rng.normal(0.0, 0.05, n),
            "s_to_p": median["s_to_p"] * scatter,
            "rg": median["rg"] * 10 ** rng.normal(0.0, 0.2, n),
            "strike": rng.uniform(0.0, 2 * np.pi, n),
            "dip": rng.uniform(np.pi / 6, np.pi / 2, n),
            "rake": rng.uniform(-np.pi, np.pi, n),
            "microseism": rng.lognormal(0.0, 0.4, n),
        }
    )


def _draw_records(rng, events, counts, network):
    """Draw the stations of each event, near ones more likely, with paths and picks."""
    east = network.east[None, :] - events["east"].to_numpy()[:, None]
    north = network.north[None, :] - events["north"].to_numpy()[:, None]
    distance = np.maximum(np.hypot(east, north), 10.0)
    order = np.argsort(distance * rng.lognormal(0.0, 0.4, distance.shape), axis=1)
    chosen = np.arange(distance.shape[1])[None, :] < counts[:, None]
    event = np.repeat(np.arange(len(events)), counts)
    site = order[chosen]
    n = len(event)
    distance_km = distance[event, site]
    slant = np.hypot(distance_km, events["depth_km"].to_numpy()[event])
    azimuth = np.arctan2(east[event, site], north[event, site])
    return pd.DataFrame(
        {
            "event": event,
            "site": site,
            "distance_km": distance_km,
            "slant_km": slant,
            "azimuth": azimuth,
            "takeoff": rng.uniform(0.25 * np.pi, 0.65 * np.pi, n),
            "p_time": rng.uniform(15.0, 25.0, n),
            "p_travel": slant / VP,
            "s_travel": slant / VS,
            "cultural": rng.lognormal(0.0, 0.4, n),
        }
    )


def _thresholds(records, network, frequencies):
    """Return the magnitude of each event that its median station just detects."""
    natural, cultural = noise_spectra(network, frequencies)
    noise = band_rms(np.hypot(natural, cultural), frequencies, *SNR_BAND)
    level = DETECTION * noise[records["site"]]
    least = np.log10(level / local_amplitude(0.0, records["slant_km"]))
    return least.groupby(records["event"]).median().to_numpy()


def _excess(rng, names):
    """Draw magnitudes above the threshold, after Gutenberg and Richter."""
    return -MAGNITUDE_SCALE * np.log1p(-_stratified_uniform(rng, names))


def _stratified_uniform(rng, names):
    """Draw from 0 to 1 evenly within each class, so that classes are alike."""
    values = np.empty(len(names))
    for name in np.unique(names):
        n = np.count_nonzero(names == name)
        values[names == name] = (rng.permutation(n) + rng.uniform(size=n)) / n
    return values
