import numpy as np
import pytest
import sklearn
from joblib import parallel_config
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, permutation_test_score
from sklearn.neighbors import KNeighborsClassifier

from skseisfp import attach_events
from skseisfp.metrics import event_accuracy
from skseisfp.model_selection import event_permutation_test

EVENTS = np.repeat(np.arange(24), 5)
Y = np.where(EVENTS % 2, "quake", "blast")


def records(signal, seed=0):
    """Records that identify their event, and their class the better for `signal`."""
    rng = np.random.default_rng(seed)
    of_event = rng.normal(size=(24, 4))[EVENTS]
    X = of_event + rng.normal(0, 0.05, (120, 4))
    X[:, 0] += signal * (Y == "quake")
    return X


def test_signal_is_found():
    result = event_permutation_test(
        LogisticRegression(), records(4), Y, EVENTS, n_permutations=39, random_state=0
    )
    assert result.score > 0.9
    assert result.p_value == 1 / 40
    assert result.permutation_scores.shape == (39,)
    low, high = result.chance_interval
    assert low < 0.5 < high < result.score
    assert result.p_value_interval.low < 1 / 40 < result.p_value_interval.high


def test_no_signal_is_chance_though_events_are_distinct():
    """P-values are uniform under chance; by record they would be tiny."""
    options = {"n_permutations": 9, "cv": GroupKFold(3), "scoring": event_accuracy}
    p_values = [
        event_permutation_test(
            KNeighborsClassifier(1),
            records(0, seed),
            Y,
            EVENTS,
            random_state=seed,
            **options,
        ).p_value
        for seed in range(8)
    ]
    assert 0.25 < np.mean(p_values) < 0.8
    assert min(p_values) < 0.5 < max(p_values)
    _, _, by_record = permutation_test_score(
        KNeighborsClassifier(1),
        records(0),
        Y,
        cv=KFold(3, shuffle=True, random_state=0),
        n_permutations=19,
        random_state=0,
    )
    assert by_record == 0.05


def test_seed_decides_and_index_of_y_is_the_events():
    X = records(1)
    options = {"n_permutations": 8, "random_state": 0}
    first = event_permutation_test(LogisticRegression(), X, Y, EVENTS, **options)
    with parallel_config("threading"):
        again = event_permutation_test(
            LogisticRegression(), X, attach_events(Y, EVENTS), n_jobs=2, **options
        )
    assert first.score == again.score
    np.testing.assert_array_equal(first.permutation_scores, again.permutation_scores)


def test_metadata_are_routed_to_fit():
    weights = np.random.default_rng(0).uniform(size=120)
    X = records(1)
    options = {"n_permutations": 3, "random_state": 0, "cv": GroupKFold(3)}
    off = event_permutation_test(
        LogisticRegression(), X, Y, EVENTS, params={"sample_weight": weights}, **options
    )
    with sklearn.config_context(enable_metadata_routing=True):
        on = event_permutation_test(
            LogisticRegression().set_fit_request(sample_weight=True),
            X,
            Y,
            EVENTS,
            params={"sample_weight": weights},
            **options,
        )
    np.testing.assert_array_equal(on.permutation_scores, off.permutation_scores)


def test_bad_input_is_named():
    X = records(1)
    with pytest.raises(ValueError, match="straddle labels"):
        event_permutation_test(LogisticRegression(), X, Y, np.zeros(120))
    with pytest.raises(ValueError, match="events in training and in test"):
        event_permutation_test(LogisticRegression(), X, Y, EVENTS, cv=KFold(7))
    with pytest.raises(ValueError, match="n_permutations"):
        event_permutation_test(LogisticRegression(), X, Y, EVENTS, n_permutations=0)
