"""Figures of the comparison: scores with intervals, heads and inputs, costs, leaks."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter
from PIL import Image

from skseisfp.plotting import EventScoresDisplay, ParetoDisplay
from skseisfp.plotting.base import FAINT, SERIES

from .report import HEADLINE, select, slug
from .systems import HEADS, REPRESENTATIONS

MARKS = {"head": "* ", "published": "", "control": ""}


def draw_all(tables, folder):
    """Draw the figures of all tables as PNG files.

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
    draw_cross(select(scores, *HEADLINE), folder / "heads.png")
    draw_cost(scores, tables["costs"], folder / "cost.png")
    if len(tables["leaks"]):
        for data_set, part in tables["leaks"].groupby("data_set"):
            draw_leaks(part, data_set, folder / f"leak_{slug(data_set)}.png")


def draw_scores(part, title, path):
    """Draw a forest plot of all systems under a protocol, the best one on top."""
    part = part.assign(model=part["kind"].map(MARKS) + part["system"])
    by_event = part.query("level == 'event'").sort_values("score", ascending=False)
    table = part.set_index(["model", "level"]).loc[by_event["model"]]
    figure, ax = _rows(len(by_event))
    EventScoresDisplay(table, metric="ROC AUC", chance=0.5).plot(ax=ax)
    ax.set_title(title, loc="left", pad=30)
    _save(figure, path)


def draw_cross(scores, path):
    """Draw the score of every head on every representation."""
    by_event = scores.query("level == 'event'").set_index("system")
    known = [
        (row, k, by_event.loc[f"{head} on {name}"])
        for row, name in enumerate(REPRESENTATIONS)
        for k, head in enumerate(HEADS)
        if f"{head} on {name}" in by_event.index
    ]
    if not known:
        return
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for row, k, line in known:
        height = row + 0.2 * (k - 1)
        ax.plot([line["low"], line["high"]], [height] * 2, color=SERIES[k])
        ax.plot(line["score"], height, "o", color=SERIES[k])
    for k, head in enumerate(HEADS):
        ax.plot([], [], "o-", color=SERIES[k], label=head)
    ax.axvline(0.5, color=FAINT, linestyle=":")
    ax.set_yticks(range(len(REPRESENTATIONS)), REPRESENTATIONS)
    ax.invert_yaxis()
    ax.set_xlabel("event AUC, new events at new stations (95 % interval)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(HEADS), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def draw_cost(scores, costs, path):
    """Draw the score of the headline against the time of a prediction."""
    costs = costs.rename(columns={"fits": "protocol"})
    quality = select(scores, *HEADLINE).query("level == 'event'")
    quality = quality.merge(costs, on=["data_set", "protocol", "system"])
    quality = quality[quality["kind"] != "control"]
    quality = quality.sort_values("score").reset_index(drop=True)
    if quality.empty:
        return
    display = ParetoDisplay(
        quality["predict_ms"],
        quality["score"],
        labels=("ms a prediction of a record", "event AUC, new events at new stations"),
    ).plot(ax=_rows(len(quality), width=6)[1])
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
            (row.predict_ms, row.score),
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
    """Draw the gain of each system by folds by record over folds by event."""
    part = part.sort_values("difference", ascending=False)
    table = part.rename(columns={"difference": "score", "system": "model"})
    table = table.assign(level="record").set_index(["model", "level"])
    figure, ax = _rows(len(table))
    EventScoresDisplay(
        table, metric="record AUC: folds by record minus folds by event", chance=0.0
    ).plot(ax=ax)
    ax.set_title(data_set, loc="left")
    _save(figure, path)


def _rows(n_rows, width=7):
    """Return a figure and axes whose height fits the number of rows."""
    return plt.subplots(figsize=(width, 1.2 + 0.24 * n_rows), layout="constrained")


def _save(figure, path):
    """Write a figure as PNG of few colours, which is a third of the size."""
    figure.savefig(path, dpi=100, bbox_inches="tight")
    plt.close(figure)
    with Image.open(path) as image:
        image.convert("RGB").quantize(64).save(path, optimize=True)
