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

All is done by large matrix products. What meets each place of the kernel is copied out, side by side (`unrolled`). To
distribute, this is done along the last axis only, and what the other axes' places give is added up where it belongs: that
is less to copy. A few images are done at a time, so that the copy stays in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..primitive import primitive

Lengths = tuple[int, ...]
BLOCK = 250_000  # elements of a copy: more would not stay in the cache, fewer would be all overhead


@primitive(
    lambda g, y, x, w, size, *how: distribute(g, w, x.shape[2:], *how),  # type: ignore[has-type]
    lambda g, y, x, w, size, *how: overlap(x, g, w.shape[2:], *how),  # type: ignore[has-type]
    name="convolution",
)
def collect(x: Any, w: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The outputs: at each place the sum of what the kernel, laid over the input, multiplies."""
    out = writable(np.empty_like(x, np.result_type(x, w), "C", shape=(len(x), len(w), *size)))
    whole = flat(grouped(out, groups))
    places = meetings(x.shape[2:], size, w.shape[2:], stride, before, dilation)
    weights = np.moveaxis(w.reshape(groups, -1, *w.shape[1:]), 2, -1).reshape(groups, len(w) // groups, -1)
    for images in blocks(x, math.prod(w.shape[2:])):
        np.matmul(weights, flat(unrolled(x[images], groups, size, places)), out=whole[images])
    return out


@primitive(
    lambda g, x, y, w, size, *how: collect(g, w, y.shape[2:], *how),
    lambda g, x, y, w, size, *how: overlap(g, y, w.shape[2:], *how),  # type: ignore[has-type]
    name="convolution, transposed",
)
def distribute(y: Any, w: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The inputs: each output lays down the kernel, times itself, where it was taken from."""
    out = writable(np.zeros_like(y, np.result_type(y, w), "C", shape=(len(y), w.shape[1] * groups, *size)))
    whole = grouped(out, groups)
    *shifts, last = meetings(size, y.shape[2:], w.shape[2:], stride, before, dilation)
    weights = by_shift(np.swapaxes(w.reshape(groups, -1, *w.shape[1:]), 1, 2).reshape(-1, len(w) // groups, *w.shape[2:]), groups)
    for images in blocks(y, w.shape[-1]):
        columns = unrolled(y[images], groups, size[-1:], [[(outputs, inputs) for inputs, outputs in last]])
        for at, inputs, outputs in crossings(shifts):
            part = whole[images][(..., *inputs, slice(None))]
            part += np.matmul(weights[at], flat(columns[(..., *outputs, slice(None))])).reshape(part.shape)
    return out


@primitive(
    lambda g, w, x, y, size, *how: distribute(y, g, x.shape[2:], *how),
    lambda g, w, x, y, size, *how: collect(x, g, y.shape[2:], *how),
    name="convolution, weights",
)
def overlap(x: Any, y: Any, size: Lengths, stride: Lengths, before: Lengths, dilation: Lengths, groups: int) -> Any:
    """The weights: for each place of the kernel, the products of all inputs and outputs that it joins."""
    channels, (kernels, k) = x.shape[1] // groups, (y.shape[1], math.prod(size))
    out = writable(np.zeros_like(x, np.result_type(x, y), "C", shape=(groups, k * channels, kernels // groups)))
    places = meetings(x.shape[2:], y.shape[2:], size, stride, before, dilation)
    for images in blocks(x, k):
        columns = flat(unrolled(x[images], groups, y.shape[2:], places))
        out += np.matmul(columns, np.swapaxes(flat(grouped(y[images], groups)), -1, -2)).sum(0)
    return np.moveaxis(out.reshape(groups, *size, channels, -1), (-1, -2), (1, 2)).reshape(kernels, channels, *size)


def writable(out: Any) -> Any:
    """`out`, if what is written into its parts gets there; some libraries' arrays, Dask's for one, have no views."""
    if not hasattr(out, "strides"):
        raise TypeError(f"convolution and pooling write into parts of arrays, and those of {type(out).__name__} are no views of it")
    return out


# ------------------------------------------------------------------------------------ where things meet


def meetings(inputs: Lengths, outputs: Lengths, kernel: Lengths, *how: Lengths) -> list[list[tuple[slice, slice]]]:
    """For each axis, and each place of the kernel along it: the inputs that are there, and the outputs they go to."""
    return [[meeting(k, n, m, *numbers) for k in range(places)]
            for n, m, places, *numbers in zip(inputs, outputs, kernel, *how, strict=True)]  # fmt: skip


def meeting(k: int, inputs: int, outputs: int, stride: int, before: int, dilation: int) -> tuple[slice, slice]:
    """Place `k` of the kernel along one axis. Those outputs are left out that would take from beyond the ends."""
    shift = dilation * k - before
    first, end = max(0, -(shift // stride)), min(outputs, (inputs - 1 - shift) // stride + 1)
    if end <= first:
        return slice(0, 0), slice(0, 0)
    return slice(stride * first + shift, stride * (end - 1) + shift + 1, stride), slice(first, end)


def crossings(shifts: list[list[tuple[slice, slice]]]) -> Iterator[tuple[Lengths, tuple[slice, ...], tuple[slice, ...]]]:
    """Each place of the kernel along several axes, with its inputs and outputs."""
    for at in np.ndindex(*map(len, shifts)):
        met = [axis[k] for axis, k in zip(shifts, at, strict=True)]
        yield at, tuple(inputs for inputs, _ in met), tuple(outputs for _, outputs in met)


# ------------------------------------------------------------------------------------------- matrices


def unrolled(x: Any, groups: int, size: Lengths, places: list[list[tuple[slice, slice]]]) -> Any:
    """What meets each place of the kernel along the last axes: (N, groups, places * channels, ..., *size), 0 where nothing is."""
    x = grouped(x, groups)
    images, _, channels, *lead = x.shape[: x.ndim - len(size)]
    kernel = tuple(map(len, places))
    out: Any = writable(np.zeros_like(x, order="C", shape=(images, groups, *kernel, channels, *lead, *size)))
    for at, source, target in crossings(places):
        out[(slice(None), slice(None), *at, ..., *target)] = x[(..., *source)]
    return out.reshape(images, groups, math.prod(kernel) * channels, *lead, *size)


def by_shift(w: Any, groups: int) -> Any:
    """The weights as a matrix for each group and each place of the kernel but for its last axis, which goes to the columns."""
    parts = np.moveaxis(w.reshape(groups, -1, *w.shape[1:]), (0, 1, -1, 2), (-4, -3, -2, -1))
    return parts.reshape(*parts.shape[:-2], -1)


def grouped(x: Any, groups: int) -> Any:
    """(N, C, ...) as (N, groups, C / groups, ...)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])


def flat(x: Any) -> Any:
    """All places as one axis; a view of unrolled rows, unless the stride leaves some out."""
    return x.reshape(*x.shape[:3], math.prod(x.shape[3:]))


def blocks(x: Any, places: int) -> Iterator[slice]:
    """The images in turn, as many at a time as make a copy of that size."""
    step = max(1, BLOCK // max(1, places * x[:1].size))
    return (slice(i, i + step) for i in range(0, len(x), step))
