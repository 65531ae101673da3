"""Rules of functions that split and build floating-point numbers: `modf`, `frexp`, `ldexp`, `nextafter`.

Singular points: integer parts, exponents and the spacing of floats are constant but for jumps; their derivative is 0.
Exponents are integers, and so plain arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.tensor_base import to_arrays
from .arithmetic import zero

rule(np.ldexp,     lambda g, y, x1, x2: np.ldexp(g, x2))
rule(np.nextafter, lambda g, y, x1, x2: g,
                   zero)
rule(np.spacing,   zero)
rule(np.fix,       zero, elementwise=True)


def fraction(x: Any) -> Any:
    """Return the fractional part, with the sign of `x`."""
    return np.modf(x)[0]


rule(fraction, lambda g, y, x: g, name="modf", elementwise=True)


@composite(np.modf)
def modf(x: Any) -> Any:
    return apply(fraction, x), np.trunc(x)


@composite(np.divmod)
def divmod_(x1: Any, x2: Any) -> Any:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@composite(np.frexp)
def frexp(x: Any) -> Any:
    exponent = np.frexp(to_arrays(x))[1]
    return np.ldexp(x, -exponent), exponent
