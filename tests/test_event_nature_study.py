"""The study runs on labelled records of a folder and leaves what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skseisfp.datasets import make_seismograms

STUDY = Path(__file__).parents[1] / "examples/first_steps/plot_event_nature_study.py"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    bunch = make_seismograms(96, classes=("earthquake", "quarry_blast"), random_state=0)
    bunch.frame["snr_db"] = np.arange(96) // 4 + 3.5
    low = bunch.groups == bunch.groups[-1]
    bunch.frame["label_confidence"] = np.where(low, "low", "high")
    bunch.frame.to_csv(folder / "metadata.csv", index=False)
    np.savez(folder / "waveforms.npz", X=bunch.data)
    command = [sys.executable, STUDY, "--quick", "--data", folder]
    environment = {**os.environ, "MPLBACKEND": "agg"}
    subprocess.run(
        [*command, "--results", folder / "results"],
        check=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    return folder / "results", bunch


@pytest.mark.slow
def test_scores_have_intervals_by_event_and_by_record(results):
    folder, bunch = results
    clear = bunch.frame.eval("snr_db > 6 and label_confidence != 'low'")
    scores = pd.read_csv(folder / "scores.csv", index_col=["model", "level", "metric"])
    assert scores.loc[:, "event", :]["n"].unique() == len(set(bunch.groups[clear]))
    assert scores.loc[:, "record", :]["n"].unique() == clear.sum()
    assert (scores["low"] <= scores["score"]).all()
    assert (scores["score"] <= scores["high"]).all()
    chance = scores.loc[("majority class", "event", "roc_auc")]
    assert chance["low"] <= 0.5 <= chance["high"]
    assert scores.loc[("trees, fingerprints", "event", "roc_auc"), "low"] > 0.5


@pytest.mark.slow
def test_trials_are_those_of_every_search(results):
    trials = pd.read_csv(results[0] / "trials.csv")
    assert trials.groupby("outer_fold").size().tolist() == [2, 2]
    assert trials["mean_test_roc_auc"].between(0, 1).all()


@pytest.mark.slow
def test_every_event_is_judged_once(results):
    folder, bunch = results
    events = pd.read_csv(folder / "events.csv", index_col=0)
    clear = bunch.frame.eval("snr_db > 6 and label_confidence != 'low'")
    assert sorted(events.index) == sorted(set(bunch.groups[clear]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["fingerprints", "scalograms", "cutoffs", "scores", "confusion"]
)
def test_figures_are_drawn(results, name):
    picture = (results[0] / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
