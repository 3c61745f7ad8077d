"""The whole pipeline: forms of data, labels, copies, and invalid input."""

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_html_repr

from skseisfp import (
    AdaptiveHighpassFilter,
    EventVoteClassifier,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    MultiViewClassifier,
    load_records,
    make_seismograms,
)
from skseisfp.metrics import event_roc_auc
from skseisfp.model_selection import event_permutation_test

CLASSES = ("earthquake", "quarry_blast", "mine_blast")


@pytest.fixture(scope="module")
def three_components():
    """Records of three components and three classes."""
    return make_seismograms(
        30,
        classes=CLASSES,
        n_components=3,
        sampling_rate=20,
        duration=70,
        random_state=0,
    )


@pytest.fixture(scope="module")
def fitted(seismograms, three_steps):
    return three_steps().fit(seismograms.data, seismograms.target)


def make_form(three_steps, form):
    """Make the pipeline for fingerprints, of views or not, flat or not."""
    network = FingerprintClassifier(
        max_epochs=15, lr=1e-2, device="cpu", random_state=0
    )
    flat = form != "fingerprints"
    params = {"fingerprint__flatten": flat, "classifier": network}
    if form == "flat views":
        params["classifier"] = MultiViewClassifier(network)
    if form == "flat":
        params["augment"] = AdaptiveHighpassFilter(sampling_rate=20)
    return three_steps(**params)


# forms of data


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_components", [1, 3])
@pytest.mark.parametrize("form", ["fingerprints", "flat views", "flat"])
def test_forms_and_labels(three_steps, three_components, form, n_components, n_classes):
    chosen = np.isin(three_components.target, CLASSES[:n_classes])
    X, y = three_components.data[chosen], three_components.target[chosen]
    X = X[:, 0] if n_components == 1 else X
    pipeline = make_form(three_steps, form).fit(X, y)
    shape = {
        "fingerprints": (5, n_components, 16, 16),
        "flat views": (5, n_components * 256),
        "flat": (n_components * 256,),
    }[form]
    assert pipeline[:-1].transform(X).shape == (len(X), *shape)
    assert list(pipeline.classes_) == sorted(CLASSES[:n_classes])
    proba = pipeline.predict_proba(X)
    assert proba.shape == (len(X), n_classes)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(
        pipeline.predict(X), pipeline.classes_[proba.argmax(axis=1)]
    )
    assert pipeline.score(X, y) > 0.85


def test_one_channel_may_have_an_axis_of_its_own(fitted, seismograms, three_steps):
    X, y = seismograms.data, seismograms.target
    with_axis = three_steps().fit(X[:, None], y)
    np.testing.assert_array_equal(
        with_axis.predict_proba(X[:, None]), fitted.predict_proba(X)
    )


def test_lists_and_frames_are_records_too(fitted, seismograms, three_steps):
    X, y = seismograms.data, seismograms.target
    for records, labels in ((X.tolist(), y.tolist()), (pd.DataFrame(X), pd.Series(y))):
        model = three_steps().fit(records, labels)
        assert (model.predict(records) == fitted.predict(X)).all()


@pytest.mark.parametrize("gain", [-1, 2.0**-20, 2.0**12])
def test_gain_and_polarity_change_no_prediction(fitted, seismograms, gain):
    X = seismograms.data
    np.testing.assert_array_equal(
        fitted.predict_proba(np.float32(gain) * X), fitted.predict_proba(X)
    )


def test_records_are_predicted_one_by_one(fitted, seismograms):
    X = seismograms.data[:6]
    alone = np.concatenate([fitted.predict_proba(record[None]) for record in X])
    np.testing.assert_allclose(alone, fitted.predict_proba(X), rtol=1e-5)


# copies and looks


@pytest.mark.parametrize(
    "copy", [lambda model: pickle.loads(pickle.dumps(model)), deepcopy]
)
def test_copies_predict_the_same(fitted, seismograms, copy):
    np.testing.assert_array_equal(
        copy(fitted).predict_proba(seismograms.data),
        fitted.predict_proba(seismograms.data),
    )


def test_clones_fit_the_same(fitted, seismograms):
    again = clone(fitted)
    assert not hasattr(again[-1], "net_")
    again.fit(seismograms.data, seismograms.target)
    np.testing.assert_array_equal(
        again.predict_proba(seismograms.data), fitted.predict_proba(seismograms.data)
    )


def test_every_parameter_can_be_set_through_the_pipeline(three_steps):
    params = {
        "augment__shifts": (0, 1),
        "fingerprint__encoding": "presence",
        "classifier__module__conv1_filter_size": 3,
        "classifier__optimizer__betas": (0.8, 0.9),
    }
    pipeline = three_steps(**params)
    assert {name: clone(pipeline).get_params()[name] for name in params} == params


@pytest.mark.parametrize("is_fitted", [False, True])
def test_html(fitted, three_steps, is_fitted):
    html = estimator_html_repr(fitted if is_fitted else three_steps())
    for name in ("FilterAugmenter", "FingerprintTransformer", "FingerprintClassifier"):
        assert name in html
    assert "module__conv1_n_filters" in html


def test_flat_fingerprints_are_frames_where_asked_for(seismograms, three_steps):
    X, y = seismograms.data, seismograms.target
    pipeline = make_form(three_steps, "flat").set_params(
        classifier=LogisticRegression()
    )
    expected = pipeline.fit(X, y).predict_proba(X)
    with sklearn.config_context(transform_output="pandas"):
        frame = pipeline[:-1].fit_transform(X)
        by_name = pipeline.fit(X, y).predict_proba(X)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns[:2]) == ["haar_f0_t0", "haar_f0_t1"]
    assert list(pipeline[-1].feature_names_in_) == list(frame.columns)
    np.testing.assert_array_equal(by_name, expected)


def test_views_and_fingerprints_stay_arrays(fitted, seismograms, three_steps):
    X, y = seismograms.data, seismograms.target
    with sklearn.config_context(transform_output="pandas"):
        pipeline = three_steps().fit(X, y)
        assert isinstance(pipeline[:-1].transform(X), np.ndarray)
        np.testing.assert_array_equal(
            pipeline.predict_proba(X), fitted.predict_proba(X)
        )
    with pytest.raises(ValueError, match="Unable to configure output for FilterAug"):
        three_steps().set_output(transform="pandas")


# bad records


def spoil(X, value):
    X = X.copy()
    X[3, 7] = value
    return X


BAD_RECORDS = {
    "NaN": (lambda X: spoil(X, np.nan), "X contains NaN, first in record 3"),
    "inf": (lambda X: spoil(X, np.inf), "X contains infinity, first in record 3"),
    "masked": (
        lambda X: np.ma.masked_invalid(spoil(X, np.nan)),
        "X is a masked array with 1 masked values, the first in record 3",
    ),
    "no record": (lambda X: X[:0], r"0 sample\(s\) .* minimum of 1 is required"),
    "no sample": (lambda X: X[:, :0], r"0 feature\(s\) .* minimum of 1 is required"),
    "no sample of 3": (
        lambda X: np.zeros((len(X), 3, 0)),
        r"X has an empty axis: shape \(32, 3, 0\)",
    ),
    "1-D": (lambda X: X[0], r"got 1D array .* 2 to 3 axes \(records, \[channels,\]"),
    "views": (lambda X: X[:, None, None], r"X must have 2 to 3 axes .*\(32, 1, 1, 14"),
    "ragged": (
        lambda X: [record[: 1000 + i] for i, record in enumerate(X)],
        r"its records differ in length.*n_samples",
    ),
    "ragged objects": (
        lambda X: np.array([record[: 1000 + i] for i, record in enumerate(X)], object),
        r"records of one length; got an array of shape \(32,\)",
    ),
    "text": (lambda X: X.astype(str).astype(object) + "?", "could not convert string"),
}


@pytest.mark.parametrize("kind", BAD_RECORDS)
def test_bad_records_are_named(fitted, three_steps, seismograms, kind):
    change, message = BAD_RECORDS[kind]
    X, y = change(seismograms.data), seismograms.target
    with pytest.raises(ValueError, match=message):
        three_steps().fit(X, y)
    with pytest.raises(ValueError, match=message):
        fitted.predict(X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, :100], "X has 100 features, but FilterAugmenter is expecting"),
        (
            lambda X: np.stack([X, X, X], axis=1),
            r"records of shape \(3, 1400\), but FilterAugmenter was fitted on .*"
            r"\(1400,\)",
        ),
    ],
)
def test_other_records_than_fitted_on_raise(fitted, seismograms, change, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict_proba(change(seismograms.data))


# bad parameters, labels and events


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"fingerprint__f_min": 0.01},
            r"f_min=0.01 Hz is too low for records of 1400 samples .* is 0.0142857 Hz",
        ),
        (
            {"augment__f_min": 0.01},
            r"f_min=0.01 Hz is too low for records of 1400 samples .* is 0.0142857 Hz",
        ),
        ({"fingerprint__f_max": 11.0}, "f_max=11.0 Hz .* Nyquist frequency 10.0 Hz"),
        ({"augment__f_max": 11.0}, "f_max=11 Hz at a Nyquist frequency of 10 Hz"),
        ({"fingerprint__shape": (16, 15)}, r"shape must be two powers of two; got"),
        ({"fingerprint__n_coefficients": 256}, "n_coefficients must be at most 255"),
        ({"augment__threshold": np.nan}, "threshold must be .* None; got nan"),
        ({"augment__f_min": np.nan}, "f_min must be .* Hz or None; got nan"),
        ({"augment__shifts": (0, np.nan)}, "shifts must be .* finite, .*; got"),
        ({"augment__step_octaves": np.inf}, "step_octaves must be .* got inf"),
        ({"classifier__lr": np.nan}, "lr must be .* got nan"),
    ],
)
def test_bad_parameters_are_named(three_steps, seismograms, params, message):
    with pytest.raises(ValueError, match=message):
        three_steps(**params).fit(seismograms.data, seismograms.target)


@pytest.mark.parametrize("name", ["fallback", "f_min", "f_max", "threshold"])
def test_parameters_of_the_wrong_type_are_named(three_steps, seismograms, name):
    pipeline = three_steps(**{f"augment__{name}": "1"})
    with pytest.raises(TypeError, match=f"^{name} must be a float"):
        pipeline.fit(seismograms.data, seismograms.target)


@pytest.mark.parametrize("wrap", [False, True], ids=["network", "views"])
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_labels_are_named(three_steps, seismograms, missing, wrap):
    y = seismograms.target.astype(object)
    y.iloc[5] = missing
    pipeline = three_steps()
    if wrap:
        pipeline.set_params(classifier=MultiViewClassifier(LogisticRegression()))
    with pytest.raises(ValueError, match="y is missing for record 5; every record"):
        pipeline.fit(seismograms.data, y)


def test_one_class_raises(three_steps, seismograms):
    X, y = seismograms.data, np.full(len(seismograms.target), "quake")
    with pytest.raises(ValueError, match="two classes or more; y has 1 class: quake"):
        three_steps().fit(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        three_steps().fit(X, seismograms.target[:5])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g[:5], "groups must have one event id per record: got 5 values for"),
        (lambda g: np.column_stack([g, g]), r"groups must .* got an array of shape \("),
        (lambda g: pd.array([pd.NA, *g[1:]]), "groups is missing for record 0"),
        (lambda g: [*g[:-1], None], "groups is missing for record 31"),
    ],
)
def test_bad_events_are_named(three_steps, seismograms, change, message):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    bad = change(groups)
    stopping = three_steps(classifier__early_stopping=True)
    voting = EventVoteClassifier(three_steps())
    for attempt in (
        lambda: stopping.fit(X, y, classifier__groups=bad),
        lambda: voting.fit(X, y, groups=bad),
        lambda: event_permutation_test(three_steps(), X, y, bad),
    ):
        with pytest.raises(ValueError, match=message):
            attempt()


def test_events_of_the_wrong_length_in_a_search(three_steps, seismograms):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    search = GridSearchCV(
        three_steps(classifier__early_stopping=True),
        {"classifier__lr": [1e-3]},
        cv=GroupKFold(2),
        error_score="raise",
    )
    with pytest.raises(ValueError, match=r"numbers of samples: \[32, 32, 5\]"):
        search.fit(X, y, groups=groups[:5])
    with pytest.raises(ValueError, match="groups must have one event id per record"):
        search.fit(X, y, groups=groups, classifier__groups=groups[:5])


def test_a_fold_of_one_class_is_named(three_steps, seismograms):
    X, y = seismograms.data, seismograms.target
    folds = [(np.flatnonzero(y == CLASSES[0]), np.flatnonzero(y == CLASSES[1]))]
    with pytest.raises(ValueError, match="y has 1 class: earthquake"):
        cross_val_score(three_steps(), X, y, cv=folds, error_score="raise")


def test_event_scores_without_events_raise(three_steps, seismograms):
    with pytest.raises(ValueError, match="An event score needs the event of every"):
        cross_val_score(
            three_steps(),
            seismograms.data,
            np.asarray(seismograms.target),
            groups=seismograms.groups,
            cv=GroupKFold(2),
            scoring=event_roc_auc,
            error_score="raise",
        )


# records without a signal, and records from files


@pytest.mark.parametrize("line", [[0, 0], [7, 7], [-3, 5]])
def test_constant_records_give_empty_fingerprints_in_silence(
    three_steps, seismograms, line
):
    X = seismograms.data.copy()
    X[4] = np.linspace(*line, X.shape[1])
    pipeline = three_steps().fit(X, seismograms.target)
    filled = pipeline[:-1].transform(X).any(axis=(2, 3, 4))
    np.testing.assert_array_equal(filled.all(axis=1), np.arange(len(X)) != 4)
    assert not filled[4].any()
    assert np.isfinite(pipeline.predict_proba(X)).all()
    table = pipeline["augment"].estimate_cutoff(X)
    assert table["status"][4] == "no_signal"
    quality = pipeline["fingerprint"].quality(pipeline["augment"].transform(X))
    assert list(np.flatnonzero(quality["status"] == "constant")) == [4]


def test_a_dead_channel_is_flagged(three_steps, three_components):
    X = three_components.data.copy()
    X[4, 1] = 7
    pipeline = three_steps().fit(X, three_components.target)
    filled = pipeline[:-1].transform(X).any(axis=(3, 4))
    assert not filled[4, :, 1].any()
    assert filled[4, :, [0, 2]].all()
    quality = pipeline["fingerprint"].quality(pipeline["augment"].transform(X))
    assert list(np.flatnonzero(quality["status"] == "constant")) == [4]


def test_files_of_mixed_rates_and_unreadable_files(tmp_path, seismograms, three_steps):
    """Records that the reader rejects by name fit the pipeline by another policy."""
    frame = seismograms.frame.assign(snr_db=0.0)
    frame.loc[2, "sampling_rate_hz"] = 40.0
    frame.to_csv(tmp_path / "metadata.csv", index=False)
    waveforms = tmp_path / "waveforms.npz"
    waveforms.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"waveforms\.npz"):
        load_records(tmp_path)
    np.savez(waveforms, X=seismograms.data)
    with pytest.raises(ValueError, match=rf"{frame['record_id'][2]}: .* 40.*20"):
        load_records(tmp_path)
    bunch = load_records(
        tmp_path, sampling_rate=20, n_samples=1400, pad="reflect", invalid="raise"
    )
    pipeline = three_steps().fit(bunch.data, bunch.target)
    assert set(pipeline.predict(bunch.data)) <= set(seismograms.target)


def test_a_pipeline_of_other_classifiers(three_steps, seismograms):
    """Flat fingerprints of views go to any classifier, and events vote around it."""
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    pipeline = Pipeline(
        [
            *three_steps(fingerprint__flatten=True).steps[:-1],
            ("classifier", MultiViewClassifier(LogisticRegression())),
        ]
    )
    model = EventVoteClassifier(pipeline, vote="mean").fit(X, y)
    assert model.score(X, y, groups=groups) == 1


def test_flat_views_pass_where_pandas_output_is_the_default(seismograms):
    views = FilterAugmenter(sampling_rate=40).fit_transform(seismograms.data[:3])
    flat = FingerprintTransformer(sampling_rate=40, flatten=True)
    with sklearn.config_context(transform_output="pandas"):
        assert flat.fit_transform(views).shape == (3, 5, 4096)
        one_view = flat.fit_transform(views[:, 0])
        assert list(one_view.columns[:2]) == ["haar_f0_t0", "haar_f0_t1"]
