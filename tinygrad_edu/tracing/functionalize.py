"""Functionalization: writes into arrays become pure operations, by giving the array another place on the tape.

It is done for ``out=``, ``where=``, ``ufunc.at`` and functions that may work in place. Functions whose result can't be
traced are refused here too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.table import parameters
from ..tensor.numpy_protocols import WRITERS, choose_where
from .errors import CaptureError


def call_ufunc(tape: Any, ufunc: Any, method: str, inputs: Any, out: Any, kwargs: dict[str, Any]) -> Any:
    """Record ``ufunc(...)`` or one of its methods, with ``out=`` and ``where=``, and return its result."""
    if method == "at":
        return add_into(tape, ufunc, inputs, kwargs)
    where = kwargs.pop("where", True) if method == "__call__" else True
    y = tape.do(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)
    if where is not True:
        y = choose_where(ufunc, y, where, out)
    if out is None or all(place is None for place in out):
        return y
    if isinstance(y, tuple):
        return tuple(one if place is None else deliver_traced(one, place) for one, place in zip(y, out, strict=True))
    return deliver_traced(y, out[0])


def call_function(tape: Any, fn: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Record a call of another function of NumPy's, and return its result; refuse it if its shape depends on values."""
    names = parameters(fn)[: len(args)]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    if (
        fn in UNSTEADY
        or (fn is np.where and "x" not in given and len(args) < 2)
        or is_traced(given.get(UNSTEADY_BY.get(fn, "")))
    ):
        raise CaptureError(
            f"capture: the shape of the result of np.{fn.__name__} depends on values, and differs from "
            "call to call; use a mask, as in np.where(mask, x, 0), or compute it before and pass it as "
            "an argument"
        )
    if fn in (np.linalg.eig, np.linalg.eigvals) and args[0].dtype.kind != "c":
        raise CaptureError(
            f"capture: whether np.linalg.{fn.__name__} gives complex numbers depends on values, "
            "and differs from call to call; give it a complex matrix, a + 0j, or use eigh if it is symmetric"
        )
    if fn in WRITERS:
        raise CaptureError(
            f"capture: np.{fn.__name__} writes into its argument, which can't be recorded; "
            "assign with x[index] = values, or choose with np.where"
        )
    if fn in (np.reshape, np.ravel) and given.get("order") not in ("C", "F", None):
        raise CaptureError(
            f"capture: np.{fn.__name__} with order={given['order']!r} depends on the layout in memory, "
            "which may differ from call to call; say C or F"
        )
    if given.get("overwrite_input"):
        raise CaptureError(
            f"capture: np.{fn.__name__} may change its argument here, which can't be recorded; "
            "leave overwrite_input out"
        )
    out = kwargs.pop("out", None)
    if "out" in names:
        i = names.index("out")
        out, args, kwargs = args[i], args[:i], {**kwargs, **dict(zip(names[i + 1 :], args[i + 1 :], strict=True))}
    if fn is np.nan_to_num and given.get("copy") is False:  # a place of the tape is never written into
        out, args, kwargs = args[0], (args[0],), {**given, "copy": True}
        del kwargs["x"]
    y = tape.do(fn, args, kwargs)
    if not is_traced(y) and fn not in STEADY:
        raise CaptureError(
            f"capture: np.{fn.__name__} returns {type(y).__name__} here, which depends on the numbers "
            "of an array, and they differ from call to call; call it outside"
        )
    return y if out is None else deliver_traced(y, out)


def is_traced(x: Any) -> bool:
    """Return whether there are Tracers in `x`, so that its numbers may differ from call to call."""
    return any(map(is_traced, x)) if isinstance(x, list | tuple) else hasattr(type(x), "becomes")


def deliver_traced(y: Any, out: Any) -> Any:
    """Let the tracer `out` become the result `y`, in its own shape and dtype, and return it, as ``out=`` does."""
    if not is_traced(out):
        raise CaptureError(INTO_ANOTHER)
    if y.dtype != out.dtype or y.shape != out.shape:
        y = out.tape.do(place_values, (out, ..., y), {})
    out.becomes(y)
    return out


def add_into(tape: Any, ufunc: Any, inputs: Any, kwargs: dict[str, Any]) -> None:
    """Record ``ufunc.at``: let its first argument become a copy with the values added."""
    if not is_traced(inputs[0]):
        raise CaptureError(INTO_ANOTHER)
    inputs[0].becomes(tape.do(add_at, (ufunc, *inputs), kwargs))


def place_values(x: Any, index: Any, value: Any) -> Any:
    """Return a copy of `x` in which ``x[index] = value`` is done."""
    out = np.array(x)
    out[index] = value
    return out


def add_at(ufunc: Any, x: Any, index: Any, *values: Any) -> Any:
    """Return a copy of `x` in which ``ufunc.at(x, index, *values)`` is done."""
    out = np.array(x)
    ufunc.at(out, index, *values)
    return out


INTO_ANOTHER = (
    "capture: a result is written into an array that was there before and doesn't belong to a Tensor; return it instead"
)

STEADY = {
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.common_type,
    np.can_cast,
    np.iscomplexobj,
    np.isrealobj,
    np.einsum_path,
}
UNSTEADY = {
    np.nonzero, np.flatnonzero, np.argwhere, np.extract, np.compress, np.trim_zeros, np.bincount, np.histogram,
    np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.union1d, np.intersect1d,
    np.setdiff1d,
    np.setxor1d,
    np.array_equal, np.array_equiv, np.allclose, np.linalg.matrix_rank, np.shares_memory, np.may_share_memory,
    np.real_if_close,
}  # fmt: skip
# Their shape depends on values if this argument is traced.
UNSTEADY_BY = {np.repeat: "repeats", np.delete: "obj", np.insert: "obj"}
