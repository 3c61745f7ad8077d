"""Results of an evaluation by protocols, as tables and as a summary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._html import protocols_html

TITLES = {
    "roc_auc": "event AUC",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}
# expected scores of predictions of shuffled labels: above them there is a leak
CHANCE = {"roc_auc": 0.5}


@dataclass(frozen=True, eq=False)
class ProtocolEvaluation:
    """Result of :func:`evaluate_protocols`; ``print`` shows a summary.

    Parameters
    ----------
    scores : DataFrame
        One row for each protocol, estimator, seed and metric: ``kind`` (``"model"``,
        ``"control"`` or ``"shuffled"``), ``score`` by event with the ends ``low`` and
        ``high`` of its interval, ``n_events`` and ``n_records``. The balanced accuracy
        is that at the threshold found in the training events, or at the threshold that
        the classifier has itself.
    against_controls : DataFrame
        One row for each protocol, model and seed: ``best_control`` with its
        ``control_score``, the paired ``difference`` of the model from it with its
        interval, and ``above``, whether the interval lies above 0.
    differences : DataFrame
        One row for each protocol, pair of models ``a``, ``b`` and seed: the paired
        ``difference`` with its interval.
    breakdown : DataFrame
        Scores of the models on subsets of the events: ``column`` (``"stations"`` or a
        column of the table) and ``value``; NaN where a class has fewer than two events.
        Where such a value has ten events or more, ``all but`` it is scored, too.
    probabilities : DataFrame
        All predictions out of fold, one row for each protocol, estimator, seed and
        record, with ``event_id``, ``label`` (of the training), ``score_<class>`` and
        ``threshold``, of the score of the second class minus that of the first.
    constants : Series
        Brier score of the shares of the classes as a constant, by protocol.
    not_run : DataFrame
        ``name`` of each protocol and control that was not possible, and the
        ``reason``.
    metric : str
        Name of the metric by which models are compared.
    looks : tuple of str
        Reports of the ledger on the sets of events; empty without a ledger.
    """

    scores: pd.DataFrame
    against_controls: pd.DataFrame
    differences: pd.DataFrame
    breakdown: pd.DataFrame
    probabilities: pd.DataFrame
    constants: pd.Series
    not_run: pd.DataFrame
    metric: str
    looks: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Tabulate models and controls, scores as strings with their intervals.

        Returns
        -------
        DataFrame
            Indexed by protocol and estimator, models first, the best one first; one
            column for each metric, and ``above control``. Scores and ends of intervals
            are means over the seeds.
        """
        key = ["protocol", "estimator"]
        means = _mean_scores(self.scores, [*key, "kind", "metric"])
        wide = means.pivot(index=key, columns="metric", values="cell")
        metrics = [name for name in (self.metric, *TITLES) if name in wide]
        metrics = list(dict.fromkeys(metrics))
        wide = wide.loc[:, metrics].rename(columns=TITLES).fillna("")
        wide["above control"] = self._marks().reindex(wide.index).fillna("")
        main = means.loc[means["metric"] == self.metric]
        order = main.assign(
            protocol_rank=pd.factorize(main["protocol"])[0],
            kind_rank=main["kind"].map(["model", "control", "shuffled"].index),
            score=-main["score"],
        ).sort_values(["protocol_rank", "kind_rank", "score"], kind="stable")
        return wide.loc[list(order[key].itertuples(index=False, name=None))]

    def _marks(self):
        """Return whether each model is above the best control, over the seeds."""
        marks = {}
        for key, block in self.against_controls.groupby(["protocol", "estimator"]):
            above = block["above"].to_numpy(dtype=bool)
            if above.all():
                marks[key] = "yes"
                continue
            controls = block.loc[~above, "best_control"].unique()
            names = ", ".join(name.removeprefix("control: ") for name in controls)
            share = f" ({above.sum()} of {len(above)} seeds)" if above.any() else ""
            marks[key] = f"NO{share}: {names}"
        index = pd.MultiIndex.from_tuples(marks, names=["protocol", "estimator"])
        return pd.Series(list(marks.values()), index=index, dtype=object)

    def subsets(self) -> pd.DataFrame:
        """Tabulate the scores of the models on subsets of the events.

        Returns
        -------
        DataFrame
            One row for each column, value and protocol, with ``n_events``, and one
            column for each model, as strings with intervals, means over the seeds.
            Subsets without two events of every class are left out.
        """
        key = ["column", "value", "protocol"]
        defined = self.breakdown.dropna(subset=["score"])
        means = _mean_scores(defined, [*key, "estimator"], "n_events")
        index = pd.MultiIndex.from_frame(means.loc[:, key].drop_duplicates())
        wide = means.pivot(index=key, columns="estimator", values="cell").loc[index]
        counts = means.groupby(key).agg({"n_events": "mean"})["n_events"]
        wide.insert(0, "n_events", counts.round().astype(int).reindex(wide.index))
        return wide.rename_axis(columns=None)

    def _repr_html_(self) -> str:
        return protocols_html(self)

    def __str__(self) -> str:
        table = self.table()
        seeds = self.scores.loc[:, "seed"].nunique()
        parts = []
        for protocol, block in table.groupby(level="protocol", sort=False):
            counts = self.scores.loc[
                self.scores["protocol"] == protocol, ["n_events", "n_records"]
            ].iloc[0]
            parts.append(
                f"{protocol}: {counts['n_events']} events, {counts['n_records']} "
                f"records, {seeds} {'seed' if seeds == 1 else 'seeds'}; a constant has "
                f"a Brier score of {self.constants[protocol]:.3f}\n"
                + block.droplevel("protocol").rename_axis(None).to_string()
            )
            parts += [f"{protocol}: {leak}" for leak in self._leaks(protocol)]
        subsets = self.subsets()
        if len(subsets):
            title = TITLES.get(self.metric, self.metric) + " on subsets of the events"
            parts.append(f"{title}\n{subsets.reset_index().to_string(index=False)}")
        parts += [f"not run: {name}: {why}" for name, why in self.not_run.values]
        parts += self.looks
        return "\n\n".join(parts)

    def _leaks(self, protocol):
        """Return a sentence on each model that predicts shuffled labels."""
        chance = CHANCE.get(self.metric, np.inf)
        chosen = self.scores["protocol"] == protocol
        chosen &= self.scores["kind"] == "shuffled"
        found = self.scores.loc[chosen].groupby("estimator", sort=False)
        lows = found.agg({"low": "min"})
        return [
            f"{name} is above chance with every seed: look for a leak"
            for name in lows.index[lows["low"] > chance]
        ]


def _mean_scores(table, key, *more):
    """Return means over the seeds, with a column of scores as strings."""
    columns = [*more, "score", "low", "high"]
    means = table.groupby(key, sort=False).agg(dict.fromkeys(columns, "mean"))
    means = means.reset_index()
    means["cell"] = [
        "" if np.isnan(score) else f"{score:.3f} [{low:.2f}, {high:.2f}]"
        for score, low, high in means[["score", "low", "high"]].to_numpy()
    ]
    return means
