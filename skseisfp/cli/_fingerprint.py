"""The command that computes fingerprints of recordings."""

from __future__ import annotations

import argparse
import io
import json
from typing import Any

from ._arguments import (
    add_reading,
    count,
    existing,
    make_reader,
    output_file,
    positive,
)
from ._outcome import Outcome, rejected_of
from ._stage import verbosity
from ._waveforms import read_records

HELP = "compute fingerprints of recordings"
DESCRIPTION = """\
Compute the fingerprints of waveform files, of all files of a folder, or of an archive.
An .npz file holds `fingerprints`, `record_id`, `event_id`, `station` and `parameters`
(JSON); a .png file is a picture of the first records.
"""
EXAMPLES = """\
  skseisfp fingerprint waveforms -o fingerprints.npz
  skseisfp fingerprint waveforms --f-min 1 --shape 32 64 -o fingerprints.png
  skseisfp fingerprint archive --align P --sampling-rate 40 -o aligned.npz --json
"""
# of FingerprintTransformer; those that are not given keep its defaults
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--f-min", {"type": positive, "metavar": "HZ", "help": "lowest frequency"}),
    ("--f-max", {"type": positive, "metavar": "HZ", "help": "highest frequency"}),
    (
        "--shape",
        {
            "type": count,
            "nargs": 2,
            "metavar": ("ROWS", "COLUMNS"),
            "help": "powers of two (default: 64 64)",
        },
    ),
    ("--n-coefficients", {"type": count, "metavar": "K", "help": "default: 200"}),
    ("--wavelet", {"choices": ("morlet", "morse")}),
    ("--scale", {"choices": ("log", "magnitude", "power")}),
    ("--haar", {"choices": ("standard", "pyramid")}),
    ("--standardize", {"choices": ("mad", "zscore")}),
    (
        "--encoding",
        {"choices": ("signed", "presence", "positive", "two_channel", "interleaved")},
    ),
    ("--taper", {"type": float, "metavar": "PART", "help": "default: 0.05"}),
)
PRESETS = ("two_plane_linear", "trova", "waveprint", "fast")
MOST_DRAWN = 12
MOST_LETTERS = 24  # that fit above a panel


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="waveforms")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="an .npz or a .png file"
    )
    add_reading(parser, align="start")
    group = parser.add_argument_group("fingerprints")
    group.add_argument("--preset", choices=PRESETS, help="settings with a name")
    for name, options in OPTIONS:
        group.add_argument(name, **options)


def run(options: argparse.Namespace) -> Outcome:
    """Compute and write the fingerprints."""
    output = output_file(options.output, (".npz", ".png"), "--output")
    events = existing(options.events, "--events")
    inventory = existing(options.stations, "--stations")
    reader = make_reader(options)
    bunch, rejected = read_records(
        options, reader, options.inputs, events=events, inventory=inventory
    )
    transformer = make_transformer(options, bunch.sampling_rate)
    transformer.set_params(verbose=verbosity(options))
    fingerprints = transformer.fit_transform(bunch.data)
    transformer.set_params(verbose=0)
    if output.suffix.lower() == ".png":
        _draw(output, transformer, bunch)
    else:
        _save(output, fingerprints, transformer, bunch)
    facts = {
        "output": output,
        "n_records": len(fingerprints),
        "shape": list(fingerprints.shape),
        "sampling_rate": bunch.sampling_rate,
        "record_ids": bunch.frame["record_id"],
    }
    text = f"{len(fingerprints)} fingerprints, shape {fingerprints.shape}, in {output}"
    return Outcome(facts, text, rejected + rejected_of(bunch.rejected))


def make_transformer(options: argparse.Namespace, sampling_rate: float) -> Any:
    """Return the transformer that the options describe."""
    from ..preprocessing import FingerprintTransformer

    names = [name.removeprefix("--").replace("-", "_") for name, _ in OPTIONS]
    given = {name: getattr(options, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if "shape" in given:
        given["shape"] = tuple(given["shape"])
    given["sampling_rate"] = sampling_rate
    if options.preset is None:
        return FingerprintTransformer(**given)
    return FingerprintTransformer.from_preset(options.preset, **given)


def _save(output, fingerprints, transformer, bunch):
    """Write fingerprints with the names of their records and their parameters."""
    import numpy as np

    from .._utils.atomic import write_file

    columns = {
        name: bunch.frame[name].fillna("").to_numpy(dtype=str)
        for name in ("record_id", "event_id", "station")
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        fingerprints=fingerprints,
        parameters=json.dumps(transformer.get_params()),
        **columns,
    )
    write_file(output, buffer.getvalue())


def _draw(output, transformer, bunch):
    """Draw the fingerprints of the first records."""
    from .._utils.atomic import write_file

    buffer = io.BytesIO()
    figure = draw_gallery(transformer, bunch)
    figure.savefig(buffer, format="png", dpi=150)
    write_file(output, buffer.getvalue())


def draw_gallery(transformer: Any, bunch: Any) -> Any:
    """Return a figure of the first fingerprints, with one key of their colours."""
    from .._utils.optional import import_optional
    from ..plotting import FingerprintDisplay
    from ..plotting.fingerprint_display import FREQUENCY_INDEX, TIME_INDEX

    titles = [_title(row) for row in bunch.frame[:MOST_DRAWN].to_dict("records")]
    columns = min(4, len(titles))
    rows = -(-len(titles) // columns)
    figure = import_optional("matplotlib.figure", extra="plot").Figure(
        figsize=(max(4.5, 0.6 + 2.2 * columns), 0.9 + 2.3 * rows), layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    keys = []
    for ax, title, record in zip(axes.flat, titles, bunch.data, strict=False):
        FingerprintDisplay.from_estimator(transformer, record[None], ax=[[ax]])
        ax.set(xlabel="", ylabel="")
        ax.set_title(title, fontsize="small")
        keys.append(ax.get_legend())
        keys[-1].remove()
    for ax in axes.flat[len(titles) :]:
        ax.set_visible(False)
    for ax in axes.flat[max(0, len(titles) - columns) : len(titles)]:
        ax.tick_params(labelbottom=True)
    figure.supxlabel(TIME_INDEX, size="medium")
    figure.supylabel(FREQUENCY_INDEX, size="medium")
    key = keys[0]
    names = [text.get_text() for text in key.get_texts()]
    figure.legend(
        key.legend_handles,
        names,
        ncols=len(names),
        fontsize="small",
        loc="outside upper center",
    )
    return figure


def _title(row):
    """Return event and station of a record, on two lines where they are long."""
    event = str(row["event_id"])
    is_resource = event.startswith(("smi:", "quakeml:"))
    event = "/".join(event.split("/")[-1 if is_resource else -2 :])
    if len(event) > MOST_LETTERS:
        event = f"{event[: MOST_LETTERS - 3]}..."
    station = row["station"]
    if not isinstance(station, str) or not station:
        return event
    gap = ", " if len(event) + len(station) < MOST_LETTERS else "\n"
    return f"{event}{gap}{station}"
