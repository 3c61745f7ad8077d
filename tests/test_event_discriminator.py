"""The discriminator as a classifier: contract, flags, abstention, scores, card."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GroupKFold, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils import Bunch
from sklearn.utils.estimator_checks import check_estimator

from skseisfp import AdaptiveHighpassFilter, FingerprintTransformer, load, save
from skseisfp.events import EventsUnknownWarning, attach_events
from skseisfp.inference import EventDiscriminator
from skseisfp.inference._reject import (
    exclusion_threshold,
    fewest_of_class,
    least_events,
    reject_threshold,
)
from skseisfp.plotting import EventCalibrationDisplay

RATE, ONSET = 20.0, 5.0


def make_records(n_events=24, n_stations=3, seed=0):
    """Return records of blasts of 1.5 Hz and quakes of 5 Hz as a Bunch."""
    rng = np.random.default_rng(seed)
    event_id = np.repeat([f"e{number}" for number in range(n_events)], n_stations)
    y = np.repeat(np.where(np.arange(n_events) % 2, "quake", "blast"), n_stations)
    time = np.arange(400) / RATE - ONSET
    frequency = np.where(y == "quake", 5.0, 3.0)[:, None]
    amplitude = rng.uniform(20, 40, (len(y), 1)) * np.where(time >= 0, 1, 0)
    X = amplitude * np.sin(2 * np.pi * frequency * time) * np.exp(-0.2 * time.clip(0))
    X += rng.standard_normal(X.shape)
    frame = pd.DataFrame(
        {
            "record_id": [f"r{row}" for row in range(len(y))],
            "event_id": event_id,
            "station": [f"S{row % n_stations}" for row in range(len(y))],
            "p_arrival": ONSET,
            "magnitude": rng.uniform(1, 2, len(y)),
        }
    )
    return Bunch(
        data=X,
        target=attach_events(y, event_id),
        target_names=["blast", "quake"],
        groups=event_id,
        stations=frame["station"].to_numpy(),
        frame=frame,
        sampling_rate=RATE,
        components="Z",
    )


def make_features(n_events=60, spread=1.0, seed=0):
    """Return features, labels and events, three records an event."""
    event_id = np.repeat(np.arange(n_events), 3)
    y = np.where(event_id % 2, "quake", "blast")
    rng = np.random.default_rng(seed)
    return rng.normal((y == "quake")[:, None], spread, (len(y), 3)), y, event_id


def make_classifier():
    return make_pipeline(
        FingerprintTransformer(
            sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
        ),
        LogisticRegression(),
    )


@pytest.fixture(scope="module", name="bunch")
def shared_records():
    return make_records()


@pytest.fixture(scope="module", name="fitted")
def shared_discriminator(bunch):
    return EventDiscriminator(make_classifier()).fit(bunch)


def changed(bunch, **changes):
    return Bunch(**{**bunch, **changes})


@pytest.mark.parametrize(  # and of LogisticRegression in test_common.py
    "classifier",
    [
        EventDiscriminator(GaussianNB(), vote="majority", calibration=None),
        EventDiscriminator(SVC(), calibration="sigmoid"),
    ],
    ids=repr,
)
def test_scikit_learn_checks(classifier):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EventsUnknownWarning)
        results = check_estimator(classifier, on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 40


def test_predictions_of_records_events_and_the_score_agree():
    X, y, event_id = make_features()
    model = EventDiscriminator(LogisticRegression()).fit(X, y, groups=event_id)
    table = model.predict_events(X, event_id)
    by_record = model.predict(X, groups=event_id)
    assert (table["prediction"].loc[event_id].to_numpy() == by_record).all()
    scores = table.loc[event_id, ["score_blast", "score_quake"]].to_numpy()
    np.testing.assert_allclose(model.predict_proba(X, groups=event_id), scores)
    right = table["prediction"] == np.where(table.index % 2, "quake", "blast")
    assert model.score(X, y, groups=event_id) == pytest.approx(right.mean())
    assert model.score(X, attach_events(y, event_id)) == pytest.approx(right.mean())
    weights = np.where(event_id == 0, 1000.0, 1e-9)
    weighted = model.score(X, y, groups=event_id, sample_weight=weights)
    assert weighted == pytest.approx(float(right.iloc[0]), abs=1e-6)
    alone = model.predict_proba(X, groups="records")
    assert np.ptp(alone[:3, 0]) > 0


def test_agreement_counts_records_by_themselves():
    X, y, event_id = make_features(spread=2.0)
    model = EventDiscriminator(LogisticRegression()).fit(X, y, groups=event_id)
    table = model.predict_events(X, event_id)
    alone = pd.Series(model.predict(X, groups="records"))
    agree = alone == table["prediction"].loc[event_id].to_numpy()
    np.testing.assert_allclose(table["agreement"], agree.groupby(event_id).mean())
    assert 0.5 < table["agreement"].mean() < 1


def test_the_contract_holds_what_was_measured(bunch, fitted):
    contract = fitted.contract_
    assert (contract.kind, contract.record_shape) == ("waveforms", (400,))
    assert (contract.sampling_rate, contract.components) == (RATE, "Z")
    assert contract.units == "unknown"
    assert contract.window is contract.align is None
    assert contract.ranges["p_arrival"] == (ONSET, ONSET)
    assert contract.ranges["density"] == (30 / 256, 30 / 256)
    magnitudes = bunch.frame["magnitude"]
    assert contract.ranges["magnitude"] == (magnitudes.min(), magnitudes.max())
    low, high = contract.ranges["peak"]
    assert 15 < low < high < 50
    assert contract.events == {"blast": 12, "quake": 12}
    assert contract.folds == {"folds of events": 5, "records held out": 72}
    score, low, high = contract.scores["balanced_accuracy"]
    assert 0.75 < low < score == high == 1  # of 12 events of each class
    assert set(contract.scores) >= {"roc_auc", "brier_score", "calibration_error"}
    assert "scikit-learn" in contract.versions
    again = EventDiscriminator(make_classifier()).fit(bunch).contract_
    assert again == contract
    other = EventDiscriminator(make_classifier()).fit(make_records(seed=1)).contract_
    assert other.digests["training"] != contract.digests["training"]
    assert contract.to_dict()["record_shape"] == (400,)


def test_nothing_is_guessed_of_arrays():
    X, y, event_id = make_features()
    model = EventDiscriminator(LogisticRegression()).fit(X, y, groups=event_id)
    contract = model.contract_
    assert contract.kind == "features"
    assert contract.sampling_rate is contract.components is None
    assert contract.units == "unknown"
    assert contract.least_snr_db is None
    assert set(contract.ranges) == {"peak"}


def test_held_out_scores_are_of_other_events_and_draw_a_reliability_diagram():
    X, y, event_id = make_features()
    shuffled = np.random.default_rng(1).permutation(60)[event_id] % 2
    trees = ExtraTreesClassifier(20, random_state=0)
    model = EventDiscriminator(trees, calibration=None)
    model.fit(X, shuffled, groups=event_id)
    assert model.score(X, shuffled, groups=event_id) > 0.9
    score, *_ = model.contract_.scores["roc_auc"]
    assert score < 0.75
    model.set_params(calibration="events").fit(X, shuffled, groups=event_id)
    assert np.ptp(model.predict_proba(X, groups=event_id), axis=0).max() < 1e-6
    model = EventDiscriminator(LogisticRegression()).fit(X, y, groups=event_id)
    display = EventCalibrationDisplay.from_predictions(
        y, model.held_out_scores_[:, 1], event_id, pos_label="quake"
    )
    assert display.ax_ is not None


def test_calibration_by_event_is_closer_to_the_shares():
    X, y, event_id = make_features(200, spread=2.0)
    raw, by_event = (
        EventDiscriminator(LogisticRegression(), calibration=name)
        .fit(X, y, groups=event_id)
        .contract_.scores["brier_score"][0]
        for name in (None, "events")
    )
    assert by_event < raw


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_records_may_be_calibrated_instead(method):
    X, y, event_id = make_features()
    model = EventDiscriminator(GaussianNB(), calibration=method)
    model.fit(X, y, groups=event_id)
    assert model.event_calibration_ is None
    assert type(model.estimator_).__name__ == "EventCalibratedClassifierCV"
    assert model.score(X, y, groups=event_id) > 0.8


def test_first_steps_are_computed_once(bunch, monkeypatch):
    calls = []
    original = FingerprintTransformer.transform

    def transform(self, X):
        calls.append(len(X))
        return original(self, X)

    monkeypatch.setattr(FingerprintTransformer, "transform", transform)
    model = EventDiscriminator(make_classifier()).fit(bunch)
    assert calls == [len(bunch.data)]
    whole = make_classifier().fit(bunch.data, bunch.target)
    np.testing.assert_allclose(
        model.estimator_.predict_proba(bunch.data), whole.predict_proba(bunch.data)
    )


def test_parameters_of_fit_reach_the_classifier():
    X, y, event_id = make_features()
    weights = np.where(y == "quake", 10.0, 1.0)
    model = EventDiscriminator(LogisticRegression(), calibration=None)
    even = model.fit(X, y, groups=event_id).predict_proba(X, groups="records")
    model.fit(X, y, groups=event_id, sample_weight=weights)
    assert model.predict_proba(X, groups="records")[:, 1].mean() > even[:, 1].mean()
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        routed = EventDiscriminator(inner, calibration=None)
        routed.fit(X, y, groups=event_id, sample_weight=weights)
    np.testing.assert_allclose(
        routed.predict_proba(X, groups="records"),
        model.predict_proba(X, groups="records"),
    )


def test_records_that_are_no_events_of_the_trained_kind_are_flagged(bunch, fitted):
    rng = np.random.default_rng(5)
    X = bunch.data.copy()
    X[0] = 3.0
    X[1] = np.linspace(0, 9, 400)
    X[2] = rng.standard_normal(400)
    X[6] *= 1e6
    X[4, 150:200] = 700.0
    flags = fitted.flag_records(changed(bunch, data=X))["flags"]
    assert "no_signal" in flags[0]
    assert "no_signal" in flags[1]
    assert flags[2] == "noise_like"
    assert flags[6] == "out_of_range"
    assert flags[4] == "clipped, out_of_range"
    assert set(flags[[3, 5]]) | set(flags[7:]) == {""}
    events = fitted.predict_events(changed(bunch, data=X))
    first, second = events.iloc[0], events.iloc[1]
    assert first["decision"] == "undecided"
    assert "no_signal" in first["flags"]
    assert "too_few_stations" in first["flags"]
    assert first["n_stations"] == 0
    assert (second["n_stations"], second["flags"]) == (2, "")
    alone = fitted.predict_proba(X[[5]], groups=[0])
    pair = events.iloc[1][["score_blast", "score_quake"]].to_numpy(float)
    assert abs(alone - pair).max() < 0.1


def test_noise_of_events_before_p_is_flagged_and_events_are_not(fitted):
    new = make_records(seed=9)
    assert set(fitted.flag_records(new)["flags"]) == {""}
    noise = np.random.default_rng(2).standard_normal(new.data.shape) * 20
    flags = fitted.flag_records(changed(new, data=noise))["flags"]
    assert (flags == "noise_like").mean() > 0.95
    table = fitted.predict_events(changed(new, data=noise))
    assert (table["decision"] == "undecided").mean() > 0.95


def test_arrays_have_the_common_arrival(bunch):
    model = EventDiscriminator(make_classifier(), p_arrival=ONSET)
    model.fit(bunch.data, bunch.target)
    assert model.contract_.sampling_rate == RATE  # of the transformer
    assert model.contract_.least_snr_db is not None
    noise = np.random.default_rng(2).standard_normal((4, 400)) * 20
    assert set(model.flag_records(noise)["flags"]) == {"noise_like"}


def test_few_stations_are_flagged(bunch):
    model = EventDiscriminator(make_classifier(), min_stations=3).fit(bunch)
    rows = [0, 1, 2, 3, 4]
    part = changed(
        bunch,
        data=bunch.data[rows],
        target=bunch.target.iloc[rows],
        groups=bunch.groups[rows],
        frame=bunch.frame.iloc[rows],
    )
    table = model.predict_events(part)
    assert table["flags"].tolist() == ["", "too_few_stations"]
    assert table["decision"].tolist() == ["blast", "undecided"]
    assert table["n_stations"].tolist() == [3, 2]


def test_the_error_of_decided_events_stays_below_the_stated_one():
    X, y, event_id = make_features(300, spread=1.5)
    model = EventDiscriminator(LogisticRegression(), max_error=0.1)
    model.fit(X, y, groups=event_id)
    assert 0.5 < model.reject_threshold_ < 1
    new, _, events = make_features(2000, spread=1.5, seed=1)
    table = model.predict_events(new, events)
    truth = np.where(table.index % 2, "quake", "blast")
    decided = (table["decision"] != "undecided").to_numpy()
    assert np.mean(table["prediction"] != truth) > 0.12
    assert 0.2 < decided.mean() < 0.8
    assert np.mean(table["prediction"][decided] != truth[decided]) < 0.1
    confidence = table[["score_blast", "score_quake"]].max(axis=1)
    assert (decided == (confidence >= model.reject_threshold_)).all()


def test_an_error_that_cannot_be_kept_leaves_all_events_undecided():
    X, y, event_id = make_features(30, spread=9.0)
    model = EventDiscriminator(LogisticRegression(), max_error=0.01)
    message = "No threshold keeps max_error=0.01.* It takes 388 events of which one at"
    with pytest.warns(UserWarning, match=message):
        model.fit(X, y, groups=event_id)
    assert model.reject_threshold_ == np.inf
    assert "| decided | none found: all undecided |" in model.model_card()
    assert set(model.predict_events(X, event_id)["decision"]) == {"undecided"}


def make_rare(n_events, seed=0):
    """Return records of many quakes and few blasts, which are hard to distinguish."""
    X, y, event_id = make_features(n_events, spread=1.5, seed=seed)
    codes = np.unique(event_id, return_inverse=True)[1]
    kept = (y == "quake") | (codes % 12 == 0)
    return X[kept], y[kept], event_id[kept]


def test_the_error_of_a_rare_class_stays_below_the_stated_one():
    train, new = make_rare(600), make_rare(3000, seed=1)
    missed = {}
    for error_of in ("decided", "classes"):
        model = EventDiscriminator(
            LogisticRegression(), max_error=0.1, error_of=error_of
        ).fit(train[0], train[1], groups=train[2])
        table = model.predict_events(new[0], new[2])
        truth = pd.Series(new[1], index=new[2]).groupby(level=0).first()
        truth = truth.loc[table.index].to_numpy()
        decided = (table["decision"] != "undecided").to_numpy()
        assert 0.2 < decided.mean() < 1
        wrong = decided & (table["decision"] != truth).to_numpy()
        missed[error_of] = wrong[truth == "blast"].mean()
        assert wrong.mean() < 0.1
    assert missed["classes"] < 0.1 < missed["decided"]
    assert np.isfinite(model.class_thresholds_).all()
    assert model.reject_threshold_ == -np.inf
    assert "| decided | all other classes are excluded: blast below" in (
        model.model_card()
    )


def test_a_class_of_few_events_is_never_excluded():
    X, y, event_id = make_rare(200)
    model = EventDiscriminator(LogisticRegression(), max_error=0.1, error_of="classes")
    message = (
        r"takes 22 events of a class that were held out: 'blast' \([0-9]+\) cannot"
    )
    with pytest.warns(UserWarning, match=message):
        model.fit(X, y, groups=event_id)
    assert model.class_thresholds_[0] == -np.inf
    assert "blast never" in model.model_card()
    assert "quake" not in set(model.predict_events(X, event_id)["decision"])


@pytest.mark.parametrize("max_error", [0.05, 0.1, 0.6])
def test_the_least_number_of_events_of_a_class_has_a_threshold(max_error):
    risk = {"max_error": max_error, "confidence_level": 0.9}
    fewest = fewest_of_class(**risk)
    for n_events, is_found in ((fewest - 1, False), (fewest, True)):
        threshold = exclusion_threshold(np.full(n_events, 0.4), **risk)
        assert np.isfinite(threshold) == is_found


@pytest.mark.parametrize("n_events", [25, 200])
def test_a_class_is_wrongly_excluded_as_rarely_as_stated(n_events):
    rng = np.random.default_rng(0)
    thresholds = [  # of uniform scores: the share that is excluded
        exclusion_threshold(
            rng.uniform(size=n_events), max_error=0.1, confidence_level=0.9
        )
        for _ in range(1000)
    ]
    assert 0.88 < np.mean(np.array(thresholds) <= 0.1) < 0.97


@pytest.mark.parametrize("max_error", [0.05, 0.1, 0.6])
def test_the_least_number_of_events_has_a_threshold(max_error):
    rule = {"max_error": max_error, "confidence_level": 0.9}
    least = least_events(**rule)
    for n_events, is_found in ((least - 1, False), (least, True)):
        threshold = reject_threshold([0.9] * n_events, [True] * n_events, **rule)
        assert np.isfinite(threshold) == is_found


def test_the_threshold_keeps_the_error_with_its_confidence():
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(300):
        confidence = rng.uniform(0.5, 1, 200)
        right = rng.uniform(size=200) < confidence
        threshold = reject_threshold(
            confidence, right, max_error=0.1, confidence_level=0.9
        )
        error = 0.0 if threshold > 1 else (1 - threshold) / 2  # mean of 1 - confidence
        kept.append(error <= 0.1)
    assert np.mean(kept) >= 0.9
    assert np.mean(kept) < 1
    assert reject_threshold(
        np.ones(100), np.ones(100), max_error=0.1, confidence_level=0.9
    ) == pytest.approx(1.0)
    assert np.isinf(
        reject_threshold(np.ones(9), np.ones(9), max_error=0.1, confidence_level=0.9)
    )


def test_snr_votes_are_measured(bunch):
    model = EventDiscriminator(make_classifier(), vote="snr").fit(bunch)
    table = model.predict_events(bunch)
    assert (table["decision"] != "undecided").all()
    given = model.predict_events(bunch, snr=np.full(len(bunch.data), 10.0))
    assert (given["prediction"] == table["prediction"]).all()


def test_a_threshold_of_the_classifier_decides_without_calibration():
    X, y, event_id = make_features()
    inner = FixedThresholdClassifier(LogisticRegression(), threshold=0.9)
    model = EventDiscriminator(inner, calibration=None).fit(X, y, groups=event_id)
    table = model.predict_events(X, event_id)
    assert (table["prediction"] == "quake").mean() < 0.3
    for options in ({}, {"calibration": None, "max_error": 0.1}):
        with pytest.raises(ValueError, match="with a threshold of its own"):
            EventDiscriminator(inner, **options).fit(X, y, groups=event_id)
    with pytest.raises(ValueError, match="'sigmoid' calibrates decision values"):
        EventDiscriminator(SVC()).fit(X, y, groups=event_id)


def test_folds_must_keep_events_together():
    X, y, event_id = make_features()
    model = EventDiscriminator(LogisticRegression(), cv=GroupKFold(3))
    assert model.fit(X, y, groups=event_id).contract_.folds["folds of events"] == 3
    model.set_params(cv=KFold(7))
    with pytest.raises(ValueError, match="on both sides of fold 0"):
        model.fit(X, y, groups=event_id)
    with pytest.raises(ValueError, match="class 'quake' has 1"):
        model.set_params(cv=None).fit(
            X[:15], np.repeat(["b", "quake"], [12, 3]), groups=event_id[:15]
        )


def test_unknown_events_are_warned_of():
    X, y, _ = make_features()
    model = EventDiscriminator(LogisticRegression())
    with pytest.warns(EventsUnknownWarning, match="counts every record as an event"):
        model.fit(X, y)
    with pytest.warns(EventsUnknownWarning):
        model.predict(X)


def test_the_model_card_has_scores_limits_and_licence(bunch):
    model = EventDiscriminator(
        make_classifier(), license="CC BY 4.0", citation="A | B, 2024", units="m/s"
    ).fit(bunch)
    card = model.model_card()
    assert card.startswith("# Discriminator of blast and quake")
    for line in (
        "| roc auc | 1.000 [0.758, 1.000] |",
        "| balanced accuracy | 1.000 [0.758, 1.000] |",
        "| accuracy | 1.000 [0.862, 1.000] |",
        "- It is fitted and scored on 24 events only; others may differ much.",
        "| sampling rate in Hz | 20 |",
        "| components | Z |",
        "| units | m/s |",
        "| events of blast | 12 |",
        "| licence | CC BY 4.0 |",
        "| citation | A \\| B, 2024 |",
        f"| digest | {model.contract_.digests['training']} |",
        "FingerprintTransformer(",
    ):
        assert line in card
    assert card.index("Scores") < card.index("Limits") < card.index("Input")


def test_a_file_brings_all_back(bunch, tmp_path):
    pipeline = make_pipeline(
        AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0), *make_classifier()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # 24 events are few
        model = EventDiscriminator(pipeline, max_error=0.2).fit(bunch)
    save(model, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops")
    assert again.contract_ == model.contract_
    assert again.reject_threshold_ == model.reject_threshold_
    pd.testing.assert_frame_equal(
        again.predict_events(bunch), model.predict_events(bunch)
    )
    with pytest.raises(ValueError, match="fitted on 20 Hz"):
        again.predict(changed(bunch, sampling_rate=40.0))
    with pytest.raises(ValueError, match="different"):
        again.predict(bunch.data, groups=np.roll(bunch.groups, 1))
