"""NumPy's two protocols, by which ``np.tanh(tensor)`` and ``np.sum(tensor)`` call `apply`.

NEP 13 (``__array_ufunc__``) dispatches ufuncs and their methods to us, NEP 18 (``__array_function__``) other functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine.dispatch import is_recorded
from ..engine.forward import apply
from ..engine.table import parameters
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from .ufunc_methods import call_method

WRITERS = {np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}


def answer_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], out: Any, kwargs: dict[str, Any]) -> Any:
    """Return the result of ``ufunc(...)``, or of its method `reduce`, `accumulate`, `outer`, `at` or `reduceat`."""
    if out is not None and all(place is None for place in out):
        out = None
    if method == "__call__":
        where = kwargs.pop("where", True)
        y = apply(ufunc, *inputs, **kwargs)
        if where is not True and y is not NotImplemented:
            y = choose_where(ufunc, y, where, out)
    elif is_recorded(inputs, kwargs):
        y = call_method(ufunc, method, inputs, kwargs)
        if y is NotImplemented:
            raise NotImplementedError(
                f"np.{ufunc.__name__}.{method} has no derivative rule with these arguments: use other functions, or "
                ".detach() the tensors"
            )
    elif method == "at":
        return write(ufunc.at, inputs, kwargs)
    else:
        y = wrap(getattr(ufunc, method)(*to_arrays(inputs), **to_arrays(kwargs)))
    if out is None or y is NotImplemented:
        return y
    if isinstance(y, tuple):
        return tuple(one if place is None else deliver(one, place) for one, place in zip(y, out, strict=True))
    return deliver(y, out[0])


def choose_where(ufunc: np.ufunc, y: Any, where: Any, out: Any) -> Any:
    """Return `y` where the mask ``where=`` is True, and what was in `out` elsewhere."""
    if out is None:
        raise TypeError(
            f"np.{ufunc.__name__}(..., where=mask) without out= leaves numbers that nobody has chosen where "
            "the mask is False: give out=, or use np.where"
        )
    if isinstance(y, tuple):
        return tuple(np.where(where, one, place) for one, place in zip(y, out, strict=True))
    return np.where(where, y, out[0])


def answer_function(
    fn: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return the result of any other NumPy function; NotImplemented if other types should answer themselves."""
    if not all(issubclass(t, TensorBase | np.ndarray) or hasattr(t, "dtype") for t in types):
        return NotImplemented
    if fn in WRITERS or kwargs.get("overwrite_input") or (fn is np.nan_to_num and kwargs.get("copy") is False):
        return write(fn, args, kwargs)
    out = None
    if "out" in kwargs:
        out, kwargs = kwargs["out"], {k: v for k, v in kwargs.items() if k != "out"}
    elif len(args) > 2 and "out" in (names := parameters(fn)[: len(args)]):
        i = names.index("out")
        out, args, kwargs = args[i], args[:i], {**kwargs, **dict(zip(names[i + 1 :], args[i + 1 :], strict=True))}
    y = apply(fn, *args, **kwargs)
    return y if out is None or y is NotImplemented else deliver(y, out)


# --------------------------------------------------------------------- writing into what is there already


def deliver(y: Any, out: Any) -> Any:
    """Write `y` into ``out=`` and return that; raise an error if an array would lose the graph of `y`."""
    if np.shape(out) != np.shape(y):
        raise ValueError(f"out has shape {np.shape(out)}, the result {np.shape(y)}")
    if not np.can_cast(y.dtype, out.dtype, "same_kind"):
        raise TypeError(f"out is {out.dtype}, and the result is {y.dtype}, which can't be converted to it without loss")
    if not isinstance(out, TensorBase) and isinstance(y, TensorBase) and y._node is not None:
        raise TypeError("an array can't hold the graph of this result: write a = a + x instead of a += x, or drop out=")
    out[...] = y if isinstance(out, TensorBase) else to_arrays(y)
    return out


def write(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function that writes into its first argument, and keep it from arrays that a graph may read."""
    if is_recorded(args, kwargs):
        who = (
            "writing into an array, as full_like does,"
            if fn is np.copyto
            else f"{fn.__name__} writes into an array, which"
        )
        raise NotImplementedError(
            f"{who} can't be recorded: assign to a Tensor, with x[index] = values, choose with np.where, "
            "make an array of Tensors with np.stack (or np.ones(n) * x, for one that is full of x), "
            "or write under no_grad()"
        )
    places = {k: own_array(v) if k in ("a", "arr", "dst") else to_arrays(v) for k, v in kwargs.items()}
    return fn(*map(own_array, args[:1]), *to_arrays(args[1:]), **places)


def own_array(x: Any) -> Any:
    """Return the array of a tensor, to write into; return anything else as it is."""
    return x._own() if isinstance(x, TensorBase) else x
