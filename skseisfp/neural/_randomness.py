"""Random numbers of a fit, kept apart from the global generators."""

from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from sklearn.utils import check_random_state

_GLOBAL_GENERATOR = Lock()


@dataclass
class FitGenerators:
    """The generators of one fit, one for each purpose."""

    split: np.random.Generator
    weights: torch.Generator
    order: torch.Generator
    dropout: torch.Generator
    augmentation: np.random.Generator


def make_generators(random_state, device):
    """Derive the generators of a fit; None takes entropy from the system."""
    seed = None
    if random_state is not None:
        seed = check_random_state(random_state).randint(2**31)
    sequences = np.random.SeedSequence(seed).spawn(5)
    split, weights, order, dropout, augmentation = sequences
    return FitGenerators(
        np.random.default_rng(split),
        _torch_generator(weights),
        _torch_generator(order),
        _torch_generator(dropout, device),
        np.random.default_rng(augmentation),
    )


def _torch_generator(sequence, device="cpu"):
    seed = int(sequence.generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


@contextmanager
def seeded_global_generator(generator, device):
    """Lend torch's global generator, freshly seeded, and put its state back.

    It is for code that cannot be told which generator to use: the initialisation of
    layers and the forward pass of modules without `set_generator`. A lock keeps
    concurrent fits apart.
    """
    cuda = torch.device(device).type == "cuda"
    devices = range(torch.cuda.device_count()) if cuda else []
    seed = torch.randint(2**62, (), generator=generator, device=generator.device)
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=list(devices)):
        torch.default_generator.manual_seed(int(seed))
        if cuda:
            torch.cuda.manual_seed_all(int(seed))
        yield
