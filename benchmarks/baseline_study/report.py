"""The tables of the study as Markdown."""

import pandas as pd

from skseisfp.baselines import catalogue

from .data_sets import DATA_SETS

CHANNELS = {1: "vertical component only", 3: "three components"}
HEADLINE = ("pnw", "new_stations")
COLUMNS_HERE = {
    ("records", "record"): "folds by record",
    ("event", "record"): "folds by event",
    ("new_stations", "record"): "new stations",
}
COST_COLUMNS = {
    "n_parameters": "parameters",
    "fit_seconds": "fit, s",
    "answer_ms": "answer, ms",
    "n_epochs": "epochs",
    "ended_by": "ended by",
}


def slug(*names):
    """Return names as part of a file name."""
    return "_".join(names).replace(" ", "_")


def select(table, data_set, protocol):
    """Return the lines of a table that are of a protocol of a data set."""
    if table.empty:
        return table
    return table[(table["data_set"] == data_set) & (table["protocol"] == protocol)]


def write_report(tables, path):
    """Write all tables to one Markdown file.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables ``scores``, ``comparisons``, ``costs`` and ``leaks``.
    path : Path
        The file.
    """
    parts = []
    scores = tables["scores"]
    order = {name: k for k, name in enumerate(DATA_SETS)}
    keys = scores[["data_set", "protocol"]].drop_duplicates()
    for data_set, protocol in sorted(
        keys.itertuples(index=False), key=lambda key: order[key[0]]
    ):
        n_channels = select(scores, data_set, protocol)["n_channels"].iloc[0]
        table = protocol_table(tables, data_set, protocol)
        title = f"{data_set}: {protocol} ({CHANNELS[n_channels]})"
        parts.append(f"## {title}\n\n{to_markdown(table)}")
    costs = cost_table(tables["costs"])
    parts.append(f"## Costs ({', '.join(HEADLINE)})\n\n{to_markdown(costs)}")
    if len(tables["leaks"]):
        parts.append(f"## Leaks\n\n{to_markdown(leak_table(tables))}")
    parts.append(f"## Published\n\n{to_markdown(published_table(scores))}")
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def protocol_table(tables, data_set, protocol):
    """Return the scores under a protocol and the comparison, the best system first."""
    scores = select(tables["scores"], data_set, protocol)
    scores = scores.assign(text=_intervals(scores, "score"))
    wide = scores.pivot(index="system", columns=["level", "metric"], values="text")
    table = pd.DataFrame(
        {
            "event AUC": wide["event", "roc_auc"],
            "event balanced accuracy": wide["event", "balanced_accuracy"],
            "record AUC": wide["record", "roc_auc"],
        }
    )
    best = scores.query("level == 'event' and metric == 'roc_auc'")
    best = best.set_index("system")["score"].sort_values(ascending=False)
    compared = select(tables["comparisons"], data_set, protocol)
    if len(compared):
        compared = compared.set_index("system")
        title = f"against {compared['reference'].iloc[0]}"
        table[title] = _intervals(compared, "difference")
        table["p (Holm)"] = compared["p_holm"].map("{:.3f}".format)
        table = table.loc[best.index]
    return table.reset_index()


def cost_table(costs):
    """Return what the fits of the headline took, the cheapest first."""
    chosen = select(costs.rename(columns={"fits": "protocol"}), *HEADLINE)
    chosen = chosen.sort_values("fit_seconds")
    table = chosen[["system", *COST_COLUMNS]].rename(columns=COST_COLUMNS)
    table["fit, s"] = table["fit, s"].map("{:.1f}".format)
    table["answer, ms"] = table["answer, ms"].map("{:.1f}".format)
    table["parameters"] = table["parameters"].map("{:,.0f}".format, na_action="ignore")
    table["epochs"] = [
        None if pd.isna(row.n_epochs) else f"{row.n_epochs:.0f} of {row.max_epochs:.0f}"
        for row in chosen.itertuples()
    ]
    return table


def leak_table(tables):
    """Return record AUC under both kinds of folds, and published figures beside."""
    scores = tables["scores"].query("level == 'record' and metric == 'roc_auc'")
    scores = scores.assign(text=_intervals(scores, "score"))
    wide = scores.pivot(
        index=["data_set", "system"], columns="protocol", values="text"
    ).reset_index()
    leaks = tables["leaks"].sort_values(
        ["data_set", "difference"], ascending=[False, False]
    )
    leaks = leaks.assign(text=_intervals(leaks, "difference"))
    table = leaks.merge(wide, on=["data_set", "system"])
    names = {"records": "folds by record", "event": "folds by event"}
    table = table.rename(columns={**names, "text": "difference"})
    table = table.loc[:, ~table.columns.duplicated(keep="last")]
    table["p (Holm)"] = table["p_holm"].map("{:.3f}".format)
    return table[["data_set", "system", *names.values(), "difference", "p (Holm)"]]


def published_table(scores):
    """Return what the papers report beside the balanced accuracy of records here.

    The figures of the papers are mostly accuracies, of classes of similar size.
    """
    here = scores.query("data_set == 'pnw' and metric == 'balanced_accuracy'")
    here = here.pivot(index="system", columns=["protocol", "level"], values="score")
    facts = catalogue()
    names = ["paper", "year", "task", "measured_on", "figure", "split"]
    table = facts[names].rename(columns={"measured_on": "measured on"})
    table = table.rename_axis("system")
    for (protocol, level), title in COLUMNS_HERE.items():
        if (protocol, level) in here:
            column = here[protocol, level].reindex(table.index)
            table[title] = column.map("{:.2f}".format, na_action="ignore")
    return table.reset_index()


def _intervals(table, column):
    """Return a column with its interval as text."""
    parts = (table[name].map("{:.2f}".format) for name in (column, "low", "high"))
    score, low, high = parts
    return score + " [" + low + ", " + high + "]"


def to_markdown(table):
    """Return a table as Markdown, empty cells where a value is missing."""
    lines = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    lines += [
        ["" if pd.isna(value) else str(value) for value in row]
        for row in table.itertuples(index=False)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
