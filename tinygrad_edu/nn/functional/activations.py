"""Activations: what a neuron makes of its weighted sum, element by element.

Where a function has a kink, its derivative there is what NumPy's comparison chooses: that of the left side.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.declare import primitive
from ...rules.bells import down_sigmoid, down_tanh
from ...rules.neural.erf import erfc, gauss
from ...rules.neural.fused import sigmoid, softmax


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, between -1 and 1."""
    return np.tanh(x)


STRAIGHT = 1e3  # from here on, a softplus is its argument
FLAT = 800.0  # from here on, exp(-x) is 0: there a sigmoid is constant, and infinity times 0 is not asked for


def bounded(x: Any) -> Any:
    return np.clip(x, -FLAT, FLAT)


@primitive(lambda g, y, x: silu_rule(g, x, sigmoid(x)), elementwise=True)
def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, also called swish (Ramachandran et al. 2017)."""
    return np.maximum(x, -FLAT) * sigmoid(x)


def silu_rule(g: Any, x: Any, s: Any) -> Any:
    """With `s`, the sigmoid."""
    return g * s + down_sigmoid(g * bounded(x), s, x)


def gelu(x: Any, approximate: str = "none") -> Any:
    """x times the probability that a normal number is below x (Hendrycks & Gimpel 2016); "tanh" is its approximation."""
    if approximate == "tanh":
        z = np.clip(x, -25.0, 25.0)
        return np.maximum(x, -25.0) * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z))
    if approximate != "none":
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
    return normal_gate(x)


@primitive(lambda g, y, x: g * (0.5 * erfc(x * -math.sqrt(0.5)) - gauss(x * math.sqrt(0.5), 1) / (2 * math.sqrt(math.pi))), name="gelu", elementwise=True)
def normal_gate(x: Any) -> Any:
    """``x`` times the probability that a normal number is below `x`."""
    return 0.5 * np.maximum(x, -50.0) * erfc(x * -math.sqrt(0.5))


def softplus(x: Any, beta: float = 1.0) -> Any:
    """``log(1 + exp(beta x)) / beta``: a smooth rectifier."""
    y = np.logaddexp(beta * x, 0) / beta
    return y if beta <= 1 else np.where(x > STRAIGHT, x, y)  # further out, `beta * x` might be infinite


def logsigmoid(x: Any) -> Any:
    """``log(sigmoid(x))``, without the logarithm of 0."""
    return -np.logaddexp(-x, 0)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x, and ``alpha * (exp(x) - 1)`` below 0 (Clevert et al. 2015)."""
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x)))


def selu(x: Any) -> Any:
    """`elu` with the two numbers that keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x, and a fraction of it below 0."""
    return np.where(x > 0, x, negative_slope * x)


def prelu(x: Any, weight: Any) -> Any:
    """`leaky_relu` whose slope is learnt: one for all, or one for each channel, the second axis."""
    if (n := np.size(weight)) > 1:
        if n != x.shape[min(1, x.ndim - 1)]:
            raise ValueError(f"prelu: there are slopes for {n} channels, the second axis, and the input has shape {x.shape}")
        weight = np.reshape(weight, (-1,) + (1,) * (x.ndim - 2))
    return np.where(x > 0, x, weight * x)


def relu6(x: Any) -> Any:
    """The rectifier that ends at 6."""
    return hardtanh(x, 0.0, 6.0)


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, bounded."""
    return np.where(x <= min_val, min_val, np.where(x >= max_val, max_val, x))


def hardsigmoid(x: Any) -> Any:
    """Three straight lines for a sigmoid: ``x / 6 + 1/2``, bounded to between 0 and 1."""
    return hardtanh(x / 6 + 0.5, 0.0, 1.0)


def hardswish(x: Any) -> Any:
    """``x * hardsigmoid(x)``."""
    return np.maximum(x, -3.0) * hardsigmoid(x)


def mish(x: Any) -> Any:
    """``x * tanh(softplus(x))`` (Misra 2019)."""
    return mish_of(x)


@primitive(lambda g, y, x: mish_rule(g, x, softplus(x)), name="mish", elementwise=True)
def mish_of(x: Any) -> Any:
    return np.maximum(x, -FLAT) * np.tanh(softplus(x))


def mish_rule(g: Any, x: Any, s: Any) -> Any:
    """With `s`, the softplus."""
    t = np.tanh(s)
    return g * t + down_tanh(g * bounded(x) * sigmoid(x), t, s)


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``."""
    return x / (1 + np.abs(x)) if np.iscomplexobj(x) else softsign_of(x)


@primitive(lambda g, y, x: g / (1 + np.abs(x)) / (1 + np.abs(x)), name="softsign", elementwise=True)
def softsign_of(x: Any) -> Any:
    """Of real numbers, infinite ones included."""
    if np.iscomplexobj(x):
        raise TypeError("softsign_of is for real numbers")
    most = float(np.finfo(np.result_type(x, np.float16)).max)
    x = np.clip(x, -most, most)
    return x / (1 + np.abs(x))


def tanhshrink(x: Any) -> Any:
    """``x - tanh(x)``."""
    return x - np.tanh(x) if np.iscomplexobj(x) else tanhshrink_of(x)


@primitive(lambda g, y, x: g * np.tanh(x) * np.tanh(x), name="tanhshrink", elementwise=True)
def tanhshrink_of(x: Any) -> Any:
    """Of real numbers. Near 0 the difference has no digits left: there it is taken from Lambert's fraction,
    ``tanh(x) = x / (1 + u)`` with ``u = x² / (3 + x² / (5 + x² / (7 + ...)))``, as ``x * u / (1 + u)``."""
    if np.iscomplexobj(x):
        raise TypeError("tanhshrink_of is for real numbers")
    near = np.clip(x, -1.0, 1.0)
    square = near * near
    u = 17.0
    for odd in range(15, 2, -2):
        u = odd + square / u
    u = square / u
    return np.where(np.abs(x) < 1, near * u / (1 + u), x - np.tanh(x))


def softmin(x: Any, axis: int = -1) -> Any:
    """`softmax` of ``-x``."""
    return softmax(-x, axis)


def glu(x: Any, axis: int = -1) -> Any:
    """One half of `x`, let through by the sigmoid of the other (Dauphin et al. 2017)."""
    if x.shape[axis] % 2:
        raise ValueError(f"glu: axis {axis} of shape {x.shape} can't be halved")
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)
