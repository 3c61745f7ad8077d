"""Regret of the staged search on cubes that were searched in full.

For each cube and seed `StagedSearchCV` with halving looks for the best of all trials
and gets only the scores that it asks for; random search then has as many fits, all
folds of each trial it draws. Regret is the mean score of the best trial of the cube
minus that of the selected one. The budget of halving is the folds. The seed draws the
start values of both parameters and folds for the one, and the trials for the other.

Run: python benchmarks/staged_regret.py [--seeds N]
"""

import argparse

import numpy as np
import pandas as pd
from exhaust_cubes import DATA, GRIDS, read_cube
from sklearn.base import BaseEstimator

from skseisfp.sweep import StagedSearchCV

FACTOR = 3
N_REFINED = 3
MOST = 0.15


class Lookup(BaseEstimator):
    """An estimator whose score on a fold is read from a cube."""

    grid, scores = None, None

    def __init__(self, **params):
        vars(self).update(params)

    def get_params(self, deep=True):
        """Return the parameters, those of the cube."""
        return dict(vars(self))

    def set_params(self, **params):
        """Set parameters."""
        vars(self).update(params)
        return self

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def score(self, X, y=None):
        """Return the score of the parameters on the fold that X names."""
        place = [values.index(vars(self)[name]) for name, values in self.grid.items()]
        return self.scores[(*place, int(X[0, 0]))]


def make_stages(grid):
    """Return stages of three and two parameters, with all values of the cube."""
    names = list(grid)
    return [{name: grid[name] for name in part} for part in (names[:3], names[3:])]


def staged(grid, scores, seed):
    """Return the mean score of the trial that a staged search selects, and its fits."""
    n_folds = scores.shape[-1]
    Lookup.grid, Lookup.scores = grid, scores
    rng = np.random.default_rng(seed)
    start = {name: values[rng.integers(len(values))] for name, values in grid.items()}
    X = np.arange(n_folds)[:, np.newaxis]
    splits = [(np.delete(X[:, 0], fold), [fold]) for fold in range(n_folds)]
    search = StagedSearchCV(
        Lookup(**start),
        make_stages(grid),
        fine=grid,
        n_refined=N_REFINED,
        factor=FACTOR,
        random_state=seed,
        cv=splits,
    ).fit(X)
    return search.best_score_, search.n_fits_


def compare(name, n_seeds):
    """Return regrets and fits of both searches, one row a seed."""
    grid, table = GRIDS[name], read_cube(name)
    folds = table.sort_values(list(grid)).filter(like="fold_").to_numpy()
    scores = folds.reshape(*map(len, grid.values()), -1)
    means = folds.mean(axis=1)
    rows = []
    for seed in range(n_seeds):
        found, n_fits = staged(grid, scores, seed)
        n_trials = -(-n_fits // folds.shape[1])
        drawn = np.random.default_rng(seed).choice(means, n_trials, replace=False)
        rows.append(
            {
                "cube": name,
                "seed": seed,
                "staged": means.max() - found,
                "random": means.max() - drawn.max(),
                "share": n_fits / folds.size,
            }
        )
    return pd.DataFrame(rows)


def main():
    """Print median regrets cube by cube, and whether the staged search is ahead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    names = [name for name in GRIDS if (DATA / f"cube_{name}.csv").exists()]
    for name in names:
        table = compare(name, options.seeds)
        middle = table[["staged", "random", "share"]].median()
        ahead = middle["staged"] < middle["random"] and table["share"].max() <= MOST
        wins = (table["staged"] < table["random"]).mean()
        print(
            f"{name}: median regret staged {middle['staged']:.4f}, random "
            f"{middle['random']:.4f} with as many fits ({middle['share']:.1%} of all, "
            f"at most {table['share'].max():.1%}); lower in {wins:.0%} of the seeds: "
            f"{'passed' if ahead else 'FAILED'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
