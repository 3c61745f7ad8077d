"""Labelled records that arguments name: synthetic, a folder, an archive."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import add_reading, count, existing, make_reader
from ._outcome import UsageError, rejected_of
from ._stage import verbosity
from ._waveforms import is_archive, open_waveforms, read_records

SYNTHETIC = "synthetic"
DATA_HELP = """\
`synthetic`; a folder of labelled records (metadata.csv with waveforms.npz, or
labels.csv with folders of waveform files); an archive; or waveform files with
--events"""


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the arguments on labelled records."""
    add_reading(parser, align="P")
    group = parser.add_argument_group("labelled folders and synthetic records")
    group.add_argument(
        "--query", help="which rows of metadata.csv, such as 'snr_db > 6'"
    )
    group.add_argument(
        "--n-records", type=count, default=240, help="synthetic ones (default: 240)"
    )


def read_labelled(
    options: argparse.Namespace, inputs: list[str]
) -> tuple[Any, Any, list[dict[str, str]]]:
    """Return labelled records, the reader that makes such ones, and what is left out.

    Raises
    ------
    UsageError
        If options do not fit the data.
    ValueError
        If there are no labelled records.
    """
    events = existing(options.events, "--events")
    inventory = existing(options.stations, "--stations")
    if inputs == [SYNTHETIC]:
        return (*_synthetic(options), [])
    reader = make_reader(options)
    folder = Path(inputs[0])
    if len(inputs) == 1 and _is_labelled(folder) and events is None:
        return _labelled_folder(options, reader, folder)
    if events is None and not (len(inputs) == 1 and is_archive(inputs[0])):
        open_waveforms(inputs)  # raises for what is not there
        raise UsageError(
            f"{inputs[0]} is neither an archive nor a folder with metadata.csv or "
            "labels.csv: --events FILE is needed for the labels."
        )
    bunch, rejected = read_records(
        options, reader, inputs, events=events, inventory=inventory
    )
    return _with_labels(bunch, reader, rejected)


def _is_labelled(folder):
    """Return whether a folder has a table of labels."""
    return any((folder / name).is_file() for name in ("metadata.csv", "labels.csv"))


def _synthetic(options):
    """Return synthetic records about P, and their reader."""
    from ..datasets import make_seismograms
    from ..io import WaveformReader

    rate = options.sampling_rate or 40.0
    bunch = make_seismograms(
        options.n_records,
        n_components=1 if options.components == "Z" else 3,
        sampling_rate=rate,
        random_state=options.seed,
    )
    start, end = options.window or (-5.0, 27.0)
    window = (start, end)
    reader = WaveformReader(
        components=options.components, sampling_rate=rate, window=window, align="P"
    )
    return _about_p(bunch, window), reader


def _labelled_folder(options, reader, folder):
    """Return the records of a labelled folder, its reader, and what is left out."""
    from ..datasets import load_records

    bunch = load_records(
        folder,
        query=options.query,
        components=options.components if options.components == "Z" else None,
        sampling_rate=options.sampling_rate,
        invalid="reject",
        verbose=verbosity(options),
    )
    rejected = []
    if "reason" in bunch.rejected:
        reasons = bunch.rejected["reason"].astype(str)
        asked = reasons.str.startswith("not selected by")  # the query of the user
        rejected = rejected_of(bunch.rejected[~asked])
    reader.set_params(sampling_rate=bunch.sampling_rate, components=bunch.components)
    if options.align == "P":
        known = bunch.frame["p_arrival"].notna().to_numpy()
        rejected += [
            {"source": str(name), "reason": "it has no P"}
            for name in bunch.frame.loc[~known, "record_id"]
        ]
        bunch = _about_p(_rows(bunch, known), reader.window)
    elif options.align == "origin" or options.window is not None:
        raise UsageError("--window of a labelled folder needs --align P.")
    return bunch, reader, rejected


def _rows(bunch, rows):
    """Return some of the records of a Bunch."""
    from sklearn.utils import Bunch

    if not rows.any():
        raise ValueError("No record has P; --align start takes whole records.")
    return Bunch(
        **{
            **bunch,
            "data": bunch.data[rows],
            "target": bunch.target[rows],
            "groups": bunch.groups[rows],
            "frame": bunch.frame[rows].reset_index(drop=True),
        }
    )


def _about_p(bunch, window):
    """Return records cut about P; where a window leaves a record, it is reflected."""
    from ..signal import cut_windows

    before, after = -window[0], window[1]
    if before < 0 or after <= 0:
        raise UsageError(f"--window must hold P, at 0 s; got {window}.")
    bunch["data"] = cut_windows(
        bunch.data,
        bunch.frame["p_arrival"],
        sampling_rate=bunch.sampling_rate,
        before=before,
        after=after,
        pad="reflect",
    )
    # the start of a record is no longer that of the table
    bunch["frame"] = bunch.frame.drop(columns="start_time", errors="ignore").assign(
        p_arrival=before
    )
    return bunch


def _with_labels(bunch, reader, rejected):
    """Return the records that have a label, their reader, and what is left out."""
    if bunch.target is None or bunch.target.isna().all():
        raise ValueError("No event has a type that is known as a label.")
    rejected = rejected + rejected_of(bunch.rejected)
    known = bunch.target.notna().to_numpy()
    rejected += [
        {"source": str(name), "reason": "its event has no type that is a label"}
        for name in bunch.frame.loc[~known, "record_id"]
    ]
    reader.set_params(sampling_rate=bunch.sampling_rate)
    return _rows(bunch, known), reader, rejected
