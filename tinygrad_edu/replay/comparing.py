"""Whether two results are the same, but for rounding."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..rules.kept import kept
from .writing import tracers

EXACT = {
    np.copy, np.where, np.reshape, np.transpose, np.broadcast_to, np.concatenate, np.stack, np.max, np.min, np.expand_dims, np.squeeze,
    np.take, np.sort, np.swapaxes, np.moveaxis, np.flip, np.roll, np.clip, np.ones_like, np.zeros_like, np.full_like, operator.getitem,
    kept,
}  # fmt: skip


def rounding(tape: Any) -> float:
    """By how much results of this program may differ, since sums are computed in another order: that depends on what is added up."""
    values = [tape.values[t.place] for line in tape.lines if not is_exact(line.fn) for t in tracers(line)]
    floats = [v for v in values if isinstance(v, np.ndarray | np.generic) and v.dtype.kind in "fc" and v.size]
    size = max((float(np.max(np.abs(v), initial=0, where=np.isfinite(v))) for v in floats), default=0.0)
    return 100 * size * precision(floats)


def is_exact(fn: Any) -> bool:
    """Whether a function computes the same in whatever order."""
    return (isinstance(fn, np.ufunc) and not fn.signature) or fn in EXACT


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
