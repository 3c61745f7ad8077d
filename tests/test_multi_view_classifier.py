import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from skseisfp.ensemble import MultiViewClassifier

CLASSIFIERS = [
    LogisticRegression(),
    SVC(),
    ExtraTreesClassifier(10, random_state=0),
    make_pipeline(StandardScaler(), LogisticRegression()),
]


@pytest.fixture
def views():
    """Thirty records of four views and six features in two classes."""
    rng = np.random.default_rng(0)
    y = np.array(["blast", "quake"])[np.arange(30) % 2]
    return rng.normal((y == "quake")[:, None, None], 1, (30, 4, 6)), y


class Notebook(ClassifierMixin, BaseEstimator):
    """Keep the arguments of `fit`."""

    def fit(self, X, y, sample_weight=None, groups=None, factor=1):
        self.X_, self.y_ = X, y
        self.sample_weight_, self.groups_, self.factor_ = sample_weight, groups, factor
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.where(X[:, 0] > 0, self.classes_[1], self.classes_[0])


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_scikit_learn_checks(estimator):
    results = check_estimator(MultiViewClassifier(estimator), on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 40


def test_views_are_rows_in_fit_and_keep_label_and_record(views):
    X, y = views
    notes = MultiViewClassifier(Notebook()).fit(X, y).estimator_
    np.testing.assert_array_equal(notes.X_, X.reshape(120, 6))
    np.testing.assert_array_equal(notes.y_, np.repeat(y, 4))
    assert X.shape == (30, 4, 6)


def test_fit_can_take_the_first_view_only(views):
    X, y = views
    notes = MultiViewClassifier(Notebook(), fit_views="first").fit(X, y).estimator_
    np.testing.assert_array_equal(notes.X_, X[:, 0])
    np.testing.assert_array_equal(notes.y_, y)


def test_probabilities_are_means_over_views(views):
    X, y = views
    model = MultiViewClassifier(LogisticRegression()).fit(X, y)
    expected = np.mean(
        [model.estimator_.predict_proba(X[:, v]) for v in range(4)], axis=0
    )
    np.testing.assert_allclose(model.predict_proba(X), expected)
    np.testing.assert_array_equal(
        model.predict(X), model.classes_[expected.argmax(axis=1)]
    )
    assert not hasattr(model, "decision_function")


def test_decision_function_where_there_are_no_probabilities(views):
    X, y = views
    model = MultiViewClassifier(SVC()).fit(X, y)
    expected = np.mean(
        [model.estimator_.decision_function(X[:, v]) for v in range(4)], axis=0
    )
    np.testing.assert_allclose(model.decision_function(X), expected)
    np.testing.assert_array_equal(model.predict(X) == "quake", expected > 0)
    assert not hasattr(model, "predict_proba")


def test_decision_function_of_three_classes(views):
    X, _ = views
    y = np.arange(30) % 3
    model = MultiViewClassifier(SVC()).fit(X, y)
    decisions = model.decision_function(X)
    assert decisions.shape == (30, 3)
    np.testing.assert_array_equal(model.predict(X), decisions.argmax(axis=1))


def test_votes_where_there_is_only_predict(views):
    X, y = views
    model = MultiViewClassifier(Notebook()).fit(X, y)
    positive = (X[:, :, 0] > 0).sum(axis=1)
    np.testing.assert_array_equal(model.predict(X) == "quake", positive > 2)


def test_predictions_from_the_first_view_are_those_of_the_wrapped_classifier(views):
    X, y = views
    model = MultiViewClassifier(LogisticRegression(), predict_views="first").fit(X, y)
    inner = model.estimator_
    np.testing.assert_array_equal(model.predict(X), inner.predict(X[:, 0]))
    np.testing.assert_array_equal(model.predict_proba(X), inner.predict_proba(X[:, 0]))


def test_of_one_view_the_threshold_of_the_wrapped_classifier_applies(views):
    X, y = views
    strict = FixedThresholdClassifier(LogisticRegression(), threshold=0.9)
    model = MultiViewClassifier(strict).fit(X[:, 0], y)
    np.testing.assert_array_equal(
        model.predict(X[:, 0]), model.estimator_.predict(X[:, 0])
    )
    p = model.predict_proba(X[:, 0])[:, 1]
    assert ((p > 0.5) & (model.predict(X[:, 0]) == "blast")).any()


def test_2d_is_one_view_and_more_axes_are_flattened(views):
    X, y = views
    flat = MultiViewClassifier(LogisticRegression()).fit(X[:, 0], y)
    one = MultiViewClassifier(LogisticRegression()).fit(X[:, :1], y)
    images = MultiViewClassifier(LogisticRegression()).fit(
        X[:, :1].reshape(30, 1, 1, 2, 3), y
    )
    expected = LogisticRegression().fit(X[:, 0], y).predict_proba(X[:, 0])
    np.testing.assert_array_equal(flat.predict_proba(X[:, 0]), expected)
    np.testing.assert_array_equal(one.predict_proba(X[:, :1]), expected)
    np.testing.assert_array_equal(
        images.predict_proba(X.reshape(30, 4, 1, 2, 3)), one.predict_proba(X)
    )


def test_number_of_views_may_change_but_not_of_features(views):
    X, y = views
    model = MultiViewClassifier(LogisticRegression()).fit(X, y)
    assert model.n_features_in_ == 6
    assert model.predict(X[:, :2]).shape == (30,)
    assert model.predict(X[:, 0]).shape == (30,)
    with pytest.raises(ValueError, match=r"5 features per view.*expecting 6"):
        model.predict(X[:, :, :5])


def test_parameters_of_records_are_repeated_and_others_not(views):
    X, y = views
    weight, event_id = np.arange(30.0) + 1, pd.Series(np.arange(30) // 3)
    notes = (
        MultiViewClassifier(Notebook())
        .fit(X, y, sample_weight=weight, groups=event_id, factor=7)
        .estimator_
    )
    np.testing.assert_array_equal(notes.sample_weight_, np.repeat(weight, 4))
    np.testing.assert_array_equal(notes.groups_, np.repeat(event_id, 4))
    assert notes.factor_ == 7


def test_weights_are_repeated_under_routing_too(views):
    X, y = views
    weight = np.arange(30.0) + 1
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Notebook().set_fit_request(sample_weight=True, groups=False)
        notes = MultiViewClassifier(inner).fit(X, y, sample_weight=weight).estimator_
    np.testing.assert_array_equal(notes.sample_weight_, np.repeat(weight, 4))
    assert notes.groups_ is None


def test_integer_weights_are_repeated_records(views):
    X, y = views
    weight = np.arange(30) % 3 + 1
    repeated = np.repeat(np.arange(30), weight)
    inner = LogisticRegression(tol=1e-10, max_iter=1000)
    weighed = MultiViewClassifier(inner).fit(X, y, sample_weight=weight)
    again = MultiViewClassifier(inner).fit(X[repeated], y[repeated])
    np.testing.assert_allclose(
        weighed.predict_proba(X), again.predict_proba(X), atol=1e-5
    )


def test_weights_that_are_not_supported_are_named(views):
    X, y = views
    weight = np.ones(30)
    with pytest.raises(TypeError, match=r"KNeighborsClassifier\.fit takes no sample_w"):
        MultiViewClassifier(KNeighborsClassifier()).fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="sample_weight is positive for 1 class"):
        MultiViewClassifier(SVC()).fit(X, y, sample_weight=(y == "blast") * 1.0)


def test_inner_folds_keep_the_views_of_an_event_together(views):
    X, y = views
    event_id = np.arange(30) // 2

    class Suspicious(GroupKFold):
        def split(self, X, y, groups):
            for train, test in super().split(X, y, groups):
                assert not set(groups[train]) & set(groups[test])
                yield train, test

    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=Suspicious(3))
    model = MultiViewClassifier(search).fit(X, y, groups=event_id)
    assert model.estimator_.n_splits_ == 3


def test_records_are_the_rows_of_a_search(views):
    X, y = views
    model = MultiViewClassifier(LogisticRegression())
    probabilities = cross_val_predict(
        model, X, y, groups=np.arange(30) // 3, cv=GroupKFold(5), method="predict_proba"
    )
    assert probabilities.shape == (30, 2)


def test_clone_and_pickle(views):
    X, y = views
    model = MultiViewClassifier(SVC(C=2), fit_views="first").fit(X, y)
    assert clone(model).get_params()["estimator__C"] == 2
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.decision_function(X), model.decision_function(X)
    )


def test_missing_values_are_valid_where_the_classifier_takes_them(views):
    X, y = views
    X = X.copy()
    X[0, 0, 0] = np.nan
    trees = ExtraTreesClassifier(5, random_state=0)
    assert MultiViewClassifier(trees).fit(X, y).predict(X).shape == (30,)
    with pytest.raises(ValueError, match="NaN"):
        MultiViewClassifier(LogisticRegression()).fit(X, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: np.ma.masked_greater(X, 1), "masked array"),
        (lambda X: X[:, :0], "no views or no features"),
        (lambda X: X[:0], "minimum of 1 is required"),
        (lambda X: X[:10], "inconsistent numbers of samples"),
        (lambda X: X[:, 0, 0], "Expected 2D array"),
    ],
    ids=["masked", "no views", "no records", "too few records", "1-D"],
)
def test_bad_input_is_named(views, change, message):
    X, y = views
    with pytest.raises(ValueError, match=message):
        MultiViewClassifier(LogisticRegression()).fit(change(X), y)


def test_all_parameters_are_declared():
    names = MultiViewClassifier(SVC()).get_params(deep=False).keys()
    assert MultiViewClassifier._parameter_constraints.keys() == names


def test_bad_options_are_named(views):
    message = "fit_views must be one of 'all', 'first'; got 1"
    with pytest.raises(ValueError, match=message):
        MultiViewClassifier(SVC(), fit_views=1).fit(*views)
    message = "predict_views must be one of 'first', 'mean'; got 'all'"
    with pytest.raises(ValueError, match=message):
        MultiViewClassifier(SVC(), predict_views="all").fit(*views)
    with pytest.raises(ValueError, match=r"estimator must .*fit.*predict.* got None"):
        MultiViewClassifier(None).fit(*views)
