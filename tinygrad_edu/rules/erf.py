"""The error function, which NumPy lacks and the Gaussian needs.

It is interpolated, when it is first used, from the values that Python's mathematics gives: near 0 as it is, further
out the logarithm of what is missing to 1. Both are smooth enough for a short series of Chebyshev polynomials.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.polynomial.chebyshev import cheb2poly

from ..as_one import as_one
from ..primitive import primitive

NEAR = 1.0


@primitive(lambda g, y, x: g * (2 / math.sqrt(math.pi)) * np.exp(-x * x))
@as_one
def erf(x: Any) -> Any:
    """The error function, 2/sqrt(pi) times the integral of exp(-t²) from 0 to x; to within 1e-14 of it.

    Examples
    --------
    >>> from tinygrad_edu import Tensor
    >>> from tinygrad_edu.nn.functional import erf
    >>> erf(Tensor([-1.0, 0.0, 0.5])).data.round(6)
    array([-0.842701,  0.      ,  0.5205  ])
    """
    dtype = np.result_type(x, np.float16)
    near, far, end = series(dtype.itemsize < 8)
    z = np.minimum(np.abs(x), end)
    inside = np.minimum(z, NEAR)
    y = inside * polynomial(near, inside * inside)
    if np.any(z > NEAR):
        outside = np.maximum(z, NEAR)
        y = np.where(z <= NEAR, y, 1 - np.exp(polynomial(far, 1 / outside) - outside * outside))
    return np.copysign(y, x).astype(dtype, copy=False)


@lru_cache(maxsize=2)
def series(single: bool) -> tuple[Any, Any, float]:
    """For ``erf(z) / z`` in z² up to NEAR, ``log(erfc(z)) + z²`` in 1/z from there, and where nothing is missing to 1.

    Single precision is content with shorter ones, which take a fifth of the time.
    """
    m, n, end = (5, 10, 4.0) if single else (16, 32, 6.0)
    ratio = np.vectorize(lambda s: math.erf(math.sqrt(s)) / math.sqrt(s) if s else 2 / math.sqrt(math.pi))
    rest = np.vectorize(lambda t: math.log(math.erfc(1 / t)) + 1 / t**2)
    return powers(Chebyshev.interpolate(ratio, m, [0, NEAR**2])), powers(Chebyshev.interpolate(rest, n, [1 / end, 1 / NEAR])), end


def powers(p: Any) -> tuple[float, float, list[float]]:
    """A series as powers of ``shift + scale * x``, highest first; Python's numbers, which leave arrays their dtype."""
    shift, scale = map(float, p.mapparms())
    return shift, scale, cheb2poly(p.coef)[::-1].tolist()


def polynomial(p: tuple[float, float, list[float]], x: Any) -> Any:
    """Horner's scheme."""
    shift, scale, (y, *others) = p
    x = shift + scale * x
    for c in others:
        y = y * x + c
    return y
