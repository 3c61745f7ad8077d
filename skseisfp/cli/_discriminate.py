"""The command that predicts the events of recordings."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from typing import Any

from ._arguments import existing, output_file
from ._models import open_discriminator
from ._outcome import Outcome, UsageError, as_json, one_line, rejected_of
from ._stage import stage, verbosity
from ._waveforms import open_waveforms

HELP = "predict the types of events"
DESCRIPTION = """\
Predict the types of events from waveform files, folders, or an archive. MODEL is a file
of `skseisfp train`, or pretrained:pnw. Events and picks are those of --events, or of
the archive; without them all files are of one event, whose onsets are picked.
Recordings that do not become records are left out, by name.
"""
EXAMPLES = """\
  skseisfp discriminate model.skops waveforms --events events.xml
  skseisfp discriminate model.skops archive -o predicted.csv --quakeml predicted.xml
  skseisfp discriminate pretrained:pnw waveforms/e1 --json
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", metavar="MODEL", help="file, or pretrained:pnw")
    parser.add_argument("inputs", nargs="+", metavar="FILES", help="waveforms")
    parser.add_argument("--events", metavar="FILE", help="catalogue, such as QuakeML")
    parser.add_argument("--stations", metavar="FILE", help="stations, as StationXML")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="table of events, .csv or .json"
    )
    parser.add_argument(
        "--records", metavar="FILE", help="table of records, .csv or .json"
    )
    parser.add_argument("--quakeml", metavar="FILE", help="catalogue with predictions")
    parser.add_argument(
        "--overwrite-types",
        action="store_true",
        help="replace the types that events of the catalogue have",
    )
    parser.add_argument("--agency-id", metavar="ID", help="who predicts")
    parser.add_argument(
        "--event-type",
        action="append",
        default=[],
        metavar="CLASS=TYPE",
        help="type of QuakeML of a class of the model, for --quakeml",
    )


def run(options: argparse.Namespace) -> Outcome:
    """Predict, and write the tables and the catalogue."""
    tables = [
        path and output_file(path, (".csv", ".json"), option)
        for path, option in (
            (options.output, "--output"),
            (options.records, "--records"),
        )
    ]
    quakeml = options.quakeml
    if quakeml is not None:
        quakeml = output_file(quakeml, (".xml", ".qml", ".quakeml"), "--quakeml")
    events = existing(options.events, "--events")
    inventory = existing(options.stations, "--stations")
    types = _event_types(options.event_type)
    source, rejected = open_waveforms(options.inputs)
    with stage("reading the model", options):
        discriminator = open_discriminator(options.model)
    if events is None and not hasattr(source, "to_bunch"):
        source, unread = read_stream(source, verbosity(options))
        rejected += unread
    discriminator.set_params(verbose=verbosity(options))
    result = discriminator.discriminate(
        events,
        source,
        inventory=inventory,
        event_types=types and _by_class(types, discriminator.classes_),
        overwrite=options.overwrite_types,
        agency_id=options.agency_id,
    )
    by_event = result.events.reset_index()
    by_event = by_event.rename(columns={by_event.columns[0]: "event_id"})
    for path, table in zip(tables, (by_event, result.stations), strict=True):
        if path:
            write_table(table, path)
    if quakeml is not None:
        _write_quakeml(result.catalogue, quakeml)
    facts = {
        "model": options.model,
        "events": by_event,
        "records": result.stations,
        "files": [path for path in (*tables, quakeml) if path],
    }
    text = by_event.to_string(index=False, float_format="{:.3f}".format)
    return Outcome(facts, text, rejected + rejected_of(result.rejected))


def read_stream(paths: Sequence[str], verbose: int) -> tuple[Any, list[dict[str, str]]]:
    """Return all traces of some files as one stream, and files that cannot be read.

    Raises
    ------
    ValueError
        If no file can be read.
    """
    from obspy import Stream

    from .._utils.progress import progress
    from ..io.read_waveforms import read_waveforms
    from ..io.stream_files import find_files

    stream, rejected = Stream(), []
    files = [file for path in paths for file in find_files(path)]
    with progress(len(files), "files", verbose, by="reading") as advance:
        for file in files:
            try:
                stream += read_waveforms(file).stream
            except (ValueError, OSError) as error:
                rejected.append({"source": str(file), "reason": one_line(error)})
            advance()
    if not stream:
        raise ValueError(
            f"No file can be read; {rejected[0]['source']}: {rejected[0]['reason']}"
        )
    return stream, rejected


def write_table(table: Any, path: Any) -> None:
    """Write a table as CSV or JSON, by the suffix of the file."""
    from .._utils.atomic import write_file

    is_json = path.suffix.lower() == ".json"
    write_file(path, as_json(table) + "\n" if is_json else table.to_csv(index=False))


def _event_types(pairs):
    """Return the types of QuakeML by class, None where none is given."""
    if not pairs:
        return None
    types = dict(pair.partition("=")[::2] for pair in pairs)
    for label, name in types.items():
        if not (label and name):
            raise UsageError(f"--event-type must be CLASS=TYPE; got {label or name}.")
    return types


def _by_class(types, classes):
    """Return types by the labels of classes, which need not be strings."""
    labels = {str(label): label for label in classes}
    return {labels.get(name, name): kind for name, kind in types.items()}


def _write_quakeml(catalogue, path):
    """Write a catalogue as QuakeML."""
    from .._utils.atomic import write_file

    buffer = io.BytesIO()
    catalogue.write(buffer, format="QUAKEML")
    write_file(path, buffer.getvalue())
