"""Events, labels and scores of useless looks, for the tests of the ledger."""

import numpy as np

EVENTS = np.repeat(np.arange(40), 2)
Y = np.where(EVENTS % 4 == 0, "blast", "quake")
KEY = {"pipeline": "trees", "folds": "five", "data": "fingerprints"}


def noise(seed, events=EVENTS):
    return np.random.default_rng(seed).random(len(events))


def other_events(n_events=12, first=100):
    events = np.repeat(np.arange(first, first + n_events), 2)
    return np.where(events % 2, "blast", "quake"), events
