"""`np.emath`: functions that leave the real numbers where they have to, as the square root does below 0.

Each looks whether it has to, makes its argument complex if so, and is then NumPy's function of the same name. Singular
points: those of that function. On the real line beyond them, the derivative is that along the line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite
from .shapes import array, to


def beyond(x: Any, leaves: Any) -> Any:
    """`x`, complex if any of its elements leaves the real numbers."""
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
    p = p.astype(float) if p.dtype.kind in "iu" and np.any(p < 0) else p  # whole numbers have no negative powers
    return np.power(beyond(x, negative), p)
