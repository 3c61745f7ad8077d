"""Draw the picture of the README: ``python docs/draw_overview.py``."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np

from skseisfp import AdaptiveHighpassFilter, FingerprintTransformer, make_seismograms
from skseisfp.plotting import FingerprintDisplay

PICTURE = Path(__file__).parent / "_static" / "overview.png"
COLOURS = {"earthquake": "#0b7fab", "quarry_blast": "#d1495b", "mine_blast": "#bc6c25"}
N_COLUMNS = 4


def choose_records(bunch):
    """Return one well recorded row of each class."""
    near = (bunch.frame["snr_db"] - 15).abs() + (bunch.frame["distance_km"] - 90).abs()
    return near.groupby(bunch.frame["event_type"]).idxmin()[list(COLOURS)].to_numpy()


def draw_records(axes, records, times, labels):
    """Draw seismograms, each on its own axes."""
    for ax, record, label in zip(axes, records, labels, strict=True):
        ax.plot(times, record / np.abs(record).max(), color=COLOURS[label], lw=0.5)
        ax.set(ylim=(-1.1, 1.1), yticks=[], xlim=(0, times[-1]))
        for side in ("left", "right", "top"):
            ax.spines[side].set_visible(False)


def write_class(ax, label):
    """Write what kind of event it was."""
    ax.axis("off")
    ax.text(
        0,
        0.5,
        label.replace("_", " "),
        transform=ax.transAxes,
        va="center",
        color=COLOURS[label],
        size="x-large",
        weight="bold",
    )


def main():
    """Draw three records, their scalograms and fingerprints."""
    bunch = make_seismograms(240, random_state=0)
    rows = choose_records(bunch)
    rate, labels = bunch.sampling_rate, bunch.target.iloc[rows]
    records = AdaptiveHighpassFilter(sampling_rate=rate).fit_transform(bunch.data[rows])
    transformer = FingerprintTransformer(sampling_rate=rate, f_min=0.5).fit(records)
    figure, axes = plt.subplots(
        3,
        N_COLUMNS,
        figsize=(11, 5.4),
        width_ratios=(1.5, 1.5, 1, 0.7),
        layout="constrained",
    )
    times = np.arange(records.shape[-1]) / rate
    draw_records(axes[:, 0], records, times, labels)
    for column, kind in ((1, "scalogram"), (2, "fingerprint")):
        for ax, record in zip(axes[:, column], records, strict=True):
            FingerprintDisplay.from_estimator(
                transformer, record[None], kind=kind, ax=ax
            )
    for ax, label in zip(axes[:, 3], labels, strict=True):
        write_class(ax, label)
    titles = ("seismogram", "scalogram", "fingerprint", "event")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, loc="left", size="large", color="#495057")
    for ax in axes[:-1, :3].flat:
        ax.tick_params(labelbottom=False)
        ax.set_xlabel("")
    for ax in axes[[0, 0, 2, 2], [1, 2, 1, 2]]:
        ax.set_ylabel("")
    axes[-1, 0].set_xlabel("Time, s")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE, f"{PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
