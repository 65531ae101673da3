"""Whether two results are the same, but for rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..optim.deferral import Calls

ROUNDINGS = 2e3  # so many of them, of an array's largest number, make no difference


def alike(a: Any, b: Any, room: float = 0.0) -> bool:
    """Whether two results differ by no more than rounding of the largest number in them, or than there is `room` for."""
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
        return bool(np.allclose(a, b, rtol=0, atol=room + ROUNDINGS * float(np.finfo(a.dtype).eps) * float(size), equal_nan=True))


def distance(a: Any, b: Any) -> float:
    """The largest difference between numbers of two results, of those that are finite."""
    if not hasattr(a, "dtype") or not hasattr(b, "dtype") or a.shape != b.shape or a.dtype.kind not in "fc":
        return 0.0
    with np.errstate(all="ignore"):
        d = np.abs(np.subtract(a, b))
    return float(np.max(d, initial=0, where=np.isfinite(d)))


def same_calls(some: Calls, others: Calls) -> bool:
    """Whether these are calls of the same functions, with the same arguments."""
    some, others = ([x for fn, args, kwargs in calls for x in (fn, *args, *kwargs.items())] for calls in (some, others))
    return len(some) == len(others) and all(alike(x, y) for x, y in zip(some, others, strict=True))
