"""A score that is defined outside the package works in all its tools."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate

from skseisfp.metrics import (
    bootstrap_interval,
    make_event_scorer,
    paired_bootstrap,
    score_table,
)
from skseisfp.metrics.weighted import METRICS
from skseisfp.model_selection import evaluate_protocols
from skseisfp.sweep import SweepSearchCV

GRID = {"C": [0.01, 1.0]}


def youden(y_true, y_pred):
    """Sensitivity plus specificity less 1, of predictions."""
    blast = np.asarray(y_true) == "blast"
    called = np.asarray(y_pred) == "blast"
    return called[blast].mean() - called[~blast].mean()


def separation(y_true, y_score, *, positive):
    """Difference of the mean scores of two classes, of scores."""
    hits = np.asarray(y_true) == positive
    return np.mean(y_score[hits]) - np.mean(y_score[~hits])


def hit_rate(rows, weights):
    """Weighted proportion of correct rows, in the package's own form."""
    return weights @ (rows.true == rows.predicted) / weights.sum(axis=1)


SCORERS = {
    "youden": make_event_scorer(youden),
    "separation": make_event_scorer(
        separation, response_method="predict_proba", positive="quake"
    ),
    "kappa": make_event_scorer(cohen_kappa_score),
}


@pytest.fixture(scope="module")
def records():
    """Forty events of one to five records, with labels that the index groups."""
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(40), rng.integers(1, 6, 40))
    y = np.where(event_id % 3 == 0, "blast", "quake")
    X = rng.normal((y == "quake")[:, None], 1.5, (len(y), 3))
    return X, pd.Series(y, index=pd.Index(event_id, name="event_id"))


def by_hand(name, model, X, y):
    """Return a score of the mean probabilities of events."""
    p = pd.Series(model.predict_proba(X)[:, 1], index=y.index)
    p, labels = p.groupby(level=0).mean(), y.groupby(level=0).first()
    predicted = model.classes_[(p > 0.5).to_numpy().astype(int)]
    if name == "separation":
        return separation(labels, p.to_numpy(), positive="quake")
    return {"youden": youden, "kappa": cohen_kappa_score}[name](labels, predicted)


@pytest.mark.parametrize("name", SCORERS)
def test_it_scores_events_in_cross_validation(records, name):
    X, y = records
    found = cross_validate(
        LogisticRegression(),
        X,
        y,
        groups=y.index,
        cv=GroupKFold(3),
        scoring=SCORERS[name],
        return_estimator=True,
        return_indices=True,
    )
    for model, test, score in zip(
        found["estimator"], found["indices"]["test"], found["test_score"], strict=True
    ):
        assert score == pytest.approx(by_hand(name, model, X[test], y.iloc[test]))


@pytest.mark.parametrize(
    ("name", "n_jobs"), [("youden", 1), ("separation", 1), ("kappa", 2)]
)
def test_a_sweep_ranks_by_it_as_a_grid_search_does(records, name, n_jobs, tmp_path):
    X, y = records
    options = {"scoring": SCORERS[name], "cv": GroupKFold(3), "n_jobs": n_jobs}
    grid = GridSearchCV(LogisticRegression(), GRID, **options)
    sweep = SweepSearchCV(LogisticRegression(), GRID, store=tmp_path / "s", **options)
    grid.fit(X, y, groups=y.index)
    sweep.fit(X, y, groups=y.index)
    np.testing.assert_allclose(
        sweep.cv_results_["mean_test_score"], grid.cv_results_["mean_test_score"]
    )
    assert sweep.best_params_ == grid.best_params_


def test_a_sweep_has_it_next_to_a_score_of_the_package(records):
    X, y = records
    sweep = SweepSearchCV(
        LogisticRegression(),
        GRID,
        scoring={"auc": make_event_scorer("roc_auc"), "own": SCORERS["youden"]},
        refit="own",
        cv=GroupKFold(3),
    ).fit(X, y, groups=y.index)
    assert {"mean_test_auc", "mean_test_own"} <= set(sweep.cv_results_)


def evaluate(records, metric):
    X, y = records
    return evaluate_protocols(
        {"model": LogisticRegression()},
        X,
        y.to_numpy(),
        pd.DataFrame({"event_id": y.index.to_numpy()}),
        protocols="event",
        controls="prior",
        metric=metric,
        seeds=[0],
        n_resamples=20,
    )


@pytest.mark.parametrize(
    "metric", [youden, *SCORERS.values()], ids=["function", *SCORERS]
)
def test_models_are_compared_by_it_under_protocols(records, metric):
    result = evaluate(records, metric)
    assert result.metric in ("youden", "separation", "cohen_kappa_score")
    assert result.metric in str(result)
    main = result.scores[result.scores["metric"] == result.metric]
    model = main[main["estimator"] == "model"].iloc[0]
    control = main[main["kind"] == "control"].iloc[0]
    assert model["low"] < model["score"] < model["high"]
    assert control["score"] < model["score"]
    difference = result.against_controls["difference"].item()
    assert difference == pytest.approx(model["score"] - control["score"])


def test_the_score_under_a_protocol_is_that_of_pooled_predictions(records):
    result = evaluate(records, SCORERS["separation"])
    pooled = result.probabilities.query("estimator == 'model'")
    events = pooled.groupby("event_id").agg(
        p=("score_quake", "mean"), label=("label", "first")
    )
    expected = separation(events["label"], events["p"].to_numpy(), positive="quake")
    main = result.scores[result.scores["metric"] == result.metric]
    assert main["score"].iloc[0] == pytest.approx(expected)


@pytest.mark.parametrize("level", ["event", "record"])
def test_it_has_an_interval(records, level):
    X, y = records
    p = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    options = {"level": level, "n_resamples": 50, "random_state": 0}
    auc = make_event_scorer(roc_auc_score, response_method="predict_proba")
    own = bootstrap_interval(y, p, metric=auc, **options)
    assert own == pytest.approx(bootstrap_interval(y, p, metric="roc_auc", **options))
    pair = paired_bootstrap(y, p, 0.9 * p, metric=cohen_kappa_score, **options)
    assert pair.low <= pair.score <= pair.high
    table = score_table(
        y, p, metrics=["f1", youden], levels=level, n_resamples=50, random_state=0
    )
    assert table.index.tolist() == [(level, "f1"), (level, "youden")]
    only = score_table(
        y, p, metrics=youden, levels=level, n_resamples=50, random_state=0
    )
    assert only.loc[(level, "youden"), "interval"] == "bootstrap"


def test_a_name_that_is_entered_once_is_known_to_scorers_and_intervals(
    records, monkeypatch
):
    monkeypatch.setitem(METRICS, "hit_rate", hit_rate)
    X, y = records
    model = LogisticRegression().fit(X, y)
    scorer = make_event_scorer("hit_rate")
    assert scorer(model, X, y) == make_event_scorer("accuracy")(model, X, y)
    p = model.predict_proba(X)
    options = {"n_resamples": 50, "random_state": 0}
    assert bootstrap_interval(y, p, metric="hit_rate", **options) == bootstrap_interval(
        y, p, metric="accuracy", **options
    )
    table = score_table(y, p, metrics="hit_rate", levels="event", **options)
    assert table.index.tolist() == [("event", "hit_rate")]
