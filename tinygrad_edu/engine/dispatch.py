"""The rare cases of `apply`: functions that have no rule, and arguments and results of rare types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..validation import require_numbers
from .modes import level
from .multi_output import MultiOutput, MultiOutputType
from .table import ARRAY, COMPOSITES, PLAIN, RULES, VALUE
from .tensor_base import TensorBase, is_foreign, to_arrays, values_in, wrap
from .views import note_part

# Arguments of these types need no second look.
KINDS = {np.ndarray: ARRAY} | dict.fromkeys(
    (float, int, bool, complex, np.float64, np.float32, tuple, type(None), str, slice, type(...)), VALUE
)
# Nor do results of these types. NumPy returns scalars where arrays are 0-d, and within the engine they may stay.
COMPUTED = {np.ndarray, np.float64, np.float32}


def call_without_rule(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the result of a function that has no rule for these arguments.

    Raise an error if it has to be recorded, and is not made of functions that have rules.
    """
    if (answer := delegate(fn, args, kwargs)) is not NotImplemented:
        return answer
    if fn in COMPOSITES and (is_recorded(args, kwargs) or (fn not in RULES and any_values(args, kwargs))):
        return COMPOSITES[fn](*args, **kwargs)
    if fn not in PLAIN and is_recorded(args, kwargs):
        name = getattr(fn, "__name__", repr(fn))
        raise NotImplementedError(
            f"{name} has no derivative rule, and one of its arguments requires gradients. Declare one with "
            f"rule({name}, ...), build it from functions that have one, "
            "or pass tensor.detach() if no gradient is wanted."
        )
    given = read_only(args)
    y = fn(*given, **read_only(kwargs))
    if isinstance(y, np.ndarray) and any(np.may_share_memory(a, y) for a in args if type(a) is np.ndarray):
        y = y.copy()  # a tensor never shares memory with the user's arrays
    if fn in PLAIN:
        return y
    if isinstance(y, tuple | list) and not isinstance(y, MultiOutput):
        wrapped = [wrap_part(one, args, given) for one in y]
        return type(y)(wrapped) if type(y) in (tuple, list) else type(y)(*wrapped)  # a named tuple
    return wrap_part(y, args, given) if isinstance(y, np.ndarray | np.generic | MultiOutput) or is_foreign(y) else y


def wrap_part(y: Any, args: tuple[Any, ...], given: tuple[Any, ...]) -> Any:
    """Return a tensor around a result, noted as a part of the argument in whose array it lies."""
    tensor = wrap(y)
    if type(y) is np.ndarray and y.base is not None:
        for whole, array in zip(args, given, strict=True):
            if isinstance(whole, TensorBase):
                note_part(tensor, whole, array)
    return tensor


def defer(fn: Callable[..., Any], args: Any, kwargs: Any, stranger: Any) -> Any:
    """Return what an argument of an unknown type answers, or NotImplemented, so that NumPy asks that type next.

    If the function isn't NumPy's, nobody would ask, so this raises an error.
    """
    answer = delegate(fn, args, kwargs)
    library = (getattr(fn, "__module__", None) or "numpy").split(".")[0]
    if answer is NotImplemented and library not in ("numpy", "_operator"):
        raise TypeError(
            f"{fn.__name__} takes Tensors and NumPy's arrays, and got {type(stranger).__name__}: "
            "if it holds numbers, make it an array with np.asarray(x)"
        )
    return answer


def delegate(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return the answer of the first argument that decides itself what operations mean, or NotImplemented."""
    for a in args:
        if hasattr(type(a), "__primitive__"):
            return a.__primitive__(fn, args, kwargs)
    return NotImplemented


def read_only(nested: Any) -> Any:
    """Return `nested` with read-only arrays in place of tensors: an unknown function must not write into them."""
    if isinstance(nested, TensorBase):
        array = to_arrays(nested)
        if type(array) is np.ndarray:
            array = array.view()
            array.flags.writeable = False
        return array
    if isinstance(nested, dict):
        return {k: read_only(v) for k, v in nested.items()}
    return type(nested)(map(read_only, nested)) if type(nested) in (list, tuple) else nested


def any_values(args: Any, kwargs: Any) -> bool:
    """Say whether there is a tensor among these arguments."""
    return next(values_in((args, kwargs)), None) is not None


def is_recorded(args: Any, kwargs: Any) -> bool:
    """Say whether an operation on these arguments has to be recorded."""
    return bool(level()) and any(x._node is not None for x in values_in((args, kwargs)))


def coerce_argument(a: Any) -> tuple[Any, str]:
    """Return an argument of a rare type as functions take it, and its kind; NotImplemented for what others handle."""
    if isinstance(a, np.generic | np.dtype | MultiOutputType | type | range):
        return a, VALUE
    if isinstance(a, np.ma.MaskedArray):
        raise TypeError("masked arrays have no derivative rules: use np.where(mask, 0, x), or x.filled()")
    if is_foreign(a):
        return a.copy(), ARRAY
    return (np.array(require_numbers(a)), ARRAY) if isinstance(a, list | np.ndarray) else (NotImplemented, VALUE)


def refuse_no_numbers(fn: Callable[..., Any], y: Any) -> None:
    """Raise an error if a result does not hold numbers: the graph would end there in silence."""
    if y.dtype.kind not in "biu":
        raise TypeError(
            f"{getattr(fn, '__name__', fn)} gave an array of dtype {y.dtype}, through which no gradient "
            "flows: one of its arguments does not hold numbers. Convert it with np.array(x, dtype=float), "
            "or a list of Tensors with np.stack"
        )


def coerce_result(y: Any) -> Any:
    """Return a result of a rare type as the engine takes it: Python's numbers become NumPy's."""
    if isinstance(y, tuple | list) and not isinstance(y, MultiOutput):
        raise TypeError(
            f"a rule's function gave {type(y).__name__}: say rule(..., "
            "multiple_results=True) if it gives several arrays"
        )
    return np.asarray(y)[()] if isinstance(y, bool | int | float | complex) else y
