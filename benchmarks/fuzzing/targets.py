"""What is fuzzed: functions that make an input, run it, and name its parameters."""

import pickle
import zlib
from typing import NamedTuple

import numpy as np

from . import array_targets, file_targets, plan_targets
from .cases import Case

SEEDS = "seeds.pickle"


class Target(NamedTuple):
    """Something that takes inputs.

    Parameters
    ----------
    seeds : str
        Kind of its seeds.
    make : callable
        Takes a generator of random numbers and the seeds; returns files and options.
    run : callable
        Takes a `Case` and the folder of its files.
    names : callable
        Takes a `Case`; returns the names of which a fair message has one.
    """

    seeds: str
    make: object
    run: object
    names: object


TARGETS = {
    name: Target(*parts)
    for module in (file_targets, array_targets, plan_targets)
    for name, parts in module.TARGETS.items()
}


def target_of(name):
    """Return a target by its name."""
    return TARGETS[name]


def make_case(name, seed, number, seeds):
    """Return an input: the same for the same arguments."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    target = TARGETS[name]
    files, options = target.make(rng, seeds[target.seeds])
    return Case(name, files, options)


def write_seeds(seeds, folder):
    """Write the seeds where the children read them."""
    (folder / SEEDS).write_bytes(pickle.dumps(seeds))


def read_seeds(folder):
    """Read the seeds that the parent has made."""
    return pickle.loads((folder / SEEDS).read_bytes())
