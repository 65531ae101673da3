"""Masked reductions: reductions of some of the elements, ``where=``, and with a number to start from, ``initial=``.

A reduction of the elements chosen by a mask is the plain reduction with the others replaced by the neutral element: 0
in a sum, 1 in a product. And the number to start from is one more element of every row. So the general forms need no
derivatives of their own.

Singular points: an extreme shares its gradient with `initial` if they are equal; the standard deviation of equal
numbers has derivative 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..engine.atomic import warn_where
from ..engine.declare import composite
from ..engine.forward import apply
from ..engine.tensor_base import TensorBase, is_foreign, to_arrays
from .complex import squared_length
from .shapes import cast

# -------------------------------------------------------------------- sums, products, extremes

composite(np.sum)(lambda a, axis=None, dtype=None, keepdims=False, initial=None, where=True:
                  reduce_masked(np.sum, convert(a, dtype), 0, axis, keepdims, initial, where))
composite(np.prod)(lambda a, axis=None, dtype=None, keepdims=False, initial=None, where=True:
                   reduce_masked(np.prod, convert(a, dtype), 1, axis, keepdims, initial, where))
composite(np.max)(lambda a, axis=None, keepdims=False, initial=None, where=True:
                  reduce_masked(np.max, a, -np.inf, axis, keepdims, initial, where))
composite(np.min)(lambda a, axis=None, keepdims=False, initial=None, where=True:
                  reduce_masked(np.min, a, np.inf, axis, keepdims, initial, where))


def reduce_masked(fn: Any, a: Any, neutral: float, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    if initial is None and where is not True and math.isinf(neutral):
        raise ValueError(f"{fn.__name__}: where the mask chooses no element there is no extreme; give one by initial=")
    a = fill_masked(a, where, neutral)
    if initial is None:
        return fn(a, axis, keepdims=keepdims)
    if np.ndim(initial):
        raise ValueError(f"{fn.__name__}: initial must be a single number, and has shape {np.shape(initial)}")
    rows = rowwise(a, axis)
    first = np.broadcast_to(convert(initial, a.dtype), (*rows.shape[:-1], 1))
    y = fn(np.concatenate([first, rows], -1), -1)
    return np.expand_dims(y, tuple(range(a.ndim)) if axis is None else axis) if keepdims else y


def fill_masked(a: Any, where: Any, neutral: float) -> Any:
    """Return `a` with `neutral` in place of the elements that the mask does not choose."""
    return a if where is True else np.where(broadcast_mask(a, where), a, neutral)


def broadcast_mask(a: Any, where: Any) -> Any:
    """Return the mask in the shape of `a`."""
    where = to_arrays(where)
    if hasattr(where, "dtype") and where.dtype != bool:
        raise TypeError(f"where= takes a mask of dtype bool; this one is of dtype {where.dtype}")
    return np.broadcast_to(where if is_foreign(where) else np.asarray(where, bool), a.shape)


def convert(x: Any, dtype: Any) -> Any:
    """Return `x` as an array or a Tensor, in another dtype unless that is None."""
    if not isinstance(x, TensorBase):
        return np.asarray(x, dtype) if not is_foreign(x) else x if dtype is None else x.astype(dtype)
    return x if dtype is None else apply(cast, x, dtype=np.dtype(dtype))


def rowwise(x: Any, axis: Any) -> Any:
    """Return `x` with the chosen axes moved to the end and made one."""
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = np.transpose(x, (*rest, *axes))
    return np.reshape(moved, (*moved.shape[: len(rest)], math.prod(moved.shape[len(rest) :])))


# --------------------------------------------------------------------- means and variances


@composite(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    if dtype is None and a.dtype == np.float16:  # its sums overflow soon
        return convert(np.mean(a, axis, np.float32, keepdims=keepdims, where=where), np.float16)
    y, n = mean_of(convert(a, dtype), axis, keepdims, where)
    warn_where(n == 0, "Mean of empty slice")
    return y


@composite(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    a, ddof = convert(a, dtype), one_given(ddof, correction)
    if mean is None and where is True:
        return np.var(a, axis, ddof=ddof, keepdims=keepdims)
    total, n = squares(a, axis, keepdims, where, mean)
    warn_where(n <= ddof, "Degrees of freedom <= 0 for slice")
    return total / np.maximum(n - ddof, 0).astype(total.dtype)


@composite(np.std)
def std(a: Any, *args: Any, **kwargs: Any) -> Any:
    return root(np.var(a, *args, **kwargs))


def mean_of(a: Any, axis: Any, keepdims: bool, where: Any) -> tuple[Any, Any]:
    """Return the mean of the chosen elements, NaN where there is none, and their number."""
    n = np.sum(broadcast_mask(a, where), axis, keepdims=keepdims)
    total = np.sum(fill_masked(a, where, 0), axis, keepdims=keepdims)
    return np.where(n, total / np.maximum(n, 1).astype(total.dtype), np.nan), n


def squares(a: Any, axis: Any, keepdims: bool, where: Any, mean: Any) -> tuple[Any, Any]:
    """Return the sum of the squares of the chosen elements' deviations, and their number."""
    d = fill_masked(a - (mean_of(a, axis, True, where)[0] if mean is None else mean), where, 0)
    return np.sum(squared_length(d), axis, keepdims=keepdims), np.sum(broadcast_mask(a, where), axis, keepdims=keepdims)


def one_given(ddof: float, correction: Any) -> Any:
    """Return the one that is given of two keywords for the same thing."""
    if correction is not None and ddof:
        raise ValueError("ddof and correction can't be provided simultaneously")
    return ddof if correction is None else correction


def root(variance: Any) -> Any:
    """Return the square root of a variance, with derivative 0 at 0."""
    zero = variance == 0
    return np.where(zero, 0, np.sqrt(np.where(zero, 1, variance)))
