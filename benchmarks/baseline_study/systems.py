"""The systems that are compared: published ones, heads on representations, controls.

A published system needs no line here: all of `published_systems()` are taken, at their
defaults but for the `SETTINGS` below.
"""

from collections.abc import Callable
from inspect import signature
from typing import NamedTuple

from skseisfp import baselines

from . import heads as h
from . import representations as r
from .data_sets import BEFORE

REFERENCE = "trees on 16 x 16 scalogram"
WINDOW = (BEFORE - 10, BEFORE + 50)
WINDOWS = {
    "AfterLinville2019": (BEFORE - 10, BEFORE + 80),
    "AfterUlyanov2021": (BEFORE - 1, BEFORE + 14),
    "ArrayConvNet": (BEFORE - 5, BEFORE + 45),
    "ConvNetQuake": (BEFORE - 1, BEFORE + 9),
    "ErtuncayCNN": (BEFORE - 10, BEFORE + 80),
    "HainanCNN": (BEFORE - 20, BEFORE + 80),
    "KongCNN": (BEFORE - 5, BEFORE + 45),
    "LinvilleLSTM": (BEFORE - 10, BEFORE + 80),
    "QuakeXNet2D": (BEFORE - 20, BEFORE + 80),
    "UPCUCV": (BEFORE - 1, BEFORE + 9),
}
SETTINGS = {
    "AlexNetImage": {"shape": (112, 112), "width": 0.25},
    "TrovaCNN": {"pool_stride": 2},
}
N_STATIONS = {"AfterZhou2021": 5, "ArrayConvNet": 8}


class System(NamedTuple):
    """One of the systems that are compared.

    Parameters
    ----------
    name : str
        Name in the tables.
    kind : {"head", "published", "control"}
        A head on a representation, a published system, or a control.
    make : callable
        Maps a data set to a classifier that is not fitted.
    view : callable
        Maps a data set to the input of the classifier, one row a record.
    n_stations : int or None
        Number of stations of a classifier of events.
    applies : callable
        Returns whether a data set has all that the system needs.
    selected : bool
        Whether settings of it were selected on events of the set `pnw`.
    """

    name: str
    kind: str
    make: Callable
    view: Callable
    n_stations: int | None = None
    applies: Callable = lambda data_set: True
    selected: bool = False


REPRESENTATIONS = {
    "fingerprints": r.fingerprints,
    "two planes": r.two_planes,
    "paper's fingerprints": r.paper_fingerprints,
    "16 x 16 scalogram": r.small_scalograms,
    "64 x 64 scalogram": r.large_scalograms,
    "physics features": r.physics_features,
}
SELECTED = ("fingerprints", "two planes")
HEADS = ("trees", "logistic regression", "linear network")
MEAN = "mean of three trees"


def cross():
    """Return every head on every representation, but no network on physics."""
    made = []
    for name, view in REPRESENTATIONS.items():
        discrete = name.endswith(("fingerprints", "planes"))
        network = h.make_linear_network if discrete else h.make_scaled_linear_network
        makers = (h.make_trees, h.make_logistic, network)
        for head, make in zip(HEADS, makers, strict=True):
            if (head, name) != ("linear network", "physics features"):
                chosen = head == "linear network" or name in SELECTED
                made.append(
                    System(f"{head} on {name}", "head", make, view, selected=chosen)
                )
    return made


OURS = (
    System(MEAN, "head", h.make_three_trees, r.three_views, selected=True),
    *cross(),
    System(
        "linear network on two planes of 24 s",
        "head",
        h.make_linear_network,
        r.short_planes,
        selected=True,
    ),
    System(
        "default network on fingerprints",
        "head",
        h.make_network,
        r.fingerprints,
        selected=True,
    ),
)
CONTROLS = (
    System(
        "control: station, channel, rate",
        "control",
        h.make_table_trees,
        r.metadata,
        applies=lambda data_set: bool(data_set.metadata),
    ),
    System(
        "control: noise before the event",
        "control",
        h.make_trees,
        r.noise_fingerprints,
        applies=lambda data_set: data_set.noise is not None,
    ),
    System(
        "control: year",
        "control",
        h.make_time_trees,
        r.years,
        applies=lambda data_set: "origin_time_utc" in data_set.frame,
    ),
    System(
        "control: year, hour, weekday",
        "control",
        h.make_time_trees,
        r.times,
        applies=lambda data_set: "origin_time_utc" in data_set.frame,
    ),
    System("control: labels shuffled", "control", h.make_shuffled, r.fingerprints),
    System("control: prior", "control", h.make_prior, r.waveforms),
)


def list_systems():
    """Return all systems by name, heads and controls first."""
    names = baselines.published_systems().index
    published = [
        System(name, "published", _maker(name), r.waveforms, N_STATIONS.get(name))
        for name in sorted(names)
    ]
    return {system.name: system for system in (*OURS, *CONTROLS, *published)}


def _maker(name):
    """Return the function that makes a published system for a data set."""
    system = getattr(baselines, name)

    def make(data_set):
        known = {
            "sampling_rate": data_set.sampling_rate,
            "window": WINDOWS.get(name, WINDOW),
            "device": "cpu",
            "vp_vs": r.VP_VS,
        }
        taken = known.keys() & signature(system).parameters
        return system(**{k: known[k] for k in taken}, **SETTINGS.get(name, {}))

    return make
