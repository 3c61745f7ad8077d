"""Silent misuse: each situation raises, and the message names it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from test_event_discriminator import (
    ONSET,
    RATE,
    changed,
    make_classifier,
    make_features,
    make_records,
)

from skseisfp import (
    AdaptiveHighpassFilter,
    EventVoteClassifier,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    load,
    save,
)
from skseisfp.inference import EventDiscriminator
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import ScalogramTransformer, WaveformPreprocessor

FINGERPRINT = FingerprintTransformer(
    sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
)
HIGHPASS = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)


@pytest.fixture(scope="module", name="bunch")
def shared_records():
    return make_records()


@pytest.fixture(scope="module", name="fitted")
def shared_discriminator(bunch):
    return EventDiscriminator(make_classifier(), units="counts").fit(bunch)


@pytest.fixture(scope="module", name="of_fingerprints")
def discriminator_of_fingerprints(bunch):
    prepared = FINGERPRINT.fit_transform(bunch.data)
    return EventDiscriminator(LogisticRegression()).fit(prepared, bunch.target)


@pytest.mark.parametrize(
    "classifier",
    [
        LogisticRegression(),
        make_pipeline(HIGHPASS, ExtraTreesClassifier(5)),
        EventVoteClassifier(LogisticRegression()),
        make_pipeline(
            FilterAugmenter(sampling_rate=RATE), FingerprintClassifier(max_epochs=1)
        ),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_the_transformer_is_missing(bunch, classifier):
    with pytest.raises(ValueError, match="the transformer is missing"):
        EventDiscriminator(classifier).fit(bunch)


def test_the_transformer_is_missing_where_new_records_come(bunch, of_fingerprints):
    assert of_fingerprints.contract_.kind == "fingerprints"
    with pytest.raises(ValueError, match=r"X holds waveforms.* transformer is missing"):
        of_fingerprints.predict(bunch.data[:, :256])


def test_a_scaler_or_a_baseline_may_take_waveforms(bunch):
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    assert EventDiscriminator(scaled).fit(bunch).contract_.kind == "waveforms"


@pytest.mark.parametrize(
    "steps",
    [
        (FINGERPRINT, FINGERPRINT),
        (ScalogramTransformer(sampling_rate=RATE), FINGERPRINT),
        (FINGERPRINT, make_pipeline(FINGERPRINT, StandardScaler())),
    ],
)
def test_a_fingerprint_of_a_fingerprint(bunch, steps):
    pipeline = make_pipeline(*steps, LogisticRegression())
    with pytest.raises(ValueError, match="a fingerprint of a fingerprint has no mean"):
        EventDiscriminator(pipeline).fit(bunch)


def test_fingerprints_where_waveforms_were_and_are_expected(bunch, fitted):
    prepared = FingerprintTransformer(
        sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
    ).fit_transform(bunch.data)
    padded = np.pad(prepared, ((0, 0), (0, 144)))
    with pytest.raises(ValueError, match=r"X holds fingerprints.* of a fingerprint"):
        fitted.predict(padded)
    with pytest.raises(ValueError, match="transformed already by the records"):
        EventDiscriminator(make_classifier()).fit(prepared, bunch.target)


@pytest.mark.parametrize(
    "late", [HIGHPASS, WaveformPreprocessor(sampling_rate=RATE, f_min=1)]
)
def test_a_filter_after_the_transform(bunch, late):
    pipeline = make_pipeline(FINGERPRINT, late, LogisticRegression())
    name = type(late).__name__
    with pytest.raises(ValueError, match=f"{name} would filter after the step"):
        EventDiscriminator(pipeline).fit(bunch)
    prepared = FINGERPRINT.fit_transform(bunch.data)
    with pytest.raises(ValueError, match=f"{name} would filter after the records"):
        EventDiscriminator(make_pipeline(late, LogisticRegression())).fit(
            prepared, bunch.target
        )


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [AdaptiveHighpassFilter(sampling_rate=40.0), FINGERPRINT],
            "AdaptiveHighpassFilter has sampling_rate=40 Hz, but the records have 20",
        ),
        (
            [HIGHPASS, FingerprintTransformer(sampling_rate=40.0, flatten=True)],
            "FingerprintTransformer has sampling_rate=40 Hz, but AdaptiveHighpassFilter"
            " returns 20 Hz",
        ),
        (
            [WaveformPreprocessor(sampling_rate=RATE, target_rate=10.0), FINGERPRINT],
            "FingerprintTransformer has sampling_rate=20 Hz, but WaveformPreprocessor "
            "returns 10 Hz",
        ),
        (
            [HIGHPASS, FingerprintTransformer(flatten=True)],
            "FingerprintTransformer has sampling_rate=1 Hz",
        ),
    ],
)
def test_rates_that_differ_between_steps(bunch, steps, message):
    pipeline = make_pipeline(*steps, LogisticRegression())
    with pytest.raises(ValueError, match=message):
        EventDiscriminator(pipeline).fit(bunch)


def test_rates_in_cycles_per_sample_and_resampled_ones_are_valid(bunch):
    relative = make_pipeline(FingerprintTransformer(flatten=True), LogisticRegression())
    assert EventDiscriminator(relative).fit(bunch).contract_.sampling_rate == RATE
    resampled = make_pipeline(
        WaveformPreprocessor(sampling_rate=RATE, target_rate=10.0),
        FingerprintTransformer(sampling_rate=10.0, flatten=True),
        LogisticRegression(),
    )
    assert EventDiscriminator(resampled).fit(bunch).contract_.sampling_rate == RATE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampling_rate": 40.0}, "sampling_rate is contradictory.*20.0.*40.0"),
        ({"components": "N"}, "components is contradictory.*'Z'.*'N'"),
        ({"reader": WaveformReader(sampling_rate=20)}, "components is contradictory"),
        (
            {"reader": WaveformReader(components="Z", sampling_rate=40)},
            "sampling_rate is contradictory",
        ),
        (
            {"reader": WaveformReader(components="Z"), "units": "m/s"},
            "units is contradictory",
        ),
        (
            {"reader": WaveformReader(components="Z", window=(0, 30))},
            "600 samples at 20 Hz.* of 400 samples",
        ),
        (
            {
                "reader": WaveformReader(components="Z", window=(-4, 16), align="P"),
                "p_arrival": ONSET,
            },
            "p_arrival=5.0 contradicts the reader",
        ),
    ],
)
def test_facts_that_contradict_each_other(bunch, options, message):
    with pytest.raises(ValueError, match=message):
        EventDiscriminator(make_classifier(), **options).fit(bunch)


@pytest.mark.parametrize(
    ("facts", "policy", "message"),
    [
        (
            {"align": "P", "window": (-10, 10), "units": "counts"},
            {"align": "P", "window": (-5, 15)},
            r"have window=\(-10, 10\), the reader \(-5, 15\); give the reader that",
        ),
        (
            {"align": "P", "window": (-5.0, 15.0)},
            {"align": "origin", "window": (-5, 15)},
            "have align='P', the reader 'origin'; give the reader that read them",
        ),
        (
            {"align": "P", "window": (-5, 15), "units": "counts"},
            {"align": "P", "window": (-5, 15), "response": "VEL"},
            "units is contradictory: the records have 'counts', reader makes 'm/s'",
        ),
        (
            {},
            {"align": "P", "window": (-9, 11)},
            "have P at 5 s, those of the reader at 9 s",
        ),
        ({"align": "trigger"}, None, "align of the input contract must be start"),
    ],
)
def test_a_reader_of_other_records_raises_by_name(bunch, facts, policy, message):
    frame = bunch.frame.assign(p_arrival=ONSET)
    reader = None if policy is None else WaveformReader(components="Z", **policy)
    with pytest.raises(ValueError, match=message):
        EventDiscriminator(make_classifier(), reader=reader).fit(
            changed(bunch, frame=frame, **facts)
        )


@pytest.mark.parametrize("target", [None, pd.Series([None] * 72, dtype=object)])
def test_a_bunch_without_labels_raises_by_name(bunch, target):
    with pytest.raises(ValueError, match="No event of the bunch has a label"):
        EventDiscriminator(make_classifier()).fit(changed(bunch, target=target))


def test_records_cut_otherwise_than_those_of_fit_raise_by_name(bunch):
    facts = {"align": "P", "window": (-5, 15), "units": "m/s"}
    fitted = EventDiscriminator(make_classifier()).fit(changed(bunch, **facts))
    contract = fitted.contract_
    found = contract.align, contract.window, contract.units
    assert found == ("P", (-5.0, 15.0), "m/s")
    assert len(fitted.predict(changed(bunch, **facts))) == len(bunch.data)
    assert len(fitted.predict(bunch)) == len(bunch.data)
    with pytest.raises(ValueError, match=r"window=\(-4, 16\); .* window=\(-5, 15\)"):
        fitted.predict(changed(bunch, **{**facts, "window": (-4, 16)}))
    with pytest.raises(ValueError, match=r"align='start'; .* of align='P'"):
        fitted.predict_events(changed(bunch, align="start", window=None))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampling_rate": 40.0}, "sampling rate of 40 Hz; .* fitted on 20 Hz"),
        ({"components": "N"}, "components 'N'; .* fitted on 'Z'"),
        ({"units": "m/s"}, "in m/s; .* fitted on counts"),
    ],
)
@pytest.mark.parametrize("saved", [False, True])
def test_other_records_raise_by_name(bunch, fitted, tmp_path, changes, message, saved):
    model = fitted
    if saved:
        save(fitted, tmp_path / "model.skops")
        model = load(tmp_path / "model.skops")
    other = changed(bunch, **changes)
    for method in (
        model.predict,
        model.predict_proba,
        model.predict_events,
        model.flag_records,
    ):
        with pytest.raises(ValueError, match=message):
            method(other)


def test_other_lengths_raise_by_name(bunch, fitted):
    with pytest.raises(ValueError, match=r"X has 300 features.* 15 s in place of 20 s"):
        fitted.predict(bunch.data[:, :300])
    with pytest.raises(ValueError, match=r"records of shape \(3, 400\)"):
        fitted.predict(np.repeat(bunch.data[:, None], 3, axis=1))


def make_three_components():
    bunch = make_records()
    rng = np.random.default_rng(1)
    data = bunch.data[:, None] * rng.uniform(0.5, 1, (72, 3, 1))
    return changed(bunch, data=data, components="ZNE")


def test_permuted_components():
    bunch = make_three_components()
    flat = Pipeline(make_classifier().steps)
    model = EventDiscriminator(flat).fit(bunch)
    assert model.contract_.components == "ZNE"
    with pytest.raises(ValueError, match=r"'ENZ'; .* order is another one: reorder"):
        model.predict(changed(bunch, components="ENZ"))
    with pytest.raises(ValueError, match="names 2 components; the records have 3"):
        EventDiscriminator(flat).fit(changed(bunch, components="ZN"))


def test_the_same_record_repeated(bunch, fitted):
    X = bunch.data.copy()
    X[10] = X[2]
    with pytest.raises(ValueError, match="records 2 and 10, of the events 'e0' and 'e"):
        EventDiscriminator(make_classifier()).fit(changed(bunch, data=X))
    X = bunch.data.copy()
    X[1] = X[0]
    for method in (fitted.predict, fitted.predict_events):
        with pytest.raises(ValueError, match="records 0 and 1, of the events 'e0' and"):
            method(changed(bunch, data=X))


def test_dead_records_teach_nothing(bunch):
    X = bunch.data.copy()
    X[7] = 0
    with pytest.raises(ValueError, match="first record 7: there is no signal to learn"):
        EventDiscriminator(make_classifier()).fit(changed(bunch, data=X))


def test_groups_in_another_order(bunch, fitted):
    shuffled = np.random.default_rng(0).permutation(bunch.groups)
    model = EventDiscriminator(make_classifier())
    with pytest.raises(ValueError, match="straddle labels, first event"):
        model.fit(bunch.data, np.asarray(bunch.target), groups=shuffled)
    with pytest.raises(ValueError, match="disagree on which records belong to one"):
        model.fit(bunch, groups=shuffled)
    with pytest.raises(ValueError, match="disagree on which records belong to one"):
        fitted.predict_events(bunch, groups=shuffled)
    with pytest.raises(ValueError, match="not in the order of the records"):
        fitted.predict_events(bunch.data, groups=shuffled)
    with pytest.raises(ValueError, match="one event id per record: got 71"):
        fitted.predict_events(bunch.data, groups=shuffled[:71])
    renamed = np.array([f"another {name}" for name in bunch.groups])
    assert len(fitted.predict_events(bunch.data, groups=renamed)) == 24


def test_records_of_one_event_are_of_one_time(bunch, fitted):
    hours = bunch.frame["event_id"].str[1:].astype(int)
    begin = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(3 * hours, unit="h")
    known = changed(bunch, frame=bunch.frame.assign(start_time=begin))
    assert len(fitted.predict_events(known)) == 24
    late = known.frame.copy()
    late.loc[4, "start_time"] += pd.Timedelta("2h")
    with pytest.raises(ValueError, match="event 'e1' begin 0 days 02:00:00 apart"):
        EventDiscriminator(make_classifier()).fit(changed(known, frame=late))


def test_the_check_of_order_is_of_events_that_fit_knew():
    X, y, event_id = make_features()
    model = EventDiscriminator(LogisticRegression()).fit(X, y, groups="records")
    assert len(model.predict_events(X, event_id)) == 60


def test_labels_are_needed(bunch):
    with pytest.raises(ValueError, match="requires y to be passed"):
        EventDiscriminator(make_classifier()).fit(bunch.data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reader", "reader"),
        ("sampling_rate", 0),
        ("units", "nm"),
        ("p_arrival", -1.0),
        ("calibration", "platt"),
        ("max_error", 1.0),
        ("confidence_level", 0),
        ("min_stations", 0),
    ],
)
def test_parameters_out_of_range_raise(name, value):
    X, y, event_id = make_features()
    model = EventDiscriminator(LogisticRegression(), **{name: value})
    with pytest.raises(ValueError, match=f"{name} must be"):
        model.fit(X, y, groups=event_id)
