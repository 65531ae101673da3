"""Convolution: three operations that are each other's derivatives.

Inputs x, weights w and outputs y are tied together by a single sum of products, over all places where

    input place = stride * output place + dilation * kernel place - before

along each axis; `before` is how many zeros are imagined in front. Two of the three are given, and the third is made:

    collect(x, w)     what the outputs get:  sum of w * x     (what networks call a convolution)
    distribute(y, w)  what the inputs get:   sum of w * y     (and a transposed convolution)
    overlap(x, y)     what the weights get:  sum of x * y

Each is linear in both arguments, so its derivatives are the other two, and so are theirs: there is no end to it.
x is (N, C, ...), w is (O, C / groups, ...), y is (N, O, ...). The lengths of the result's other axes are given as
`size`, and all four numbers that describe how things meet, a tuple for each, come last.

All is done by large matrix products. What meets each place of the kernel is copied out, side by side (`unroll`); but
along the last axis only, and what the other axes' places give is added up where it belongs: that is less to copy. A few
images are done at a time, so that the copy stays in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ...engine.atomic import atomic
from ...engine.declare import primitive

Lengths = tuple[int, ...]
BLOCK = 160_000  # elements of a copy: more would not stay in the cache, fewer would be all overhead
SMALL, SHORT = 1_000_000, 128  # multiplications that need no packing; a piece shorter than that would gain nothing


@primitive(
    lambda g, y, x, w, start, size, *how: distribute(g, w, x.shape[2:], *how),  # type: ignore[has-type]
    lambda g, y, x, w, start, size, *how: overlap(x, g, w.shape[2:], *how),  # type: ignore[has-type]
    lambda g, y, x, w, start, size, *how: np.sum(np.sum(g, tuple(range(2, g.ndim))), 0),  # row by row is quicker
    name="convolution",
)
@atomic
def collect(x: Any, w: Any, start: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The outputs: `start`, of each kernel, and at each place the sum of what the kernel, laid over the input, multiplies."""
    given = (x, w) if start is None else (x, w, start)
    out = writable(np.empty_like(x, np.result_type(*given), "C", shape=(len(x), len(w), *size)))
    out[...] = 0 if start is None else start.reshape(-1, *(1,) * len(size))
    whole = split_channels(out, groups)
    *others, last = meetings(x.shape[2:], size, w.shape[2:], stride, before, dilation)
    shifts = crossings(others)
    weights = by_shift(w.reshape(groups, -1, *w.shape[1:]))
    for images in blocks(x, w.shape[-1]):
        columns = unroll(x[images], groups, size[-1], last)
        for at, inputs, outputs in shifts:
            part = whole[images][(..., *outputs, slice(None))]
            part += weigh_columns(weights[at], flat(columns[(..., *inputs, slice(None))])).reshape(part.shape)
    return out


@primitive(
    lambda g, x, y, w, size, *how: collect(g, w, None, y.shape[2:], *how),
    lambda g, x, y, w, size, *how: overlap(g, y, w.shape[2:], *how),  # type: ignore[has-type]
    name="convolution, transposed",
)
@atomic
def distribute(y: Any, w: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The inputs: each output lays down the kernel, times itself, where it was taken from."""
    out = writable(np.zeros_like(y, np.result_type(y, w), "C", shape=(len(y), w.shape[1] * groups, *size)))
    whole = split_channels(out, groups)
    *others, last = meetings(size, y.shape[2:], w.shape[2:], stride, before, dilation)
    shifts = crossings(others)
    weights = by_shift(np.swapaxes(w.reshape(groups, -1, *w.shape[1:]), 1, 2))
    weights = np.moveaxis(weights, -3, 0).reshape(groups, -1, weights.shape[-1])  # all shifts at once: every output is used by all
    for images in blocks(y, w.shape[-1]):
        columns = unroll(y[images], groups, size[-1], [(outputs, inputs) for inputs, outputs in last])
        laid = weigh_columns(weights, flat(columns)).reshape(*columns.shape[:2], *map(len, others), -1, *columns.shape[3:])
        for at, inputs, outputs in shifts:
            part = whole[images][(..., *inputs, slice(None))]
            part += laid[(slice(None), slice(None), *at, ..., *outputs, slice(None))]
    return out


@primitive(
    lambda g, w, x, y, size, *how: distribute(y, g, x.shape[2:], *how),
    lambda g, w, x, y, size, *how: collect(x, g, None, y.shape[2:], *how),
    name="convolution, weights",
)
@atomic
def overlap(x: Any, y: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The weights: for each place of the kernel, the products of all inputs and outputs that it joins."""
    channels, kernels = x.shape[1] // groups, y.shape[1]
    out = writable(np.zeros_like(x, np.result_type(x, y), "C", shape=(*size[:-1], groups, size[-1] * channels, kernels // groups)))
    whole = np.moveaxis(split_channels(y, groups), 2, -1)  # a factor is quickest when the axis to add over comes first
    *others, last = meetings(x.shape[2:], y.shape[2:], size, stride, before, dilation)
    shifts = crossings(others)
    for images in blocks(x, size[-1]):
        columns, rows = unroll(x[images], groups, y.shape[-1], last), np.copy(whole[images], "C")
        for at, inputs, outputs in shifts:
            left, right = flat(columns[(..., *inputs, slice(None))]), rows[(slice(None), slice(None), *outputs)]
            right = right.reshape(*right.shape[:2], left.shape[-1], right.shape[-1])
            for piece in pieces(left.shape[-1], left.shape[-2] * right.shape[-1]):
                out[at] += np.matmul(left[..., piece], right[..., piece, :]).sum(0)
    out = np.moveaxis(out.reshape(*size[:-1], groups, size[-1], channels, -1), (-4, -1, -2), (0, 1, 2))
    return out.reshape(kernels, channels, *size)


def writable(out: Any) -> Any:
    """`out`, if what is written into its parts gets there; some libraries' arrays, Dask's for one, have no views."""
    if not hasattr(out, "strides"):
        raise TypeError(f"convolution and pooling write into parts of arrays, and those of {type(out).__name__} are no views of it")
    return out


# ------------------------------------------------------------------------------------ where things meet


def meetings(inputs: Lengths, outputs: Lengths, kernel: Lengths, *how: Lengths) -> list[list[tuple[slice, slice]]]:
    """For each axis, and each place of the kernel along it: the inputs that are there, and the outputs they go to."""
    return [[meeting_places(k, n, m, *numbers) for k in range(places)]
            for n, m, places, *numbers in zip(inputs, outputs, kernel, *how, strict=True)]  # fmt: skip


def meeting_places(k: int, inputs: int, outputs: int, stride: int, before: int, dilation: int) -> tuple[slice, slice]:
    """Place `k` of the kernel along one axis. Those outputs are left out that would take from beyond the ends."""
    shift = dilation * k - before
    first, end = max(0, -(shift // stride)), min(outputs, (inputs - 1 - shift) // stride + 1)
    if end <= first:
        return slice(0, 0, 1), slice(0, 0, 1)
    return slice(stride * first + shift, stride * (end - 1) + shift + 1, stride), slice(first, end, 1)


def crossings(axes: list[list[tuple[slice, slice]]]) -> list[tuple[Lengths, tuple[slice, ...], tuple[slice, ...]]]:
    """Each place of the kernel along several axes, with its inputs and outputs."""
    found = []
    for met in product(*(enumerate(axis) for axis in axes)):
        at, places = zip(*met) if met else ((), ())
        found.append((at, tuple(inputs for inputs, _ in places), tuple(outputs for _, outputs in places)))
    return found


# ------------------------------------------------------------------------------------------- matrices


def unroll(x: Any, groups: int, size: int, places: list[tuple[slice, slice]]) -> Any:
    """What meets each place of the kernel along the last axis: (N, groups, places * channels, ..., size), 0 where nothing is."""
    x = split_channels(x, groups)
    images, _, channels, *lead, _ = x.shape
    out: Any = writable(np.empty_like(x, order="C", shape=(images, groups, len(places), channels, *lead, size)))
    for k, (source, target) in enumerate(places):
        lay(x, out[:, :, k], source, target)
    return out.reshape(images, groups, len(places) * channels, *lead, size)


def lay(x: Any, out: Any, source: slice, target: slice) -> None:
    """``out[..., target] = x[..., source]``, and zeros elsewhere."""
    if x.shape == out.shape and source.step == target.step == 1 and x.size:
        # All rows as one row: to copy much at once is quicker than row by row. What crosses from one into the next is mended.
        shift = source.start - target.start
        places = (*x.shape[:2], math.prod(x.shape[2:]))
        out.reshape(places)[..., max(0, -shift) : places[-1] - max(0, shift)] = x.reshape(places)[..., max(0, shift) : places[-1] + min(0, shift)]
        out[..., : target.start] = 0
        out[..., target.stop :] = 0
    else:
        out[...] = 0
        out[..., target] = x[..., source]


def by_shift(w: Any) -> Any:
    """Weights (groups, to, from, ..., last), as a matrix for each place but for the last axis: (..., groups, to, last * from)."""
    parts = np.moveaxis(w, (0, 1, -1, 2), (-4, -3, -2, -1))
    return parts.reshape(*parts.shape[:-2], -1)


def split_channels(x: Any, groups: int) -> Any:
    """(N, C, ...) as (N, groups, C / groups, ...)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])


def flat(x: Any) -> Any:
    """All places as one axis; a view of unrolled rows, unless the stride leaves some out."""
    return x.reshape(*x.shape[:3], math.prod(x.shape[3:]))


def weigh_columns(w: Any, columns: Any) -> Any:
    """``w @ columns``, in pieces."""
    out = np.empty_like(columns, np.result_type(w, columns), "C", shape=(*columns.shape[:-2], w.shape[-2], columns.shape[-1]))
    for piece in pieces(columns.shape[-1], w.shape[-2] * w.shape[-1]):
        np.matmul(w, columns[..., piece], out[..., piece])
    return out


def pieces(length: int, others: int) -> Iterator[slice]:
    """An axis of a matrix product in such pieces that OpenBLAS need not pack them, given the lengths of the `others`, multiplied."""
    n = -(-length * others // SMALL)
    step = -(-length // n) if n and length >= n * SHORT else length
    return (slice(i, i + step) for i in range(0, length, max(1, step)))


def blocks(x: Any, places: int) -> Iterator[slice]:
    """The images in turn, as many at a time as make a copy of that size."""
    step = max(1, BLOCK // max(1, places * x[:1].size))
    return (slice(i, i + step) for i in range(0, len(x), step))
