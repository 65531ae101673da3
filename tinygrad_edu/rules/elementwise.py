"""Rules of elementwise functions of one argument: exponentials, logarithms, circular and hyperbolic functions.

Singular points: ``absolute`` has derivative 0 at 0, and so has ``sign`` of complex numbers. Functions constant but for
jumps have derivative 0. On a branch cut, where a complex function jumps, the derivative is that of its value's side.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..engine.declare import rule
from ..engine.table import RULES
from .arithmetic import nonzero, zero
from .bells import down_tanh


def toward(x: Any) -> Any:
    """Return the derivative of ``abs(x)``: the sign of real numbers, the conjugate direction of complex ones."""
    return np.sign(x) if x.dtype.kind != "c" else np.conjugate(np.sign(x))


def sign_rule(g: Any, y: Any, x: Any) -> Any:
    """Return the gradient of ``x / |x|``, which is 0 for real numbers. For complex ones, only the direction changes."""
    return np.zeros_like(g) if x.dtype.kind != "c" else 1j * np.imag(g * y) * np.conjugate(y) / nonzero(np.absolute(x))


rule(np.negative,   lambda g, y, x: -g)
rule(np.positive,   lambda g, y, x: g)
rule(np.absolute,   lambda g, y, x: g * toward(x))
rule(np.fabs,       lambda g, y, x: g * np.sign(x))
rule(np.square,     lambda g, y, x: g * 2 * x)
rule(np.sqrt,       lambda g, y, x: g / (2 * y))
rule(np.cbrt,       lambda g, y, x: g / (3 * y) / y)  # y * y would lose the digits of small numbers
rule(np.reciprocal, lambda g, y, x: -g * y * y)

# ------------------------------------------------------------------------- exponentials and logarithms

rule(np.exp,        lambda g, y, x: g * y)
rule(np.exp2,       lambda g, y, x: g * y * math.log(2))
rule(np.expm1,      lambda g, y, x: g * np.exp(x))
rule(np.log,        lambda g, y, x: g / x)
rule(np.log2,       lambda g, y, x: g / math.log(2) / x)
rule(np.log10,      lambda g, y, x: g / math.log(10) / x)
rule(np.log1p,      lambda g, y, x: g / (1 + x))

# ----------------------------------------------------------------------------------- circular


def cofunction(fn: Any, y: Any, root: Any) -> Any:
    """Return ``fn(y)``, computed as a root in `x`, which is quicker; complex numbers have two roots, and need `y`."""
    return root() if y.dtype.kind != "c" else fn(y)


def over_one_and_square(g: Any, x: Any) -> Any:
    """Return ``g / (1 + x²)``, without the square of real numbers, which might overflow."""
    return g / (1 + x * x) if x.dtype.kind == "c" else g / np.hypot(x, 1) / np.hypot(x, 1)


rule(np.sin,        lambda g, y, x: g * np.cos(x))
rule(np.cos,        lambda g, y, x: -g * np.sin(x))
rule(np.tan,        lambda g, y, x: g * (1 + y * y))
rule(np.arcsin,     lambda g, y, x: g / cofunction(np.cos, y, lambda: np.sqrt((1 - x) * (1 + x))))
rule(np.arccos,     lambda g, y, x: -g / cofunction(np.sin, y, lambda: np.sqrt((1 - x) * (1 + x))))
rule(np.arctan,     lambda g, y, x: over_one_and_square(g, x))
rule(np.deg2rad,    lambda g, y, x: g * (math.pi / 180))
rule(np.radians,    lambda g, y, x: g * (math.pi / 180))
rule(np.rad2deg,    lambda g, y, x: g * (180 / math.pi))
rule(np.degrees,    lambda g, y, x: g * (180 / math.pi))

# ---------------------------------------------------------------------------------- hyperbolic

rule(np.sinh,       lambda g, y, x: g * np.cosh(x))
rule(np.cosh,       lambda g, y, x: g * np.sinh(x))
rule(np.tanh,       lambda g, y, x: down_tanh(g, y, x))
rule(np.arcsinh,    lambda g, y, x: g / cofunction(np.cosh, y, lambda: np.hypot(x, 1)))
rule(np.arccosh,    lambda g, y, x: g / cofunction(np.sinh, y, lambda: np.sqrt(x - 1) * np.sqrt(x + 1)))
rule(np.arctanh,    lambda g, y, x: g / ((1 - x) * (1 + x)))

# ------------------------------------------------------------------------------ steps: derivative 0

for step in np.floor, np.ceil, np.trunc, np.rint:
    rule(step, zero)
rule(np.sign, sign_rule)
rule(np.round, lambda g, y, x, decimals=0: np.zeros_like(g), elementwise=True)
rule(np.around, lambda g, y, x, decimals=0: np.zeros_like(g), elementwise=True)

RULES[np.negative].compute = operator.neg  # as in arithmetic.py
RULES[np.absolute].compute = operator.abs
