"""How steep sigmoids are: bells, which have all their digits out to where they vanish.

``1 - y * y`` is the derivative of tanh, and ``y * (1 - y)`` that of sigmoid. But where `y` is nearly 1, nothing but rounding
is left of such a difference. The digits are in `x`; there it is asked, and only there, because an exponential is dear.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..as_one import as_one
from ..graph import apply
from ..table import rule
from ..value import Value

NEAR = {"e": 2.0**-5, "f": 2.0**-8, "d": 2.0**-10, "g": 2.0**-10}  # from 1, where half of the digits that may go are gone


def down_tanh(g: Any, y: Any, x: Any) -> Any:
    """``g * (1 - y * y)`` of ``y = tanh(x)``, with all its digits."""
    return g * steepness(steepness_of_tanh, y, x) if knows_numbers(x) else g * (1 - y * y)


def down_sigmoid(g: Any, y: Any, x: Any) -> Any:
    """``g * y * (1 - y)`` of ``y = sigmoid(x)``, with all its digits."""
    return g * steepness(steepness_of_sigmoid, y, x) if knows_numbers(x) else g * y * (1 - y)


def steepness(fn: Any, y: Any, x: Any) -> Any:
    return apply(fn, y, x) if isinstance(x, Value) else fn(y, x)


def knows_numbers(x: Any) -> bool:
    """Whether `x` is more than a symbol, and no array that computes in its own way."""
    return isinstance(x, np.ndarray | np.generic | Value) or hasattr(type(x), "__as_one__")


@as_one
def steepness_of_tanh(y: Any, x: Any) -> Any:
    if type(y) is not np.ndarray or y.dtype.char not in NEAR:
        return 1 - y * y if not isinstance(y, np.floating) or 1 - y * y > NEAR[y.dtype.char] else 4 * bell(2 * x)
    s = y * y
    np.subtract(1, s, s)
    return anew(s, s < NEAR[y.dtype.char], lambda x: 4 * bell(2 * x), x)


@as_one
def steepness_of_sigmoid(y: Any, x: Any) -> Any:
    if type(y) is not np.ndarray or y.dtype.char not in NEAR:
        return y * (1 - y) if not isinstance(y, np.floating) or 1 - y > NEAR[y.dtype.char] else bell(x)
    s = np.subtract(1, y)
    far = s < NEAR[y.dtype.char]
    np.multiply(s, y, s)
    return anew(s, far, bell, x)


def bell(x: Any) -> Any:
    """The derivative of sigmoid, of arrays."""
    e = np.exp(-np.abs(x))
    return e / ((1 + e) * (1 + e))


def anew(s: Any, far: Any, exact: Any, x: Any) -> Any:
    """`s`, computed anew where it is `far` out."""
    if far.any():
        s[far] = exact(x[far])
    return s


# What `y` is, is known: these are functions of `x` alone.
rule(steepness_of_tanh,    None, lambda g, s, y, x: -2 * g * y * s, name="sech²", elementwise=True)
rule(steepness_of_sigmoid, None, lambda g, s, y, x: -g * s * np.tanh(x / 2), name="σ'", elementwise=True)
