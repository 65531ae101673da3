"""Rules of `hypot` and `arctan2`: lengths and angles of two numbers, without squares that overflow or underflow.

Singular points: at (0, 0), where there is no direction, all derivatives are 0. An infinite number makes up the whole
length.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import rule
from .arithmetic import nonzero
from .bells import knows_numbers

rule(np.hypot,        lambda g, y, a, b: g * over_length(g, a, b, a),
                      lambda g, y, a, b: g * over_length(g, a, b, b))
rule(np.arctan2,      lambda g, y, a, b: g * over_square(g, a, b, b),
                      lambda g, y, a, b: -g * over_square(g, a, b, a))


def over_length(g: Any, a: Any, b: Any, x: Any) -> Any:
    """Return `x`, which is `a` or `b`, divided by the length of (a, b)."""
    if not knows_numbers(g):
        return x / np.hypot(a, b)
    k, infinite = middle_power(g, a, b), np.isinf(x)
    finite = np.where(infinite, 0, x)  # avoids infinity over infinity
    return np.where(infinite, np.sign(x), scale_by_power(g, finite, k) / length(g, a, b, k))


def over_square(g: Any, a: Any, b: Any, x: Any) -> Any:
    """Return `x`, which is `a` or `b`, divided by the squared length of (a, b)."""
    if not knows_numbers(g):
        return x / (a * a + b * b)
    k = middle_power(g, a, b)
    return np.ldexp(over_length(g, a, b, x), k) / length(g, a, b, k)


def length(g: Any, a: Any, b: Any, k: Any) -> Any:
    return nonzero(np.hypot(scale_by_power(g, a, k), scale_by_power(g, b, k)))


def scale_by_power(g: Any, x: Any, k: Any) -> Any:
    """Return ``x * 2**k``, in the precision of `g`."""
    return np.ldexp(x * g.dtype.type(1), k)


def middle_power(g: Any, a: Any, b: Any) -> Any:
    """Return the exponent `k` for which ``a * 2**k``, ``b * 2**k`` and their length neither overflow nor underflow."""
    return np.where((np.abs(a) < 1) & (np.abs(b) < 1), np.finfo(g.dtype).maxexp - 1, -2)
