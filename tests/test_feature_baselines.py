import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_validate

from skseisfp.baselines import AfterKoper2024, AfterRen2019, AfterWang2023
from skseisfp.baselines.features import FillMissing, WeaklyCorrelated
from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import PhysicsFeatures

SMALL = {
    AfterKoper2024: {},
    AfterRen2019: {"n_estimators": 10, "random_state": 0},
    AfterWang2023: {"n_estimators": 10, "random_state": 0},
}
EACH = pytest.mark.parametrize("baseline", SMALL, ids=lambda item: item.__name__)


@pytest.fixture(scope="module")
def bunch():
    return make_seismograms(72, classes=("earthquake", "quarry_blast"), random_state=0)


def make(baseline, **params):
    return baseline(sampling_rate=40, **{**SMALL[baseline], **params})


def arrivals(bunch, rows=slice(None)):
    return {
        name: bunch.frame[name].to_numpy()[rows] for name in ("p_arrival", "s_arrival")
    }


@EACH
def test_it_learns_with_arrivals_and_without(baseline, bunch):
    train = np.isin(bunch.groups, np.unique(bunch.groups)[::2])
    X, y = bunch.data, bunch.target
    for known in ({}, arrivals(bunch, train)):
        classifier = make(baseline).fit(X[train], y[train], **known)
        given = arrivals(bunch, ~train) if known else {}
        scores = classifier.predict_proba(X[~train], **given)[:, 1]
        assert roc_auc_score(y[~train], scores) > 0.75
        labels = classifier.predict(X[~train], **given)
        np.testing.assert_array_equal(labels == "quarry_blast", scores > 0.5)


@EACH
def test_arrivals_and_windows_are_counted_from_the_first_sample(baseline, bunch):
    X, y = bunch.data[::2, 400:3000], bunch.target[::2]
    known = {
        name: times - 10 for name, times in arrivals(bunch, slice(0, None, 2)).items()
    }
    cut = make(baseline, window=(5, 60))
    shifted = {name: times - 5 for name, times in known.items()}
    expected = cut._describer().fit_transform(cut._preprocess(X[:, None]), **shifted)
    names = list(cut._describer().get_feature_names_out())
    columns = [names.index(name) for name in cut.get_feature_names()]
    found = cut._represent(X[:, None], **known)
    np.testing.assert_array_equal(found, expected[:, columns])
    common = make(baseline, p_arrival=8.0, s_arrival=20.0, window=(5, 60))
    own = {"p_arrival": np.full(len(y), 8.0), "s_arrival": np.full(len(y), 20.0)}
    given = make(baseline, window=(5, 60))._represent(X[:, None], **own)
    np.testing.assert_array_equal(common._represent(X[:, None]), given)


@EACH
def test_a_fit_is_a_fresh_one(baseline, bunch):
    X, y = bunch.data[:, None], bunch.target
    classifier = make(baseline).fit(X[:20], np.arange(20) % 2)
    known = arrivals(bunch)
    again = classifier.fit(X, y, **known).predict_proba(X, **known)
    fresh = make(baseline).fit(X, y, **known).predict_proba(X, **known)
    np.testing.assert_array_equal(again, fresh)
    with pytest.raises(ValueError, match="needs two classes"):
        classifier.fit(X, np.zeros(len(X)))
    with pytest.raises(sklearn.exceptions.NotFittedError):
        classifier.predict(X)


def test_arrivals_are_routed_through_folds(bunch, routing):
    classifier = make(AfterKoper2024)
    requests = {"p_arrival": True, "s_arrival": True}
    classifier.set_fit_request(**requests).set_score_request(**requests)
    informed, blind = (
        cross_validate(
            clone(classifier),
            bunch.data,
            bunch.target,
            params={"groups": bunch.groups, **known},
            cv=GroupKFold(2),
            return_estimator=True,
            error_score="raise",
        )
        for known in (arrivals(bunch), {})
    )
    fold = next(GroupKFold(2).split(bunch.data, groups=bunch.groups))
    for result, known in ((informed, arrivals), (blind, lambda *_: {})):
        expected = make(AfterKoper2024).fit(
            bunch.data[fold[0]], bunch.target.iloc[fold[0]], **known(bunch, fold[0])
        )
        score = expected.score(
            bunch.data[fold[1]], bunch.target.iloc[fold[1]], **known(bunch, fold[1])
        )
        assert result["test_score"][0] == score > 0.5


def test_few_weakly_correlated_features_are_selected_on_training_rows(bunch):
    classifier = make(AfterKoper2024, n_features=4, max_correlation=0.3)
    classifier.fit(bunch.data, bunch.target, **arrivals(bunch))
    names = classifier.selected_names_
    assert 1 <= len(names) <= 4
    assert set(names) <= set(classifier.get_feature_names())
    filled = classifier.classifier_[:1].transform(
        classifier._represent(bunch.data[:, None], **arrivals(bunch))
    )
    selected = classifier.classifier_[1].transform(filled)
    correlation = np.abs(np.corrcoef(selected.T)) - np.eye(selected.shape[1])
    assert correlation.max() <= 0.3
    half = clone(classifier).fit(bunch.data[::3], bunch.target[::3])
    assert list(half.selected_names_) != list(names)


def test_the_best_feature_is_the_first():
    X, y = make_classification(
        200, 10, n_informative=1, n_redundant=1, n_clusters_per_class=1, shuffle=False,
        random_state=0,
    )  # fmt: skip
    selected = WeaklyCorrelated(n_features=3).fit(X, y).selected_
    assert selected[0] in (0, 1)
    assert len({0, 1} & set(selected)) == 1
    assert len(selected) == 3
    constant = WeaklyCorrelated().fit(np.ones((4, 3)), [0, 1, 0, 1])
    assert list(constant.selected_) == [0]


def test_missing_features_are_filled_as_stated():
    nan = np.nan
    X = np.array([[1.0, nan, nan], [3.0, 2.0, nan], [nan, 8.0, nan], [2.0, 2.0, nan]])
    filled = FillMissing(median=True).fit_transform(X)
    expected = [[1, 2, 0], [3, 2, 0], [2, 8, 0], [2, 2, 0]]
    np.testing.assert_array_equal(filled, expected)
    kept = FillMissing().fit(X)
    np.testing.assert_array_equal(kept.transform(X)[:, :2], X[:, :2])
    np.testing.assert_array_equal(kept.transform(np.full((1, 3), 7.0)), [[7, 7, 0]])


def test_36_features_of_records(bunch):
    classifier = make(AfterWang2023)
    names = classifier.get_feature_names()
    assert len(set(names)) == 36
    assert sum(name.startswith("log_ps") for name in names) == 19
    found = classifier._represent(bunch.data[:4, None], **arrivals(bunch, slice(4)))
    whole = PhysicsFeatures(sampling_rate=40).set_output(transform="pandas")
    expected = whole.fit_transform(
        make(AfterWang2023)._preprocess(bunch.data[:4, None]),
        **arrivals(bunch, slice(4)),
    )[list(names)]
    np.testing.assert_array_equal(found, expected)


def test_features_of_the_event_do_not_stand_in_for_phases():
    whole = PhysicsFeatures(sampling_rate=40).get_feature_names_out()
    left_out = [f"{name}_event" for name in ("fc", "t_star", "phi", "misfit")]
    left_out += ["log_halves", "spectral_log_low_high"]
    taken = make(AfterRen2019).get_feature_names()
    assert list(taken) == [name for name in whole if name not in left_out]
    assert not set(make(AfterKoper2024).get_feature_names()) & set(left_out)


def test_s_is_estimated_only_if_asked_for(bunch):
    p_arrival = bunch.frame["p_arrival"]
    known = {"p_arrival": p_arrival, "origin": p_arrival - 15}
    X = bunch.data[:, None]
    without = make(AfterWang2023)._represent(X, **known)
    asked = make(AfterWang2023, vp_vs=1.73)._represent(X, **known)
    assert np.isnan(without[:, :19]).all()
    assert np.isfinite(asked[:, :19]).mean() > 0.5


@pytest.mark.parametrize(
    ("baseline", "params", "message"),
    [
        (AfterKoper2024, {"n_features": 7}, "n_features must be an int in .* got 7"),
        (
            AfterKoper2024,
            {"max_correlation": 1.5},
            r"max_correlation must be .* got 1\.5",
        ),
        (AfterWang2023, {"n_estimators": 0}, "n_estimators must be an int in .* got 0"),
        (
            AfterWang2023,
            {"learning_rate": 0.0},
            r"learning_rate must be .* got 0\.0",
        ),
        (AfterWang2023, {"max_depth": 0}, "max_depth must be an int in .* got 0"),
        (AfterRen2019, {"n_estimators": 0}, "n_estimators must be an int in .* got 0"),
        (AfterRen2019, {"scaling": "peak"}, "scaling must be one of"),
        (
            AfterRen2019,
            {"p_arrival": 2.0, "window": (5, 60)},
            "p_arrival must be a time >= 5 s",
        ),
        (
            AfterRen2019,
            {"s_arrival": 800.0},
            r"from 0 to 89\.975 s.*got 800\.0\. s_arrival is in seconds; for samples",
        ),
        (AfterRen2019, {"vp_vs": 0.5}, r"vp_vs must be a float in .* got 0\.5"),
    ],
)
def test_invalid_parameters(baseline, params, message, bunch):
    with pytest.raises(ValueError, match=message):
        make(baseline, **params).fit(bunch.data[::4], bunch.target[::4])


def test_a_corner_above_the_records_does_not_filter(bunch):
    X = bunch.data[:6, None]
    kept, beyond, within = (
        make(AfterRen2019, f_min=f_min)._represent(X) for f_min in (None, 20.0, 5.0)
    )
    np.testing.assert_array_equal(beyond, kept)
    assert not np.array_equal(within, kept, equal_nan=True)


def test_each_record_has_one_arrival(bunch):
    with pytest.raises(ValueError, match="p_arrival must have one time in seconds per"):
        make(AfterRen2019).fit(bunch.data, bunch.target, p_arrival=[1, 2])


def test_arrivals_outside_of_the_window_are_not_errors(bunch):
    X, rows = bunch.data[:4, None], slice(4)
    classifier = make(AfterRen2019, window=(30, 60))
    before = classifier._represent(X, **arrivals(bunch, rows))
    unknown = {"p_arrival": np.full(4, np.nan)}
    s_alone = arrivals(bunch, rows) | unknown
    assert (arrivals(bunch, rows)["p_arrival"] < 30).all()
    np.testing.assert_array_equal(before, classifier._represent(X, **s_alone))
    late = np.full(4, 80.0)  # S after the window ends the coda of P at its end
    classifier = make(AfterRen2019, window=(5, 60))
    known = {"p_arrival": arrivals(bunch, rows)["p_arrival"]}
    after = classifier._represent(X, **known, s_arrival=late)
    assert (after != classifier._represent(X, **known)).any()


@EACH
def test_a_model_with_arrivals_is_not_one_without(baseline, bunch):
    X, y, known = bunch.data, bunch.target, arrivals(bunch)
    informed = make(baseline).fit(X, y, **known)
    with pytest.raises(
        ValueError, match="was given p_arrival in fit and not in predict"
    ):
        informed.predict(X)
    with pytest.raises(
        ValueError, match=r"set_fit_request\(p_arrival=True\)\.set_score"
    ):
        informed.score(X, y)
    with pytest.raises(
        ValueError, match="was given p_arrival in predict_proba and not"
    ):
        make(baseline).fit(X, y).predict_proba(X, **known)
    informed.fit(X, y).predict(X)


def test_scorers_cannot_lose_arrivals(bunch, routing):
    classifier = make(AfterKoper2024).set_fit_request(p_arrival=True)
    given = {"groups": bunch.groups, "p_arrival": bunch.frame["p_arrival"]}
    with pytest.raises(ValueError, match="Scorers pass no p_arrival on"):
        cross_validate(
            classifier,
            bunch.data,
            bunch.target,
            params=given,
            cv=GroupKFold(2),
            scoring="roc_auc",
            error_score="raise",
        )


def test_scores_take_weights_of_records(bunch):
    classifier = make(AfterKoper2024).fit(bunch.data, bunch.target)
    right = classifier.predict(bunch.data) == bunch.target
    assert 0 < right.mean() < 1
    weighted = classifier.score(bunch.data, bunch.target, sample_weight=right)
    assert weighted == 1.0


def test_groups_change_nothing(bunch):
    classifier = make(AfterKoper2024)
    expected = classifier.fit(bunch.data, bunch.target).predict_proba(bunch.data)
    classifier.fit(bunch.data, bunch.target, groups=bunch.groups)
    np.testing.assert_array_equal(classifier.predict_proba(bunch.data), expected)
