"""More rules of functions that rearrange elements: `rot90`, `unstack`, `block`, `meshgrid`, sliding windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..engine.declare import composite
from ..engine.tensor_base import to_arrays
from .indexing import along

# ------------------------------------------------------------------------------------------ turned


@composite(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    first, second = normalize_axis_tuple(axes, m.ndim)
    if k % 4 == 2:
        return np.flip(m, (first, second))
    if k % 2:
        m = np.swapaxes(m, first, second)
        return np.flip(m, first if k % 4 == 1 else second)
    return m[...]


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis = normalize_axis_index(axis, a.ndim)
    start = normalize_axis_index(start, a.ndim + (start >= 0))
    return np.moveaxis(a, axis, start - (axis < start))


@composite(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def unstack(x: Any, *, axis: int = 0) -> Any:
    axis = normalize_axis_index(axis, x.ndim)
    return tuple(x[along(axis, i)] for i in range(x.shape[axis]))


if hasattr(np, "unstack"):  # NumPy 2.1
    composite(np.unstack)(unstack)


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


# ------------------------------------------------------------------------------------------ blocks


@composite(np.block)
def block(arrays: Any) -> Any:
    levels = depth(arrays)
    return assemble(arrays, levels, max(levels, *dimensions(arrays)))


def depth(arrays: Any) -> int:
    """Return how deep the lists are nested; raise an error unless it is the same depth everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError("block: blocks are given in lists, and here is a tuple")
    if not isinstance(arrays, list):
        return 0
    depths = set(map(depth, arrays))
    if len(depths) != 1:
        raise ValueError(f"block: lists must not be empty, and all equally deep; here are depths {sorted(depths)}")
    return 1 + depths.pop()


def dimensions(arrays: Any) -> list[int]:
    """Return the number of axes of every block."""
    return [n for a in arrays for n in dimensions(a)] if isinstance(arrays, list) else [np.ndim(arrays)] * 2


def assemble(arrays: Any, levels: int, ndim: int) -> Any:
    """Return the blocks joined: the innermost lists along the last axis, those around them along the one before, ..."""
    if isinstance(arrays, list):
        return np.concatenate([assemble(a, levels - 1, ndim) for a in arrays], -levels)
    return np.reshape(arrays, (1,) * (ndim - np.ndim(arrays)) + np.shape(arrays))


# ------------------------------------------------------------------------------- grids and windows


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing can be 'xy' or 'ij', not {indexing!r}")
    places = [1, 0, *range(2, len(xi))] if indexing == "xy" and len(xi) > 1 else range(len(xi))
    grids = tuple(np.reshape(x, (-1,) + (1,) * (len(xi) - i - 1)) for x, i in zip(xi, places, strict=True))
    shape = np.broadcast_shapes(*map(np.shape, grids))
    if sparse:
        return tuple(np.reshape(x, (1,) * (len(xi) - np.ndim(x)) + np.shape(x)) for x in grids)
    return tuple(np.broadcast_to(x, shape) for x in grids)


@composite(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    if writeable:
        raise ValueError(
            "sliding_window_view: there is no writing through windows of a Tensor; leave out writeable=True"
        )
    places = np.lib.stride_tricks.sliding_window_view(np.arange(x.size).reshape(x.shape), to_arrays(window_shape), axis)
    return np.reshape(np.ravel(x)[places.ravel()], places.shape)
