"""The published experiments with the architecture, on the 716 synthetic records.

Records are filtered at their own cut-off and fingerprinted once; the convolutional
network of every trial is trained for 12 epochs on four fifths of the events and scored
on the last fifth (``--folds 1``), or on each fifth in turn. Objectives are the accuracy
by event and the gradient of the error of the fitted network. A study that was stopped
resumes.

The table of all trials, the cube and its report are written to the folder of results.

Run: python benchmarks/published_experiments.py "experiment 4" [--jobs 2] [--folds 5]
"""

import argparse
from pathlib import Path

from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.metrics import event_accuracy, neg_gradient_of_error
from skseisfp.plotting import write_report
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

EXPERIMENTS = tuple(f"experiment {number}" for number in (1, 2, 3, 4))
N_EPOCHS = 12


def make_pipeline(sampling_rate, device):
    """Return the pipeline of filter, fingerprint and classifier."""
    classifier = FingerprintClassifier(
        max_epochs=N_EPOCHS, device=device, random_state=0
    )
    return Pipeline(
        [
            ("filter", AdaptiveHighpassFilter(sampling_rate=sampling_rate)),
            (
                "fingerprint",
                FingerprintTransformer(sampling_rate=sampling_rate, f_min=0.5),
            ),
            ("classifier", classifier),
        ]
    )


def sweep(plan, *, n_folds, n_jobs, device, store):
    """Run a plan, or the trials of it that are not in the store."""
    bunch = make_seismograms(random_state=0)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    splits = list(folds.split(bunch.data, bunch.target, bunch.groups))[:n_folds]
    search = SweepSearchCV(
        make_pipeline(bunch.sampling_rate, device),
        plan,
        scoring={
            "event_accuracy": event_accuracy,
            "neg_gradient_of_error": neg_gradient_of_error,
        },
        refit=False,
        cv=splits,
        n_jobs=n_jobs,
        store=store,
        verbose=1,
    )
    return search.fit(bunch.data, bunch.target)


def main():
    """Run the sweep and write its results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("--folds", type=int, default=1, choices=range(1, 6))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--results", type=Path, default=Path("results/experiments"))
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / options.experiment.replace(" ", "_")
    search = sweep(
        ExperimentPlan.published(options.experiment),
        n_folds=options.folds,
        n_jobs=options.jobs,
        device=options.device,
        store=options.results / "studies.db",
    )
    cube = ResultCube.from_search(search)
    cube.to_netcdf(path.with_suffix(".nc"))
    cube.to_csv(path.with_suffix(".csv"))
    write_report(cube, path.with_suffix(".html"))
    print(cube.to_frame().sort_values(cube.main_metric, ascending=False).head(10))


if __name__ == "__main__":
    main()
