"""Published systems, heads on representations and controls on the same folds.

Every system is trained and tested under the same protocols: new events at new stations,
new events, later events, labels of high confidence only, another data set, and single
records assigned at random, as in many papers, so that events are in training and test.
All systems are at their defaults, but for the settings in
``baseline_study/systems.py``, which make two of them smaller; nothing is tuned. The
training of a network ends with the epoch in which its budget is spent.

Predictions are stored in the folder of results, one file a fit. Existing files are not
computed again, so that a run that was stopped resumes; with another budget, other
records, settings or folds, or another version of the package everything is computed
again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/study.py
"""

import argparse
import os
from itertools import chain
from pathlib import Path
from time import perf_counter

import pandas as pd
from baseline_study.data_sets import DATA_SETS, WITHOUT_FILES
from baseline_study.figures import draw_all
from baseline_study.looks import record_looks
from baseline_study.predictions import collect, complete
from baseline_study.report import HEADLINE, write_report
from baseline_study.scores import measure_leak, tabulate
from baseline_study.splits import make_splits
from baseline_study.systems import REFERENCE, list_systems
from joblib import Parallel, delayed

TABLES = ("scores", "comparisons", "costs", "leaks")


def run(data_set, splits, systems, options):
    """Complete the fits of all systems on a data set; return the failures."""
    jobs = [
        delayed(_run_system)(system, data_set, splits, options)
        for system in systems.values()
        if system.applies(data_set)
    ]
    return list(chain.from_iterable(Parallel(n_jobs=options.jobs)(jobs)))


def _run_system(system, data_set, splits, options):
    """Complete the fits of a system and print the time that they took."""
    start = perf_counter()
    failures = complete(system, data_set, splits, **_storage(data_set, splits, options))
    print(f"{data_set.name}: {system.name} {perf_counter() - start:.0f} s", flush=True)
    return failures


def _storage(data_set, splits, options):
    """Return the folder of the predictions, and the budget of each kind of fits."""
    budgets = {
        split.fits: options.headline_budget
        if (data_set.name, split.fits) == HEADLINE
        else options.budget
        for split in splits
    }
    folder = options.results / "predictions"
    return {"seed": options.seed, "budgets": budgets, "folder": folder}


def evaluate(data_set, splits, systems, options):
    """Return the tables of a data set, by name."""
    stored = _storage(data_set, splits, options)
    collected = {
        name: collect(system, data_set, splits, **stored)
        for name, system in systems.items()
    }
    if options.ledger:
        record_looks(
            options.ledger, data_set, splits, collected, systems, stored["budgets"]
        )
    drawn = {"n_resamples": options.resamples, "seed": options.seed}
    tables = tabulate(
        data_set, splits, collected, systems, reference=options.reference, **drawn
    )
    leaks = measure_leak(data_set, collected, **drawn)
    return dict(zip(TABLES, (*tables, leaks), strict=True))


def parse_options(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--results", type=Path, default=Path("results/study"))
    parser.add_argument("--sets", nargs="+", default=list(DATA_SETS), choices=DATA_SETS)
    parser.add_argument("--protocols", nargs="+", help="fits to run; default: all")
    parser.add_argument("--only", nargs="+", help="names of systems; default: all")
    parser.add_argument("--kinds", nargs="+", help="kinds of systems; default: all")
    parser.add_argument(
        "--budget",
        type=float,
        default=6.0,
        help="processor seconds for the training of a network, a thousand records",
    )
    parser.add_argument(
        "--headline-budget",
        type=float,
        default=30.0,
        help=f"the same for the fits of {' '.join(HEADLINE)}",
    )
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument(
        "--reference", default=REFERENCE, help="system to compare the others with"
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        help="file in which every event AUC on real records is recorded as a look",
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--no-fits", action="store_true", help="only tables, figures")
    parser.add_argument("--no-tables", action="store_true", help="only fits")
    options = parser.parse_args(arguments)
    if not options.data and set(options.sets) - set(WITHOUT_FILES):
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    known = list_systems()
    if unknown := {*(options.only or ()), options.reference} - set(known):
        parser.error(f"no systems {sorted(unknown)}; there are {list(known)}")
    kinds = {system.kind for system in known.values()}
    if unknown := {*(options.kinds or ())} - kinds:
        parser.error(f"no kinds {sorted(unknown)}; there are {sorted(kinds)}")
    options.systems = {
        name: known[name]
        for name in options.only or known
        if known[name].kind in (options.kinds or kinds)
    }
    return options


def main(arguments=None):
    """Complete the fits, then write tables and figures."""
    options = parse_options(arguments)
    tables = {name: [] for name in TABLES}
    for name in options.sets:
        data_set = DATA_SETS[name](options.data, options.seed)
        splits = make_splits(data_set, seed=options.seed, n_splits=options.splits)
        if not options.no_fits:
            known = {split.fits for split in splits}
            wanted = known.intersection(options.protocols or known)
            if not wanted:
                print(f"{name}: none of these; it has {', '.join(sorted(known))}")
            chosen = [split for split in splits if split.fits in wanted]
            for failure in run(data_set, chosen, options.systems, options):
                print("failed:", failure, flush=True)
        if options.no_tables:
            continue
        evaluated = evaluate(data_set, splits, options.systems, options)
        for kind, table in evaluated.items():
            tables[kind].append(table)
    if not options.no_tables:
        write_results(tables, options.results)


def write_results(tables, folder):
    """Write tables, report and figures of all data sets."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, parts in tables.items():
        tables[kind] = pd.concat(parts, ignore_index=True)
        tables[kind].to_csv(folder / f"{kind}.csv", index=False)
    if tables["scores"].empty:
        raise SystemExit("There are no predictions to score.")
    write_report(tables, folder / "study.md")
    draw_all(tables, folder)


if __name__ == "__main__":
    main()
