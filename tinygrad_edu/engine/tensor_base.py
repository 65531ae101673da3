"""TensorBase: what the engine needs of a tensor, that is, an array, the node that made it, and the right to write.

An array belongs to the graph or to you, never to both. Derivative rules read saved arrays long after the
forward pass, so an array that a node keeps must never change. Three ways to reach an array see to that:

* reading ``tensor.data`` hands the array out; if a node (or another tensor) holds it too, the tensor first
  takes a private copy, so what you write to can't be what a pending backward reads;
* ``tensor._lend()`` is how an operation reads a tensor whose array you still hold: it gets a copy;
* ``tensor._own()`` is how the engine itself writes (optimisers, item assignment): in place where nobody
  else holds the array, into a copy where somebody does.

"Does anybody else hold it?" needs no bookkeeping: CPython counts references. What it counts when nobody else
does is measured below, at import. Where an interpreter's counts tell nothing, copies are always made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..validation import require_numbers
from .views import refuse_part, whole_of

getrefcount: Callable[[object], int] = getattr(sys, "getrefcount", lambda x: 0)  # PyPy counts none


class TensorBase:
    """An array and the node that computed it; `Tensor` adds the operators."""

    __slots__ = ("__weakref__", "_array", "_grad", "_node", "_shared", "_source", "_whole")

    _array: Any  # the array; read it through `data` unless you are the engine
    _node: Any  # the graph's node, or None for a constant
    _shared: bool  # True once the user may hold the array
    _source: Any  # a constant's node, for pictures, made when first needed
    _whole: Any  # set on parts only: a weak reference to what it is a part of (see views.py)
    _grad: Any  # the gradient that backward() leaves here, or None

    @property
    def data(self) -> Any:
        """The array itself, 0-d ones included. Writing into it changes the tensor, never a pending backward."""
        if not self._shared:
            if whole_of(self) is not None and type(self._array) is np.ndarray:
                part = self._array.view()
                part.flags.writeable = False
                return part
            self._array = self._own()
            self._shared = True
        return self._array

    def _own(self) -> Any:
        """Return the array, safe to write to; a copy takes its place if anybody else reads it."""
        if not self._shared and not (  # is_whole, written out: optimisers ask this of every parameter
            getrefcount(self._array) == ALONE and type(self._array) is np.ndarray and self._array.base is None
        ):
            refuse_part(self)
            self._array = copy_array(self._array)
        return self._array

    def _lend(self) -> Any:
        """Return the array for an operation to read and keep: a copy, if the user still holds it."""
        if getrefcount(self._array) == ALONE and is_whole(self._array):
            self._shared = False  # the user has let go of it
            return self._array
        return self._array.copy()


def measure(count: Callable[[bool], int]) -> int:
    """Return the count for an object that nobody else holds; -1, which no count equals, if counts tell nothing."""
    alone, held = count(False), count(True)
    return alone if held == alone + 1 and "free-threading" not in sys.version else -1


def count_in_slot(held: bool) -> int:
    value = TensorBase()
    value._array = np.empty(1)
    other = value._array if held else None  # noqa: F841
    return getrefcount(value._array)


def count_in_name(held: bool) -> int:
    array = np.empty(1)
    other = array if held else None  # noqa: F841
    return getrefcount(array)


ALONE = measure(count_in_slot)  # what `getrefcount(tensor._array)` is if nobody but the tensor holds the array
NAMED = measure(count_in_name)  # what `getrefcount(array)` is if nothing but that name holds it


def is_whole(array: Any) -> bool:
    """Say whether `array` owns its memory. A view's may be reached through other arrays, and no count tells that."""
    return type(array) is np.ndarray and array.base is None


def answers_itself(x: Any) -> bool:
    """Say whether `x` decides itself what our operations mean: a tensor, or something like a formula's symbol."""
    return isinstance(x, TensorBase) or hasattr(type(x), "__primitive__")


def is_foreign(x: Any) -> bool:
    """Say whether `x` is another library's array that answers NumPy's protocols. It is then never converted."""
    kind = type(x)
    if kind is np.ndarray or kind.__module__ == "numpy":
        return False  # the answer nearly always
    # a type whose __array_ufunc__ is None wants its own operators to be called
    protocols = hasattr(kind, "__array_function__") and getattr(kind, "__array_ufunc__", None) is not None
    return protocols and not isinstance(x, np.ndarray) and not answers_itself(x) and hasattr(x, "dtype")


def copy_array(array: Any) -> Any:
    """Return a copy of an array or Tensor; a 0-d array for a NumPy scalar, as which the engine keeps 0-d results."""
    if isinstance(array, TensorBase):
        twin = object.__new__(type(array))
        twin._array, twin._node, twin._shared, twin._source, twin._grad = (
            copy_array(array._array),
            array._node,
            False,
            None,
            None,
        )
        return twin
    return np.array(array) if isinstance(array, np.generic) else array.copy()


# ------------------------------------------------------------------------------- in and out of tensors

# What NumPy makes of single numbers. They can't be written to, so anybody may hold them.
SCALARS = {np.float64, np.float32, np.float16, np.longdouble, np.complex128, np.complex64, np.clongdouble}

result_type: type[TensorBase] = TensorBase  # what operations return: Tensor, once tensor.py is imported


def wrap(array: Any, node: Any = None) -> Any:
    """Return a tensor around an array of the engine's own, made by `node`."""
    tensor = object.__new__(result_type)
    tensor._array = array
    tensor._node = node
    tensor._shared = False
    tensor._grad = tensor._source = None
    return tensor


def to_arrays(nested: Any) -> Any:
    """Return nested lists, tuples and dicts with arrays in place of tensors."""
    if isinstance(nested, TensorBase):
        return nested._lend() if nested._shared else nested._array
    if isinstance(nested, dict):
        return {k: to_arrays(v) for k, v in nested.items()}
    return type(nested)(map(to_arrays, nested)) if type(nested) in (list, tuple) else nested


def as_own_array(data: Any, dtype: Any = None, copy: bool = True) -> Any:
    """Return an array of `data`: NumPy's, unless it is another library's already."""
    if is_foreign(data):
        data = data.copy() if copy else data
        return data if dtype is None or data.dtype == dtype else data.astype(dtype)
    data = require_numbers(data, "the numbers of a tensor")
    return np.array(data, dtype) if copy else np.asarray(data, dtype)


def array_in(x: Any) -> Any:
    """Return the array in a tensor, or an array of lists or numbers."""
    array = require_numbers(to_arrays(x))
    return array if hasattr(array, "shape") else np.asarray(array)


def values_in(nested: Any) -> Iterator[TensorBase]:
    """Yield every tensor in nested lists, tuples and dicts."""
    if isinstance(nested, TensorBase):
        yield nested
    elif isinstance(nested, list | tuple | dict):
        for item in nested.values() if isinstance(nested, dict) else nested:
            yield from values_in(item)
