"""Rules of special functions, `sinc` and the Bessel function `i0`: each derivative is made of the family's next member.

So one rule gives derivatives of every order. The members are computed by series, near 0 and far from it.
"""

from __future__ import annotations

from math import factorial, pi
from typing import Any

import numpy as np

from ..engine.atomic import atomic
from ..engine.declare import primitive, rule

# ------------------------------------------------------------------- sin(πx) / πx and its derivatives

TAYLOR = [0 if i % 2 else (-1) ** (i // 2) * pi**i / factorial(i + 1) for i in range(40, -1, -1)]  # exact enough up to 1


def sinc_rule(g: Any, y: Any, x: Any, k: int) -> Any:
    return g * sinc_derivative(x, k + 1)


@primitive(sinc_rule, name="sinc", elementwise=True)
@atomic
def sinc_derivative(x: Any, k: int) -> Any:
    """Return the `k`-th derivative of ``np.sinc``."""
    dtype, x = x.dtype, x.astype(np.result_type(x, np.float64))
    small = np.abs(x) < 1
    near, far = np.where(small, x, 0), np.where(small, 1, x)
    y = quarter_sine(far, 0) / pi / far
    for i in range(1, k + 1):  # x sinc(x) = sin(πx) / π, differentiated i times
        y = (pi ** (i - 1) * quarter_sine(far, i) - i * y) / far
    return np.where(small, np.polyval(np.polyder(TAYLOR, k), near), y).astype(dtype)


def quarter_sine(x: Any, i: int) -> Any:
    """Return the sine of πx plus `i` quarter turns. Quarters are removed first, since multiplying by π rounds."""
    turn = np.remainder(x, 2)
    quarters = np.rint(2 * turn)
    angle, quarters = pi * (turn - quarters / 2), (quarters + i) % 4
    return np.where(quarters % 2 == 0, np.sin(angle), np.cos(angle)) * np.where(quarters < 2, 1, -1)


rule(np.sinc, lambda g, y, x: g * sinc_derivative(x, 1), elementwise=True)

# ------------------------------------------------------------------------ modified Bessel functions


def bessel_rule(g: Any, y: Any, x: Any, n: int) -> Any:
    return g * (bessel(x, abs(n - 1)) + bessel(x, n + 1)) / 2


END = 1e4  # exp(END / 2) is infinite


@primitive(bessel_rule, name="i0", elementwise=True)
@atomic
def bessel(x: Any, n: int) -> Any:
    """Return the modified Bessel function of the first kind, of integer order `n`; ``np.i0`` is that of order 0."""
    small = np.abs(x) < 30
    near, far = np.where(small, x, 0), np.where(small, 30, np.minimum(np.abs(x), END))
    y = term = (near / 2) ** n / factorial(n)
    for m in range(1, 70):  # the power series: no term has another sign, so nothing cancels
        term = term * (near / 2) ** 2 / (m * (m + n))
        y = y + term
    z = term = np.ones_like(far)
    for m in range(1, 30):  # the series in 1/x: the terms shrink as long as m is not much larger than x
        term = term * ((2 * m - 1) ** 2 - 4 * n * n) / (8 * m * far)
        z = z + term
    half = np.exp(far / 2)  # exp(far) would overflow too soon
    return np.where(small, y, np.sign(x) ** n * (half * z / np.sqrt(2 * pi * far)) * half).astype(x.dtype)


rule(np.i0, lambda g, y, x: g * bessel(x, 1), elementwise=True)
