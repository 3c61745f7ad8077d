"""All published systems, our own and controls, on the same records and folds.

Every system is trained and asked under the same protocols: new events at new stations,
new events, later events, another data set, and single records dealt at random, as many
papers have it, so that events are on both sides. All systems are at their defaults, but
for the settings in ``baseline_study/systems.py``, which make them smaller; nothing is
tuned. Training of a net ends with the epoch in which its time is spent. Probabilities
of systems that do not balance the classes are divided by the shares of these in
training.

Answers are kept in the folder of results, one file a fit. What is there is not computed
again, so that a study that was stopped goes on where it was; another budget, other
records, settings or folds, or another version of the package computes all again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/study.py
"""

import argparse
import os
from itertools import chain
from pathlib import Path
from time import perf_counter

import pandas as pd
from baseline_study.answers import collect, complete
from baseline_study.data_sets import DATA_SETS, WITHOUT_FILES, make_splits
from baseline_study.figures import draw_all
from baseline_study.report import write_report
from baseline_study.scores import measure_leak, tabulate
from baseline_study.systems import REFERENCE, list_systems
from joblib import Parallel, delayed

TABLES = ("scores", "comparisons", "costs", "leaks")


def run(data_set, splits, systems, options):
    """Complete the fits of all systems on a data set; return what went wrong."""
    jobs = [
        delayed(_run_system)(system, data_set, splits, options)
        for system in systems.values()
        if system.fits(data_set)
    ]
    return list(chain.from_iterable(Parallel(n_jobs=options.jobs)(jobs)))


def _run_system(system, data_set, splits, options):
    start = perf_counter()
    failures = complete(
        system,
        data_set,
        splits,
        seed=options.seed,
        budget=options.budget,
        folder=options.results / "answers",
    )
    print(f"{data_set.name}: {system.name} {perf_counter() - start:.0f} s", flush=True)
    return failures


def evaluate(data_set, splits, systems, options):
    """Return the tables of a data set, by name."""
    collected = {
        name: collect(
            system,
            data_set,
            splits,
            seed=options.seed,
            budget=options.budget,
            folder=options.results / "answers",
        )
        for name, system in systems.items()
    }
    drawn = {"n_resamples": options.resamples, "seed": options.seed}
    kinds = {name: system.kind for name, system in systems.items()}
    named = {"kinds": kinds, "reference": options.reference}
    tables = tabulate(data_set, splits, collected, **named, **drawn)
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
    parser.add_argument(
        "--budget",
        type=float,
        default=6.0,
        help="processor seconds for the training of a net, a thousand records",
    )
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=4000)
    parser.add_argument(
        "--reference", default=REFERENCE, help="system to compare the others with"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--no-fits", action="store_true", help="only tables, figures")
    options = parser.parse_args(arguments)
    if not options.data and set(options.sets) - set(WITHOUT_FILES):
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    known = list_systems()
    if unknown := {*(options.only or ()), options.reference} - set(known):
        parser.error(f"no systems {sorted(unknown)}; there are {list(known)}")
    options.systems = {name: known[name] for name in options.only or known}
    return options


def main(arguments=None):
    """Complete the fits, then write tables and figures."""
    options = parse_options(arguments)
    tables = {name: [] for name in TABLES}
    for name in options.sets:
        data_set = DATA_SETS[name](options.data, options.seed)
        splits = make_splits(data_set, seed=options.seed, n_splits=options.splits)
        if not options.no_fits:
            wanted = options.protocols or {split.fits for split in splits}
            chosen = [split for split in splits if split.fits in wanted]
            for failure in run(data_set, chosen, options.systems, options):
                print("failed:", failure, flush=True)
        evaluated = evaluate(data_set, splits, options.systems, options)
        for kind, table in evaluated.items():
            tables[kind].append(table)
    options.results.mkdir(parents=True, exist_ok=True)
    for kind, parts in tables.items():
        tables[kind] = pd.concat(parts, ignore_index=True)
        tables[kind].to_csv(options.results / f"{kind}.csv", index=False)
    if tables["scores"].empty:
        raise SystemExit("There are no answers to score.")
    write_report(tables, options.results / "study.md")
    draw_all(tables, options.results)


if __name__ == "__main__":
    main()
