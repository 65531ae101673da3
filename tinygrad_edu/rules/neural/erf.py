"""The error functions `erf` and ``erfc = 1 - erf``, which NumPy lacks, accurate to all digits; and Gaussians.

Both are interpolated, when first used, from the values of Python's `math`: `erf` near 0, and further out `erfc` without
its steep factor. These are smooth enough for a short series of Chebyshev polynomials.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.polynomial.chebyshev import cheb2poly

from ...engine.atomic import atomic
from ...engine.declare import primitive

NEAR = 1.0
END = {"e": 4.5, "f": 10.5, "d": 27.5}  # where exp(-x²) is 0


def gauss_rule(g: Any, y: Any, x: Any, k: int = 0) -> Any:
    return g * gauss(x, k + 1)


@primitive(gauss_rule, elementwise=True)
@atomic
def gauss(x: Any, k: int = 0) -> Any:
    """Return the `k`-th derivative of ``exp(-x²)``."""
    end = END.get(np.result_type(x, np.float16).char, END["d"])
    z = np.minimum(np.maximum(x, -end), end)  # avoids infinity times 0
    before, y = 0, np.exp(-z * z)
    for i in range(k):  # Hermite's recurrence
        before, y = y, -2 * (z * y + i * before)
    return y


@primitive(lambda g, y, x: g * (2 / math.sqrt(math.pi)) * gauss(x), elementwise=True)
@atomic
def erf(x: Any) -> Any:
    """Compute the error function, to within 1e-14.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: real numbers.

    Returns
    -------
    Tensor, of x's shape
        ``2 / sqrt(pi)`` times the integral of ``exp(-t²)`` from 0 to `x`. It lies between -1 and 1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor
    >>> from tinygrad_edu.nn.functional import erf
    >>> erf(Tensor([-1.0, 0.0, 0.5])).data.round(6)
    array([-0.842701,  0.      ,  0.5205  ])
    """
    near, z, outside = erf_by_range(x)
    y = near if outside is None else np.where(z <= NEAR, near, 1 - outside)
    return np.copysign(y, x).astype(np.result_type(x, np.float16), copy=False)


@primitive(lambda g, y, x: g * (-2 / math.sqrt(math.pi)) * gauss(x), elementwise=True)
@atomic
def erfc(x: Any) -> Any:
    """Return ``1 - erf(x)``, computed without the difference: ``erfc(20)`` is 5.4e-176."""
    near, z, outside = erf_by_range(x)
    y = 1 - np.copysign(near, x)
    if outside is not None:
        y = np.where(z <= NEAR, y, np.where(x < 0, 2 - outside, outside))
    return y.astype(np.result_type(x, np.float16), copy=False)


def erf_by_range(x: Any) -> tuple[Any, Any, Any]:
    """Return ``erf(|x|)`` near 0, ``|x|``, and ``erfc(|x|)`` further out, or None if no number lies there."""
    dtype = np.result_type(x, np.float16)
    near, far = erf_series(dtype.itemsize < 8)
    z = np.minimum(np.abs(x), END.get(dtype.char, END["d"]))
    inside = np.minimum(z, NEAR)
    y = inside * evaluate_series(near, inside * inside)
    if not np.any(z > NEAR):
        return y, z, None
    outside = np.maximum(z, NEAR)
    return y, z, np.exp(-outside * outside) * evaluate_series(far, (outside - 3.75) / (outside + 3.75)) / (1 + 2 * outside)


@cache
def erf_series(single: bool) -> tuple[Any, Any]:
    """Return two series: for ``erf(z) / z`` in z² up to NEAR; from there for ``(1 + 2z) exp(z²) erfc(z)``.

    The latter is a series in (z - 3.75) / (z + 3.75), see Shepherd & Laframboise (1981). Shorter series are enough for
    single precision, and take a fifth of the time.
    """
    m, n = (5, 12) if single else (16, 30)
    first, last = (NEAR - 3.75) / (NEAR + 3.75), (END["d"] - 3.75) / (END["d"] + 3.75)
    ratio = np.vectorize(lambda s: math.erf(math.sqrt(s)) / math.sqrt(s))
    rest = np.vectorize(lambda t: scaled_erfc(3.75 * (1 + t) / (1 - t)))
    return powers(Chebyshev.interpolate(ratio, m, [0, NEAR**2])), powers(Chebyshev.interpolate(rest, n, [first, last]))


def scaled_erfc(z: float) -> float:
    """Return ``(1 + 2z) exp(z²) erfc(z)``; by a continued fraction far out, where a large `z²` loses digits."""
    if z < 3:
        return (1 + 2 * z) * math.exp(z * z) * math.erfc(z)
    below = z
    for k in range(80, 0, -1):
        below = z + k / 2 / below
    return (1 + 2 * z) / math.sqrt(math.pi) / below


def powers(p: Any) -> tuple[float, float, list[float]]:
    """Return a series in powers of ``shift + scale * x``, highest first, as Python's numbers, which keep dtypes."""
    shift, scale = map(float, p.mapparms())
    return shift, scale, cheb2poly(p.coef)[::-1].tolist()


def evaluate_series(p: tuple[float, float, list[float]], x: Any) -> Any:
    """Return the value of a series at `x`, by Horner's scheme."""
    shift, scale, (y, *others) = p
    x = shift + scale * x
    for c in others:
        y = y * x + c
    return y
