"""Random numbers of a fit, independent of the global generators."""

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


def draw_seed(random_state):
    """Return the seed of a fit; None takes entropy from the system."""
    if random_state is None:
        return np.random.SeedSequence().entropy
    return int(check_random_state(random_state).randint(2**31))


def make_generators(seed, device, *, n_epochs=0):
    """Return the generators of a fit, which goes on after a number of epochs.

    Epochs of different fits of a network differ in order and dropout, but the same
    events are drawn for validation.
    """
    split = np.random.SeedSequence(seed).spawn(5)[0]
    later = np.random.SeedSequence([seed, n_epochs] if n_epochs else seed)
    _, weights, order, dropout, augmentation = later.spawn(5)
    return FitGenerators(
        np.random.default_rng(split),
        _torch_generator(weights),
        _torch_generator(order),
        _torch_generator(dropout, device),
        np.random.default_rng(augmentation),
    )


def _torch_generator(sequence, device="cpu"):
    """Return a generator of torch on a device."""
    seed = int(sequence.generate_state(1, np.uint64)[0] >> 1)  # signed in torch
    return torch.Generator(device).manual_seed(seed)


@contextmanager
def seeded_global_generator(generator, device):
    """Seed torch's global generator from another one, and restore its state after.

    It is for code that takes no generator: the initialisation of layers and the forward
    pass of modules without `set_generator`. A lock separates concurrent fits.
    """
    cuda = torch.device(device).type == "cuda"
    devices = range(torch.cuda.device_count()) if cuda else []
    # a seed of torch is a signed integer of 64 bits
    seed = torch.randint(2**62, (), generator=generator, device=generator.device)
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=list(devices)):
        torch.default_generator.manual_seed(int(seed))
        if cuda:
            torch.cuda.manual_seed_all(int(seed))
        yield
