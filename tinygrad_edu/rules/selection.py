"""Rules of selection: `select`, `choose` and `piecewise` choose values, `extract` takes elements, `insert` adds some.

Conditions, indices and sizes have no gradient. The values that are chosen have one, in the places that they came from.
"""

from __future__ import annotations

import math
import operator
from functools import reduce
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.declare import composite
from ..engine.forward import apply
from ..engine.tensor_base import is_foreign, to_arrays, wrap
from .indexing import setitem
from .shapes import array, to

# ------------------------------------------------------------------------------ one of several values


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    conditions, choices = list(condlist), list(choicelist)
    if len(conditions) != len(choices) or not conditions:
        raise ValueError(f"select: {len(conditions)} conditions for {len(choices)} choices; there must be as many")
    if any(to_arrays(c).dtype != bool for c in map(array, conditions)):
        raise TypeError("select: the conditions must be arrays of booleans (dtype bool)")
    numbers = [x if type(x) in (int, float, complex) else array(x) for x in (*choices, default)]
    y = to(array(default), np.result_type(*map(to_arrays, numbers)))
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):  # so that the first that holds wins
        y = np.where(condition, choice, y)
    return y


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    choices = list(choices)
    which, *choices = np.broadcast_arrays(np.asarray(to_arrays(a)), *choices)
    if mode == "raise" and np.any((which < 0) | (which >= len(choices))):
        raise ValueError(f"choose: there are {len(choices)} choices, and a names {which.min()} to {which.max()}")
    which = which % len(choices) if mode == "wrap" else np.clip(which, 0, len(choices) - 1)
    return np.take_along_axis(np.stack(choices), which[None], 0)[0]


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x, conditions = array(x), to_arrays(condlist)
    if is_foreign(conditions) or (isinstance(conditions, list | tuple) and any(map(is_foreign, conditions))):
        return all_pieces(x, conditions, funclist, args, kw)
    if np.ndim(conditions) == 0 or (x.ndim and not isinstance(conditions[0], list | np.ndarray)):
        conditions = [conditions]
    conditions = np.asarray(conditions, bool)
    if len(conditions) == len(funclist) - 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, 0, keepdims=True)])
    if len(conditions) != len(funclist):
        raise ValueError(WRONG_NUMBER.format(len(funclist), len(conditions)))
    y = wrap(np.zeros(x.shape, x.dtype))
    for condition, f in zip(conditions, funclist, strict=True):
        if np.any(condition):
            y = apply(setitem, y, condition, array(f(x[condition], *args, **kw) if callable(f) else f))
    return y


def all_pieces(x: Any, conditions: Any, funclist: Any, args: Any, kw: Any) -> Any:
    """Return what `piecewise` does, where it can't be inspected which elements belong to a piece.

    Each function is computed for all numbers; one number that belongs to the piece replaces those that don't.
    """
    conditions = [conditions] if hasattr(conditions, "dtype") and conditions.ndim == x.ndim else [conditions[i] for i in range(len(conditions))]
    if len(conditions) == len(funclist) - 1:
        conditions.append(~reduce(operator.or_, conditions))
    if len(conditions) != len(funclist):
        raise ValueError(WRONG_NUMBER.format(len(funclist), len(conditions)))
    y = wrap(np.zeros(x.shape, x.dtype))
    for condition, f in zip(conditions, funclist, strict=True) if x.size else ():
        if callable(f):
            some = np.take(np.ravel(to_arrays(x)), np.argmax(condition))
            f = np.reshape(np.broadcast_to(array(f(np.ravel(np.where(condition, x, some)), *args, **kw)), x.size), x.shape)
        y = np.where(condition, to(array(f), x.dtype), y)
    return y


WRONG_NUMBER = "piecewise: {} functions for {} conditions; there must be as many, or one more for where none holds"

# -------------------------------------------------------------------------- some of the elements, and more


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    return np.take(np.ravel(array(arr)), np.flatnonzero(to_arrays(condition)))


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr, obj = array(arr), to_arrays(obj)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normalize_axis_index(axis, arr.ndim)
    values = to(array(values), arr.dtype)
    values = np.reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape)
    if not isinstance(obj, slice) and np.ndim(obj) == 0:  # values for one place are laid out as in arr[:, i] = values
        values = np.moveaxis(values, 0, axis)
    n = arr.shape[axis]
    new = np.insert(np.arange(n), obj, np.zeros(values.shape[axis])).size - n
    block = np.broadcast_to(values, (*arr.shape[:axis], new, *arr.shape[axis + 1 :]))
    order = np.insert(np.arange(n), obj, np.arange(n, n + new))  # NumPy decides the order, for indices
    return np.take(np.concatenate([arr, block], axis), order, axis)


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"resize: the shape {shape} has negative lengths")
    a = np.ravel(array(a))
    if not a.size:
        return wrap(np.zeros(shape, a.dtype))
    return np.reshape(a[np.arange(math.prod(shape)) % a.size], shape)


# ------------------------------------------------------------------------------- slice by slice


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    axis = normalize_axis_index(axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    if 0 in rows.shape[:-1]:
        raise ValueError(f"apply_along_axis: an array of shape {arr.shape} has no slices along axis {axis}")
    results = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(rows.shape[:-1])]
    shape = np.shape(results[0])
    y = np.reshape(np.stack([array(r) for r in results]), rows.shape[:-1] + shape)
    return np.moveaxis(y, range(y.ndim - len(shape), y.ndim), range(axis, axis + len(shape)))


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    ndim = np.ndim(a)
    for axis in np.atleast_1d(to_arrays(axes)).tolist():
        y = func(a, normalize_axis_index(axis, ndim))
        a = y if np.ndim(y) == ndim else np.expand_dims(y, axis)
        if np.ndim(a) != ndim:
            raise ValueError(
                f"apply_over_axes: of {ndim} axes, the function left {np.ndim(y)}; one less at most is allowed"
            )
    return a
