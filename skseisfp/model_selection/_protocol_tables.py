"""Tables of an evaluation by protocols: scores, controls, subsets of the events."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..metrics import bootstrap_interval, event_labels, paired_bootstrap
from ..metrics.weighted import (
    are_probabilities,
    get_score,
    metric_name,
    uses_predictions,
)
from ._event_tables import LABEL_COLUMNS, count_stations

CALIBRATION = ("brier_score", "calibration_error")
# bounds of the groups of events by number of stations, each about twice the last
STATION_BINS = (1, 2, 4, 8)
# subsets of fewer events are not left out: the scores of the rest would hardly differ
LEAST_LEFT_OUT = 10


@dataclass
class Predictions:
    """Predictions of one estimator under one protocol with one seed, out of fold.

    `scores` has shape (n_records, n_classes), NaN where a record is not tested;
    `thresholds` of the margin have shape (n_records,), NaN where there is none. `own`
    are scores whose largest one is what the classifier predicts by a threshold of its
    own, NaN where it has none. `y` are the labels of the training.
    """

    scores: npt.NDArray
    thresholds: npt.NDArray
    own: npt.NDArray
    y: npt.NDArray

    def decisions(self):
        """Return scores whose largest one is the decision at the threshold."""
        if np.isnan(self.thresholds).all():
            return self.own_decisions()
        margin = self.scores[:, 1] - self.scores[:, 0]
        margin = margin - np.nan_to_num(self.thresholds)
        return self.own_decisions(np.column_stack([-margin, margin]))

    def own_decisions(self, others=None):
        """Return scores whose largest one is what the classifier predicts."""
        others = self.scores if others is None else others
        if np.isnan(self.own).all():
            return others
        return np.where(np.isnan(self.own), others, self.own)


class Scorer:
    """Scores of the predictions of tested records, with intervals over events."""

    def __init__(self, events, classes, *, metric, n_resamples):
        self.events = events
        self.classes = classes
        get_score(metric)
        self.metric = metric
        self.name = metric_name(metric)
        self.uses_predictions = uses_predictions(metric)
        self.n_resamples = n_resamples

    def of_metric(self, given):
        """Return the scores of predictions that the metric is computed from."""
        return given.own_decisions() if self.uses_predictions else given.scores

    def interval(self, y, scores, rows, seed, metric=None):
        """Return a score of some rows, NaN if a class has fewer than two events."""
        if not self.is_defined(y, rows):
            return (np.nan,) * 3
        return bootstrap_interval(
            y[rows],
            scores[rows],
            self.events[rows],
            metric=self.metric if metric in (None, self.name) else metric,
            **self._options(seed),
        )

    def is_defined(self, y, rows):
        """Return whether there are two events or more of every class."""
        labels = event_labels(y[rows], self.events[rows])
        counts = labels.value_counts().reindex(self.classes, fill_value=0)
        return counts.min() >= 2

    def difference(self, y, a, b, rows, seed):
        """Return the paired difference of two sets of scores."""
        return paired_bootstrap(
            y[rows],
            a[rows],
            b[rows],
            self.events[rows],
            metric=self.metric,
            **self._options(seed),
        )

    def constant_brier(self, y, rows):
        """Return the Brier score of the shares of the classes as a constant."""
        shares = event_labels(y[rows], self.events[rows]).value_counts(normalize=True)
        return float((shares * (1 - shares)).sum() / (2 if len(shares) == 2 else 1))

    def counts(self, rows):
        """Return the numbers of events and of records."""
        return len(np.unique(self.events[rows])), int(np.sum(rows))

    def _options(self, seed):
        """Return the options of a bootstrap."""
        return {
            "classes": self.classes,
            "n_resamples": self.n_resamples,
            "random_state": seed,
        }


def tabulate(entries, protocols, pooled, scorer, y, frame, by):
    """Return the tables of an evaluation by their names in `ProtocolEvaluation`.

    Parameters
    ----------
    entries : dict
        Models and controls by name.
    protocols : dict of int to dict of str to EvaluationProtocol
        Protocols by seed and name.
    pooled : dict of (str, str, int) to Predictions
        Predictions by protocol, estimator and seed.
    scorer : Scorer
        The scorer.
    y : ndarray of shape (n_records,)
        Labels.
    frame : DataFrame of shape (n_records, ...)
        Table of the records.
    by : list of str or None
        Columns by whose values the scores are broken down.

    Returns
    -------
    dict
        The tables.
    """
    given = entries, protocols, pooled
    scores = tabulate_scores(*given, scorer)
    return {
        "scores": scores,
        "against_controls": compare_with_controls(*given, scores, scorer),
        "differences": compare_models(*given, scorer),
        "breakdown": break_down(*given, scorer, frame, by),
        "probabilities": tabulate_probabilities(pooled, scorer.events, scorer.classes),
        "constants": tabulate_constants(protocols, y, scorer),
    }


def tabulate_scores(entries, protocols, pooled, scorer):
    """Return all scores, one row for each protocol, estimator, seed and metric."""
    lines = []
    for (protocol, name, seed), given in pooled.items():
        rows = protocols[seed][protocol].scored
        key = (protocol, name, entries[name].kind, seed)
        measured = {scorer.name: scorer.of_metric(given)}
        if entries[name].kind == "model":
            measured |= _more_measures(given, rows)
        for metric, scores in measured.items():
            interval = scorer.interval(given.y, scores, rows, seed, metric)
            lines.append((*key, metric, *interval, *scorer.counts(rows)))
    columns = ["protocol", "estimator", "kind", "seed", "metric"]
    columns += ["score", "low", "high", "n_events", "n_records"]
    return pd.DataFrame(lines, columns=columns)


def _more_measures(given, rows):
    """Return the predictions for further metrics of a model."""
    measures = {"balanced_accuracy": given.decisions()}
    if are_probabilities(given.scores[rows]):
        measures |= dict.fromkeys(CALIBRATION, given.scores)
    return measures


def compare_models(entries, protocols, pooled, scorer):
    """Return the paired differences of all pairs of models."""
    models = [name for name, entry in entries.items() if entry.kind == "model"]
    lines = []
    for seed, made in protocols.items():
        for protocol in made:
            for a, b in combinations(models, 2):
                y = pooled[protocol, a, seed].y
                pair = (scorer.of_metric(pooled[protocol, n, seed]) for n in (a, b))
                rows = made[protocol].scored
                interval = scorer.difference(y, *pair, rows, seed)
                lines.append((protocol, a, b, seed, *interval))
    columns = ["protocol", "a", "b", "seed", "difference", "low", "high"]
    return pd.DataFrame(lines, columns=columns)


def compare_with_controls(entries, protocols, pooled, scores, scorer):
    """Return the paired difference of each model and the best control."""
    chosen = scores[scores["metric"] == scorer.name]
    lines = []
    for (protocol, seed), block in chosen.groupby(["protocol", "seed"], sort=False):
        controls = block[block["kind"] == "control"].dropna(subset="score")
        if controls.empty:
            continue
        best = controls.loc[controls["score"].idxmax()]
        control = scorer.of_metric(pooled[protocol, best["estimator"], seed])
        rows = protocols[seed][protocol].scored
        for name in block.loc[block["kind"] == "model", "estimator"]:
            model = pooled[protocol, name, seed]
            own = scorer.of_metric(model)
            gain = scorer.difference(model.y, own, control, rows, seed)
            lines.append(
                (protocol, name, seed, best["estimator"], best["score"], *gain)
            )
    columns = ["protocol", "estimator", "seed", "best_control", "control_score"]
    columns += ["difference", "low", "high"]
    table = pd.DataFrame(lines, columns=columns)
    return table.assign(above=table["low"] > 0)


def break_down(entries, protocols, pooled, scorer, frame, by):
    """Return the scores of the models on subsets of the events."""
    subsets = _subsets(frame, by)
    lines = []
    for (protocol, name, seed), given in pooled.items():
        if entries[name].kind != "model":
            continue
        scored = protocols[seed][protocol].scored
        scores = scorer.of_metric(given)
        for (column, value), inside in subsets.items():
            for part, rows in _with_complement(value, inside, scored, scorer, given.y):
                interval = scorer.interval(given.y, scores, rows, seed)
                key = (protocol, name, seed, column, part)
                lines.append((*key, *interval, *scorer.counts(rows)))
    columns = ["protocol", "estimator", "seed", "column", "value"]
    columns += ["score", "low", "high", "n_events", "n_records"]
    return pd.DataFrame(lines, columns=columns)


def _with_complement(value, inside, scored, scorer, y):
    """Yield a subset, and its complement if the subset is large and lacks a class.

    A source of labels that has one class only is judged by the scores without it.
    """
    rows, rest = scored & inside, scored & ~inside
    if not rows.any():
        return
    yield value, rows
    is_large = scorer.counts(rows)[0] >= LEAST_LEFT_OUT
    if is_large and rest.any() and not scorer.is_defined(y, rows):
        yield f"all but {value}", rest


def _subsets(frame, by):
    """Return masks of records by column and value."""
    if by is None:
        by = [name for name in LABEL_COLUMNS if name in frame]
    stations = count_stations(frame)
    subsets = {}
    for low, high in zip(STATION_BINS, (*STATION_BINS[1:], None), strict=True):
        inside = stations >= low
        name = f"{low} or more"
        if high is not None:
            inside &= stations < high
            name = f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        subsets["stations", name] = inside
    for column in by:
        values = frame[column].astype(str).to_numpy()
        subsets |= {(column, value): values == value for value in np.unique(values)}
    return subsets


def tabulate_probabilities(pooled, events, classes):
    """Return all predictions, one row each."""
    columns = [f"score_{label}" for label in classes]
    parts = {}
    for key, given in pooled.items():
        table = pd.DataFrame(given.scores, columns=columns)
        table.insert(0, "event_id", events)
        table.insert(1, "label", given.y)
        table["threshold"] = given.thresholds
        parts[key] = table.rename_axis("record").dropna(subset=columns[:1])
    return pd.concat(parts, names=["protocol", "estimator", "seed"]).reset_index()


def tabulate_constants(protocols, y, scorer):
    """Return the Brier score of a constant under each protocol, mean over the seeds."""
    scores = {}
    for made in protocols.values():
        for name, protocol in made.items():
            score = scorer.constant_brier(y, protocol.scored)
            scores.setdefault(name, []).append(score)
    means = {name: np.mean(values) for name, values in scores.items()}
    index = pd.Index(means, name="protocol")
    return pd.Series(list(means.values()), index=index, name="brier_score")
