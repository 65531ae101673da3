"""Rules of `logaddexp` and `logaddexp2`, logarithms of sums of exponentials; their derivatives are sigmoids (softmax).

Singular points: two infinite numbers of the same sign are a tie, and each gets half.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import primitive, rule
from .bells import knows_numbers
from .neural.fused import sigmoid
from .reductions import unreduce

rule(np.logaddexp,    lambda g, y, a, b: g * sigmoid(difference(a, b)),  # `exp(a - y)` loses its digits for large numbers
                      lambda g, y, a, b: g * sigmoid(difference(b, a)))
rule(np.logaddexp2,   lambda g, y, a, b: g * sigmoid(difference(a, b) * math.log(2)),
                      lambda g, y, a, b: g * sigmoid(difference(b, a) * math.log(2)))


def shares(x: Any, axis: Any) -> Any:
    """Return each one's share of the sum of exponentials; ``exp(x - y)`` would lose digits where `y` is large."""
    e = np.exp(difference(x, np.max(x, axis, keepdims=True)))
    return e / np.sum(e, axis, keepdims=True)


@primitive(lambda g, y, x, axis=0, keepdims=False: unreduce(g, axis, keepdims) * shares(x, axis))
def logsumexp(x: Any, axis: Any = 0, keepdims: bool = False) -> Any:
    """Return ``np.logaddexp.reduce``, as one operation."""
    ufunc: Any = np.logaddexp
    return ufunc.reduce(x, axis, keepdims=keepdims)


def difference(a: Any, b: Any) -> Any:
    """Return ``a - b``, and 0 for two infinite numbers that are equal."""
    if not (knows_numbers(a) and knows_numbers(b)):  # a number among the operands is a finite one
        return a - b
    return np.where((a == b) & np.isinf(a), 0, a) - np.where((a == b) & np.isinf(b), 0, b)
