"""The command that runs a plan of experiments."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count, output_file
from ._classifiers import add_classifier, make_planned_pipeline
from ._data import DATA_HELP, add_data, read_labelled
from ._outcome import Outcome, UsageError
from ._stage import verbosity
from ._stores import STORE_HELP, find_store

HELP = "run all trials of a plan, or go on with them"
DESCRIPTION = f"""\
Run all trials of a plan and keep every fit in a store. The same command resumes a sweep
that was stopped: what is stored is not computed again. Names of parameters in the plan
begin with a step: fingerprint__ or scalogram__, and classifier__. DATA is {DATA_HELP}.
"""
EXAMPLES = """\
  skseisfp sweep plan.toml --data synthetic --n-records 120 --n-trees 10 --cv 2
  skseisfp sweep plan.toml --data synthetic --n-records 120 --n-trees 10 --cv 2 \
--store sqlite:///sweep.db --csv sweep.csv --json
  skseisfp sweep plan.toml --data synthetic --check
"""
SCORES = ("roc_auc", "balanced_accuracy", "accuracy", "f1")
MOST_SHOWN = 10  # trials, or kinds of faults
MOST_NUMBERS = 5  # of trials
IMPOSSIBLE = "impossible"  # level of a fault, as `ExperimentPlan.check` has it


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("plan", metavar="PLAN.toml", help="as ExperimentPlan writes it")
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DATA", help="labelled records"
    )
    parser.add_argument(
        "--store", metavar="STORE", help=f"{STORE_HELP} (default: PLAN.db)"
    )
    parser.add_argument("--study", metavar="NAME", help="name of the study")
    parser.add_argument("--csv", metavar="FILE", help="table of all fits to write")
    parser.add_argument(
        "--check",
        action="store_true",
        help="count trials, fits and faults of the plan, and stop; with --json the "
        "faults of each trial",
    )
    add_classifier(parser)
    group = parser.add_argument_group("search")
    group.add_argument(
        "--scoring",
        choices=SCORES,
        default="roc_auc",
        help="score by event (default: roc_auc)",
    )
    group.add_argument(
        "--cv", type=count, default=5, metavar="FOLDS", help="of events (default: 5)"
    )
    group.add_argument("--n-jobs", type=count, default=1, help="fits at a time")
    add_data(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Check the plan, run its trials, and list the best."""
    csv = options.csv and output_file(options.csv, (".csv",), "--csv")
    if options.cv < 2:
        raise UsageError(f"--cv must be 2 or more; got {options.cv}.")
    if not Path(options.plan).is_file():
        raise FileNotFoundError(f"There is no file {options.plan}.")
    store = find_store(_store(options))
    from ..sweep import ExperimentPlan

    plan = ExperimentPlan.from_toml(Path(options.plan))
    bunch, _, rejected = read_labelled(options, options.data)
    pipeline = make_planned_pipeline(options, plan.param_grid, bunch.sampling_rate)
    faults = plan.check(pipeline)
    if options.check:
        return _faults(options, plan, faults, rejected)
    wrong: Any = faults[faults["level"] == IMPOSSIBLE]
    if len(wrong):
        first = wrong.iloc[0]
        raise ValueError(
            f"{options.plan} has {wrong['trial'].nunique()} trials that cannot be run: "
            f"trial {first['trial']}, {first['parameter']}: {first['message']} "
            "See --check."
        )
    search = _search(options, plan, pipeline, bunch, store)
    return _summary(options, plan, search, csv, rejected)


def _search(options, plan, pipeline, bunch, store):
    """Return the search, all of whose fits are done."""
    from sklearn.model_selection import StratifiedGroupKFold

    from .. import metrics
    from ..sweep import SweepSearchCV

    search = SweepSearchCV(
        pipeline,
        plan,
        scoring=getattr(metrics, f"event_{options.scoring}"),
        cv=StratifiedGroupKFold(options.cv, shuffle=True, random_state=options.seed),
        store=store,
        study_name=options.study,
        n_jobs=options.n_jobs,
        refit=False,
        verbose=verbosity(options),
    )
    return search.fit(bunch.data, bunch.target, groups=bunch.groups)


def _store(options):
    """Return the store: as given, or next to the plan."""
    return options.store or str(Path(options.plan).with_suffix(".db"))


def _summary(options, plan, search, csv, rejected):
    """Return the trials, the best first."""
    import pandas as pd

    from ..sweep import ResultCube

    if csv:
        ResultCube.from_search(search).to_csv(csv)
    results = search.cv_results_
    table: Any = pd.DataFrame(results["params"])[list(plan.ranges)]
    table["mean"], table["std"] = results["mean_test_score"], results["std_test_score"]
    table = table.rename_axis("trial").sort_values(
        "mean", ascending=False, kind="stable"
    )
    failed = [
        {"source": f"trial {trial}", "reason": str(error)}
        for trial, error in enumerate(results["error"])
        if error is not None
    ]
    classifier = type(search.estimator[-1]).__name__
    facts: dict[str, Any] = {
        "store": _store(options),
        "study": search.study_name_,
        "classifier": classifier,
        "scoring": f"event_{options.scoring}",
        "n_trials": len(table),
        "n_folds": search.n_splits_,
        "trials": table.reset_index(),
        "csv": csv or None,
    }
    shown = table.head(MOST_SHOWN).to_string(float_format="{:.4g}".format)
    text = (
        f"{len(table)} trials, {search.n_splits_} folds; event_{options.scoring} of "
        f"{classifier}, the best first:\n{shown}\nstore {_store(options)}, study "
        f"{search.study_name_}"
    )
    return Outcome(facts, text, rejected + failed)


def _faults(options, plan, faults, rejected):
    """Return the faults of a plan, and how much there is to run."""
    from .._utils.html import counted

    impossible: Any = faults.loc[faults["level"] == IMPOSSIBLE, "trial"].nunique()
    facts = {
        "n_trials": len(plan),
        "n_fits": len(plan) * options.cv,
        "n_impossible": int(impossible),
        "n_against_rules": int(faults["trial"].nunique() - impossible),
    }
    found = "{n_impossible} cannot be run, {n_against_rules} more break a rule"
    found = found.format(**facts) if len(faults) else "no faults"
    trials, fits = counted(len(plan), "trial"), counted(facts["n_fits"], "fit")
    lines = [f"{trials}, {fits}; {found}", *_kinds(faults)]
    if impossible:
        reason = f"{impossible} of {len(plan)} trials cannot be run"
        rejected = [*rejected, {"source": options.plan, "reason": reason}]
    return Outcome({**facts, "faults": faults}, "\n".join(lines), rejected)


def _kinds(faults):
    """Yield the faults of each kind as a line, with the first of their trials."""
    kinds = faults.groupby(["level", "parameter", "message"], sort=False)["trial"]
    for (level, parameter, message), trials in list(kinds)[:MOST_SHOWN]:
        first = ", ".join(map(str, trials.iloc[:MOST_NUMBERS]))
        more = ", ..." if len(trials) > MOST_NUMBERS else ""
        yield f"{level}: {parameter}: {message} ({len(trials)}: trial {first}{more})"
    if kinds.ngroups > MOST_SHOWN:
        yield f"{kinds.ngroups - MOST_SHOWN} more kinds of faults: see --json"
