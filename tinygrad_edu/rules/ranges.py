"""Rules of `linspace`, `logspace` and `geomspace`: rows of evenly spaced numbers, whose ends have gradients.

NumPy decides the dtype of the result, and which arguments are refused: it is called for a row without numbers.
"""

from __future__ import annotations

from math import nan
from operator import index
from typing import Any

import numpy as np

from ..engine.declare import composite
from ..engine.tensor_base import to_arrays, wrap
from .shapes import array, to


def end_weights(num: int, endpoint: bool, *ends: Any) -> tuple[Any, Any]:
    """Return the weights of the start and of the stop in each number, along a new first axis."""
    stop = np.arange(num).reshape((-1,) + (1,) * max(map(np.ndim, ends))) / max(num - endpoint, 1)
    return 1 - stop, stop


@composite(np.linspace)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0,
    *, device: Any = None
) -> Any:
    num = index(num)
    dtype = np.linspace(to_arrays(start), to_arrays(stop), min(num, 0), dtype=dtype, axis=axis).dtype
    if dtype.kind not in "fc":  # integers leave the graph
        y = wrap(np.linspace(to_arrays(start), to_arrays(stop), num, endpoint, dtype=dtype, axis=axis))
    else:
        a, b = end_weights(num, endpoint, start, stop)
        y = np.moveaxis(to(start * a + stop * b, dtype), 0, axis)
    steps = num - endpoint
    return (y, np.subtract(stop, start) / steps if steps > 0 else nan) if retstep else y


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    if np.ndim(base):
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (start, stop, base))
        base = np.expand_dims(base, axis)
    y = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else to(y, dtype)


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    num = index(num)
    dtype = np.geomspace(to_arrays(start), to_arrays(stop), min(num, 0), dtype=dtype, axis=axis).dtype
    start, stop = array(start), array(stop)
    sign = np.sign(to_arrays(start))  # negative numbers are computed as positive ones, and get their sign back
    a, b = end_weights(num, endpoint, start, stop)
    return np.moveaxis(to(sign * (start / sign) ** a * (stop / sign) ** b, dtype), 0, axis)
