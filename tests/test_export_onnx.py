"""What leaves the laboratory: files, what is not exportable, and what they contain."""

import json
import sys

import numpy as np
import onnx
import pytest
import torch
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from test_event_discriminator import RATE, make_classifier, make_records

from skseisfp import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
)
from skseisfp.inference import EventDiscriminator, _runner, export_onnx
from skseisfp.inference.image_rows import ImageRows
from skseisfp.preprocessing import ScalogramTransformer, WaveformAugmenter
from skseisfp.signal import Encoding


def make_network(**params):
    small = {"module__conv1_n_filters": 4, "module__conv2_n_filters": 4}
    training = {"max_epochs": 2, "random_state": 0, "device": "cpu"}
    return FingerprintClassifier(**{**small, **training, **params})


def make_transformer(**params):
    small = {"shape": (16, 16), "n_coefficients": 30}
    return FingerprintTransformer(sampling_rate=RATE, **{**small, **params})


@pytest.fixture(scope="module")
def bunch():
    return make_records()


@pytest.fixture(scope="module")
def discriminator(bunch):
    return EventDiscriminator(make_classifier(), units="counts").fit(bunch)


def read_settings(folder):
    return json.loads((folder / "fingerprint.json").read_text())


def name_of(classifier):
    return type(classifier).__name__


CLASSIFIERS = (
    make_network(),
    make_network(module__n_cycles=3, module__hidden_sizes=(64,)),
    make_network(module__conv1_padding=0, module__pool1_stride=1),
)
FLAT_CLASSIFIERS = (
    FingerprintClassifier(max_epochs=2, random_state=0, device="cpu"),
    LogisticRegression(),
    LogisticRegressionCV(
        Cs=2, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"
    ),
    DecisionTreeClassifier(random_state=0),
    ExtraTreeClassifier(random_state=0),
    ExtraTreesClassifier(10, random_state=0),
    RandomForestClassifier(10, random_state=0),
)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("classifier", [*CLASSIFIERS, *FLAT_CLASSIFIERS], ids=name_of)
def test_models_have_the_probabilities_of_the_classifiers(
    bunch, tmp_path, classifier, n_classes
):
    flat = classifier in FLAT_CLASSIFIERS
    y = np.arange(len(bunch.data)) % n_classes + 5
    pipeline = make_pipeline(make_transformer(flatten=flat), classifier)
    pipeline.fit(bunch.data, y)
    runner = _runner.Runner(export_onnx(pipeline, tmp_path / "new"))
    assert runner.classes == [5, 6, 7][:n_classes]
    found = runner.predict_proba(bunch.data)
    assert np.abs(found - pipeline.predict_proba(bunch.data)).max() < 1e-6
    assert np.ptp(found[:, 0]) > 1e-4


@pytest.mark.parametrize("n_channels", [None, 3])
def test_images_as_rows_are_those_of_flat_fingerprints(bunch, tmp_path, n_channels):
    X = bunch.data
    if n_channels is not None:
        X = np.stack([X, X[:, ::-1], 2 * X], axis=1)
    transformer = make_classifier()[0].set_params(flatten=False, encoding="two_channel")
    forest = ExtraTreesClassifier(5, min_samples_leaf=3, random_state=0)
    pipeline = make_pipeline(transformer, ImageRows(), forest)
    model = EventDiscriminator(pipeline, p_arrival=5.0).fit(
        {**bunch, "data": X, "components": "Z" if n_channels is None else "ZNE"}
    )
    runner = _runner.Runner(export_onnx(model, tmp_path / "new"))
    expected = model.predict_proba(X, groups="records")
    assert np.abs(runner.predict_proba(X) - expected).max() < 1e-5
    flags = model.flag_records(X)["flags"]
    assert [", ".join(names) for names in runner.flag_records(X)] == flags.tolist()


def test_images_of_scalograms_as_rows_are_named(bunch, tmp_path):
    pipeline = make_pipeline(
        ScalogramTransformer(sampling_rate=RATE, shape=(8, 8)),
        ImageRows(),
        ExtraTreesClassifier(2, random_state=0),
    ).fit(bunch.data, bunch.target)
    message = "got ScalogramTransformer, ImageRows, ExtraTreesClassifier"
    with pytest.raises(ValueError, match=message):
        export_onnx(pipeline, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_thresholds_of_trees_next_to_integers_decide_alike(tmp_path):
    X = np.random.default_rng(0).standard_normal((60, 400))
    transformer = make_transformer(flatten=True)
    trees = DecisionTreeClassifier().fit(transformer.fit_transform(X), X[:, 0] > 0)
    state = trees.tree_.__getstate__()
    inner = state["nodes"]["left_child"] > 0
    state["nodes"]["threshold"][inner] = np.nextafter(0.0, -1.0)
    trees.tree_.__setstate__(state)
    pipeline = make_pipeline(transformer, trees)
    runner = _runner.Runner(export_onnx(pipeline, tmp_path / "new"))
    assert (runner.predict_proba(X) == pipeline.predict_proba(X)).all()


def test_the_folder_holds_three_files_of_which_one_is_the_runner(
    discriminator, tmp_path
):
    folder = export_onnx(discriminator, tmp_path / "new")
    names = {path.name for path in folder.iterdir()}
    assert names == {"model.onnx", "fingerprint.json", "run_fingerprint.py"}
    with open(_runner.__file__, "rb") as file:
        assert (folder / "run_fingerprint.py").read_bytes() == file.read()
    model = onnx.load(folder / "model.onnx")
    assert {item.domain: item.version for item in model.opset_import} == {
        "": 17,
        "ai.onnx.ml": 3,
    }


def test_the_settings_are_those_of_the_discriminator(bunch, tmp_path):
    pipeline = make_classifier().set_params(
        fingerprinttransformer__window=(2, 18),
        fingerprinttransformer__wavelet="morse",
        fingerprinttransformer__f_min=1.0,
    )
    discriminator = EventDiscriminator(
        pipeline, units="m/s", max_error=0.2, min_stations=2
    ).fit(bunch)
    settings = read_settings(export_onnx(discriminator, tmp_path / "new"))
    contract, fingerprint = settings["contract"], settings["fingerprint"]
    assert contract["record_shape"] == [400]
    assert contract["sampling_rate"] == RATE
    assert (contract["components"], contract["units"]) == ("Z", "m/s")
    assert fingerprint["window_samples"] == [40, 360]
    assert fingerprint["wavelet"]["name"] == "morse"
    assert fingerprint["frequencies"][0] == 1.0
    assert settings["classes"] == ["blast", "quake"]
    slope, *offsets = discriminator.event_calibration_
    assert settings["calibration"]["slope"] == slope
    assert settings["calibration"]["offsets"] == offsets
    assert settings["decision"] == {
        "least_score": discriminator.reject_threshold_,
        "excluded_below": None,
        "min_stations": 2,
    }
    low, high = discriminator.contract_.ranges["peak"]
    assert settings["limits"]["peak"] == [low / 10, high * 10]


def test_a_pipeline_has_a_contract_of_what_is_known(bunch, tmp_path):
    pipeline = make_classifier().fit(bunch.data, bunch.target)
    settings = read_settings(export_onnx(pipeline, tmp_path / "new"))
    assert settings["contract"]["sampling_rate"] == RATE
    assert settings["contract"]["components"] is None
    assert settings["calibration"] is None
    assert settings["limits"] == {}
    assert settings["decision"] == {
        "least_score": None,
        "excluded_below": None,
        "min_stations": 1,
    }


def test_a_threshold_that_decides_nothing_is_a_number(discriminator, tmp_path):
    discriminator.reject_threshold_ = np.inf
    try:
        folder = export_onnx(discriminator, tmp_path / "new")
    finally:
        discriminator.reject_threshold_ = -np.inf
    assert read_settings(folder)["decision"]["least_score"] == 2.0


def test_a_folder_that_holds_something_is_left_alone(discriminator, tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="is not empty"):
        export_onnx(discriminator, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


class Doubled(Encoding):
    def encode(self, kept):
        return (kept != 0).astype(np.uint8)[..., None, :, :]

    def decode(self, planes):
        return planes[..., 0, :, :]


class OwnNetwork(torch.nn.Module):
    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(int(np.prod(input_shape)), n_classes)
        )

    def forward(self, X, **kwargs):
        return self.layers(X) * 2


def flat(*steps):
    return make_pipeline(make_transformer(flatten=True), *steps)


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (flat(GaussianNB()), "GaussianNB is not exportable; must be one of Fing"),
        (flat(StandardScaler(), LogisticRegression()), "got .*StandardScaler, Logist"),
        (
            make_pipeline(
                AdaptiveHighpassFilter(sampling_rate=RATE), flat(LogisticRegression())
            ),
            "AdaptiveHighpassFilter, FingerprintTransformer, LogisticRegression, which",
        ),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            "got StandardScaler, LogisticRegression, which is not exportable",
        ),
        (
            make_pipeline(
                make_transformer(flatten=True, encoding=Doubled()), LogisticRegression()
            ),
            r"encoding Doubled\(\) is not exportable; must be one of 'presence'",
        ),
        (
            make_pipeline(make_transformer(), make_network(augmenter=None)).set_params(
                fingerprintclassifier=FingerprintClassifier(
                    OwnNetwork, max_epochs=1, device="cpu"
                )
            ),
            "The module OwnNetwork is not exportable",
        ),
        (
            make_pipeline(
                make_transformer(),
                make_network(criterion=torch.nn.MultiMarginLoss),
            ),
            "The criterion MultiMarginLoss is not exportable",
        ),
        (
            make_pipeline(
                make_transformer(),
                make_network(augmenter=WaveformAugmenter(crop=8)),
            ),
            "with an augmenter is not exportable",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_model_is_named_before_anything_is_written(
    bunch, tmp_path, pipeline, message
):
    pipeline.fit(bunch.data, np.asarray(bunch.target))
    with pytest.raises(ValueError, match=message):
        export_onnx(pipeline, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_views_are_not_exportable(bunch, tmp_path):
    transformer = make_transformer()
    views = FilterAugmenter(sampling_rate=RATE).fit_transform(bunch.data[:12])
    y = np.asarray(bunch.target)[:12]
    pipeline = make_pipeline(transformer, make_network()).fit(views, y)
    with pytest.raises(ValueError, match="they have views"):
        export_onnx(pipeline, tmp_path / "new")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"vote": "majority"}, "vote='majority' is not exportable"),
        ({"calibration": "sigmoid"}, "calibration='sigmoid' is not exportable"),
    ],
)
def test_votes_and_calibrations_without_a_model_are_named(
    bunch, tmp_path, params, message
):
    discriminator = EventDiscriminator(make_classifier(), **params).fit(bunch)
    with pytest.raises(ValueError, match=message):
        export_onnx(discriminator, tmp_path / "new")


def test_other_estimators_are_named(bunch, tmp_path):
    with pytest.raises(ValueError, match="LogisticRegression is not exportable; must"):
        export_onnx(LogisticRegression(), tmp_path / "new")
    for estimator in (make_classifier(), EventDiscriminator(make_classifier())):
        with pytest.raises(NotFittedError):
            export_onnx(estimator, tmp_path / "new")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_the_extra_is_named(discriminator, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"{package} is .*skseisfp\[onnx\]"):
        export_onnx(discriminator, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_model_that_differs_is_not_written(discriminator, tmp_path, monkeypatch):
    from skseisfp.inference import _onnx_graphs

    linear = _onnx_graphs._add_linear

    def wrong(graph, classifier, onnx):
        linear(graph, classifier, onnx)
        graph.weights[1].CopyFrom(onnx.numpy_helper.from_array(np.ones(2), "coef"))
        graph.weights[1].CopyFrom(
            onnx.numpy_helper.from_array(np.array([0.0, 3.0]), "intercept")
        )

    monkeypatch.setattr(_onnx_graphs, "_add_linear", wrong)
    with pytest.raises(ValueError, match="LogisticRegression is not exportable: prob"):
        export_onnx(discriminator, tmp_path / "new")
    assert not list(tmp_path.iterdir())
