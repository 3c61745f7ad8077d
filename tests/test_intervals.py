import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from skseisfp.events import attach_events
from skseisfp.metrics import (
    Interval,
    bootstrap_interval,
    paired_bootstrap,
    wilson_interval,
)


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(60), rng.integers(1, 6, 60))
    y = np.where(event_id % 3 == 0, "blast", "quake")
    signal = rng.normal(0, 1, 60)[event_id] + (y == "quake")
    return y, expit(signal + rng.normal(0, 0.5, len(y))), event_id


def test_wilson_is_that_of_the_literature():
    # Brown, Cai, DasGupta 2001: closed form
    z, k, n = 1.959963984540054, 27, 40
    p = k / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    np.testing.assert_allclose(
        wilson_interval(k, n), [p, centre - half, centre + half], rtol=1e-9
    )


@settings(deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_proportion_and_always_has_a_width(counts):
    score, low, high = wilson_interval(*counts)
    assert 0 <= low <= score <= high <= 1 or np.isclose([low, high], score).any()
    assert high > low


def test_wilson_without_trials_is_nan_and_bad_counts_raise():
    assert np.isnan(wilson_interval(0, 0)).all()
    with pytest.raises(ValueError, match="n_hits"):
        wilson_interval(3, 2)
    with pytest.raises(TypeError, match="n_trials"):
        wilson_interval(1, 2.0)
    with pytest.raises(ValueError, match="confidence_level"):
        wilson_interval(1, 2, confidence_level=95)


def test_an_interval_is_printed_with_three_digits():
    assert str(Interval(0.8604, 0.784, 0.921)) == "0.860 [0.784, 0.921]"


def reference_bootstrap(y, p, event_id, n_resamples):
    """A loop: draw events within their class, score the drawn events by sklearn."""
    events = pd.DataFrame({"p": p, "y": y, "e": event_id}).groupby("e")
    events = events.agg(p=("p", "mean"), y=("y", "first"))
    rng = np.random.default_rng(1)
    by_class = [part.index.to_numpy() for _, part in events.groupby("y")]
    scores = []
    for _ in range(n_resamples):
        drawn = np.concatenate([rng.choice(part, len(part)) for part in by_class])
        drawn = events.loc[drawn]
        scores.append(roc_auc_score(drawn["y"] == "quake", drawn["p"]))
    return np.quantile(scores, [0.025, 0.975])


def test_bootstrap_is_that_of_a_loop_over_events(scored):
    interval = bootstrap_interval(*scored, random_state=0, n_resamples=4000)
    expected = reference_bootstrap(*scored, 1000)
    np.testing.assert_allclose(interval[1:], expected, atol=0.015)


def test_records_of_an_event_are_not_independent(scored):
    y, p, event_id = scored
    by_event = bootstrap_interval(y, p, event_id, level="record", random_state=0)
    alone = bootstrap_interval(y, p, np.arange(len(y)), random_state=0)
    assert by_event.score == alone.score
    assert by_event.high - by_event.low > 1.3 * (alone.high - alone.low)


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "f1", "roc_auc"])
def test_an_interval_contains_its_score(scored, metric):
    interval = bootstrap_interval(
        *scored, metric=metric, random_state=0, n_resamples=500
    )
    assert interval.low < interval.score < interval.high


def test_coverage_is_the_confidence_level():
    """The 80 % interval of a known AUC contains it in about 80 % of data sets."""
    rng = np.random.default_rng(0)
    truth = 0.7602499  # Phi(1 / sqrt(2))
    hits = 0
    for seed in range(100):
        y = np.arange(80) % 2
        interval = bootstrap_interval(
            y,
            expit(rng.normal(y, 1)),
            np.arange(80),
            n_resamples=300,
            confidence_level=0.8,
            random_state=seed,
        )
        hits += interval.low <= truth <= interval.high
    assert 68 <= hits <= 90


def test_batches_make_no_difference_to_the_size_of_the_interval(scored, monkeypatch):
    whole = bootstrap_interval(*scored, random_state=0)
    monkeypatch.setattr("skseisfp.metrics.intervals.MAX_CELLS", 5_000)
    batched = bootstrap_interval(*scored, random_state=0)
    np.testing.assert_allclose(whole, batched, atol=0.02)


def test_equal_seeds_give_equal_intervals_without_the_global_generator(scored):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = bootstrap_interval(*scored, random_state=3, n_resamples=100)
    assert first == bootstrap_interval(*scored, random_state=3, n_resamples=100)
    assert first != bootstrap_interval(*scored, random_state=4, n_resamples=100)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_index_of_y_is_the_events(scored):
    y, p, event_id = scored
    options = {"random_state": 0, "n_resamples": 50}
    assert bootstrap_interval(
        attach_events(y, event_id), p, **options
    ) == bootstrap_interval(y, p, event_id, **options)
    with pytest.raises(ValueError, match=r"A score by event needs the event of every"):
        bootstrap_interval(y, p, **options)
    by_record = bootstrap_interval(y, p, "records", **options)
    assert by_record == bootstrap_interval(y, p, np.arange(len(y)), **options)


def test_pairing_narrows_the_difference(scored):
    y, p, event_id = scored
    worse = p + np.random.default_rng(0).normal(0, 0.05, len(p))
    options = {"random_state": 0, "n_resamples": 500}
    a = bootstrap_interval(y, p, event_id, **options)
    b = bootstrap_interval(y, worse, event_id, **options)
    pair = paired_bootstrap(y, p, worse, event_id, **options)
    assert pair.score == pytest.approx(a.score - b.score)
    assert pair.high - pair.low < 0.5 * (a.high - a.low)


def test_a_model_does_not_differ_from_itself(scored):
    y, p, event_id = scored
    pair = paired_bootstrap(y, p, p, event_id, random_state=0, n_resamples=50)
    assert pair == (0, 0, 0)


def test_bad_input_is_named(scored):
    y, p, event_id = scored
    with pytest.raises(ValueError, match="class 'blast' has one"):
        bootstrap_interval(
            ["blast", "quake", "quake"], [0.1, 0.2, 0.3], ["a", "b", "c"]
        )
    with pytest.raises(ValueError, match=r"does not fit \d+ labels of 3 classes"):
        bootstrap_interval(y, p, event_id, classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="straddle labels"):
        bootstrap_interval(y, p, np.zeros(len(y)))
    with pytest.raises(ValueError, match="level must be one of"):
        bootstrap_interval(y, p, event_id, level="station")
    with pytest.raises(ValueError, match="n_resamples"):
        bootstrap_interval(y, p, event_id, n_resamples=0)
    with pytest.raises(ValueError, match="NaN"):
        bootstrap_interval(y, np.full(len(y), np.nan), event_id)
