"""Functions that ignore NaNs, such as `nansum` and `nanmean`: the plain functions of the other numbers.

Singular points: NaNs get no gradient, even where a row has only NaNs, and the result is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.atomic import warn_where
from ..engine.declare import composite
from .masked_reductions import broadcast_mask, convert, one_given, root, squares

# ---------------------------------------------------------- in a sum a NaN is 0, in a product 1

composite(np.nansum)(lambda a, *args, **kwargs: np.sum(fill_nans(a, 0), *args, **kwargs))
composite(np.nanprod)(lambda a, *args, **kwargs: np.prod(fill_nans(a, 1), *args, **kwargs))
composite(np.nancumsum)(lambda a, *args, **kwargs: np.cumsum(fill_nans(a, 0), *args, **kwargs))
composite(np.nancumprod)(lambda a, *args, **kwargs: np.cumprod(fill_nans(a, 1), *args, **kwargs))
composite(np.nanmax)(lambda a, *args, **kwargs: extreme(np.max, -np.inf, a, *args, **kwargs))
composite(np.nanmin)(lambda a, *args, **kwargs: extreme(np.min, np.inf, a, *args, **kwargs))


def fill_nans(a: Any, value: float) -> Any:
    return np.where(np.isnan(a), value, a) if a.dtype.kind in "fc" else a


def extreme(
    fn: Any, last: float, a: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:  # fmt: skip
    """Return the extreme of the numbers; NaNs are replaced by `last`, the value that is chosen last."""
    general = {**({} if initial is None else {"initial": initial}), **({} if where is True else {"where": where})}
    y = fn(fill_nans(a, last), axis, keepdims=keepdims, **general)
    if initial is not None:
        return y
    nothing = np.all(np.isnan(a), axis, keepdims=keepdims)
    warn_where(nothing, "All-NaN slice encountered")
    return np.where(nothing, np.nan, y) if y.dtype.kind in "fc" else y


# -------------------------------------------------------- a mean and a variance have fewer numbers


@composite(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    return np.mean(a, axis, dtype, keepdims=keepdims, where=non_nans(a, where))


@composite(np.nanvar)
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    a, ddof = convert(a, dtype), one_given(ddof, correction)
    mean = None if mean is None else convert(mean, a.dtype)
    total, n = squares(a, axis, keepdims, non_nans(a, where), mean)
    few = n <= ddof
    warn_where(few, "Degrees of freedom <= 0 for slice.")
    return np.where(few, np.nan, total / np.where(few, 1, n - ddof).astype(total.dtype))


@composite(np.nanstd)
def nanstd(a: Any, *args: Any, **kwargs: Any) -> Any:
    return root(np.nanvar(a, *args, **kwargs))


def non_nans(a: Any, where: Any) -> Any:
    return broadcast_mask(a, where) & ~np.isnan(a)


# ------------------------------------------------------------------------ numbers instead of NaNs


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if x.dtype.kind == "c":
        return nan_to_num(np.real(x), copy, nan, posinf, neginf) + 1j * nan_to_num(np.imag(x), copy, nan, posinf, neginf)
    if x.dtype.kind != "f":
        return np.copy(x)
    limits = np.finfo(x.dtype)
    y = x
    for place, value in ((np.isnan(x), nan), (np.isposinf(x), limits.max if posinf is None else posinf),
                         (np.isneginf(x), limits.min if neginf is None else neginf)):  # fmt: skip
        y = np.where(place, np.broadcast_to(convert(value, x.dtype), x.shape), y)
    return y
