"""Rules of functions that sort (`sort`, `partition`), and of those that depend on order: medians and quantiles.

One idea carries them all. Number the *different* values of each row: 0 for the smallest, 1 for the next, and so on
(`places`). Every answer is one of these values, or lies between two neighbours. So what comes back is added up for each
value, and the elements that have this value share the sum.

Singular points: equal elements share evenly what comes back to all of them, and NaNs count as equal. A median that is
NaN belongs to the NaNs of its row; but functions that ignore NaNs (``nanmedian``) give them nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.atomic import atomic
from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.tensor_base import to_arrays
from .indexing import scatter
from .masked_reductions import rowwise
from .shapes import cast

# ------------------------------------------------------------------------------------------ order

rule(np.sort,      lambda g, y, a, axis=-1, kind=None, order=None, stable=None: rearrange(g, y, a, axis))
rule(np.partition, lambda g, y, a, kth, axis=-1, kind="introselect", order=None: rearrange(g, y, a, axis))


@composite(np.sort_complex)
def sort_complex(a: Any) -> Any:
    return apply(cast, np.sort(a), dtype=np.sort_complex(np.zeros(1, a.dtype)).dtype)


def rearrange(g: Any, y: Any, x: Any, axis: Any) -> Any:
    """Return the gradient of `x`, where `y` has the same numbers in another order along `axis`."""
    in_x, in_y = places(x, axis), places(y, -1 if axis is None else axis)
    return share_in_groups(scatter(g, np.add(*in_y), (x.size,), g.dtype), np.add(*in_x))


# ------------------------------------------------------------------------- medians and quantiles


def median_rule(fn: Any) -> Callable[..., Any]:
    return lambda g, y, a, axis=None, keepdims=False: gradient_between(fn, g, y, a, axis, keepdims)


def quantile_rule(fn: Any) -> Callable[..., Any]:
    return lambda g, y, a, q, axis=None, method="linear", keepdims=False, weights=None: (
        gradient_between(fn, g, y, a, axis, keepdims, q=to_arrays(q), method=method, weights=weights))


def no_rule(g: Any, y: Any, a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError("quantiles have no derivative rule with respect to q; pass q.detach() if none is wanted")


rule(np.median,        median_rule(np.median))
rule(np.nanmedian,     median_rule(np.nanmedian))
rule(np.quantile,      quantile_rule(np.quantile), no_rule)
rule(np.percentile,    quantile_rule(np.percentile), no_rule)
rule(np.nanquantile,   quantile_rule(np.nanquantile), no_rule)
rule(np.nanpercentile, quantile_rule(np.nanpercentile), no_rule)


def copy_before_sorting(fn: Any) -> Callable[..., Any]:
    """Return `fn` without its option to overwrite the input, which may be a tensor's array."""
    return lambda *args, overwrite_input=False, **kwargs: fn(*args, **kwargs)


for fn in np.median, np.nanmedian, np.quantile, np.percentile, np.nanquantile, np.nanpercentile:
    composite(fn)(copy_before_sorting(fn))


def gradient_between(fn: Any, g: Any, y: Any, x: Any, axis: Any, keepdims: bool, **how: Any) -> Any:
    """Return the gradient of `x`, where each ``y = fn(x)`` lies between two values of its row, or is one of them.

    Between which two, and how far from each? That depends on the method, the weights, the NaNs. But NumPy knows it:
    given the places instead of the elements, `fn` returns 2.25 for a quarter of the way from value 2 to value 3.
    """
    if not x.size:
        return np.zeros(x.shape, g.dtype)
    place, start = places(x, axis)
    nan = np.isnan(x)
    if fn in (np.nanmedian, np.nanquantile, np.nanpercentile):
        known = np.where(nan & ~np.all(nan, axis, keepdims=True), np.nan, place)
        g = np.where(np.isnan(y), 0, g)
    else:  # this function takes a row with NaNs as all NaN
        known = np.where(np.any(nan, axis, keepdims=True), np.max(place, axis, keepdims=True), place)
    p, row = (fn(v, axis=axis, keepdims=keepdims, **how) for v in (known, start))
    below, above, far = np.floor(p), np.ceil(p), p - np.floor(p)
    total = (scatter(g * (1 - far), (row + below).astype(int), (x.size,), g.dtype)
             + scatter(g * far, (row + above).astype(int), (x.size,), g.dtype))  # fmt: skip
    return share_in_groups(total, start + place)


# --------------------------------------------------------------------------- the values of a row


def places(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return each element's place among the different values of its row, and where the places of its row begin."""
    found: tuple[Any, Any] = places_among(to_arrays(x), axis)
    return found


@atomic
def places_among(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return what `places` does, for an array."""
    element = rowwise(np.arange(x.size).reshape(x.shape), axis)
    order = np.argsort(x.reshape(-1)[element], -1)
    element = np.take_along_axis(element, order, -1)  # the smallest of its row first
    value = x.reshape(-1)[element]
    rises = (value[..., 1:] != value[..., :-1]) & (value[..., :-1] == value[..., :-1])  # False from NaN to NaN

    place, start = np.zeros((2, x.size), int)
    place[element[..., 1:]] = np.cumsum(rises, -1)
    start[element] = element.shape[-1] * np.arange(math.prod(element.shape[:-1])).reshape(*element.shape[:-1], 1)
    return place.reshape(x.shape), start.reshape(x.shape)


def share_in_groups(total: Any, group: Any) -> Any:
    """Return for every element its equal share of its group's total."""
    return (total / np.maximum(members(group), 1).astype(total.dtype))[group]


@atomic
def members(group: Any) -> Any:
    """Return how many elements each group has."""
    return np.bincount(group.reshape(-1), minlength=group.size)
