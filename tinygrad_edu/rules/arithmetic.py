"""Rules of arithmetic: functions of two arguments, element by element.

Singular points: where two arguments tie for the maximum or minimum, each gets half of the gradient; ``x ** 0``
has derivative 0 everywhere, and ``0 ** p`` has derivative 0 with respect to p, unless p is negative. Where there is no
order, among complex numbers, the maximum and its kin refuse to be differentiated.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..engine.declare import rule
from ..engine.masked_gradient import take_where
from ..engine.table import RULES

zero = lambda g, y, *args, **kwargs: np.zeros_like(g)

# ------------------------------------------------------------------------------ the four operations

rule(np.add,          lambda g, y, a, b: g,
                      lambda g, y, a, b: g)
rule(np.subtract,     lambda g, y, a, b: g,
                      lambda g, y, a, b: -g)
rule(np.multiply,     lambda g, y, a, b: g * b,
                      lambda g, y, a, b: g * a)
rule(np.divide,       lambda g, y, a, b: g / b,
                      lambda g, y, a, b: -g * y / b)

rule(np.floor_divide, zero, zero)
rule(np.remainder,    lambda g, y, a, b: g,
                      lambda g, y, a, b: -g * np.floor_divide(a, b))
rule(np.fmod,         lambda g, y, a, b: g,
                      lambda g, y, a, b: -g * np.rint((a - y) / b))  # `a / b` may be rounded beyond a whole number

# ------------------------------------------------------------------------------ powers and the like


def power_rule(g: Any, a: Any, b: Any) -> Any:
    """Return ``g * b * a ** (b - 1)``, which is 0 where b is 0, even if a is 0 too.

    For tiny numbers, that power might be infinite though `b` makes the product finite. Then the result is computed as
    ``g * b * a ** b / a``. And where the power is 0 because `b` is infinite, 0 times infinity is avoided.
    """
    if isinstance(b, int | float | complex) and (b == 0 or 0.5 <= abs(b) < math.inf):
        return g * b * (a if b == 2 else a ** (b - 1)) if b else np.zeros_like(g)
    tiny = (a != 0) & (np.abs(a) < 1) & (np.abs(b) < 0.5)
    power = a ** np.where(tiny, b, np.where((a == 0) & (b == 0), 1, b - 1))
    return g * np.where((power == 0) & np.isinf(b), 0, b) * power / np.where(tiny, a, 1)


def nonzero(x: Any) -> Any:
    """Return `x` with 1 in place of 0, for denominators and logarithms whose value there does not matter."""
    return np.where(x == 0, 1, x)


def log_of_base(a: Any, b: Any, y: Any) -> Any:
    """Return log(a), or 0 where the power `y` is 0, or is 0 ** 0; complex if `y` is, as for negative `a`."""
    a = np.where((y == 0) | ((a == 0) & (b == 0)), 1, a)
    return np.log(a if y.dtype.kind != "c" else a + 0j)


for power in np.power, np.float_power:
    rule(power,       lambda g, y, a, b: power_rule(g, a, b),
                      lambda g, y, a, b: g * y * log_of_base(a, b, y))

# ------------------------------------------------------------------------------ one or the other


def require_order(g: Any) -> Any:
    """Return `g`, for a rule that compares numbers; raise an error for complex ones, whose order means nothing."""
    if g.dtype.kind == "c":
        raise TypeError("there is no largest or smallest of complex numbers, as far as derivatives go (NumPy compares "
                        "their real parts first): compare np.real(x) or np.absolute(x), and choose with np.where")
    return g


def winner(g: Any, wins: Any, ties: Any) -> Any:
    """Return all of `g` where the argument wins, half of it in a tie, and 0 elsewhere."""
    return take_where(wins, require_order(g)) + take_where(ties, g / 2)


rule(np.maximum,      lambda g, y, a, b: winner(g, (a > b) | (a != a), a == b),  # a NaN wins: only it is unequal to itself
                      lambda g, y, a, b: winner(g, (b > a) | (b != b), a == b))
rule(np.minimum,      lambda g, y, a, b: winner(g, (a < b) | (a != a), a == b),
                      lambda g, y, a, b: winner(g, (b < a) | (b != b), a == b))
rule(np.fmax,         lambda g, y, a, b: winner(g, (a > b) | (b != b), a == b),  # a NaN loses
                      lambda g, y, a, b: winner(g, (b > a) | (a != a), a == b))
rule(np.fmin,         lambda g, y, a, b: winner(g, (a < b) | (b != b), a == b),
                      lambda g, y, a, b: winner(g, (b < a) | (a != a), a == b))

rule(np.copysign,     lambda g, y, a, b: g * np.sign(a) * np.sign(y),
                      zero)
rule(np.heaviside,    zero,
                      lambda g, y, a, b: take_where(a == 0, g))

# ------------------------------------------------------------------------------------- short cuts
# Python's operators compute the same, know short cuts for numbers and squares, and skip a layer of calls.

for fn, operation in ((np.add, operator.add), (np.subtract, operator.sub), (np.multiply, operator.mul),
                      (np.divide, operator.truediv), (np.power, operator.pow)):  # fmt: skip
    RULES[fn].compute = operation
