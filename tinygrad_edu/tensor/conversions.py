"""Conversions of Tensors to NumPy's arrays and Python's numbers; none of them loses a graph in silence."""

from __future__ import annotations

import operator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, TypeVar

import numpy as np

from ..engine.modes import level
from ..engine.tensor_base import TensorBase, to_arrays
from ..typing import numpy
from .concretization import check_leaving

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tensor import Tensor

T = TypeVar("T")
Read = TypeVar("Read", covariant=True)


class Attribute(Protocol[Read]):
    """A read-only attribute, as editors and type checkers see it."""

    def __get__(self, tensor: Any, kind: Any = None) -> Read: ...


def expose(name: str, kind: type[T], doc: str) -> Attribute[T]:
    """Return a property of tensors that reads an attribute of their array, of this `kind`."""
    return property(attrgetter(f"_array.{name}"), doc=doc)


class PlainValues(TensorBase):
    """The part of `Tensor` that has its array's attributes, and the conversions that Python and NumPy ask for."""

    __slots__ = ()

    shape = expose("shape", tuple[int, ...], "Tuple of lengths, one per axis.")
    dtype = expose("dtype", np.dtype[Any], "NumPy's dtype.")
    ndim = expose("ndim", int, "Number of axes.")
    size = expose("size", int, "Number of elements.")
    nbytes = expose("nbytes", int, "Bytes of the elements.")
    itemsize = expose("itemsize", int, "Bytes of one element.")

    def numpy(self) -> NDArray[Any]:
        """Return the array; raise an error if the tensor requires gradients, because the graph would be lost."""
        return self._as_numpy()

    def item(self, *index: SupportsIndex | tuple[SupportsIndex, ...]) -> Any:
        """Return the only element, or the one at `index`, as a Python number."""
        return reveal(self._array, "item")(*index)

    def tolist(self) -> Any:
        """Return nested lists of Python numbers."""
        return reveal(self._array, "tolist")()

    def _as_numpy(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self._node is not None and level():
            raise TypeError(
                "turning a Tensor that requires gradients into an array would lose its graph. For the values alone "
                "use .data or .detach(); to join tensors into one, use np.stack or np.concatenate, not np.array([x, y])"
            )
        return np.array(self._array, dtype) if copy else np.asarray(self.data, dtype)

    if not TYPE_CHECKING:  # else checkers would take a Tensor for an ArrayLike, and its results for arrays
        __array__ = _as_numpy

    def __float__(self) -> float:
        check_leaving(self, "float")
        return float(self.item())

    def __int__(self) -> int:
        check_leaving(self, "int")
        return int(self.item())

    def __complex__(self) -> complex:
        check_leaving(self, "complex")
        return complex(self.item())

    def __dlpack__(self, **options: Any) -> Any:
        """Return the array for other libraries' ``from_dlpack``."""
        return self._as_numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return np.asarray(to_arrays(self)).__dlpack_device__()

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return numpy.round(self, ndigits or 0)  # type: ignore[no-any-return]

    def __index__(self) -> int:
        return operator.index(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    __hash__ = object.__hash__  # by identity: C's own, which optimisers ask for each parameter

    def __contains__(self, item: object) -> bool:
        return bool(to_arrays(item) in self._array)

    def __format__(self, spec: str) -> str:
        return format(self.item() if spec and self.size == 1 else str(self), spec)


def reveal(array: Any, method: str) -> Any:
    """Return a method of an array that returns Python's numbers; only NumPy's arrays are sure to have such methods."""
    return getattr(array if hasattr(array, method) else np.asarray(array), method)
