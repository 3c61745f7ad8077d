"""The command that describes a file, an archive or the installation."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .._utils.journals import is_journal
from ._models import PRETRAINED, open_model
from ._outcome import Outcome, describe
from ._stores import (
    as_lines,
    describe_cube,
    open_store,
    read_studies,
)
from ._waveforms import is_archive, open_archive

HELP = "describe a model, an archive, a store, a plan, or the installation"
DESCRIPTION = """\
Describe what a path holds: the card of a model (a file, or pretrained:pnw), the counts
of an archive, the results in a store, the trials of a plan, the parameters of a file of
fingerprints. Without a path: the versions of the packages.
"""
EXAMPLES = """\
  skseisfp info
  skseisfp info pretrained:pnw
  skseisfp info archive --verify --json
  skseisfp info plan.toml
  skseisfp info plan.db
"""
SQLITE = b"SQLite format 3\0"  # first bytes of every file of SQLite 3
ZIP = b"PK\x03\x04"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("path", nargs="?", metavar="PATH", help="what to describe")
    parser.add_argument("--study", metavar="NAME", help="of a store with several")
    parser.add_argument(
        "--verify", action="store_true", help="compare an archive with its checksums"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Describe what the path holds."""
    if options.path is None:
        return _versions()
    if options.path.startswith(PRETRAINED):
        return _model(options.path)
    if "://" in options.path:
        return _store(options)
    path = Path(options.path)
    if is_archive(options.path):
        return _archive(options)
    if not path.is_file():
        kind = "not an archive" if path.is_dir() else "not there"
        raise FileNotFoundError(f"{path} is {kind}.")
    with path.open("rb") as file:
        begin = file.read(len(SQLITE))
    if path.suffix == ".toml":
        return _plan(path)
    if begin == SQLITE or is_journal(path):
        return _store(options)
    if path.suffix == ".npz":
        return _fingerprints(path)
    if begin.startswith(ZIP):
        return _model(options.path)
    raise ValueError(
        f"{path} is neither a model, a store, a plan (.toml) nor a file of "
        "fingerprints (.npz)."
    )


def _versions() -> Outcome:
    """Return the versions of Python and the packages."""
    import platform

    from .._utils.versions import OPTIONAL, REQUIRED, installed_version

    names = ("skseisfp", *REQUIRED, *OPTIONAL)
    found = {name: installed_version(name) for name in names}
    facts = {"python": platform.python_version(), **found}
    lines = {name: version or "not installed" for name, version in facts.items()}
    return Outcome({"kind": "versions", "versions": facts}, describe(lines))


def _model(name: str) -> Outcome:
    """Return the card and the contract of a model."""
    model: Any = open_model(name)
    facts: dict[str, Any] = {"kind": "model", "type": type(model).__name__}
    if not hasattr(model, "contract_"):
        return Outcome(facts, f"{type(model).__name__}, without a model card")
    card = model.model_card()
    facts |= {"contract": model.contract_.to_dict(), "card": card}
    return Outcome(facts, card.rstrip())


def _archive(options) -> Outcome:
    """Return the counts of an archive, and its damages."""
    archive = open_archive(options.path)
    events, recordings = archive.events(), archive.query()
    inventory = archive.inventory()
    types = events["event_type"].fillna("without label").value_counts()
    facts: dict[str, Any] = {
        "kind": "archive",
        "events": len(events),
        "types": types.to_dict(),
        "picks": len(archive.picks()),
        "recordings": len(recordings),
        "stations": int(recordings["station"].nunique()),
        "stations with coordinates": (
            0 if inventory is None else sum(map(len, inventory))
        ),
        "models": list(archive.models().index),
    }
    damaged = []
    if options.verify:
        damaged = [
            {"source": f"{row['kind']} {row['name']}", "reason": row["problem"]}
            for row in archive.verify().to_dict("records")
        ]
        facts["damaged"] = len(damaged)
    return Outcome(facts, describe(facts), damaged)


def _store(options) -> Outcome:
    """Return the studies in a store; of the only one, or one that is named, results."""
    from ..sweep import ResultCube

    store = open_store(options.path)
    studies = read_studies(store, options.path, options.study)
    if len(studies) > 1:
        text = f"{len(studies)} studies; --study NAME describes one:"
        facts = {"kind": "store", "studies": studies}
        return Outcome(facts, f"{text}\n{as_lines(studies)}")
    cube = ResultCube.from_store(store, studies["study"].iloc[0])
    facts = {"kind": "store", "studies": studies, **describe_cube(cube)}
    shown = {name: value for name, value in facts.items() if name != "studies"}
    return Outcome(facts, f"{cube!r}\n{as_lines(studies)}\n{describe(shown)}")


def _plan(path: Path) -> Outcome:
    """Return the trials of a plan."""
    from ..sweep import ExperimentPlan

    plan = ExperimentPlan.from_toml(path)
    facts = {
        "kind": "plan",
        "name": plan.name,
        "n_trials": len(plan),
        "values": {name: plan.param_grid[name] for name in plan.ranges},
        "fixed": plan.fixed,
    }
    return Outcome(facts, describe(facts))


def _fingerprints(path: Path) -> Outcome:
    """Return shape and parameters of a file of fingerprints."""
    import numpy as np

    with np.load(path) as file:
        if not {"fingerprints", "parameters"} <= set(file.files):
            raise ValueError(f"{path} was not written by `skseisfp fingerprint`.")
        facts = {
            "kind": "fingerprints",
            "shape": list(file["fingerprints"].shape),
            "dtype": str(file["fingerprints"].dtype),
            "parameters": json.loads(str(file["parameters"])),
        }
    return Outcome(facts, describe(facts))
