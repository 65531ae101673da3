"""Rules of `np.emath`: functions whose results become complex where they must, as the square root below 0.

Each makes its argument complex if necessary, and is then NumPy's function of the same name. Singular points: those of
that function. On the real line beyond them, the derivative is taken along the line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite
from .shapes import array, to


def beyond(x: Any, leaves: Any) -> Any:
    """Return `x`, made complex if `leaves` is True for any of its elements."""
    x = array(x)
    return to(x, np.result_type(x.dtype, np.complex64)) if x.dtype.kind != "c" and np.any(leaves(x)) else x


negative = lambda x: x < 0
long = lambda x: np.absolute(x) > 1

fn: Any
for fn in np.sqrt, np.log, np.log2, np.log10:
    composite(getattr(np.emath, fn.__name__))(lambda x, fn=fn: fn(beyond(x, negative)))

for fn in np.arccos, np.arcsin, np.arctanh:
    composite(getattr(np.emath, fn.__name__))(lambda x, fn=fn: fn(beyond(x, long)))


@composite(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    return np.log(beyond(x, negative)) / np.log(beyond(n, negative))


@composite(np.emath.power)
def power(x: Any, p: Any) -> Any:
    p = array(p)
    p = p.astype(float) if p.dtype.kind in "iu" and np.any(p < 0) else p  # NumPy refuses negative integer powers
    return np.power(beyond(x, negative), p)
