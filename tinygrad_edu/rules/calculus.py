"""Rules of numerical calculus on sampled functions: `diff`, `trapezoid`, `gradient`, `interp`, `unwrap`.

All are linear in the function's values, and most are differentiable in the places of the samples too.

Singular points: at a knot, where two straight pieces meet, the slope of `interp` is the mean of their slopes; outside
of all knots it is 0. `unwrap` adds whole periods, which are constants: its derivative is 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..engine.atomic import refuse_where
from ..engine.declare import composite, rule
from ..engine.tensor_base import is_foreign, to_arrays
from .arithmetic import nonzero
from .indexing import along
from .shapes import array, to

MISSING: Any = np._NoValue

# -------------------------------------------------------------------------------------- differences


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = MISSING, append: Any = MISSING) -> Any:
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"diff: n says how many times to take differences, and can't be {n}")
    a = array(a)
    axis = normalize_axis_index(axis, a.ndim)
    one = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
    before, after = ([] if e is MISSING else [e if np.ndim(e) else np.broadcast_to(e, one)] for e in (prepend, append))
    if before or after:
        a = np.concatenate([*before, a, *after], axis)
    step: Any = np.not_equal if a.dtype == bool else np.subtract
    for _ in range(n):
        a = step(but_first(a, axis), but_last(a, axis))
    return a


def but_first(x: Any, axis: int) -> Any:
    """Return all but the first along an axis; each place has what the next place of `but_last` has."""
    return x[along(axis, slice(1, None))]


def but_last(x: Any, axis: int) -> Any:
    return x[along(axis, slice(None, -1))]


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.ravel(array(ary))
    begin, end = ([] if e is None else [to(np.ravel(array(e)), ary.dtype, "same_kind")] for e in (to_begin, to_end))
    return np.concatenate([*begin, ary[1:] - ary[:-1], *end])


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = array(y)
    if np.ndim(x) == 1:
        dx = np.reshape(np.diff(x), (-1,) + (1,) * (y.ndim - 1 - normalize_axis_index(axis, y.ndim)))
    elif x is not None:
        dx = np.diff(x, axis=axis)
    return np.sum(dx * (but_first(y, axis) + but_last(y, axis)) / 2, axis)


# ------------------------------------------------------------------------------------------- slopes


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = array(f)
    f = f if f.dtype.kind in "fc" else f.astype(float)
    axes = range(f.ndim) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order can be 1 or 2, not {edge_order}")
    if not varargs:
        varargs = (1.0,)
    if len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        varargs *= len(axes)
    if len(varargs) != len(axes):
        raise TypeError(f"gradient: {len(varargs)} distances or rows of coordinates were given for {len(axes)} axes")
    slopes = tuple(slopes_at_samples(f, distances(h, i, f.shape), i, edge_order) for i, h in zip(axes, varargs, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def distances(h: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Return the distances from each sample to the next: one number, or differences of coordinates, along the axis."""
    if np.ndim(h) == 0:
        return h
    h = array(h)
    if h.shape != shape[axis : axis + 1]:
        raise ValueError(f"gradient: coordinates of shape {h.shape} for an axis of length {shape[axis]}")
    steps = np.diff(h if h.dtype.kind in "fc" else h.astype(float))
    return np.reshape(steps, (1,) * axis + (-1,) + (1,) * (len(shape) - axis - 1))


def slopes_at_samples(f: Any, dx: Any, axis: int, edge_order: int) -> Any:
    """Return the slopes at the samples: the mean of the slopes on both sides, each weighted by the other's distance."""
    if f.shape[axis] <= edge_order:
        raise ValueError(
            f"gradient: edge_order={edge_order} takes {edge_order + 1} samples, and there are {f.shape[axis]}"
        )
    between = np.diff(f, axis=axis) / dx
    left, right = but_last(between, axis), but_first(between, axis)
    before, after = (1, 1) if np.ndim(dx) == 0 else (but_last(dx, axis), but_first(dx, axis))
    to_here = (right - left) * (before / (before + after))  # how much the slope rises, if it rises steadily
    from_here = (right - left) * (after / (before + after))
    first, last = between[along(axis, slice(1))], between[along(axis, slice(-1, None))]
    if edge_order == 2:
        first = first - to_here[along(axis, slice(1))]
        last = last + from_here[along(axis, slice(-1, None))]
    return to(np.concatenate([first, left + to_here, last], axis), f.dtype)


# ------------------------------------------------------------------------------- between the samples


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = array(x), array(xp), array(fp)
    if np.iscomplexobj(x) or np.iscomplexobj(xp):
        raise TypeError("interp: complex numbers have no order to lie between others in; x and xp must be real")
    x, xp, fp = to(x, float), to(xp, float), to(fp, complex if fp.dtype.kind == "c" else float)
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ValueError(
            f"interp: xp and fp must be vectors of one length, not 0; they have shapes {xp.shape}, {fp.shape}"
        )
    if period is not None:
        refuse_where(to_arrays(period) == 0, ValueError, "interp: period must not be 0")
        left = right = None
        x, xp, fp = around(x, xp, fp, np.abs(period))
    # Piece i lies between knots i - 1 and i. The first and the last piece, outside, are level. A knot belongs to two.
    slopes = np.concatenate([[0.0], np.diff(fp) / nonzero(np.diff(xp)), [0.0]])
    piece, other = np.searchsorted(xp, x, "right"), np.searchsorted(xp, x, "left")
    knot = np.maximum(piece - 1, 0)
    y = take_at(fp, knot) + (np.where(np.isinf(x), 0, x) - take_at(xp, knot)) * ((take_at(slopes, piece) + take_at(slopes, other)) / 2)
    y = np.where(x < xp[0], fp[0] if left is None else left, y)
    return np.where(x > xp[-1], fp[-1] if right is None else right, y)


def around(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """Return all within one period: the knots in order, between copies of the last and of the first knot."""
    x, xp = x % period, xp % period
    order = np.argsort(xp)
    xp, fp = take_at(xp, order), take_at(fp, order)
    return x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])


def take_at(row: Any, places: Any) -> Any:
    """Return ``row[places]``; for another library's `places`, by a function that this library can answer."""
    return np.reshape(np.take_along_axis(row, np.ravel(places), 0), places.shape) if is_foreign(places) else row[places]


rule(np.unwrap, lambda g, y, p, discont=None, axis=-1, *, period=2 * math.pi: g)
