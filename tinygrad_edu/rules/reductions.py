"""Functions that make one number of many, along an axis or over all.

Singular points: elements that tie for the maximum or minimum share the gradient evenly; the derivative of a
product is exact with any number of zeros in it; the standard deviation of equal numbers has derivative 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..table import composite, rule
from .arithmetic import nonzero


def unreduce(g: Any, axis: Any, keepdims: bool) -> Any:
    """`g` with the axes of length 1 that the reduction took away, so that it broadcasts against the argument."""
    return g if axis is None or keepdims else np.expand_dims(g, axis)


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """The transpose of summing: `g` copied to every element that went into the sum."""
    return np.broadcast_to(unreduce(g, axis, keepdims), shape)


def share(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """`g` to the elements of `x` equal to the extreme `y`, evenly among them."""
    best = x == unreduce(y, axis, keepdims)
    ties = np.sum(best, axis, keepdims=True).astype(g.dtype)
    return np.where(best, unreduce(g, axis, keepdims) / ties, 0)


def count(x: Any, y: Any) -> float:
    """How many elements of `x` went into each element of `y`."""
    return x.size / max(y.size, 1)  # type: ignore[no-any-return]


def deviation(x: Any, axis: Any) -> Any:
    return x - np.mean(x, axis, keepdims=True)


rule(np.sum,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False: spread(g, a.shape, axis, keepdims))
rule(np.mean, lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False:
     spread(g / count(a, g), a.shape, axis, keepdims))
rule(np.max,  lambda g, y, a, axis=None, out=None, keepdims=False: share(g, y, a, axis, keepdims))
rule(np.min,  lambda g, y, a, axis=None, out=None, keepdims=False: share(g, y, a, axis, keepdims))
rule(np.var,  lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False:
     unreduce(g, axis, keepdims) * (2 / (count(a, g) - ddof)) * deviation(a, axis))
rule(np.std,  lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False:
     unreduce(g / (nonzero(y) * (count(a, g) - ddof)), axis, keepdims) * deviation(a, axis))

composite(np.amax)(lambda a, *args, **kwargs: np.max(a, *args, **kwargs))
composite(np.amin)(lambda a, *args, **kwargs: np.min(a, *args, **kwargs))

# ------------------------------------------------------------------------------------- products
# y / x is the product of the others, unless x is 0. There it is computed as what it is: a product of rows in
# which one element after the other is replaced by 1. Both ways are made of functions that have rules.


def others(x: Any) -> Any:
    """For vectors along the last axis: row i of the last two axes has 1 in place of element i."""
    n = x.shape[-1]
    return np.where(np.eye(n, dtype=bool), 1, np.expand_dims(x, -2))


def prod_rule(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    if np.all(x != 0):
        return unreduce(g * y, axis, keepdims) / x
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % x.ndim for i in axes)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = rest + axes  # the multiplied axes last, as one
    rows = np.reshape(np.transpose(x, order), tuple(x.shape[i] for i in rest) + (-1,))
    product = np.reshape(np.prod(others(rows), -1), tuple(x.shape[i] for i in order))
    return unreduce(g, axis, keepdims) * np.transpose(product, np.argsort(order))


def cumprod_rule(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None:
        return np.reshape(cumprod_rule(g, y, np.reshape(x, -1), 0), x.shape)
    if np.all(x != 0):
        return np.flip(np.cumsum(np.flip(g * y, axis), axis), axis) / x
    rows = np.moveaxis(x, axis, -1)
    later = np.triu(np.ones((rows.shape[-1],) * 2, bool))  # element i enters the products from i on
    partial = np.where(later, np.cumprod(others(rows), -1), 0)
    return np.moveaxis(np.sum(np.expand_dims(np.moveaxis(g, axis, -1), -2) * partial, -1), -1, axis)


rule(np.prod,    lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False: prod_rule(g, y, a, axis, keepdims))
rule(np.cumprod, lambda g, y, a, axis=None, dtype=None: cumprod_rule(g, y, a, axis))
rule(np.cumsum,  lambda g, y, a, axis=None, dtype=None:
     np.flip(np.cumsum(np.flip(g, axis), axis), axis) if axis is not None
     else np.reshape(np.flip(np.cumsum(np.flip(g))), a.shape))
