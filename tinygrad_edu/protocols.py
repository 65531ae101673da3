"""NumPy's two protocols: how ``np.tanh(tensor)`` and ``np.sum(tensor)`` find their way to `apply`.

NEP 13 (``__array_ufunc__``) sends us ufuncs and their methods, NEP 18 (``__array_function__``) everything else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import apply, bare
from .value import Value

REDUCTIONS = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_and: np.all, np.logical_or: np.any,
}  # fmt: skip
ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}


def answer_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], out: Any, kwargs: dict[str, Any]) -> Any:
    """``ufunc(...)``, ``ufunc.reduce(...)``, ``.accumulate``, ``.outer``."""
    if method == "__call__":
        y = apply(ufunc, *inputs, **kwargs)
    elif method == "reduce" and ufunc in REDUCTIONS:
        y = apply(REDUCTIONS[ufunc], *inputs, **{"axis": 0, **kwargs})
    elif method == "accumulate" and ufunc in ACCUMULATIONS:
        y = apply(ACCUMULATIONS[ufunc], *inputs, **{"axis": 0, **kwargs})
    elif method == "outer":
        a, b = inputs
        y = apply(ufunc, np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)
    else:
        raise NotImplementedError(
            f"np.{ufunc.__name__}.{method} has no derivative rule: use other functions, or .detach() the tensors"
        )
    return y if out is None or y is NotImplemented else deliver(y, out[0])


def deliver(y: Any, out: Any) -> Any:
    """Honour ``out=``: a tensor becomes the result, an array takes its values if no graph is lost by that."""
    if isinstance(out, Value):
        if np.shape(out) != np.shape(y):
            raise ValueError(f"out has shape {np.shape(out)}, the result {np.shape(y)}")
        out[...] = y  # type: ignore[index]
        return out
    if isinstance(y, Value) and y._node is not None:
        raise TypeError("an array can't hold the graph of this result: write a = a + x instead of a += x, or drop out=")
    out[...] = bare(y)
    return out


def answer_function(fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Any other function of NumPy's; types we don't know may answer for themselves."""
    if not all(issubclass(t, Value | np.ndarray) for t in types):
        return NotImplemented
    return apply(fn, *args, **kwargs)
