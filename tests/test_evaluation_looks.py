"""Evaluations record their looks in a ledger, and ask it before any fit."""

import numpy as np
import pytest
from nested_candidates import FAST, Failing, OneFeature, columns
from nested_candidates import Unfitted as UnfittedCandidate
from nested_candidates import make_catalogue as make_nested_catalogue
from nested_candidates import noisy as noisy_features
from protocol_records import Unfitted, evaluate, make_catalogue
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skseisfp.model_selection import EvaluationLedger, SealedSetError, nested_evaluation


@pytest.fixture
def catalogue():
    return make_catalogue()


def test_each_model_under_each_protocol_is_a_look(catalogue, tmp_path):
    ledger = EvaluationLedger(tmp_path / "looks.db")
    models = {"a": LogisticRegression(), "b": LogisticRegression(C=0.01)}
    options = {"protocols": ["event", "later_events"], "seeds": [0, 1]}
    result = evaluate(catalogue, models, ledger=ledger, **options)
    looks = ledger.looks()
    assert looks["label"].tolist() == [
        "a, event",
        "b, event",
        "a, later_events",
        "b, later_events",
    ]
    means = result.scores.query("metric == 'roc_auc' and kind == 'model'")
    means = means.groupby(["estimator", "protocol"])["score"].mean()
    np.testing.assert_allclose(
        looks["score"], [means[tuple(label.split(", "))] for label in looks["label"]]
    )
    assert looks["has_event_scores"].all()
    assert looks["n_events"].tolist() == [40, 40, 20, 20]
    assert "Look 2 at these events" in str(result)
    evaluate(catalogue, models, ledger=ledger, **options)
    assert len(ledger.looks()) == 4  # the same looks again
    evaluate(catalogue, {"a": SVC()}, ledger=ledger, **options)
    assert len(ledger.looks()) == 6


def test_a_sealed_set_has_one_look_and_raises_before_any_fit(catalogue, tmp_path):
    frame, y = catalogue
    ledger = EvaluationLedger(tmp_path / "looks.db")
    ledger.register("kept", y, frame["event_id"], seal=True)
    options = {"ledger": ledger, "protocols": "event"}
    with pytest.raises(SealedSetError, match="sealed"):
        evaluate(catalogue, {"a": Unfitted(), "b": Unfitted()}, **options)
    with pytest.raises(SealedSetError, match="several looks"):
        evaluate(catalogue, {"a": Unfitted()}, ledger=ledger)
    both = {"ledger": ledger, "protocols": ["event", "later_events"]}
    with pytest.raises(SealedSetError, match="shares 20 events"):
        evaluate(catalogue, {"a": Unfitted()}, **both)
    assert ledger.looks().empty
    evaluate(catalogue, **options)
    with pytest.raises(SealedSetError, match="sealed"):
        evaluate(catalogue, {"again": Unfitted()}, **options)
    assert len(ledger.looks()) == 1


def test_a_ledger_must_be_one(catalogue, tmp_path):
    with pytest.raises(TypeError, match="ledger must be an EvaluationLedger"):
        evaluate(catalogue, {"a": Unfitted()}, ledger=tmp_path / "looks.db")


def test_a_ledger_holds_a_look_for_the_choice_and_for_each_candidate(tmp_path):
    frame, y = make_nested_catalogue()
    ledger = EvaluationLedger(tmp_path / "looks.db")
    space = {"good": (OneFeature(), {"column": [0, 1]}), "bad": Failing()}
    with pytest.warns(FitFailedWarning):
        result = nested_evaluation(
            space, noisy_features(y), y, frame, **FAST, ledger=ledger
        )
    looks = ledger.looks()
    assert looks["label"].tolist() == [
        "nested choice among 3, event",
        "good, column=0, event",
        "good, column=1, event",
    ]
    naive = result.candidates.loc[["good, column=0", "good, column=1"], "score"]
    np.testing.assert_allclose(looks["score"], [result.score.score, *naive])
    assert looks["has_event_scores"].all()
    assert "Look 3 at these events" in str(result)
    with pytest.warns(FitFailedWarning):
        nested_evaluation(space, noisy_features(y), y, frame, **FAST, ledger=ledger)
    assert len(ledger.looks()) == 3


def test_a_sealed_set_is_not_chosen_on(tmp_path):
    frame, y = make_nested_catalogue()
    ledger = EvaluationLedger(tmp_path / "looks.db")
    ledger.register("kept", y, frame["event_id"].to_numpy(), seal=True)
    space = columns(4, UnfittedCandidate())
    with pytest.raises(SealedSetError):
        nested_evaluation(space, noisy_features(y), y, frame, **FAST, ledger=ledger)
    with pytest.raises(TypeError, match="ledger must be an EvaluationLedger"):
        nested_evaluation(space, noisy_features(y), y, frame, **FAST, ledger="looks.db")
