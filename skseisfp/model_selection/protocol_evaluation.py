"""What an evaluation by protocols found, as tables and as text."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

TITLES = {
    "roc_auc": "event AUC",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}
# scores at which labels that were dealt at random are predicted by a leak only
CHANCE = {"roc_auc": 0.5}


@dataclass(frozen=True, eq=False)
class ProtocolEvaluation:
    """Result of :func:`evaluate_protocols`; fingerprints as a summary.

    Parameters
    ----------
    scores : DataFrame
        One line for each protocol, estimator, seed and metric: ``kind`` (``"model"``,
        ``"control"`` or ``"shuffled"``), ``score`` by event with the ends ``low`` and
        ``high`` of its interval, ``n_events`` and ``n_records``. The balanced accuracy
        is that at the threshold found in the training events.
    against_controls : DataFrame
        One line for each protocol, model and seed: ``best_control`` with its
        ``control_score``, the paired ``difference`` of the model from it with its
        interval, and ``above``, whether the interval lies above 0.
    differences : DataFrame
        One line for each protocol, pair of models ``a``, ``b`` and seed: the paired
        ``difference`` with its interval.
    breakdown : DataFrame
        Scores of the models on subsets of the events: ``column`` (``"stations"`` or a
        column of the table) and ``value``; NaN where a class has fewer than two events.
        Where such a value has ten events or more, ``all but`` it is scored, too.
    probabilities : DataFrame
        All predictions out of fold, one line for each protocol, estimator, seed and
        record, with ``event_id``, ``label`` (that was trained on), ``score_<class>``
        and ``threshold``, of the score of the second class less that of the first.
    constants : Series
        Brier score of a constant that knows the shares of the classes, by protocol.
    not_run : DataFrame
        ``name`` of each protocol and control that was not possible, and the
        ``reason``.
    metric : str
        The metric by which models are compared.
    looks : tuple of str
        What the ledger says of each set of events; empty without a ledger.
    """

    scores: pd.DataFrame
    against_controls: pd.DataFrame
    differences: pd.DataFrame
    breakdown: pd.DataFrame
    probabilities: pd.DataFrame
    constants: pd.Series
    not_run: pd.DataFrame
    metric: str
    looks: tuple

    def table(self):
        """Tabulate models and controls, scores as text with their intervals.

        Returns
        -------
        DataFrame
            Indexed by protocol and estimator, models first, the best one first; one
            column for each metric, and ``above control``. Scores and ends of intervals
            are means over the seeds.
        """
        key = ["protocol", "estimator"]
        means = self.scores.groupby([*key, "kind", "metric"], sort=False)
        means = means[["score", "low", "high"]].mean().reset_index()
        means["cell"] = _cells(means)
        wide = means.pivot(index=key, columns="metric", values="cell")
        metrics = [name for name in TITLES if name in wide]
        metrics.sort(key=lambda name: name != self.metric)
        wide = wide[metrics].rename(columns=TITLES).fillna("")
        wide["above control"] = self._marks().reindex(wide.index).fillna("")
        main = means[means["metric"] == self.metric]
        order = main.assign(
            protocol_rank=pd.factorize(main["protocol"])[0],
            kind_rank=main["kind"].map(["model", "control", "shuffled"].index),
            score=-main["score"],
        ).sort_values(["protocol_rank", "kind_rank", "score"], kind="stable")
        return wide.loc[list(order[key].itertuples(index=False, name=None))]

    def _marks(self):
        """Say of each model whether it is above the best control, over the seeds."""
        marks = {}
        for key, block in self.against_controls.groupby(["protocol", "estimator"]):
            n_above = int(block["above"].sum())
            if n_above == len(block):
                marks[key] = "yes"
            else:
                controls = block.loc[~block["above"], "best_control"].unique()
                names = ", ".join(name.removeprefix("control: ") for name in controls)
                share = "" if n_above == 0 else f" ({n_above} of {len(block)} seeds)"
                marks[key] = f"NO{share}: {names}"
        index = pd.MultiIndex.from_tuples(marks, names=["protocol", "estimator"])
        return pd.Series(list(marks.values()), index=index, dtype=object)

    def subsets(self):
        """Tabulate the scores of the models on subsets of the events.

        Returns
        -------
        DataFrame
            One row for each column, value and protocol, with ``n_events``, and one
            column for each model, as text with intervals, means over the seeds. Subsets
            without two events of every class are left out.
        """
        key = ["column", "value", "protocol"]
        defined = self.breakdown.dropna(subset="score")
        means = defined.groupby([*key, "estimator"], sort=False)
        means = means[["n_events", "score", "low", "high"]].mean().reset_index()
        means["cell"] = _cells(means)
        index = pd.MultiIndex.from_frame(means[key].drop_duplicates())
        wide = means.pivot(index=key, columns="estimator", values="cell").loc[index]
        counts = means.groupby(key)["n_events"].mean().round().astype(int)
        wide.insert(0, "n_events", counts.reindex(wide.index))
        return wide.rename_axis(columns=None)

    def __str__(self):
        table = self.table()
        seeds = self.scores["seed"].nunique()
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
            parts += [f"{protocol}: {text}" for text in self._leaks(protocol)]
        subsets = self.subsets()
        if len(subsets):
            title = f"{TITLES[self.metric]} on subsets of the events"
            parts.append(f"{title}\n{subsets.reset_index().to_string(index=False)}")
        parts += [f"not run: {name}: {why}" for name, why in self.not_run.values]
        parts += self.looks
        return "\n\n".join(parts)

    def _leaks(self, protocol):
        """Name the models that predict labels which were dealt at random."""
        chance = CHANCE.get(self.metric, np.inf)
        chosen = self.scores["protocol"] == protocol
        chosen &= self.scores["kind"] == "shuffled"
        block = self.scores[chosen].groupby("estimator", sort=False)["low"].min()
        return [
            f"{name} is above chance with every seed: look for a leak"
            for name, low in block.items()
            if low > chance
        ]


def _cells(table):
    """Return scores with their intervals as text."""
    return [
        "" if np.isnan(score) else f"{score:.3f} [{low:.2f}, {high:.2f}]"
        for score, low, high in table[["score", "low", "high"]].to_numpy()
    ]
