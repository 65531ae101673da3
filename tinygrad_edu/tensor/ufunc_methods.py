"""The methods of ufuncs, such as ``np.add.reduce``, made of operations that are recorded.

For addition and a few others these are functions that have a rule. For all others they are what their names say: the
ufunc itself, applied to one slice after the other.
"""

from __future__ import annotations

from functools import reduce
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..engine.forward import apply
from ..engine.tensor_base import TensorBase, to_arrays
from ..rules.indexing import plain_index, scatter
from ..rules.logaddexp import logsumexp

REDUCTIONS: dict[Any, Any] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_and: np.all, np.logical_or: np.any,
}  # fmt: skip
ACCUMULATIONS: dict[Any, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}


def call_method(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return ``ufunc.method(*inputs, **kwargs)``, made of recorded operations; NotImplemented if there is no way."""
    known: Any = METHODS.get(method)
    return known(ufunc, *inputs, **kwargs) if known else NotImplemented


def reduce_ufunc(
    ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, *, keepdims: bool = False, **rest: Any
) -> Any:
    if ufunc in REDUCTIONS:
        return REDUCTIONS[ufunc](array, axis, **({} if dtype is None else {"dtype": dtype}), keepdims=keepdims, **rest)
    initial, where = rest.pop("initial", None), rest.pop("where", True)
    if rest or where is not True:
        return NotImplemented
    array = array if dtype is None else array.astype(dtype)
    if ufunc is np.logaddexp and initial is None and array.size:
        return logsumexp(array, axis, keepdims=keepdims)
    axes = tuple(range(array.ndim)) if axis is None else normalize_axis_tuple(axis, array.ndim)
    front = np.moveaxis(array, axes, range(len(axes)))
    slices = np.reshape(front, (prod(front.shape[: len(axes)]), *front.shape[len(axes) :]))
    if not len(slices):
        if initial is None and ufunc.identity is None:
            raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
        y = np.full(slices.shape[1:], ufunc.identity if initial is None else initial, array.dtype)
    else:
        y = reduce(ufunc, slices) if initial is None else reduce(ufunc, slices, initial)
    return np.expand_dims(y, axes) if keepdims else y


def accumulate_ufunc(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    if ufunc in ACCUMULATIONS:
        return ACCUMULATIONS[ufunc](array, axis, **({} if dtype is None else {"dtype": dtype}))
    array = array if dtype is None else array.astype(dtype)
    axis = normalize_axis_index(axis, array.ndim)
    return np.stack(list(accumulate(np.moveaxis(array, axis, 0), ufunc)), axis) if array.shape[axis] else np.copy(array)


def outer(ufunc: Any, a: Any, b: Any, **kwargs: Any) -> Any:
    return apply(ufunc, np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)


def at(ufunc: Any, array: Any, indices: Any, values: Any = None) -> Any:
    """Add to, or subtract from, a tensor at `indices`; NotImplemented for ufuncs whose result depends on the order."""
    if ufunc not in (np.add, np.subtract) or not isinstance(array, TensorBase):
        return NotImplemented
    indices = plain_index(indices)
    spread = np.broadcast_to(values, np.shape(to_arrays(array)[indices]))
    array[...] = ufunc(array, scatter(spread, indices, array.shape, np.result_type(spread)))  # type: ignore[index, attr-defined]
    return None


def reduce_at(ufunc: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Return the reductions from each index to the next; where the next is not greater, the element alone."""
    axis = normalize_axis_index(axis, array.ndim)
    front = np.moveaxis(array, axis, 0)
    indices = [int(i) for i in np.asarray(to_arrays(indices))]
    if any(not 0 <= i < len(front) for i in indices):
        raise IndexError(f"reduceat: indices {indices} are out of bounds for {len(front)} elements")
    ends = [*indices[1:], len(front)]
    return np.stack(
        [
            reduce_ufunc(ufunc, front[i:end] if i < end else front[i : i + 1], 0, dtype)
            for i, end in zip(indices, ends, strict=True)
        ],
        axis,
    )


METHODS = {"reduce": reduce_ufunc, "accumulate": accumulate_ufunc, "outer": outer, "at": at, "reduceat": reduce_at}
