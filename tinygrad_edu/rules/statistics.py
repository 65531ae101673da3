"""Statistics: averages, ranges, covariances, correlations and running totals, made of sums, products and quotients.

Singular points: the range of equal numbers (``ptp``) has derivative 0. Rounding can bring a correlation beyond 1; that
is corrected in its value, and has no effect on its derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..engine.atomic import refuse_where, warn_where
from ..engine.declare import composite
from ..engine.tensor_base import to_arrays
from .complex import conjugate
from .masked_reductions import convert


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


# ------------------------------------------------------------------------------------- averages


@composite(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    a = convert(a, None)
    if weights is None:
        y = np.mean(a, axis, keepdims=keepdims)
        total: Any = np.ones_like(y) * (a.size / y.size) if returned else None
    else:
        weights = in_line(convert(weights, None), a, axis)
        weights = convert(weights, np.result_type(a.dtype, weights.dtype, *([float] if a.dtype.kind in "biu" else [])))
        total = np.sum(weights, axis, keepdims=keepdims)
        refuse_where(total == 0, ZeroDivisionError, "average: the weights sum to zero")
        y = np.sum(a * weights, axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, y.shape)) if returned else y


def in_line(weights: Any, a: Any, axis: Any) -> Any:
    """Return weights that broadcast against `a`: one for each element, or for each place along the axes."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeError(f"average: weights of shape {weights.shape} for an array of shape {a.shape}: along which axis?")
    axes = normalize_axis_tuple(axis, a.ndim)
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(f"average: weights of shape {weights.shape} don't fit the axes {axes} of shape {a.shape}")
    return np.reshape(np.transpose(weights, np.argsort(axes)), tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


# ----------------------------------------------------------------------------------- covariances


@composite(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof must be an integer, not {ddof}")
    ddof = (0 if bias else 1) if ddof is None else ddof
    m, y = convert(m, None), None if y is None else convert(y, None)
    dtype = dtype or np.result_type(m.dtype, float if y is None else y.dtype, float)

    x = variables(convert(m, dtype), turned=not rowvar and m.ndim != 1)
    if not len(x):
        return x[:, :0]
    if y is not None:
        y = variables(convert(y, dtype), turned=not rowvar and y.ndim == 2 and y.shape[0] != 1)
        x = np.concatenate([x, y], 0)
    repeats = None if fweights is None else samples(fweights, x.shape[1], "fweights")
    weights = None if aweights is None else samples(aweights, x.shape[1], "aweights")
    if repeats is not None:
        refuse_where(repeats != np.rint(to_arrays(repeats)), TypeError, "cov: fweights must be whole numbers")
    w: Any = weights if repeats is None else repeats if weights is None else repeats * weights

    centre, total = np.average(x, 1, w, returned=True)
    total = total[0]
    d = x - centre[:, None]
    freedom = total - ddof if weights is None or not ddof else total - ddof * np.sum(w * weights) / total
    warn_where(freedom <= 0, "Degrees of freedom <= 0 for slice")
    freedom = np.where(freedom <= 0, 0, freedom)
    c = np.dot(d, np.transpose(conjugate(d) if w is None else conjugate(d) * w))
    return np.squeeze(c * np.divide(1, freedom))


def variables(x: Any, turned: bool) -> Any:
    """Return a matrix with a row for each variable, and a column for each sample."""
    if x.ndim > 2:
        raise ValueError(f"cov: the array must have at most 2 axes; this one has shape {x.shape}")
    return np.transpose(x) if turned else np.atleast_2d(x)


def samples(w: Any, n: int, name: str) -> Any:
    """Return the weights of `n` samples as floats; raise an error if their number is another or one is negative."""
    w = convert(w, float)
    if w.shape != (n,):
        raise RuntimeError(f"cov: {name} of shape {w.shape} for {n} samples")
    refuse_where(w < 0, ValueError, f"cov: {name} cannot be negative")
    return w


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    variance = np.diag(c)
    deviation = np.sqrt(variance if c.dtype.kind != "c" else np.real(variance))
    c = c / deviation[:, None] / deviation
    return c + (within_one(to_arrays(c)) - to_arrays(c))


def within_one(c: Any) -> Any:
    return np.clip(c.real, -1, 1) + (1j * np.clip(c.imag, -1, 1) if c.dtype.kind == "c" else 0)


# -------------------------------------------------------------------------------- running totals


def run_centered(accumulate: Any, identity: int, x: Any, axis: Any, dtype: Any, include_initial: bool) -> Any:
    x = np.atleast_1d(x)
    if axis is None and x.ndim > 1:
        raise ValueError(f"an array of shape {x.shape} needs an axis along which to accumulate")
    axis = 0 if axis is None else axis
    y = accumulate(x, axis, dtype)
    if not include_initial:
        return y
    start = list(y.shape)
    start[axis] = 1
    return np.concatenate([np.full(start, identity, y.dtype), y], axis)


if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    composite(np.cumulative_sum)(lambda x, axis=None, dtype=None, include_initial=False:
                                 run_centered(np.cumsum, 0, x, axis, dtype, include_initial))
    composite(np.cumulative_prod)(lambda x, axis=None, dtype=None, include_initial=False:
                                  run_centered(np.cumprod, 1, x, axis, dtype, include_initial))
