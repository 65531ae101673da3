"""Rules of norms of vectors and matrices, and of the condition number.

Singular points: a vector of zeros, and so a matrix of zeros, has derivative 0, the middle of all directions; so has
a number that is 0 among others, where the norm has an edge. Equally large elements, or singular values, share the
gradient evenly. The condition number of a singular matrix is infinite, and its derivative is 0.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.atomic import atomic
from ...engine.declare import composite, primitive, rule
from ...engine.tensor_base import to_arrays
from ..arithmetic import nonzero
from ..complex import conjugate
from ..reductions import unreduce
from .decompositions import reciprocal_or_zero

# -------------------------------------------------------------------------------------- vectors

rule(np.linalg.vector_norm, lambda g, y, x, axis=None, keepdims=False:
     unreduce(g * reciprocal_or_zero(y), axis, keepdims) * conjugate(x))


@primitive(lambda g, y, x, p, axis, keepdims: unreduce(g, axis, keepdims) * p_norm_slope(x, unreduce(y, axis, keepdims), p))
@atomic
def power_norm(x: Any, p: float, axis: Any, keepdims: bool) -> Any:
    """Return the p-th root of the sum of p-th powers of numbers that are not negative."""
    return np.linalg.vector_norm(x, ord=p, axis=axis, keepdims=keepdims)


def p_norm_slope(x: Any, y: Any, p: float) -> Any:
    """Return the derivative of a p-norm `y` with respect to its element `x`."""
    return np.where(y == 0, 0, (nonzero(x) / nonzero(y)) ** (p - 1))


def vector(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """Return the norm of vectors that lie along `axis`: one, several, or None for all."""
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    if ord is None or ord == 2:
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return largest(size, axis, keepdims)
    if ord == -np.inf:
        return np.min(size, axis, keepdims=keepdims)
    if ord in (0, 1):
        return np.sum(size if ord else np.sign(size), axis, keepdims=keepdims)
    return power_norm(size, ord, axis, keepdims)


def largest(size: Any, axis: Any, keepdims: bool = False) -> Any:
    """Return the largest of numbers that are not negative; 0 if there are no numbers."""
    return np.max(size, axis, keepdims=keepdims) if size.size else np.sum(size, axis, keepdims=keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return vector(inexact(x), ord, axis, keepdims)


# ------------------------------------------------------------------------------------- matrices

MATRIX_NORMS: dict[Any, Any] = {
    1:       lambda x: largest(np.sum(np.abs(x), -2), -1),
    -1:      lambda x: np.min(np.sum(np.abs(x), -2), -1),
    np.inf:  lambda x: largest(np.sum(np.abs(x), -1), -1),
    -np.inf: lambda x: np.min(np.sum(np.abs(x), -1), -1),
    2:       lambda x: largest(np.linalg.svdvals(x), -1),
    -2:      lambda x: np.min(np.linalg.svdvals(x), -1),
    "nuc":   lambda x: np.sum(np.linalg.svdvals(x), -1),
}  # fmt: skip


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = inexact(x)
    if axis is None:
        if ord is None or (ord in ("f", "fro") and x.ndim == 2):
            return vector(x, 2, None, keepdims)
        axis = tuple(range(x.ndim))
    axes = tuple(normalize_axis_index(i, x.ndim) for i in (axis if isinstance(axis, tuple) else (operator.index(axis),)))
    if len(axes) == 1:
        return vector(x, ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"norm: one axis, for vectors, or two different ones, for matrices; got {axes}")
    if ord in (None, "f", "fro"):
        return np.linalg.vector_norm(x, axis=axes, keepdims=keepdims)
    if ord not in MATRIX_NORMS:
        raise ValueError(f"Invalid norm order {ord!r} for matrices")
    y = MATRIX_NORMS[ord](np.moveaxis(x, axes, (-2, -1)))
    return np.expand_dims(y, axes) if keepdims else y


composite(np.linalg.matrix_norm)(lambda x, keepdims=False, ord="fro": np.linalg.norm(x, ord, (-2, -1), keepdims))


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    value = np.linalg.cond(to_arrays(x), p)
    finite = np.isfinite(value)
    x = np.where(finite[..., None, None], x, np.eye(*x.shape[-2:], dtype=x.dtype))
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        most, least = np.max(s, -1), np.min(s, -1)
        y = least / most if p == -2 else most / least
    else:
        y = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, (-2, -1))
    return np.where(finite, y, value)


def inexact(x: Any) -> Any:
    """Return integers as floats, and other numbers as they are."""
    return x if to_arrays(x).dtype.kind in "fc" else x.astype(float)
