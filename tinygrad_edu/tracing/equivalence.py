"""Equivalence of results: whether two runs computed the same, except for rounding errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..optim.deferral import Calls

ROUNDINGS = 2e3  # results count as equal if they differ by no more rounding errors of the array's largest number


def alike(a: Any, b: Any, room: float = 0.0) -> bool:
    """Return whether two results differ by no more than rounding errors of their largest number, plus `room`."""
    if a is b:
        return True
    if a is None or b is None or not hasattr(a, "dtype") or not hasattr(b, "dtype"):
        return not hasattr(a, "dtype") and not hasattr(b, "dtype") and bool(a == b or (a != a and b != b))
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.all(a == b))
    with np.errstate(all="ignore"):
        size = np.max(np.abs(a), initial=0, where=np.isfinite(a))
        return bool(
            np.allclose(
                a, b, rtol=0, atol=room + ROUNDINGS * float(np.finfo(a.dtype).eps) * float(size), equal_nan=True
            )
        )


def distance(a: Any, b: Any) -> float:
    """Return the largest finite difference between the numbers of two results."""
    if not hasattr(a, "dtype") or not hasattr(b, "dtype") or a.shape != b.shape or a.dtype.kind not in "fc":
        return 0.0
    with np.errstate(all="ignore"):
        d = np.abs(np.subtract(a, b))
    return float(np.max(d, initial=0, where=np.isfinite(d)))


def same_calls(some: Calls, others: Calls) -> bool:
    """Return whether these are calls of the same functions with the same arguments."""
    some, others = ([x for fn, args, kwargs in calls for x in (fn, *args, *kwargs.items())] for calls in (some, others))
    return len(some) == len(others) and all(alike(x, y) for x, y in zip(some, others, strict=True))
