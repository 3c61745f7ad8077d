"""Checks by scikit-learn over all public estimators."""

import importlib
import inspect
import pkgutil
import warnings

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import check_estimator

import skseisfp
from skseisfp import baselines

# instances in addition to the default one, or instead where an estimator is needed
INSTANCES = {
    "EventCalibratedClassifierCV": [{"estimator": LogisticRegression()}],
    "EventDiscriminator": [{"estimator": LogisticRegression()}],
    "EventThresholdClassifierCV": [{"estimator": KNeighborsClassifier()}],
    "EventVoteClassifier": [{"estimator": LogisticRegression()}],
    "FingerprintTransformer": [
        {},
        {"flatten": True},
        {"standardize": "mad"},
        {"standardize": "zscore", "flatten": True, "scale": "power"},
        {"encoding": "two_channel", "haar": "pyramid", "wavelet": "morse"},
    ],
    "MultiRepresentationClassifier": [{"n_estimators": 3}],
    "MultiViewClassifier": [{"estimator": LogisticRegression()}],
}
# policies, readers and augmenters are neither fitted nor applied as transformers are,
# searches are held against GridSearchCV, baselines take minutes: in their own tests
ELSEWHERE = {
    "PickingPolicy",
    "StagedSearchCV",
    "SweepSearchCV",
    "WaveformAugmenter",
    "WaveformReader",
    *baselines.__all__,
}


def public_estimators():
    for module in pkgutil.iter_modules(skseisfp.__path__):
        if not module.name.startswith("_"):
            subpackage = importlib.import_module(f"skseisfp.{module.name}")
            for name in subpackage.__all__:
                item = getattr(subpackage, name)
                is_estimator = inspect.isclass(item) and issubclass(item, BaseEstimator)
                if is_estimator and name not in ELSEWHERE:
                    yield item


ESTIMATORS = [
    estimator(**params)
    for estimator in public_estimators()
    for params in INSTANCES.get(estimator.__name__, [{}])
]
PARAMETRIZE = pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)


def test_all_estimators_are_found():
    names = {type(estimator).__name__ for estimator in ESTIMATORS}
    assert names >= {
        "AdaptiveHighpassFilter",
        "EventVoteClassifier",
        "FilterAugmenter",
        "FingerprintClassifier",
        "FingerprintTransformer",
        "MultiRepresentationClassifier",
        "MultiViewClassifier",
    }


@PARAMETRIZE
def test_scikit_learn_checks(estimator):
    with warnings.catch_warnings():
        # scikit-learn warns on the checks' own data, such as a class of one member
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    status = {}
    for result in results:
        status.setdefault(result["status"], []).append(result["check_name"])
    assert set(status) <= {"passed", "skipped"}, status.get("failed")
    assert len(status["passed"]) >= 40
    # needs an environment variable that is set before SciPy is imported
    assert set(status.get("skipped", ())) <= {"check_array_api_input"}


@PARAMETRIZE
def test_parameters_are_keywords_but_for_the_wrapped_one(estimator):
    parameters = inspect.signature(type(estimator)).parameters.values()
    positional = [p.name for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD]
    assert set(positional) <= {"estimator", "module"}


@PARAMETRIZE
def test_estimators_show_themselves(estimator):
    copy = clone(estimator)
    assert type(estimator).__name__ in repr(copy)
    assert type(estimator).__name__ in copy._repr_html_()
