"""The first published experiment, 384 networks on five folds, searched in stages.

What all 384 x 5 fits would take is estimated from trials drawn at random, each fitted
on a fold. Then a `StagedSearchCV` with halving runs to its end: a coarse stage of every
other value of the three parameters, and a fine stage around its best trial. Times are
those of the fits, in the same run; the regret of such searches is measured by
``staged_regret.py`` on cubes that were searched in full.

Records and networks are those of ``published_experiments.py``. A search that was
stopped resumes, and takes the times that its fits had.

Run: python benchmarks/staged_experiment.py [--jobs 2] [--trials 20]
"""

import argparse
from pathlib import Path

import numpy as np
from published_experiments import make_pipeline
from sklearn.model_selection import ParameterSampler, StratifiedGroupKFold

from skseisfp import make_seismograms
from skseisfp.metrics import event_accuracy
from skseisfp.sweep import ExperimentPlan, StagedSearchCV, SweepSearchCV

FACTOR = 3
N_FOLDS = 5


def every_other(grid):
    """Return the first value of each parameter, the third, and so on."""
    return {name: values[::2] for name, values in grid.items()}


def time_of_fits(search):
    """Return the seconds of each fit of a search."""
    return np.array(
        [fit["fit_time"] for fits in search.fit_results_ for fit in fits if fit]
    )


def main():
    """Time some trials, search in stages, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--results", type=Path, default=Path("results/experiments"))
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    bunch = make_seismograms(random_state=0)
    folds = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0)
    splits = list(folds.split(bunch.data, bunch.target, bunch.groups))
    plan = ExperimentPlan.published("experiment 1")
    pipeline = make_pipeline(bunch.sampling_rate, "cpu").set_params(**plan.fixed)
    common = {
        "scoring": event_accuracy,
        "store": options.results / "staged.db",
        "n_jobs": options.jobs,
        "refit": False,
        "verbose": 1,
    }
    drawn = ParameterSampler(plan.param_grid, options.trials, random_state=0)
    sample = SweepSearchCV(
        pipeline,
        [{name: [value] for name, value in trial.items()} for trial in drawn],
        cv=splits[:1],
        **common,
    ).fit(bunch.data, bunch.target)
    seconds = time_of_fits(sample)
    total = len(plan) * N_FOLDS
    mean, error = seconds.mean(), seconds.std(ddof=1) / np.sqrt(len(seconds))
    low, high = total * (mean - 1.96 * error), total * (mean + 1.96 * error)
    print(
        f"all {len(plan)} trials on {N_FOLDS} folds, from {len(seconds)} fits: "
        f"{total * mean / 3600:.2f} h of one process [{low / 3600:.2f}, "
        f"{high / 3600:.2f}], {total} fits of {mean:.1f} s"
    )
    grid = {name: values for name, values in plan.param_grid.items() if len(values) > 1}
    search = StagedSearchCV(
        pipeline,
        [every_other(grid)],
        fine=grid,
        n_refined=3,
        factor=FACTOR,
        random_state=0,
        cv=splits,
        **common,
    ).fit(bunch.data, bunch.target)
    spent = time_of_fits(search).sum()
    print(
        f"in stages: {spent / 3600:.2f} h, {search.n_fits_} fits; "
        f"{total * mean / spent:.1f} times less [{low / spent:.1f}, {high / spent:.1f}]"
    )
    best = np.nanmax(search.cv_results_["mean_test_score"])
    index = int(np.nanargmax(search.cv_results_["mean_test_score"]))
    print(f"accuracy by event {best:.3f}: {search.cv_results_['params'][index]}")


if __name__ == "__main__":
    main()
