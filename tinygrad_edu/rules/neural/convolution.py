"""Convolution of images and sequences: three operations that are each other's derivatives.

Inputs x, weights w and outputs y are tied together by a single sum of products, over all places where

    input place = stride * output place + dilation * kernel place - padding

along each axis; `padding` is how many zeros are imagined in front. Two of the three are given, the third is computed:

    collect(x, w)     what the outputs get:  sum of w * x     (what networks call a convolution)
    distribute(y, w)  what the inputs get:   sum of w * y     (and a transposed convolution)
    overlap(x, y)     what the weights get:  sum of x * y

Each is linear in both arguments, so its derivatives are the other two, and so are theirs, for every order.
x is (N, C, ...), w is (O, C / groups, ...), y is (N, O, ...). The lengths of the result's other axes are given as
`size`; the tuples `stride`, `padding` and `dilation`, and the number of groups, come last.

All is done by large matrix products. The numbers that meet each place of the kernel are copied out, side by side (as in
im2col, see `unroll`), but along the last axis only, which is less to copy; the results for places along the other axes
are added up. A few images are done at a time, so that the copy stays in the processor's cache.
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
    lambda g, y, x, w, bias, size, *how: distribute(g, w, x.shape[2:], *how),  # type: ignore[has-type]
    lambda g, y, x, w, bias, size, *how: overlap(x, g, w.shape[2:], *how),  # type: ignore[has-type]
    lambda g, y, x, w, bias, size, *how: np.sum(np.sum(g, tuple(range(2, g.ndim))), 0),  # two sums are quicker
    name="convolution",
)
@atomic
def collect(x: Any, w: Any, bias: Any, size: Lengths, stride: Lengths, padding: Lengths, dilation: Lengths, groups: int) -> Any:
    """Return the convolution of images with kernels: at each place the sum of a kernel times what is under it, plus `bias`."""
    given = (x, w) if bias is None else (x, w, bias)
    out = writable(np.empty_like(x, np.result_type(*given), "C", shape=(len(x), len(w), *size)))
    out[...] = 0 if bias is None else bias.reshape(-1, *(1,) * len(size))
    whole = split_channels(out, groups)
    *others, last = meetings(x.shape[2:], size, w.shape[2:], stride, padding, dilation)
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
    name="transposed_convolution",
)
@atomic
def distribute(y: Any, w: Any, size: Lengths, stride: Lengths, padding: Lengths, dilation: Lengths, groups: int) -> Any:
    """Return the transposed convolution: the sum of all outputs times the kernel, each laid where it was taken from."""
    out = writable(np.zeros_like(y, np.result_type(y, w), "C", shape=(len(y), w.shape[1] * groups, *size)))
    whole = split_channels(out, groups)
    *others, last = meetings(size, y.shape[2:], w.shape[2:], stride, padding, dilation)
    shifts = crossings(others)
    weights = by_shift(np.swapaxes(w.reshape(groups, -1, *w.shape[1:]), 1, 2))
    # all shifts at once, since each of them uses every output
    weights = np.moveaxis(weights, -3, 0).reshape(groups, -1, weights.shape[-1])
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
    name="kernel_gradient",
)
@atomic
def overlap(x: Any, y: Any, size: Lengths, stride: Lengths, padding: Lengths, dilation: Lengths, groups: int) -> Any:
    """Return the gradient of a kernel: for each of its places, the sum of products of all inputs and outputs that it joins."""
    channels, kernels = x.shape[1] // groups, y.shape[1]
    out = writable(np.zeros_like(x, np.result_type(x, y), "C", shape=(*size[:-1], groups, size[-1] * channels, kernels // groups)))
    whole = np.moveaxis(split_channels(y, groups), 2, -1)  # a product is quickest if the axis to sum over comes first
    *others, last = meetings(x.shape[2:], y.shape[2:], size, stride, padding, dilation)
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
    """Return `out`; raise an error if its slices are no views to write through, as those of Dask's arrays."""
    if not hasattr(out, "strides"):
        raise TypeError("convolution and pooling write into slices of arrays, and slices of "
                        f"{type(out).__name__} are no views")
    return out


# ------------------------------------------------------------------------------------ where things meet


def meetings(inputs: Lengths, outputs: Lengths, kernel: Lengths, *how: Lengths) -> list[list[tuple[slice, slice]]]:
    """Return for each axis, and each place of the kernel along it, the inputs there, and the outputs they go to."""
    return [[meeting_places(k, n, m, *numbers) for k in range(places)]
            for n, m, places, *numbers in zip(inputs, outputs, kernel, *how, strict=True)]  # fmt: skip


def meeting_places(k: int, inputs: int, outputs: int, stride: int, padding: int, dilation: int) -> tuple[slice, slice]:
    """Return the inputs and outputs that place `k` of the kernel joins along one axis; none lie beyond the ends."""
    shift = dilation * k - padding
    first, end = max(0, -(shift // stride)), min(outputs, (inputs - 1 - shift) // stride + 1)
    if end <= first:
        return slice(0, 0, 1), slice(0, 0, 1)
    return slice(stride * first + shift, stride * (end - 1) + shift + 1, stride), slice(first, end, 1)


def crossings(axes: list[list[tuple[slice, slice]]]) -> list[tuple[Lengths, tuple[slice, ...], tuple[slice, ...]]]:
    """Return each place of the kernel along several axes, with its inputs and outputs."""
    found = []
    for met in product(*(enumerate(axis) for axis in axes)):
        at, places = zip(*met) if met else ((), ())
        found.append((at, tuple(inputs for inputs, _ in places), tuple(outputs for _, outputs in places)))
    return found


# ------------------------------------------------------------------------------------------- matrices


def unroll(x: Any, groups: int, size: int, places: list[tuple[slice, slice]]) -> Any:
    """Return what meets the kernel's places along the last axis, or 0: (N, groups, places * channels, ..., size)."""
    x = split_channels(x, groups)
    images, _, channels, *lead, _ = x.shape
    out: Any = writable(np.empty_like(x, order="C", shape=(images, groups, len(places), channels, *lead, size)))
    for k, (source, target) in enumerate(places):
        lay(x, out[:, :, k], source, target)
    return out.reshape(images, groups, len(places) * channels, *lead, size)


def lay(x: Any, out: Any, source: slice, target: slice) -> None:
    """Set ``out[..., target] = x[..., source]``, and zeros elsewhere."""
    if x.shape == out.shape and source.step == target.step == 1 and x.size:
        # All rows are copied as one, which is quicker. Numbers that cross into the next row are then set to 0.
        shift = source.start - target.start
        places = (*x.shape[:2], math.prod(x.shape[2:]))
        out.reshape(places)[..., max(0, -shift) : places[-1] - max(0, shift)] = x.reshape(places)[..., max(0, shift) : places[-1] + min(0, shift)]
        out[..., : target.start] = 0
        out[..., target.stop :] = 0
    else:
        out[...] = 0
        out[..., target] = x[..., source]


def by_shift(w: Any) -> Any:
    """Return weights (groups, to, from, ..., last) as matrices (to, last * from): (..., groups, to, last * from)."""
    parts = np.moveaxis(w, (0, 1, -1, 2), (-4, -3, -2, -1))
    return parts.reshape(*parts.shape[:-2], -1)


def split_channels(x: Any, groups: int) -> Any:
    """Return (N, C, ...) as (N, groups, C / groups, ...)."""
    return x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])


def flat(x: Any) -> Any:
    """Return `x` with all places as one axis; a view of unrolled rows, unless the stride leaves some out."""
    return x.reshape(*x.shape[:3], math.prod(x.shape[3:]))


def weigh_columns(w: Any, columns: Any) -> Any:
    """Return ``w @ columns``, computed in pieces."""
    out = np.empty_like(columns, np.result_type(w, columns), "C", shape=(*columns.shape[:-2], w.shape[-2], columns.shape[-1]))
    for piece in pieces(columns.shape[-1], w.shape[-2] * w.shape[-1]):
        np.matmul(w, columns[..., piece], out[..., piece])
    return out


def pieces(length: int, others: int) -> Iterator[slice]:
    """Yield slices of an axis of a matrix product, so short that OpenBLAS need not pack them.

    `others` is the product of the lengths of the other axes.
    """
    n = -(-length * others // SMALL)
    step = -(-length // n) if n and length >= n * SHORT else length
    return (slice(i, i + step) for i in range(0, length, max(1, step)))


def blocks(x: Any, places: int) -> Iterator[slice]:
    """Return slices of the images in turn, as many at a time as fit into `BLOCK`."""
    step = max(1, BLOCK // max(1, places * x[:1].size))
    return (slice(i, i + step) for i in range(0, len(x), step))
