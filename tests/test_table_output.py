"""Names of features and DataFrames through every public transformer."""

import importlib
import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import skseisfp
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintTransformer,
    PhysicsFeatures,
    ScalogramTransformer,
    SpectrogramTransformer,
    SpectrumTransformer,
    WaveformImageTransformer,
    WaveformPreprocessor,
)

Y = np.arange(6) % 2
X = np.random.default_rng(0).standard_normal((6, 400))
SAMPLES = [f"s{i}" for i in range(400)]
FRAME = pd.DataFrame(X, columns=SAMPLES, index=[f"r{i}" for i in range(6)])
FINGERPRINTS = {"shape": (4, 8), "n_coefficients": 9}
TABLES = [
    AdaptiveHighpassFilter(),
    FingerprintTransformer(flatten=True, encoding="two_channel", **FINGERPRINTS),
    FingerprintClassifier(max_epochs=1, device="cpu", random_state=0),
    PhysicsFeatures(sampling_rate=20, features=("magnitude", "complexity")),
    SpectrumTransformer(n_bands=7),
    WaveformPreprocessor(),
    WaveformPreprocessor(sampling_rate=20, target_rate=10, window=(2, 12)),
]
# those of records of several channels are not tables either
ARRAYS = [
    FilterAugmenter(shifts=(0, 1)),
    FingerprintTransformer(**FINGERPRINTS),
    ScalogramTransformer(shape=(4, 8)),
    SpectrogramTransformer(),
    WaveformImageTransformer(shape=(4, 8)),
]
OF_CHANNELS = [
    AdaptiveHighpassFilter(),
    SpectrumTransformer(n_bands=7),
    WaveformPreprocessor(),
]
TABLE = pytest.mark.parametrize("transformer", TABLES, ids=lambda item: str(item)[:40])
ARRAY = pytest.mark.parametrize("transformer", ARRAYS, ids=lambda item: str(item)[:20])
CHANNELS = pytest.mark.parametrize("transformer", OF_CHANNELS, ids=str)


def channels():
    return X.reshape(6, 2, 200)


def test_all_public_transformers_are_here():
    found = {
        name
        for module in map(importlib.import_module, modules())
        for name, item in vars(module).items()
        if inspect.isclass(item) and hasattr(item, "transform")
        if name in module.__all__ and not name.endswith("SearchCV")
    }
    assert found == {type(item).__name__ for item in TABLES + ARRAYS}


def modules():
    return [
        f"skseisfp.{name}"
        for name in skseisfp.__all__
        if inspect.ismodule(getattr(skseisfp, name))
    ]


@TABLE
def test_tables_are_frames_with_names(transformer):
    expected = clone(transformer).fit(FRAME, Y).transform(FRAME)
    fitted = clone(transformer).set_output(transform="pandas").fit(FRAME, Y)
    found = fitted.transform(FRAME)
    names = fitted.get_feature_names_out().tolist()
    assert found.columns.tolist() == names
    assert found.index.tolist() == FRAME.index.tolist()
    assert len(set(names)) == len(names)
    np.testing.assert_array_equal(found.to_numpy(), expected)
    back = fitted.set_output(transform="default").transform(FRAME)
    assert isinstance(back, np.ndarray)


@TABLE
def test_names_need_a_fit(transformer):
    if isinstance(transformer, PhysicsFeatures):  # they depend on parameters only
        assert len(transformer.get_feature_names_out())
        return
    with pytest.raises(NotFittedError):
        transformer.get_feature_names_out()


def test_filters_keep_the_names_of_samples():
    for transformer in (AdaptiveHighpassFilter(), WaveformPreprocessor()):
        fitted = clone(transformer).fit(FRAME)
        assert fitted.get_feature_names_out().tolist() == SAMPLES
        fitted = clone(transformer).fit(X)
        assert fitted.get_feature_names_out(SAMPLES).tolist() == SAMPLES
        assert fitted.get_feature_names_out()[:2].tolist() == ["x0", "x1"]
        with pytest.raises(ValueError, match="input_features"):
            fitted.get_feature_names_out(SAMPLES[:3])


def test_other_samples_have_other_names():
    fitted = WaveformPreprocessor(target_rate=0.5, window=(10, 30)).fit(FRAME)
    assert fitted.transform(FRAME).shape == (6, 10)
    assert fitted.get_feature_names_out()[[0, 9]].tolist() == ["sample0", "sample9"]


def test_bands_are_named_by_their_edges():
    names = SpectrumTransformer(sampling_rate=20, n_bands=4).fit(X)
    assert names.get_feature_names_out().tolist() == [
        "band0_0_2.5",
        "band1_2.5_5",
        "band2_5_7.5",
        "band3_7.5_10",
    ]


@TABLE
def test_names_survive_unions_and_columns(transformer):
    fitted = clone(transformer).fit(FRAME, Y)
    names = fitted.get_feature_names_out().tolist()
    union = FeatureUnion([("a", clone(transformer)), ("b", StandardScaler())])
    columns = ColumnTransformer([("a", clone(transformer), SAMPLES)])
    for tool in (union, columns):
        table = tool.set_output(transform="pandas").fit_transform(FRAME, Y)
        ours = [name for name in table if name.startswith("a__")]
        assert ours == [f"a__{name}" for name in names]
        np.testing.assert_array_equal(table[ours], fitted.transform(FRAME))
        assert tool.get_feature_names_out().tolist() == table.columns.tolist()


@TABLE
def test_names_survive_pipelines(transformer):
    pipeline = make_pipeline(AdaptiveHighpassFilter(), clone(transformer))
    table = pipeline.set_output(transform="pandas").fit(FRAME, Y).transform(FRAME)
    assert pipeline.get_feature_names_out().tolist() == table.columns.tolist()
    model = Pipeline([*pipeline.steps, ("last", LogisticRegression())])
    if not table.isna().any(axis=None):
        model.fit(FRAME, Y)
        assert model[-1].feature_names_in_.tolist() == table.columns.tolist()


@ARRAY
def test_arrays_have_neither_names_nor_frames(transformer):
    reason = f"{type(transformer).__name__} has results of . axes here"
    for name in ("get_feature_names_out", "set_output"):
        assert not hasattr(transformer, name)
        with pytest.raises(AttributeError, match=reason):
            getattr(transformer, name)
    with pytest.raises(ValueError, match="Unable to configure output"):
        make_pipeline(transformer).set_output(transform="pandas")
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(clone(transformer).fit_transform(X), np.ndarray)


@CHANNELS
def test_records_of_channels_give_arrays(transformer):
    fitted = clone(transformer).fit(channels())
    assert not hasattr(fitted, "get_feature_names_out")
    with sklearn.config_context(transform_output="pandas"):
        assert fitted.transform(channels()).ndim == 3
    asked = clone(transformer).set_output(transform="pandas").fit(channels())
    with pytest.raises(ValueError, match=r"3 axes .* set_output\(transform='default'"):
        asked.transform(channels())


def test_the_error_says_how_fingerprints_are_tables():
    with pytest.raises(AttributeError, match=r"\(flatten=True gives rows of features"):
        _ = FingerprintTransformer().set_output
    flat = FingerprintTransformer(flatten=True, **FINGERPRINTS)
    views = np.stack([channels(), channels()], axis=1)
    asked = flat.set_output(transform="pandas").fit(views)
    with pytest.raises(ValueError, match="results of 3 axes"):
        asked.transform(views)


@TABLE
def test_frames_and_arrays_are_told_apart_once(transformer):
    """scikit-learn's rule: a warning where one of fit and transform has no names."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_name = clone(transformer).fit(FRAME, Y)
        expected = by_name.transform(FRAME)
        by_place = clone(transformer).fit(X, Y)
        by_place.transform(X)
    for fitted, records, words in (
        (by_name, X, "X does not have valid feature names"),
        (by_place, FRAME, "X has feature names, but"),
    ):
        with pytest.warns(UserWarning, match=words) as seen:
            np.testing.assert_allclose(fitted.transform(records), expected, atol=1e-6)
        assert len(seen) == 1
    with pytest.raises(ValueError, match="feature names should match"):
        by_name.transform(FRAME[SAMPLES[::-1]])
