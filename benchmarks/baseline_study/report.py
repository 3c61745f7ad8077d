"""The tables of the comparison as Markdown."""

import pandas as pd

from .data_sets import DATA_SETS
from .systems import HEADS, MEAN, REPRESENTATIONS

HEADLINE = ("pnw", "new_stations")
MARK = " ¹"
SELECTED_ON = ("pnw", "surface", "across")
METRICS = {
    "event AUC": ("event", "roc_auc"),
    "balanced accuracy": ("event", "balanced_accuracy"),
    "record AUC": ("record", "roc_auc"),
    "Brier": ("event", "brier_score"),
    "ECE": ("event", "calibration_error"),
}
COST_COLUMNS = {
    "n_parameters": "parameters",
    "fit_seconds": "fit, s",
    "predict_ms": "prediction, ms",
    "n_epochs": "epochs",
    "ended_by": "ended by",
}


def slug(*names):
    """Return names as part of a file name."""
    return "_".join(names).replace(", ", "_").replace(" ", "_")


def select(table, data_set, protocol):
    """Return the lines of a table for one protocol of a data set."""
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
    scores = tables["scores"]
    keys = scores[["data_set", "protocol"]].drop_duplicates()
    parts = {}
    for data_set, protocol in keys.itertuples(index=False):
        part = select(scores, data_set, protocol)
        counts = part.loc[part["level"] == "event", "n"]
        constant = part["constant_brier"].iloc[0]
        title = f"{data_set}: {protocol}, {counts.iloc[0]} events"
        title += f", constant's Brier score {constant:.3f}"
        parts[title] = protocol_table(tables, data_set, protocol)
    for metric in ("event AUC", "balanced accuracy", "Brier"):
        parts[f"Heads and representations, {metric}"] = cross_table(scores, metric)
    for data_set in DATA_SETS:
        parts[f"{data_set}: event AUC of all protocols"] = auc_table(scores, data_set)
    parts[f"Costs ({', '.join(HEADLINE)})"] = cost_table(tables["costs"])
    parts["Leaks"] = leak_table(tables)
    text = [f"## {k}\n\n{to_markdown(part)}" for k, part in parts.items() if len(part)]
    path.write_text("\n\n".join(text) + "\n", encoding="utf-8")


def protocol_table(tables, data_set, protocol):
    """Return the scores under a protocol and the comparisons, the best system first."""
    scores = select(tables["scores"], data_set, protocol)
    order = _best_first(scores)
    table = pd.DataFrame({name: _score_strings(scores, name) for name in METRICS})
    compared = select(tables["comparisons"], data_set, protocol)
    if len(compared):
        for against, part in compared.groupby("against", sort=False):
            part = part.set_index("system")
            title = f"minus {part['reference'].iloc[0]}"
            table[title] = _intervals(part, "difference")
            table[f"p ({against})"] = part["p_holm"].map("{:.3f}".format)
    return _name_systems(table.loc[order], scores)


def cross_table(scores, metric):
    """Return a score of every head on every representation at new stations."""
    scores = select(scores, *HEADLINE)
    if scores.empty:
        return scores
    text = _score_strings(scores, metric)
    columns = {
        head: [text.get(f"{head} on {name}") for name in REPRESENTATIONS]
        for head in HEADS
    }
    table = pd.DataFrame(columns, index=pd.Index(REPRESENTATIONS, name="input"))
    table.loc["three together"] = [text.get(MEAN), None, None]
    return table.reset_index().rename(columns={"index": "input"})


def auc_table(scores, data_set, protocols=None):
    """Return the event AUC under several protocols, the best under the first one."""
    chosen = scores[scores["data_set"] == data_set]
    if chosen.empty:
        return chosen
    protocols = protocols or list(chosen["protocol"].unique())
    parts = {name: select(scores, data_set, name) for name in protocols}
    table = pd.DataFrame(
        {name: _score_strings(part, "event AUC") for name, part in parts.items()}
    )
    order = _best_first(parts[protocols[0]])
    order += [name for name in table.index if name not in order]
    return _name_systems(table.loc[order], chosen)


def cost_table(costs):
    """Return the costs of the fits of the headline, the cheapest first."""
    chosen = select(costs.rename(columns={"fits": "protocol"}), *HEADLINE)
    chosen = chosen.sort_values("fit_seconds")
    table = chosen[["system", *COST_COLUMNS]].rename(columns=COST_COLUMNS)
    table["fit, s"] = table["fit, s"].map("{:.1f}".format)
    table["prediction, ms"] = table["prediction, ms"].map("{:.1f}".format)
    table["parameters"] = table["parameters"].map("{:,.0f}".format, na_action="ignore")
    table["epochs"] = [
        None if pd.isna(row.n_epochs) else f"{row.n_epochs:.0f} of {row.max_epochs:.0f}"
        for row in chosen.itertuples()
    ]
    return table


def leak_table(tables):
    """Return the record AUC under both kinds of folds, and the difference."""
    leaks = tables["leaks"]
    if leaks.empty:
        return leaks
    leaks = leaks.sort_values(["data_set", "difference"], ascending=[True, False])
    scores = tables["scores"].query("level == 'record' and metric == 'roc_auc'")
    scores = scores.assign(text=_intervals(scores, "score"))
    index = ["data_set", "system"]
    wide = scores.pivot(index=index, columns="protocol", values="text")
    table = leaks[index].join(wide[["records", "event"]], on=index)
    table.columns = [*index, "folds by record", "folds by event"]
    table["difference"] = _intervals(leaks, "difference")
    table["p (Holm)"] = leaks["p_holm"].map("{:.3f}".format)
    return table


def _best_first(scores):
    """Return the systems by their event AUC."""
    best = scores.query("level == 'event' and metric == 'roc_auc'")
    return list(best.sort_values("score", ascending=False)["system"])


def _name_systems(table, scores):
    """Return a table with names, marked where settings were selected on the events."""
    marked = scores[scores["data_set"].isin(SELECTED_ON) & scores["selected"]]
    marked = set(marked["system"])
    names = [name + MARK * (name in marked) for name in table.index]
    return table.set_axis(pd.Index(names, name="system")).reset_index()


def _score_strings(scores, name):
    """Return a score of every system with its interval as a string."""
    level, metric = METRICS[name]
    chosen = scores[(scores["level"] == level) & (scores["metric"] == metric)]
    chosen = chosen.set_index("system")
    return _intervals(chosen, "score", digits=3 if name == "Brier" else 2)


def _intervals(table, column, *, digits=2):
    """Return a column with its interval as strings."""
    form = f"{{:.{digits}f}}".format
    score, low, high = (table[name].map(form) for name in (column, "low", "high"))
    return score + " [" + low + ", " + high + "]"


def to_markdown(table):
    """Return a table as Markdown, empty cells where a value is missing."""
    lines = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    lines += [
        ["" if pd.isna(value) else str(value) for value in row]
        for row in table.itertuples(index=False)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
