"""Rules of indexing: `getitem` and `scatter`, which are each other's transpose, item assignment, and `take`.

What `getitem` reads twice, `scatter` adds up; so repeated indices get the sum of their gradients.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.masked_gradient import REARRANGED, with_mask
from ..engine.multi_output import MultiOutputType, place_part
from ..engine.sparse_gradient import SparseGradient, gather_pieces, is_basic
from ..engine.table import RULES
from ..engine.tensor_base import TensorBase, answers_itself, array_in, copy_array, is_foreign, to_arrays
from ..validation import require_numbers

# -------------------------------------------------------------------------------------- the pair


def scatter(values: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return zeros of `shape` and `dtype`, with `values` added at `index`."""
    if answers_itself(values):
        return apply(scatter, values, index, shape, dtype)
    if isinstance(dtype, MultiOutputType):
        return place_part(values, index, shape, dtype)
    out = np.zeros_like(values, dtype, shape=shape)
    if is_basic(index):
        out[index] = values
    else:
        np.add.at(out, index, values)
    return out


def sent_back(g: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return the gradient of an array that was read at `index`: a `SparseGradient` if `g` is NumPy's, else an array."""
    plain = isinstance(g, np.ndarray | np.generic) or hasattr(type(g), "__as_one__")
    if plain and not isinstance(dtype, MultiOutputType):
        return SparseGradient(None, [(index, g)], g.size, shape, dtype)
    sent = scatter(g, index, shape, dtype)
    return with_mask(sent, lambda: covered_places(index, shape)) if isinstance(g, TensorBase) and not isinstance(dtype, MultiOutputType) else sent


def covered_places(index: Any, shape: tuple[int, ...]) -> Any:
    """Return booleans of `shape`, True where `index` points."""
    return gather_pieces(None, shape, np.dtype(bool), index, True)


rule(operator.getitem, lambda g, y, x, index: sent_back(g, index, x.shape, x.dtype), name="getitem")
rule(scatter,          lambda g, y, values, index, shape, dtype: g[index])
RULES[operator.getitem].views = True
RULES[operator.getitem].lets_through = RULES[scatter].lets_through = REARRANGED

# --------------------------------------------------------------------------------- item assignment


def setitem(x: Any, index: Any, value: Any) -> Any:
    """Return a copy of `x` after ``x[index] = value``."""
    out = copy_array(x)
    out[index] = value
    return out


def clear_places(g: Any, index: Any) -> Any:
    """Return `g` with 0 where `index` points, since nothing of the old values there is used."""
    left = apply(setitem, g, index, 0) if answers_itself(g) else setitem(g, index, 0)
    return with_mask(left, lambda: setitem(np.ones_like(to_arrays(g), bool), index, False))


def gather_assigned(g: Any, index: Any, value: Any) -> Any:
    """Return the gradient of the assigned value; where an index is repeated, only the last assignment counts."""
    taken = g[index]
    if not is_basic(index):
        turn = np.arange(taken.size).reshape(taken.shape)
        last = np.zeros(g.shape, int)
        last[index] = turn
        taken = np.where(last[index] == turn, taken, 0)
    surplus = value.ndim - taken.ndim  # NumPy lets (1, n) be assigned to n places
    return np.reshape(taken, (1,) * surplus + taken.shape) if surplus > 0 else taken


rule(setitem, lambda g, y, x, index, value: clear_places(g, index),
              None,
              lambda g, y, x, index, value: gather_assigned(g, index, value))
RULES[setitem].lets_through = REARRANGED

# ------------------------------------------------------------------------------------------ indices


def plain_index(index: Any) -> Any:
    """Return an index of the engine's own, without tensors, and without lists and arrays that the user may change."""
    if isinstance(index, tuple):
        return tuple(map(plain_index, index))
    if isinstance(index, int | slice | np.integer) or index is None or index is Ellipsis:
        return index
    if isinstance(index, list):
        return np.array(require_numbers(to_arrays(index), "an index")) if len(index) else np.zeros(0, int)
    index = require_numbers(to_arrays(index), "an index")
    return index.copy() if is_foreign(index) else np.array(index)


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """Return the tuple for ``[:, :, index]`` if the axis is 2, for ``[..., index, :]`` if it is -2."""
    if axis >= 0:
        return (slice(None),) * axis + (index,)
    return (Ellipsis, index) + (slice(None),) * (-1 - axis)


@composite(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    indices = array_in(indices)
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    if mode != "raise":
        n = a.shape[axis]
        indices = indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)
    return a[along(axis, indices)]


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    indices = array_in(indices)
    if axis is None:
        arr, axis = np.reshape(arr, -1), 0
    axis = normalize_axis_index(axis, arr.ndim)
    grid = [np.arange(n).reshape((-1,) + (1,) * (arr.ndim - i - 1)) for i, n in enumerate(arr.shape)]
    return arr[tuple(indices if i == axis else g for i, g in enumerate(grid))]


@composite(np.compress)
def compress(condition: Any, a: Any, axis: Any = None) -> Any:
    return np.take(a, np.flatnonzero(to_arrays(condition)), axis)


composite(np.delete)(lambda arr, obj, axis=None: np.take(arr, np.delete(
    np.arange(arr.size if axis is None else arr.shape[axis]), to_arrays(obj)), axis))
