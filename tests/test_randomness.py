from threading import Barrier, Thread

import numpy as np
import pytest
import torch

from skseisfp._utils.torch_sums import reproducible_sums
from skseisfp.neural._randomness import (
    draw_seed,
    make_generators,
    seeded_global_generator,
)


@pytest.fixture
def two_threads():
    outside = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(outside)


def draw(generators):
    tensors = [
        torch.rand(3, generator=generator)
        for generator in (generators.weights, generators.order, generators.dropout)
    ]
    return [generators.split.random(3).tolist(), *(t.tolist() for t in tensors)]


def test_generators_follow_the_seed_and_differ_from_each_other():
    first, second, other = (
        draw(make_generators(draw_seed(s), "cpu")) for s in (3, 3, 4)
    )
    assert first == second
    assert first != other
    assert len({tuple(numbers) for numbers in first}) == 4


def test_a_random_state_instance_is_advanced():
    state = np.random.RandomState(0)
    first, second = (draw(make_generators(draw_seed(state), "cpu")) for _ in range(2))
    assert first != second


def test_the_global_generator_is_lent_and_put_back():
    before = torch.get_rng_state()
    numbers = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(0)
        for _ in range(2):
            with seeded_global_generator(generator, "cpu"):
                numbers.append(torch.rand(1).item())
    assert numbers[0] == numbers[2] != numbers[1] == numbers[3]
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("two_threads")
def test_one_thread_inside_and_the_setting_put_back():
    with reproducible_sums("cpu"):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_one_fit_may_end_while_another_runs():
    barrier, inside, after = Barrier(2, timeout=30), [], []

    def early():
        with reproducible_sums("cpu"):
            barrier.wait()
        after.append(torch.get_num_threads())
        barrier.wait()

    def late():
        with reproducible_sums("cpu"):
            barrier.wait()
            barrier.wait()
            inside.append(torch.get_num_threads())
        after.append(torch.get_num_threads())

    def started_after():
        after.append(torch.get_num_threads())

    for targets in ((early, late), (started_after,)):
        threads = [Thread(target=target) for target in targets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert inside == [1]
    assert after == [2, 2, 2]


def test_cuda_runs_deterministic_kernels_of_cudnn():
    cudnn = torch.backends.cudnn
    before = (cudnn.enabled, cudnn.benchmark, cudnn.deterministic)
    with reproducible_sums("cuda"):
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (1, 0, 1)
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == before
