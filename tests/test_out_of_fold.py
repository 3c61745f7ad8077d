"""Parameters of the rows of a fold reach the classifier, with routing or without."""

import numpy as np
import pytest
import sklearn
from grouped_records import Spy, make_records
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.ensemble.out_of_fold import (
    fit_predict,
    fit_rows,
    requested,
    score_rows,
    seeded,
)

X, Y, EVENTS = make_records()
ROWS = np.flatnonzero(EVENTS < 20)


@pytest.fixture(autouse=True)
def _forget():
    Spy.fits.clear()


@pytest.mark.parametrize("in_pipeline", [False, True])
@pytest.mark.parametrize("rows", [ROWS, slice(None)])
def test_events_arrive_as_index_and_by_name(rows, in_pipeline):
    estimator = make_pipeline(FunctionTransformer(), Spy()) if in_pipeline else Spy()
    fit_rows(estimator, X, Y, rows, {"groups": EVENTS})
    ((records, groups, index),) = Spy.fits
    np.testing.assert_array_equal(records, EVENTS[rows])
    np.testing.assert_array_equal(groups, EVENTS[rows])
    np.testing.assert_array_equal(index, EVENTS[rows])


@pytest.mark.parametrize("request_groups", [True, False])
def test_routing_decides_about_the_name(request_groups):
    with sklearn.config_context(enable_metadata_routing=True):
        spy = Spy().set_fit_request(groups=request_groups)
        fit_rows(spy, X, Y, ROWS, {"groups": EVENTS})
    ((_, groups, index),) = Spy.fits
    assert (groups is not None) == request_groups
    np.testing.assert_array_equal(index, EVENTS[ROWS])


def test_parameters_of_records_are_cut_and_others_are_not():
    weights = list(np.arange(len(Y), dtype=float))
    params = requested(
        LogisticRegression(),
        "fit",
        {"groups": EVENTS, "sample_weight": weights, "verbose": 3},
        ROWS,
    )
    assert params.pop("verbose") == 3
    np.testing.assert_array_equal(params.pop("sample_weight"), ROWS)
    assert params == {}
    assert requested(Spy(), "predict_proba", {"groups": EVENTS}, ROWS) == {}


def test_a_class_that_was_not_trained_on_has_probability_0():
    two = EVENTS % 3 > 0
    labels = np.array(["a", "b", "c"])[EVENTS % 3]
    fitted = LogisticRegression().fit(X[two], labels[two])
    scores = score_rows(fitted, X, ROWS, np.unique(labels), {"groups": EVENTS})
    assert not scores[:, 0].any()
    np.testing.assert_array_equal(scores[:, 1:], fitted.predict_proba(X[ROWS]))


def test_scores_of_a_fold_are_those_of_a_fit_on_the_others():
    test = np.setdiff1d(np.arange(len(Y)), ROWS)
    found = fit_predict(LogisticRegression(), X, Y, (ROWS, test), {"groups": EVENTS})
    fitted = LogisticRegression().fit(X[ROWS], Y[ROWS])
    np.testing.assert_array_equal(found, fitted.predict_proba(X[test]))


def test_all_seeds_are_set():
    pipeline = seeded(make_pipeline(FunctionTransformer(), LogisticRegression()), 5)
    assert pipeline[-1].random_state == 5
