"""How a Tensor becomes NumPy's and Python's plain values; never one that would lose a graph in silence."""

from __future__ import annotations

import operator
from operator import attrgetter
from typing import Any

import numpy as np

from ..engine.modes import level
from ..engine.tensor_base import Value, bare
from .concretization import note_leaving


class PlainValues(Value):
    """What a `Tensor` says of its array, and the conversions that Python and NumPy ask for."""

    __slots__ = ()

    shape = property(attrgetter("_array.shape"), doc="Tuple of lengths, one per axis.")
    dtype = property(attrgetter("_array.dtype"), doc="NumPy's dtype.")
    ndim = property(attrgetter("_array.ndim"), doc="Number of axes.")
    size = property(attrgetter("_array.size"), doc="Number of elements.")
    nbytes = property(attrgetter("_array.nbytes"), doc="Bytes of the elements.")
    itemsize = property(attrgetter("_array.itemsize"), doc="Bytes of one element.")

    def numpy(self) -> Any:
        """The array; an error if the tensor requires gradients, because the graph would be lost."""
        return np.asarray(self)

    def item(self, *index: Any) -> Any:
        """The only element, or the one at `index`, as a Python number."""
        return revealed(self._array, "item")(*index)

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return revealed(self._array, "tolist")()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._node is not None and level():
            raise TypeError(
                "turning a Tensor that requires gradients into an array would lose its graph. For the values alone "
                "use .data or .detach(); to join tensors into one, use np.stack or np.concatenate, not np.array([x, y])"
            )
        return np.array(self._array, dtype) if copy else np.asarray(self.data, dtype)

    def __float__(self) -> float:
        note_leaving(self, "float")
        return float(self.item())

    def __int__(self) -> int:
        note_leaving(self, "int")
        return int(self.item())

    def __complex__(self) -> complex:
        note_leaving(self, "complex")
        return complex(self.item())

    def __dlpack__(self, **options: Any) -> Any:
        """The array for other libraries' ``from_dlpack``."""
        return self.__array__().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return np.asarray(bare(self)).__dlpack_device__()

    def __round__(self, ndigits: int | None = None) -> Any: return np.round(self, ndigits or 0)
    def __index__(self) -> int: return operator.index(self._array)
    def __bool__(self) -> bool: return bool(self._array)
    __hash__ = object.__hash__  # by identity: C's own, which optimisers ask for each parameter
    def __contains__(self, item: Any) -> bool: return bool(bare(item) in self._array)
    def __format__(self, spec: str) -> str: return format(self.item() if spec and self.size == 1 else str(self), spec)


def revealed(array: Any, method: str) -> Any:
    """A method that gives Python's numbers, which only NumPy's arrays are sure to have."""
    return getattr(array if hasattr(array, method) else np.asarray(array), method)
