"""Rules of reductions, which make one number of many, along an axis or over all: sum, mean, max, var, prod, cumsum.

Singular points: elements that tie for the maximum or minimum share the gradient evenly; the derivative of a
product is exact with any number of zeros in it; the standard deviation of equal numbers has derivative 0.
"""

from __future__ import annotations

from math import inf, prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..engine.atomic import atomic
from ..engine.declare import composite, primitive, rule
from ..engine.masked_gradient import REARRANGED, take_where
from ..engine.table import RULES
from ..engine.tensor_base import is_foreign, to_arrays
from .arithmetic import nonzero, require_order
from .complex import conjugate


def unreduce(g: Any, axis: Any, keepdims: bool) -> Any:
    """Return `g` with the axes that the reduction removed, of length 1, so that it broadcasts against the argument."""
    return g if axis is None or keepdims else np.expand_dims(g, axis)


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return `g` copied to every element that went into a sum: the transpose of summing."""
    return np.broadcast_to(unreduce(g, axis, keepdims), shape) if shape else g


def share(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """Return `g`, shared evenly among the elements of `x` that equal the extreme `y`."""
    best = (x == unreduce(y, axis, keepdims)) | (x != x)  # a NaN is always the extreme
    ties = np.sum(best, axis, keepdims=True, dtype=require_order(g).dtype)
    return take_where(best, unreduce(g, axis, keepdims) / ties)


def count(x: int, y: int) -> float:
    """Return how many of `x` elements went into each of `y`."""
    return x / max(y, 1)


def per_freedom(x: int, n: float) -> float:
    """Return `x` divided by `n` degrees of freedom; infinity where NumPy, too, divides by 0."""
    return x / n if n > 0 else inf


def deviation(x: Any, axis: Any) -> Any:
    """Return the deviation from the mean, conjugated for complex numbers, since it is their length that is squared."""
    return conjugate(x - np.mean(x, axis, keepdims=True))


rule(np.sum,  lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False: spread(g, a.shape, axis, keepdims))
rule(np.mean, lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False:
     spread(g / count(a.size, g.size), a.shape, axis, keepdims))
rule(np.max,  lambda g, y, a, axis=None, out=None, keepdims=False: share(g, y, a, axis, keepdims))
rule(np.min,  lambda g, y, a, axis=None, out=None, keepdims=False: share(g, y, a, axis, keepdims))
rule(np.var,  lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False:
     unreduce(g, axis, keepdims) * per_freedom(2, count(a.size, g.size) - ddof) * deviation(a, axis))
rule(np.std,  lambda g, y, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False:
     unreduce(g / nonzero(y) * per_freedom(1, count(a.size, g.size) - ddof), axis, keepdims) * deviation(a, axis))

for fn in (np.sum, np.mean, np.max, np.min):
    RULES[fn].lets_through = REARRANGED

composite(np.amax)(lambda a, *args, **kwargs: np.max(a, *args, **kwargs))
composite(np.amin)(lambda a, *args, **kwargs: np.min(a, *args, **kwargs))

# ------------------------------------------------------------------------------------- products
# y / x is the product of the others, unless x is 0 (or y too small, or infinite). Then it is the product of all before,
# times the product of all after. Both ways are made of functions that have rules.


def divisible(y: Any, x: Any) -> bool:
    """Say whether the products `y` may be divided by their factors `x`; other libraries' arrays can't be inspected.

    Derivatives of y / x divide by x again and again; if x is small, only rounding is left of terms that cancel.
    """
    array, factors, is_recorded = to_arrays(y), to_arrays(x), to_arrays(x) is not x
    if is_foreign(array):
        return False
    sound = (np.abs(array) >= np.finfo(array.dtype).tiny) & np.isfinite(array)
    return bool(np.all(sound) and not (is_recorded and np.any(np.abs(factors) < 1e-3)))


def others(x: Any) -> Any:
    """Return, for vectors along the last axis, the product of all elements except the one in each place."""
    one = np.ones_like(x, shape=(*x.shape[:-1], 1))
    before = np.cumprod(np.concatenate([one, x[..., :-1]], -1), -1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(x[..., 1:], -1)], -1), -1), -1)
    return before * after


def prod_rule(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    if not x.size or divisible(y, x):
        return unreduce(g * y, axis, keepdims) / x
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = (*rest, *axes)  # the axes to multiply over come last, as one
    rows = np.reshape(np.transpose(x, order), (*(x.shape[i] for i in rest), prod(x.shape[i] for i in axes)))
    product = np.reshape(others(rows), tuple(x.shape[i] for i in order))
    return unreduce(g, axis, keepdims) * np.transpose(product, np.argsort(order))


def cumprod_rule(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None:
        return np.reshape(cumprod_rule(g, y, np.reshape(x, -1), 0), x.shape)
    if not x.size or divisible(y, x):
        return np.flip(np.cumsum(np.flip(g * y, axis), axis), axis) / x
    rows = np.moveaxis(x, axis, 0)
    before = np.cumprod(np.concatenate([np.ones_like(rows[:1]), rows[:-1]], 0), 0)
    return np.moveaxis(before * carry_back(np.moveaxis(g, axis, 0), rows), 0, axis)


def later(x: Any) -> Any:
    """Return `x` shifted by one place along the first axis, with 0 in the first place."""
    return np.concatenate([np.zeros_like(x[:1]), x[:-1]], 0)


def carry_back(g: Any, x: Any) -> Any:
    """Return ``d[i] = g[i] + x[i + 1] * d[i + 1]`` along the first axis: Horner's scheme for products from `i` on."""
    return np.flip(recurrence(later(np.flip(x, 0)), np.flip(g, 0)), 0)


@primitive(lambda g, y, a, b: carry_back(g, a) * later(y),
           lambda g, y, a, b: carry_back(g, a))
@atomic
def recurrence(a: Any, b: Any) -> Any:
    """Return ``y[i] = a[i] * y[i - 1] + b[i]`` along the first axis. Its derivative is one too, backwards."""
    y = [b[0]]
    for factor, summand in zip(a[1:], b[1:], strict=True):
        y.append(factor * y[-1] + summand)
    return np.stack(y)


rule(np.prod,    lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False: prod_rule(g, y, a, axis, keepdims))
rule(np.cumprod, lambda g, y, a, axis=None, dtype=None: cumprod_rule(g, y, a, axis))
rule(np.cumsum,  lambda g, y, a, axis=None, dtype=None:
     np.flip(np.cumsum(np.flip(g, axis), axis), axis) if axis is not None
     else np.reshape(np.flip(np.cumsum(np.flip(g))), a.shape))
