"""Whether two results are the same, but for rounding."""

from __future__ import annotations

from typing import Any

import numpy as np


def rounding(values: list[Any]) -> float:
    """By how much results may differ that are computed in another order, of these numbers."""
    floats = [v for v in values if isinstance(v, np.ndarray | np.generic) and v.dtype.kind in "fc" and v.size]
    size = max((float(np.max(np.abs(v), initial=0, where=np.isfinite(v))) for v in floats), default=0.0)
    return 100 * size * precision(floats)


def precision(arrays: list[Any]) -> float:
    """The coarsest of their dtypes' epsilons."""
    return max((float(np.finfo(a.dtype).eps) for a in arrays), default=0.0)


def alike(a: Any, b: Any, rounding: float) -> bool:
    """Whether two results differ by no more than rounding."""
    if a is b:
        return True
    if a is None or b is None or not hasattr(a, "dtype") or not hasattr(b, "dtype"):
        return not hasattr(a, "dtype") and not hasattr(b, "dtype") and bool(a == b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.all(a == b))
    size = np.max(np.abs(a), initial=0, where=np.isfinite(a))
    return bool(np.allclose(a, b, rtol=0, atol=rounding + 2e3 * precision([a]) * size, equal_nan=True))
