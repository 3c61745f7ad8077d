"""Threshold and calibration of the recommended pipeline by event, on hard real records.

The pipeline is `MultiRepresentationClassifier`, the mean of three forests. Its
probabilities rank events well, but few reach 0.5: at this threshold nearly all events
are predicted as earthquakes. The balanced accuracy by event is compared before and
after `EventThresholdClassifierCV`, and the Brier score and calibration error before and
after `EventCalibratedClassifierCV`. All is nested: threshold and calibration are fitted
in event-grouped folds within the training events of each outer fold. Intervals are
bootstraps over events, those of differences paired.

These events were looked at before: window, band and settings of the pipeline were
selected on them, or on other folds of them. The differences of before and after
describe these records; no figure is an estimate for others, nor a headline.

The records are those of ``pnw`` as in `pnw_protocols`. Representations use one record
at a time and learn nothing, so they are computed once, before the folds.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pnw_thresholds.py
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from pnw_protocols import PICKED, align, load, make_models
from sklearn import config_context
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils.parallel import Parallel, delayed

from skseisfp.ensemble import EventCalibratedClassifierCV, EventThresholdClassifierCV
from skseisfp.ensemble.out_of_fold import seeded
from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.plotting import EventCalibrationDisplay

POSITIVE = "explosion"
BEFORE = "threshold 0.5"
TUNED = {
    "tuned, balanced accuracy": {"metric": "balanced_accuracy"},
    "tuned, sensitivity at 10 % false alarms": {
        "metric": "sensitivity",
        "max_false_alarm_rate": 0.1,
    },
}
RAW = "not calibrated"
CALIBRATED = {
    "sigmoid": {"method": "sigmoid"},
    "sigmoid, mean over folds": {"method": "sigmoid", "ensemble": True},
    "isotonic": {"method": "isotonic"},
}


def make_pipeline(aligned, y, n_estimators):
    """Return the pipeline on representations that are computed, and these."""
    with config_context(enable_metadata_routing=True):  # the networks request events
        voting, X = make_models(aligned, y)[PICKED]
    size = {
        name: n_estimators
        for name in voting.get_params()
        if name.endswith("__n_estimators")
    }
    return voting.set_params(**size), X


def predict_fold(pipeline, X, y, events, fold, seed):
    """Return margins by decision, probabilities by calibration, and thresholds.

    A margin is the probability less the threshold, so that its mean over the records
    of an event has the sign of the decision.
    """
    train, test = fold
    model = seeded(pipeline, seed)
    margins, probabilities, thresholds = {}, {}, {}
    for name, options in TUNED.items():
        tuned = EventThresholdClassifierCV(
            model, pos_label=POSITIVE, random_state=seed, **options
        ).fit(X[train], y[train], groups=events[train])
        column = list(tuned.classes_).index(POSITIVE)
        raw = tuned.predict_proba(X[test])
        margins[name] = raw[:, column] - tuned.best_threshold_
        thresholds[name] = tuned.best_threshold_
    margins[BEFORE], probabilities[RAW] = raw[:, column] - 0.5, raw[:, column]
    for name, options in CALIBRATED.items():
        calibrated = EventCalibratedClassifierCV(model, random_state=seed, **options)
        calibrated.fit(X[train], y[train], groups=events[train])
        probabilities[name] = calibrated.predict_proba(X[test])[:, column]
    return margins, probabilities, thresholds


def predict(pipeline, X, y, events, seed, n_splits, n_jobs):
    """Return margins, probabilities and thresholds of nested folds, as tables."""
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    folds = list(splitter.split(X, y, events))
    found = Parallel(n_jobs=n_jobs)(
        delayed(predict_fold)(pipeline, X, y, events, fold, seed) for fold in folds
    )
    rows = np.concatenate([test for _, test in folds])
    margins, probabilities = (
        pd.concat([pd.DataFrame(part[k]) for part in found])
        .set_index(rows)
        .sort_index()
        for k in (0, 1)
    )
    return margins, probabilities, pd.DataFrame([part[2] for part in found])


def score_table(values, is_positive, events, first, metrics, seed):
    """Return scores with intervals, and differences from the first column."""
    rows = []
    options = {"random_state": 0}
    for metric in metrics:
        for name in [first, *(name for name in values if name != first)]:
            score = as_scores(values[name], metric)
            interval = bootstrap_interval(
                is_positive, score, events, metric=metric, **options
            )
            row = {
                "seed": seed,
                "metric": metric,
                "model": name,
                "score": str(interval),
            }
            if name != first:
                difference = paired_bootstrap(
                    is_positive,
                    score,
                    as_scores(values[first], metric),
                    events,
                    metric=metric,
                    **options,
                )
                row["difference"] = str(difference)
            rows.append(row)
    return pd.DataFrame(rows)


def as_scores(values, metric):
    """Return the scores of both classes: of margins, or of probabilities."""
    values = values.to_numpy()
    is_margin = metric in ("balanced_accuracy", "f1")
    return np.column_stack([-values if is_margin else 1 - values, values])


def write_page(path, table, thresholds, counts):
    """Write all tables as one page."""
    text = "\n\n".join(
        [
            "# Threshold and calibration by event on `pnw`",
            f"{counts}. These events were looked at before: the settings of the "
            "pipeline were selected on them. Before and after are compared on the same "
            "events; no score is an estimate for other events.",
            "Scores by event of nested folds, with 95 % intervals over events, and "
            "differences from the first of each group, paired.",
            "```\n" + table.to_string(index=False, na_rep="") + "\n```",
            "Thresholds of the outer folds.",
            "```\n" + thresholds.round(3).to_string() + "\n```",
        ]
    )
    path.write_text(text + "\n", encoding="utf-8")
    print(text)


def main():
    """Compare before and after, write the page and draw the diagram."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--splits", type=int, default=5, help="number of outer folds")
    parser.add_argument("--trees", type=int, default=300, help="trees of each forest")
    parser.add_argument("--results", type=Path, default=Path("results/thresholds"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    data, y, frame = load(options.data)
    events = frame["event_id"].to_numpy()
    pipeline, X = make_pipeline(align(data, frame), y, options.trees)
    is_positive = y == POSITIVE
    tables, thresholds = [], {}
    for seed in options.seeds:
        margins, probabilities, found = predict(
            pipeline, X, y, events, seed, options.splits, options.jobs
        )
        thresholds[seed] = found
        for values, first, metrics in (
            (margins, BEFORE, ["balanced_accuracy", "f1"]),
            (probabilities, RAW, ["brier_score", "calibration_error", "roc_auc"]),
        ):
            tables.append(
                score_table(values, is_positive, events, first, metrics, seed)
            )
    options.results.mkdir(parents=True, exist_ok=True)
    by_event = pd.Series(y).groupby(events).first().value_counts()
    write_page(
        options.results / "summary.md",
        pd.concat(tables).sort_values(["metric", "seed"], kind="stable"),
        pd.concat(thresholds, names=["seed", "fold"]),
        f"{len(y)} records; events: {by_event.to_dict()}",
    )
    draw(probabilities, y, events, options.results / "calibration.png")


def draw(probabilities, y, events, path):
    """Draw the reliability diagrams of the last seed over each other."""
    display = None
    for name in (RAW, "sigmoid"):
        display = EventCalibrationDisplay.from_predictions(
            y,
            probabilities[name],
            events,
            pos_label=POSITIVE,
            name=name,
            ax=None if display is None else display.ax_,
        )
    display.figure_.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
