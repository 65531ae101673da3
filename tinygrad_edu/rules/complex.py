"""Rules of functions of complex numbers: their parts, conjugates, lengths and angles.

The walk's gradients say how the final, real result changes: by ``Re(sum(g * dy))`` when `y` changes by `dy`. So a
function that has a complex derivative keeps its rule from real numbers, ``g * f'(x)``, and only those below,
which treat the two parts differently, need rules that are about complex numbers.

Singular points: at 0, where there is no angle, ``angle`` and ``sign`` have derivative 0, as ``absolute`` has.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.table import RULES
from ..engine.tensor_base import to_arrays
from .arithmetic import nonzero


def conjugate(x: Any) -> Any:
    """Return the conjugates of complex numbers, and real numbers as they are."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def squared_length(x: Any) -> Any:
    """Return ``|x|²``, which has a second derivative at 0. The square of `absolute` has none, because of its kink."""
    return x * x if x.dtype.kind != "c" else np.real(x * np.conjugate(x))


rule(np.real,      lambda g, y, val: g, elementwise=True)
rule(np.imag,      lambda g, y, val: g * -1j, elementwise=True)
rule(np.conjugate, lambda g, y, x: np.conjugate(g))
rule(np.angle,     lambda g, y, z, deg=False: turn(g * (180 / math.pi) if deg else g, z), elementwise=True)

RULES[np.real].views = RULES[np.imag].views = True


def turn(g: Any, x: Any) -> Any:
    """Return the gradient of the angle of `x`, the imaginary part of its logarithm; 0 for real numbers."""
    return np.where(x == 0, 0, g * -1j / nonzero(x)) if x.dtype.kind == "c" else np.zeros_like(g)


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    return np.real(a) if np.isrealobj(np.real_if_close(to_arrays(a), tol)) else np.copy(a)
