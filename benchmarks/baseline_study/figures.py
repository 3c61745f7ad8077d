"""Figures of the study: scores with intervals, quality against cost, leaks."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from skseisfp.plotting import EventScoresDisplay, ParetoDisplay
from skseisfp.plotting._axes import FAINT

from .report import HEADLINE, select, slug

WITHOUT_WAVEFORMS = ("control: prior", "control: metadata")
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
    """Draw the score of the headline against the time of an answer."""
    costs = costs.rename(columns={"fits": "protocol"})
    quality = select(scores, *HEADLINE).query("level == 'event'")
    quality = quality.merge(costs, on=["data_set", "protocol", "system"])
    quality = quality[~quality["system"].isin(WITHOUT_WAVEFORMS)]
    quality = quality.sort_values("score").reset_index(drop=True)
    if quality.empty:
        return
    display = ParetoDisplay(
        quality["answer_ms"],
        quality["score"],
        labels=("ms an answer to a record", "event AUC, new events at new stations"),
    ).plot()
    axis = display.ax_.xaxis
    display.ax_.set_xscale("log")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
    _label_points(display.ax_, quality)
    _save(display.figure_, path)


def _label_points(ax, table):
    """Name points at the right of the axes, each name joined with its point."""
    low, high = ax.get_ylim()
    heights = np.linspace(low, high, len(table) + 2)[1:-1]
    for row, height in zip(table.itertuples(), heights, strict=True):
        ax.annotate(
            row.system,
            (row.answer_ms, row.score),
            xytext=(1.08, height),
            textcoords=ax.get_yaxis_transform(),
            va="center",
            size=8,
            arrowprops={
                "arrowstyle": "-",
                "color": FAINT,
                "linewidth": 0.5,
                "relpos": (0, 0.5),
            },
        )


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
