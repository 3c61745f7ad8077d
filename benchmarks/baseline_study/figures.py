"""Figures of the study: scores with intervals, quality against cost, leaks."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from skseisfp.plotting import EventScoresDisplay, ParetoDisplay

from .report import HEADLINE, select, slug

MARKS = {"fingerprints": "* ", "published": "", "control": ""}


def draw_all(tables, folder):
    """Draw what there are tables for, as PNG files.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables ``scores``, ``costs`` and ``leaks``.
    folder : Path
        Where the files are written.
    """
    scores = tables["scores"].query("metric == 'roc_auc'")
    for (data_set, protocol), part in scores.groupby(["data_set", "protocol"]):
        path = folder / f"{slug(data_set, protocol)}.png"
        draw_scores(part, f"{data_set}, {protocol}", path)
    draw_cost(scores, tables["costs"], folder / "cost.png")
    if len(tables["leaks"]):
        for data_set, part in tables["leaks"].groupby("data_set"):
            draw_leaks(part, data_set, folder / f"leak_{slug(data_set)}.png")


def draw_scores(part, title, path):
    """Draw a forest plot of all systems under a protocol, the best one on top."""
    part = part.assign(model=part["kind"].map(MARKS) + part["system"])
    by_event = part.query("level == 'event'").sort_values("score", ascending=False)
    table = part.set_index(["model", "level"]).loc[by_event["model"]]
    display = EventScoresDisplay(table, metric="ROC AUC", chance=0.5).plot()
    display.ax_.set_title(title, loc="left", pad=30)
    _save(display.figure_, path)


def draw_cost(scores, costs, path):
    """Draw the score of the headline against the time of a fit."""
    costs = costs.rename(columns={"fits": "protocol"})
    quality = select(scores, *HEADLINE).query("level == 'event'")
    quality = quality.merge(costs, on=["data_set", "protocol", "system"])
    if quality.empty:
        return
    display = ParetoDisplay(
        quality["fit_seconds"],
        quality["score"],
        labels=("processor seconds of a fit", "event AUC, new events at new stations"),
    ).plot()
    display.ax_.set_xscale("log")
    for row in quality.itertuples():
        display.ax_.annotate(
            row.system.removeprefix("control: "),
            (row.fit_seconds, row.score),
            xytext=(4, 3),
            textcoords="offset points",
            size=7,
        )
    _save(display.figure_, path)


def draw_leaks(part, data_set, path):
    """Draw what folds by record add to the score of each system."""
    part = part.sort_values("difference", ascending=False)
    table = part.rename(columns={"difference": "score", "system": "model"})
    table = table.assign(level="record").set_index(["model", "level"])
    display = EventScoresDisplay(
        table, metric="record AUC: folds by record minus folds by event", chance=0.0
    ).plot()
    display.ax_.set_title(data_set, loc="left")
    _save(display.figure_, path)


def _save(figure, path):
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
