"""One cycle of a network in two passes over memory forward and two backward.

Convolution, batch normalisation, ReLU, dropout and average pooling are computed in
blocks of images that fit into the cache of a processor, on one thread or several. Each
block is computed on one thread, and sums over blocks have one order, so that results do
not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from ._fused_loops import load_loops

# output of a convolution that stays in the second cache of a core with what is made of
# it: with 0.5 to 2 MB a step takes the same time
_BLOCK_BYTES = 2**20

_convolution_backward = torch.ops.aten.convolution_backward


class Cycle(NamedTuple):
    """The settings of a cycle and the norm whose running moments are updated."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    norm: torch.nn.BatchNorm2d
    threshold: int
    keep_probability: float
    pool_size: int
    pool_stride: int


class FusedTraining:
    """Threads and memory of one fit.

    Parameters
    ----------
    n_threads : int
        Number of threads.
    """

    def __init__(self, n_threads: int) -> None:
        self.loops = load_loops()
        self._threads = None
        if n_threads > 1:
            self._threads = ThreadPoolExecutor(n_threads, initializer=_use_one_thread)
        self._free: list[np.ndarray] = []

    def close(self) -> None:
        """End the threads and free the memory."""
        self._free.clear()
        if self._threads is not None:
            self._threads.shutdown()

    def start(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Return a function for the result of another, computed meanwhile."""
        if self._threads is None:
            return function
        return self._threads.submit(function).result

    def map(self, function: Callable[[slice], Any], blocks: list[slice]) -> list[Any]:
        """Return the results for blocks of images, in order."""
        if self._threads is None or len(blocks) == 1:
            return [function(block) for block in blocks]
        return list(self._threads.map(function, blocks))

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> Taken:
        """Return memory that is given back when nothing refers to it any more.

        New memory would cost as much as a pass: the system clears it page by page.
        """
        return Taken(self._free, shape, dtype)


def _use_one_thread():
    """Let torch run on the calling thread only.

    A thread takes over the number of others until it asks for it once.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)


class Taken:
    """An array in memory that was used before.

    Parameters
    ----------
    free : list of ndarray
        Memory to choose from, as bytes; it takes this memory back.
    shape : tuple of int
        Shape of the array.
    dtype : dtype
        Its dtype.
    """

    def __init__(
        self, free: list[np.ndarray], shape: tuple[int, ...], dtype: np.dtype
    ) -> None:
        n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        fitting = [place for place, one in enumerate(free) if len(one) >= n_bytes]
        if fitting:
            self._memory = free.pop(min(fitting, key=lambda place: len(free[place])))
        else:
            if free:  # all are too small: the largest is replaced
                free.pop(max(range(len(free)), key=lambda place: len(free[place])))
            self._memory = np.empty(n_bytes, np.uint8)
        self._free = free
        self.array = self._memory[:n_bytes].view(dtype).reshape(shape)

    def __del__(self) -> None:
        """Give the memory back, if there was enough of it."""
        if hasattr(self, "array"):
            self._free.append(self._memory)


def fused_cycle(
    x: torch.Tensor,
    convolution: torch.nn.Conv2d,
    cycle: Cycle,
    draw: Callable[[], np.ndarray | None],
    training: FusedTraining,
) -> torch.Tensor:
    """Return the output of a cycle in training, and update the moments of its norm.

    Parameters
    ----------
    x : Tensor of shape (n_images, n_channels, rows, columns)
        Images.
    convolution : Conv2d
        The convolution.
    cycle : Cycle
        What follows it.
    draw : callable
        Returns 16-bit words for all elements of the output of the convolution, None
        without dropout.
    training : FusedTraining
        Threads and memory.

    Returns
    -------
    Tensor of shape (n_images, n_filters, pooled rows, pooled columns)
        The output, channels last.
    """
    norm = cycle.norm
    computation = _Computation(cycle, training)
    weights = (convolution.weight, convolution.bias, norm.weight, norm.bias)
    return _FusedCycle.apply(x, *weights, computation, draw)


class _FusedCycle(torch.autograd.Function):
    """A cycle with the gradients of its input and of its weights."""

    @staticmethod
    def forward(ctx, x, weight, bias, scale, shift, computation, draw):
        """Return the pooled output."""
        x = _channels_last(x)
        ctx.save_for_backward(x, weight, scale)
        ctx.computation = computation
        words = computation.training.start(draw)
        computation.convolve(x, weight, bias)
        computation.normalise(scale, shift)
        return computation.activate(words())

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        """Return the gradients of input and weights."""
        x, weight, scale = ctx.saved_tensors
        computation = ctx.computation
        gradient = _rows(gradient.contiguous(memory_format=torch.channels_last))
        of_scale, of_shift = computation.sum_gradients(gradient, scale)
        of_x, of_weight, of_bias = computation.propagate(
            gradient, x, weight, ctx.needs_input_grad[0]
        )
        return of_x, of_weight, of_bias, of_scale, of_shift, None, None


class _Computation:
    """The arrays of a cycle, from the forward pass to the backward one."""

    def __init__(self, cycle: Cycle, training: FusedTraining) -> None:
        self.cycle = cycle
        self.training = training

    def convolve(self, x, weight, bias):
        """Compute the convolution, and mean and spread of each image and filter."""
        cycle, loops = self.cycle, self.training.loops
        shape = output_size(x, weight, cycle.stride, cycle.padding)
        self.n_filters, self.n_elements = len(weight), shape[0] * shape[1]
        self.dtype = _array(x).dtype
        flat = (len(x), shape[0], shape[1] * self.n_filters)
        self.images = self.training.take(flat, self.dtype)
        self.blocks = _blocks(len(x), flat[1] * flat[2] * self.dtype.itemsize)
        self.means, self.spreads = np.empty((2, len(x), self.n_filters))
        x, weight, bias = x.detach(), weight.detach(), bias.detach()

        def work(block):
            output = torch.conv2d(x[block], weight, bias, cycle.stride, cycle.padding)
            means, spreads = self.means[block], self.spreads[block]
            copies = self.images.array[block]
            loops.describe(_rows(output), copies, self.n_filters, means, spreads)

        self.training.map(work, self.blocks)

    def normalise(self, scale, shift):
        """Set slope and offset of the channels from the moments of the batch."""
        norm = self.cycle.norm
        count = len(self.means) * self.n_elements
        self.mean = self.means.mean(0)
        spread = np.square(self.means - self.mean).sum(0) * self.n_elements
        spread += self.spreads.sum(0)
        self.inverse = 1 / np.sqrt(spread / count + norm.eps)
        self.slope = _array(scale).astype(np.float64) * self.inverse
        self.offset = _array(shift) - self.mean * self.slope
        _update_moments(norm, self.mean, spread / (count - 1))

    def activate(self, words):
        """Return the output after normalisation, ReLU, dropout and pooling."""
        cycle, shape = self.cycle, self.images.array.shape
        self.passed = self.training.take(shape, np.dtype(np.uint8))
        columns = shape[2] // self.n_filters
        sizes = [
            (length - cycle.pool_size) // cycle.pool_stride + 1
            for length in (shape[1], columns)
        ]
        pooled = np.empty((shape[0], sizes[0], sizes[1] * self.n_filters), self.dtype)
        if words is None:
            words = np.empty((len(pooled), self.n_filters, 0, 0), np.int16)
        slope, offset = (self._repeat(values) for values in (self.slope, self.offset))

        def work(block):
            self.training.loops.activate(
                self.images.array[block],
                slope,
                offset,
                words[block],
                cycle.threshold,
                cycle.pool_size,
                cycle.pool_stride,
                self.dtype.type(self._scale),
                self.passed.array[block],
                pooled[block],
            )

        self.training.map(work, self.blocks)
        return _images(pooled, self.n_filters)

    @property
    def _scale(self):
        """Return the factor of the sum over a window of a pool."""
        return 1 / (self.cycle.keep_probability * self.cycle.pool_size**2)

    def _repeat(self, values):
        """Return the values of the channels for all columns of a row."""
        n_columns = self.images.array.shape[2] // self.n_filters
        return np.tile(np.asarray(values, self.dtype), n_columns)

    def sum_gradients(self, gradient, scale):
        """Return the gradients of scale and shift of the norm."""
        cycle = self.cycle
        sums, products = np.empty((2, len(gradient), self.n_filters))
        centre = self._repeat(self.mean)

        def work(block):
            self.training.loops.sum_gradients(
                self.images.array[block],
                self.passed.array[block],
                gradient[block],
                centre,
                cycle.pool_size,
                cycle.pool_stride,
                sums[block],
                products[block],
            )

        self.training.map(work, self.blocks)
        self.sum, self.product = (
            self._scale * sums.sum(0),
            self._scale * products.sum(0),
        )
        return [
            torch.from_numpy(values).to(scale.dtype)
            for values in (self.product * self.inverse, self.sum)
        ]

    def propagate(self, gradient, x, weight, needs_x):
        """Return the gradients of input, weight and bias of the convolution."""
        cycle, shape = self.cycle, self.images.array.shape
        count = len(x) * self.n_elements
        per_channel = (
            self.slope * self._scale,
            -self.slope * self.sum / count,
            -self.slope * self.inverse**2 * self.product / count,
        )
        factors = np.stack([self._repeat(values) for values in per_channel])
        centre = self._repeat(self.mean)
        of_x = torch.empty_like(x) if needs_x else None
        x, weight = x.detach(), weight.detach()

        def work(block):
            out = np.empty((block.stop - block.start, *shape[1:]), self.dtype)
            self.training.loops.normalise_gradients(
                self.images.array[block],
                self.passed.array[block],
                gradient[block],
                centre,
                factors,
                cycle.pool_size,
                cycle.pool_stride,
                self.n_filters,
                out,
            )
            of_block, *of_weights = _convolution_backward(
                _images(out, self.n_filters),
                x[block],
                weight,
                [self.n_filters],
                cycle.stride,
                cycle.padding,
                [1, 1],
                False,
                [0, 0],
                1,
                [needs_x, True, True],
            )
            if of_x is not None:
                of_x[block] = of_block
            return of_weights

        parts = self.training.map(work, self.blocks)
        return of_x, *(_sum(part) for part in zip(*parts, strict=True))


def output_size(x, weight, stride, padding):
    """Return rows and columns of the output of a convolution."""
    return [
        (length + 2 * added - width) // step + 1
        for length, width, step, added in zip(
            x.shape[2:], weight.shape[2:], stride, padding, strict=True
        )
    ]


def _blocks(n_images, n_bytes):
    """Return slices of images, of so many bytes each, that fit into the cache."""
    length = max(1, _BLOCK_BYTES // n_bytes)
    return [
        slice(start, min(start + length, n_images))
        for start in range(0, n_images, length)
    ]


def _channels_last(x):
    """Return images channels last, also where torch takes one channel for the first."""
    if x.shape[1] == 1:
        return x[:, 0].contiguous().unsqueeze(-1).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def _array(tensor):
    """Return a tensor as an array that shares its memory."""
    return tensor.detach().numpy()


def _rows(x):
    """Return images as an array of rows, with the channels of a column together."""
    x = x.contiguous(memory_format=torch.channels_last)
    return _array(x.permute(0, 2, 3, 1)).reshape(len(x), x.shape[2], -1)


def _images(rows, n_channels):
    """Return images, channels last, of an array of rows."""
    columns = rows.shape[2] // n_channels
    shape = (*rows.shape[:2], columns, n_channels)
    return torch.from_numpy(rows.reshape(shape)).permute(0, 3, 1, 2)


def _sum(parts):
    """Return the sum of tensors, one after the other."""
    total = parts[0].contiguous()
    for part in parts[1:]:
        total += part
    return total


def _update_moments(norm, mean, variance):
    """Update the running moments of a norm, as it does itself."""
    norm.num_batches_tracked += 1
    for running, values in (
        (norm.running_mean, mean),
        (norm.running_var, variance),
    ):
        running.mul_(1 - norm.momentum).add_(
            torch.from_numpy(values).to(running.dtype), alpha=norm.momentum
        )
