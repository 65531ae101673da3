"""The derivatives of tanh and sigmoid: bell curves, accurate to all digits out to where they vanish.

``1 - y * y`` is the derivative of tanh, and ``y * (1 - y)`` that of sigmoid. But where `y` is nearly 1, nothing but
rounding is left of such a difference. There, and only there, the derivative is computed from `x`, since an exponential
is expensive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.atomic import atomic
from ..engine.declare import rule
from ..engine.forward import apply
from ..engine.tensor_base import TensorBase

# For each dtype: 1, and the difference from 1 at which half of the digits that may be lost are lost. 0-d arrays are the
# quickest constants.
ENDS = {t: (np.array(1, t), np.array(near, t)) for t, near in {"e": 2.0**-5, "f": 2.0**-8, "d": 2.0**-10, "g": 2.0**-10}.items()}


def down_tanh(g: Any, y: Any, x: Any) -> Any:
    """Return ``g * (1 - y * y)`` for ``y = tanh(x)``, accurate to all digits."""
    if type(x) is np.ndarray:
        return g * tanh_slope(y, x)
    return g * apply_slope(steepness_of_tanh, y, x) if knows_numbers(x) else g * (1 - y * y)


def down_sigmoid(g: Any, y: Any, x: Any) -> Any:
    """Return ``g * y * (1 - y)`` for ``y = sigmoid(x)``, accurate to all digits."""
    if type(x) is np.ndarray:
        return g * sigmoid_slope(y, x)
    return g * apply_slope(steepness_of_sigmoid, y, x) if knows_numbers(x) else g * y * (1 - y)


def apply_slope(fn: Any, y: Any, x: Any) -> Any:
    return apply(fn, y, x) if isinstance(x, TensorBase) else fn(y, x)


def knows_numbers(x: Any) -> bool:
    """Say whether `x` has numbers that we can compute with: it is neither a symbol nor another library's array."""
    return isinstance(x, np.ndarray | np.generic | TensorBase) or hasattr(type(x), "__as_one__")


def tanh_slope(y: Any, x: Any) -> Any:
    """Return the derivative of tanh at `x`, where tanh is `y`."""
    if type(y) is not np.ndarray or y.dtype.char not in ENDS:
        return 1 - y * y if not isinstance(y, np.floating) or 1 - y * y > ENDS[y.dtype.char][1] else 4 * bell(2 * x)
    one, near = ENDS[y.dtype.char]
    s = y * y
    np.subtract(one, s, s)
    far = s < near
    if far.size and far.item(far.argmax()):  # any, without a layer of Python
        s[far] = 4 * bell(2 * x[far])
    return s


def sigmoid_slope(y: Any, x: Any) -> Any:
    """Return the derivative of sigmoid at `x`, where sigmoid is `y`."""
    if type(y) is not np.ndarray or y.dtype.char not in ENDS:
        return y * (1 - y) if not isinstance(y, np.floating) or 1 - y > ENDS[y.dtype.char][1] else bell(x)
    one, near = ENDS[y.dtype.char]
    s = np.subtract(one, y)
    far = s < near
    np.multiply(s, y, s)
    if far.size and far.item(far.argmax()):
        s[far] = bell(x[far])
    return s


def bell(x: Any) -> Any:
    """Return the derivative of sigmoid, for arrays."""
    e = np.exp(-np.abs(x))
    return e / ((1 + e) * (1 + e))


steepness_of_tanh, steepness_of_sigmoid = atomic(tanh_slope), atomic(sigmoid_slope)

# Since `y` is a function of `x`, these are functions of `x` alone.
rule(steepness_of_tanh,    None, lambda g, s, y, x: -2 * g * y * s, name="sech²", elementwise=True)
rule(steepness_of_sigmoid, None, lambda g, s, y, x: -g * s * np.tanh(x / 2), name="σ'", elementwise=True)
