"""Logarithms of sums of exponentials, which are shared as softmax shares: by sigmoids of the difference.

Singular points: two infinite numbers of one sign are a tie, and each gets half.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import primitive, rule
from .bells import knows_numbers
from .neural.fused import sigmoid
from .reductions import unreduce

rule(np.logaddexp,    lambda g, y, a, b: g * sigmoid(apart(a, b)),  # of `exp(a - y)`, large numbers leave nothing
                      lambda g, y, a, b: g * sigmoid(apart(b, a)))
rule(np.logaddexp2,   lambda g, y, a, b: g * sigmoid(apart(a, b) * math.log(2)),
                      lambda g, y, a, b: g * sigmoid(apart(b, a) * math.log(2)))


def shares(x: Any, axis: Any) -> Any:
    """What part each has of the sum of the exponentials; of ``exp(x - y)``, a large `y` leaves few digits."""
    e = np.exp(apart(x, np.max(x, axis, keepdims=True)))
    return e / np.sum(e, axis, keepdims=True)


@primitive(lambda g, y, x, axis=0, keepdims=False: unreduce(g, axis, keepdims) * shares(x, axis))
def logsumexp(x: Any, axis: Any = 0, keepdims: bool = False) -> Any:
    """``np.logaddexp.reduce``, as one operation."""
    ufunc: Any = np.logaddexp
    return ufunc.reduce(x, axis, keepdims=keepdims)


def apart(a: Any, b: Any) -> Any:
    """``a - b``, which is 0 of two infinite numbers that are equal."""
    if not (knows_numbers(a) and knows_numbers(b)):  # a number among the operands is a finite one
        return a - b
    return np.where((a == b) & np.isinf(a), 0, a) - np.where((a == b) & np.isinf(b), 0, b)
