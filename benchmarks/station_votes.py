"""How the answers to the records of an event are best put together.

The answers are those of the net of ``better_prints.py`` at new stations, which must
have been run before; every vote sees the same ones.

Run: SKSEISFP_DATA=FOLDER python benchmarks/station_votes.py
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from pnw_protocols import read
from sklearn.metrics import roc_auc_score

from skseisfp.metrics import aggregate_events


def by_mean(scores, events, snr):
    """Return the mean probability."""
    return aggregate_events(scores, events)["score_1"]


def by_majority(scores, events, snr):
    """Return the share of the records that are called blasts."""
    return aggregate_events(scores, events, vote="majority")["score_1"]


def by_snr(scores, events, snr):
    """Return the mean probability, weighted by the part of the signal."""
    return aggregate_events(scores, events, vote="snr", snr=snr)["score_1"]


def by_log_odds(scores, events, snr):
    """Return the mean of the log-odds, which a sure record can decide."""
    odds = np.log(scores.clip(1e-9))
    odds = pd.Series(odds[:, 1] - odds[:, 0])
    return odds.groupby(events, sort=False).mean()


def by_clearest(scores, events, snr):
    """Return the probability of the record of largest SNR."""
    table = pd.DataFrame({"score": scores[:, 1], "event": events, "snr": snr})
    best = table.loc[table.groupby("event", sort=False)["snr"].idxmax()]
    return best.set_index("event")["score"]


VOTES = {
    "mean of probabilities (default)": by_mean,
    "mean weighted by SNR": by_snr,
    "mean of log-odds": by_log_odds,
    "majority": by_majority,
    "the clearest record alone": by_clearest,
}


def main():
    """Score all votes and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--results", type=Path, default=Path("results/better_prints"))
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    bunch, _ = read(options.data)
    is_blast = pd.Series(bunch.target == "explosion").groupby(bunch.groups).first()
    snr = bunch.frame["snr_db"].to_numpy()
    table = pd.DataFrame(index=VOTES, columns=options.seeds, dtype=float)
    for seed in options.seeds:
        answers = pd.read_csv(options.results / f"net_{seed}.csv").set_index("record")
        columns = ["score_earthquake", "score_explosion"]
        scores = answers[columns].sort_index().to_numpy()
        for name, vote in VOTES.items():
            given = vote(scores, bunch.groups, snr)
            table.loc[name, seed] = roc_auc_score(is_blast[given.index], given)
    table["mean"] = table.mean(axis=1)
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
