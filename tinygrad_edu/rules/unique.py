"""Rules of functions that keep elements because of their values: `unique` keeps one of each, `trim_zeros` inner ones.

Singular points: equal elements share the gradient of the one that represents them evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.tensor_base import to_arrays

# --------------------------------------------------------------------------------------- one of each


def representatives(x: Any, first: Any, inverse: Any, counts: Any) -> Any:
    """Return the first element of each group of equal ones; element i belongs to group ``inverse[i]``."""
    return x[first]


rule(representatives, lambda g, y, x, first, inverse, counts: (g / counts)[inverse], name="unique")


@composite(np.unique)
def unique(
    ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False, axis: Any = None,
    **options: Any,
) -> Any:  # fmt: skip
    found = np.unique(to_arrays(ar), return_index, return_inverse, return_counts, axis, **options)
    values, *extras = found if isinstance(found, tuple) else (found,)
    ours = distinct(ar, values, axis, options.get("equal_nan", True))
    return (ours, *extras) if extras else ours


composite(np.unique_values)(lambda x: distinct(x, np.unique_values(to_arrays(x))))
composite(np.unique_counts)(lambda x: with_extras(x, np.unique_counts(to_arrays(x))))
composite(np.unique_inverse)(lambda x: with_extras(x, np.unique_inverse(to_arrays(x))))
composite(np.unique_all)(lambda x: with_extras(x, np.unique_all(to_arrays(x))))


def with_extras(x: Any, found: Any) -> Any:
    return found._replace(values=distinct(x, found.values))


def distinct(x: Any, values: Any, axis: Any = None, equal_nan: bool = False) -> Any:
    """Return the `values` that NumPy found, as a function of `x`."""
    x = np.reshape(x, -1) if axis is None else np.moveaxis(x, axis, 0)
    _, first, inverse, counts = np.unique(to_arrays(x), True, True, True, None if axis is None else 0, equal_nan=equal_nan)
    inverse = inverse.reshape(-1)  # in NumPy 2.0 it has other axes
    if values.ndim == 1:  # they may be in any order, where NumPy finds them by hashing
        order = np.argsort(values)
        place = np.argsort(order)
        first, inverse, counts = first[place], order[inverse], counts[place]
    counts = counts.reshape(-1, *(1 for _ in x.shape[1:])).astype(x.dtype)
    y = apply(representatives, x, first, inverse, counts)
    return y if axis is None else np.moveaxis(y, 0, axis)


# ------------------------------------------------------------------------------------ all but outer zeros


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: Any = "fb", *axis: Any, **options: Any) -> Any:
    shape = np.trim_zeros(to_arrays(filt), trim, *axis, **options).shape
    front = [min(i, default=0) if "f" in trim.lower() else 0 for i in np.nonzero(to_arrays(filt))]
    return filt[tuple(slice(i, i + n) if n < m else slice(None) for i, n, m in zip(front, shape, filt.shape, strict=True))]
