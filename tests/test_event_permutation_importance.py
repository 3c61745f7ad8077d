import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer

from skseisfp import attach_events
from skseisfp.inference import event_permutation_importance
from skseisfp.inference._exchanges import (
    donors_of,
    exchange_bands,
    exchange_phase,
    exchange_station,
    phase_windows_of,
)
from skseisfp.metrics import make_event_scorer
from skseisfp.signal import bandpass

RATE = 20.0
BANDS = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
EVENTS = np.repeat(np.arange(16), 3)
Y = np.where(EVENTS % 2, "quake", "blast")
STATION = np.tile(["A", "B", "C"], 16)
P, S = np.full(48, 10.0), np.full(48, 24.0)
PARAMETERS = {"bands": BANDS, "sampling_rate": RATE, "n_repeats": 2, "n_resamples": 50}


class PowerIn(ClassifierMixin, BaseEstimator):
    """The power between 2 and 4 Hz in a window decides, against that of the record."""

    def __init__(self, start=0, stop=1000):
        self.start = start
        self.stop = stop

    def fit(self, X=None, y=None):
        self.classes_ = np.array(["blast", "quake"])
        return self

    def decision_function(self, X):
        part = np.square(bandpass(X, sampling_rate=RATE, f_min=2.3, f_max=3.5))
        window = part[:, self.start : self.stop].mean(axis=1)
        return np.log(window / np.square(X).mean(axis=1)) + 1.7

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


@pytest.fixture(scope="module")
def records():
    """Noise; quakes have more power from 2 to 4 Hz in the window of S."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((48, 1000))
    louder = bandpass(
        rng.standard_normal((48, 1000)), sampling_rate=RATE, f_min=2, f_max=4
    )
    louder[:, :480] = louder[:, 600:] = 0
    X += 4 * louder * (Y == "quake")[:, None]
    X.flags.writeable = False
    return X


def measure(estimator, X, by, **options):
    arrivals = {"p_arrival": P, "s_arrival": S, "station": STATION}
    options = {**PARAMETERS, **arrivals, "by": by, "random_state": 0, **options}
    return event_permutation_importance(estimator.fit(), X, Y, EVENTS, **options)


def test_the_band_that_decides_is_important(records):
    result = measure(PowerIn(), records, "band")
    assert result.names == ["0.5-1 Hz", "1-2 Hz", "2-4 Hz", "4-8 Hz"]
    assert result.importances.shape == (4, 2)
    assert result.score.score == 1
    assert result.importances_mean.argmax() == 2
    assert result.importances_mean[2] > 0.3
    assert (np.abs(np.delete(result.importances_mean, 2)) < 0.05).all()
    assert result.importances_low[2] > 0
    assert (result.importances_low <= result.importances_high).all()
    table = result.frame
    assert table.loc["2-4 Hz", "importance"] == result.importances_mean[2]
    assert table["n_events"].tolist() == [16] * 4
    assert list(table) == ["importance", "std", "low", "high", "n_events"]


def test_the_phase_that_decides_is_important(records):
    result = measure(PowerIn(480, 600), records, "phase")
    assert result.names == ["noise", "P", "P coda", "S", "S coda"]
    assert result.importances_mean.argmax() == 3
    assert (np.abs(np.delete(result.importances_mean, 3)) < 0.1).all()


def test_the_station_that_shows_the_class_is_important(records):
    X = records.copy()
    X[STATION == "C"] = np.random.default_rng(1).standard_normal((16, 1000))
    result = measure(PowerIn(), X, "station")
    assert result.names == ["A", "B", "C"]
    assert result.importances_mean[2] <= min(result.importances_mean[:2])
    assert max(result.importances_mean[:2]) > 0


def test_a_station_of_one_event_has_no_importance(records):
    station = STATION.copy()
    station[0] = "D"
    result = measure(PowerIn(), records, "station", station=station)
    assert result.names[3] == "D"
    assert np.isnan(result.importances[3]).all()
    assert np.isnan(result.frame.loc["D", "low"])
    assert np.isfinite(result.importances[:3]).all()


def test_records_of_an_event_move_together_and_never_within():
    events = np.array([7, 3, 3, 7, 5, 5, 5, 9, 7, 7])
    for seed in range(20):
        donors = donors_of(events, np.random.RandomState(seed))
        assert (events[donors] != events).all()
        for event in np.unique(events):
            assert len(np.unique(events[donors][events == event])) == 1
        assert set(events[donors]) == set(events)


def test_only_the_content_of_a_window_changes(records):
    donors = donors_of(EVENTS, np.random.RandomState(0))
    s_arrival = S.copy()
    s_arrival[:3] = np.nan
    windows = phase_windows_of(P, s_arrival, 1000, RATE)
    np.testing.assert_array_equal(windows["P"][5], [196, 280])
    np.testing.assert_array_equal(windows["S coda"][5], [640, 1000])
    assert (windows["S"][:3, 0] == windows["S"][:3, 1]).all()
    changed = exchange_phase(records, donors, windows["S"], BANDS, RATE) != records
    assert not changed[:3].any()
    assert not changed[:, :470].any()
    assert not changed[:, 640:].any()
    whole = ~np.isin(EVENTS[donors], EVENTS[:3])
    whole[:3] = False
    assert changed[whole, 470:640].mean() > 0.95


def test_windows_follow_one_on_another():
    windows = np.stack(list(phase_windows_of(P, S, 1000, RATE).values()))
    np.testing.assert_array_equal(windows[1:, :, 0], windows[:-1, :, 1])
    assert (windows[0, :, 0] == 0).all()
    assert (windows[-1, :, 1] == 1000).all()
    late = phase_windows_of(np.array([40.0]), np.array([55.0]), 1000, RATE)
    assert all(
        (window >= 0).all() and (window <= 1000).all() for window in late.values()
    )


def test_bands_move_with_p_and_their_relative_level():
    rng = np.random.default_rng(0)
    burst = np.sin(2 * np.pi * 3 * np.arange(60) / RATE) * np.hanning(60)
    X = 0.01 * rng.standard_normal((2, 1000))
    X[0, 300:360] += burst
    X[1, 500:560] += 100 * burst
    p_arrival = np.array([15.0, 25.0])
    bands = list(exchange_bands(X, np.array([1, 0]), BANDS, RATE, p_arrival))
    np.testing.assert_allclose(bands[2][0, 300:360], X[0, 300:360], atol=0.06)
    np.testing.assert_allclose(bands[2][1, 500:560], X[1, 500:560], atol=6)


def test_records_of_a_station_stay_at_it(records):
    events = np.unique(EVENTS, return_inverse=True)[1]
    rng = np.random.RandomState(0)
    exchanged = exchange_station(records, events, STATION == "B", rng)
    np.testing.assert_array_equal(exchanged[STATION != "B"], records[STATION != "B"])
    own = (exchanged[STATION == "B"] == records[STATION == "B"]).all(axis=1)
    assert not own.any()
    moved = np.sort(exchanged[STATION == "B"], axis=0)
    np.testing.assert_array_equal(moved, np.sort(records[STATION == "B"], axis=0))


def test_a_bunch_holds_what_is_needed(seismograms):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from skseisfp import FingerprintTransformer

    pipeline = make_pipeline(
        FingerprintTransformer(sampling_rate=RATE, shape=(16, 16), flatten=True),
        LogisticRegression(),
    ).fit(seismograms.data, seismograms.target)
    before = seismograms.data.copy()
    for by, number in (("band", 4), ("phase", 5), ("station", 11)):
        result = event_permutation_importance(
            pipeline, seismograms, by=by, bands=4, n_repeats=1, n_resamples=10
        )
        assert len(result.names) == number
    np.testing.assert_array_equal(seismograms.data, before)


@pytest.mark.parametrize(
    "scoring", ["balanced_accuracy", make_event_scorer("accuracy"), "roc_auc"]
)
def test_event_scorers(scoring, records):
    result = measure(PowerIn(), records, "band", scoring=scoring)
    assert result.importances_mean.argmax() == 2


def test_the_seed_alone_sets_the_exchanges(records):
    with parallel_config("threading"):
        first, again, parallel, other = (
            measure(PowerIn(), records, "band", random_state=seed, n_jobs=n_jobs)
            for seed, n_jobs in ((0, None), (0, None), (0, 2), (1, None))
        )
    np.testing.assert_array_equal(first.importances, again.importances)
    np.testing.assert_array_equal(first.importances, parallel.importances)
    np.testing.assert_array_equal(first.importances_high, parallel.importances_high)
    assert (first.importances != other.importances).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "weather"}, "by must be one of 'band', 'phase', 'station'"),
        ({"by": "phase", "s_arrival": None}, "by='phase' needs the s_arrival"),
        ({"by": "station", "station": None}, "by='station' needs the station"),
        ({"by": "phase", "p_arrival": P[:3]}, "p_arrival must have one time"),
        ({"by": "band", "bands": None}, "bands must be edges in Hz"),
        ({"by": "band", "n_repeats": 0}, "n_repeats == 0, must be >= 1"),
        ({"by": "band", "scoring": "beauty"}, "metric must be one of"),
    ],
)
def test_options_that_are_not_valid_raise(options, message, records):
    with pytest.raises(ValueError, match=message):
        measure(PowerIn(), records, **options)


def test_what_is_missing_is_named(records):
    with pytest.raises(NotFittedError, match="PowerIn"):
        event_permutation_importance(PowerIn(), records, Y, EVENTS, **PARAMETERS)
    with pytest.raises(ValueError, match="permutation_importance needs the event"):
        event_permutation_importance(PowerIn().fit(), records, Y, **PARAMETERS)
    with pytest.raises(ValueError, match="y must be given"):
        event_permutation_importance(PowerIn().fit(), records, **PARAMETERS)
    with pytest.raises(TypeError, match="an event scorer, see make_event_scorer"):
        measure(PowerIn(), records, "band", scoring=get_scorer("roc_auc"))
    y = attach_events(Y, EVENTS)
    result = event_permutation_importance(PowerIn().fit(), records, y, **PARAMETERS)
    assert result.importances_mean.argmax() == 2
