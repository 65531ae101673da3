"""The operators and methods of a Tensor, one line for each. All call `apply`, the one door."""

# `apply` may return anything; the annotations here say what.
# mypy: disable-error-code=no-any-return

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsIndex

import numpy as np

from ..engine.errors import leaf_assignment, needs_float, part_written
from ..engine.forward import apply
from ..engine.modes import level
from ..engine.node import Leaf
from ..engine.tensor_base import TensorBase, to_arrays
from ..engine.views import is_put_back, refuse_part, whole_of
from ..rules.indexing import plain_index, setitem
from ..rules.neural.fused import relu, sigmoid
from ..rules.shapes import cast
from ..typing import (
    Axis,
    Dtype,
    Index,
    Initial,
    Keepdims,
    Kind,
    Layout,
    Mode,
    Order,
    Out,
    Shape,
    Spread,
    TensorLike,
    Where,
    numpy,
)
from ..validation import require_numbers

if TYPE_CHECKING:
    from typing import Unpack

    from numpy.typing import DTypeLike, NDArray

    from .tensor import Tensor


class Operators(TensorBase):
    """The operators and methods of `Tensor`, under NumPy's names and with NumPy's meaning."""

    __slots__ = ()

    _become: Any  # Tensor's: take another's value and place in the graph

    def __add__(self, other: TensorLike) -> Tensor: return apply(np.add, self, other)
    def __sub__(self, other: TensorLike) -> Tensor: return apply(np.subtract, self, other)
    def __mul__(self, other: TensorLike) -> Tensor: return apply(np.multiply, self, other)
    def __truediv__(self, other: TensorLike) -> Tensor: return apply(np.divide, self, other)
    def __floordiv__(self, other: TensorLike) -> Tensor: return apply(np.floor_divide, self, other)
    def __mod__(self, other: TensorLike) -> Tensor: return apply(np.remainder, self, other)
    def __pow__(self, other: TensorLike) -> Tensor: return apply(np.power, self, other)
    def __matmul__(self, other: TensorLike) -> Tensor: return apply(np.matmul, self, other)
    def __divmod__(self, other: TensorLike) -> tuple[Tensor, Tensor]: return self // other, self % other

    def __radd__(self, other: TensorLike) -> Tensor: return apply(np.add, other, self)
    def __rsub__(self, other: TensorLike) -> Tensor: return apply(np.subtract, other, self)
    def __rmul__(self, other: TensorLike) -> Tensor: return apply(np.multiply, other, self)
    def __rtruediv__(self, other: TensorLike) -> Tensor: return apply(np.divide, other, self)
    def __rfloordiv__(self, other: TensorLike) -> Tensor: return apply(np.floor_divide, other, self)
    def __rmod__(self, other: TensorLike) -> Tensor: return apply(np.remainder, other, self)
    def __rpow__(self, other: TensorLike) -> Tensor: return apply(np.power, other, self)
    def __rmatmul__(self, other: TensorLike) -> Tensor: return apply(np.matmul, other, self)
    def __rdivmod__(self, other: TensorLike) -> tuple[Tensor, Tensor]: return self.__rfloordiv__(other), self.__rmod__(other)

    def __iadd__(self, other: TensorLike) -> Self: return self._in_place(np.add, other)
    def __isub__(self, other: TensorLike) -> Self: return self._in_place(np.subtract, other)
    def __imul__(self, other: TensorLike) -> Self: return self._in_place(np.multiply, other)
    def __itruediv__(self, other: TensorLike) -> Self: return self._in_place(np.divide, other)
    def __ifloordiv__(self, other: TensorLike) -> Self: return self._in_place(np.floor_divide, other)
    def __imod__(self, other: TensorLike) -> Self: return self._in_place(np.remainder, other)
    def __ipow__(self, other: TensorLike) -> Self: return self._in_place(np.power, other)
    def __imatmul__(self, other: TensorLike) -> Self: return apply(np.matmul, self, other)

    def __neg__(self) -> Tensor: return apply(np.negative, self)
    def __pos__(self) -> Tensor: return apply(np.positive, self)
    def __abs__(self) -> Tensor: return apply(np.absolute, self)

    # These have no derivative: plain arrays, to serve as masks and conditions.
    def __eq__(self, other: object) -> NDArray[np.bool_]: return self._array == to_arrays(other)  # type: ignore[override]
    def __ne__(self, other: object) -> NDArray[np.bool_]: return self._array != to_arrays(other)  # type: ignore[override]
    def __lt__(self, other: TensorLike) -> NDArray[np.bool_]: return self._array < to_arrays(other)
    def __le__(self, other: TensorLike) -> NDArray[np.bool_]: return self._array <= to_arrays(other)
    def __gt__(self, other: TensorLike) -> NDArray[np.bool_]: return self._array > to_arrays(other)
    def __ge__(self, other: TensorLike) -> NDArray[np.bool_]: return self._array >= to_arrays(other)
    def __and__(self, other: TensorLike) -> NDArray[Any]: return self._array & to_arrays(other)
    def __or__(self, other: TensorLike) -> NDArray[Any]: return self._array | to_arrays(other)
    def __xor__(self, other: TensorLike) -> NDArray[Any]: return self._array ^ to_arrays(other)
    def __rand__(self, other: TensorLike) -> NDArray[Any]: return to_arrays(other) & self._array
    def __ror__(self, other: TensorLike) -> NDArray[Any]: return to_arrays(other) | self._array
    def __rxor__(self, other: TensorLike) -> NDArray[Any]: return to_arrays(other) ^ self._array
    def __invert__(self) -> NDArray[Any]: return ~self._array

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Index) -> Tensor:
        return apply(operator.getitem, self, plain_index(index))

    def __setitem__(self, index: Index, value: TensorLike) -> None:
        refuse_part(self)
        recorded = level() and (self._node is not None or needs_gradient(value))
        if not recorded:
            self._own()[plain_index(index)] = require_numbers(to_arrays(value), "what is assigned")
        elif type(self._node) is Leaf and self._node.tensor() is self:
            raise leaf_assignment(self)
        elif self._array.dtype.kind not in "fc":
            raise needs_float(self)
        else:
            self._become(apply(setitem, self, plain_index(index), value))

    def _in_place(self, fn: Any, other: Any) -> Any:
        """Return the result of ``+=`` and its kin: this tensor, changed, if nothing is recorded; else a new one."""
        whole = whole_of(self)
        if whole is not None and not is_put_back(self):
            raise part_written(self, whole)
        if whole is not None or (level() and (self._node is not None or needs_gradient(other))):
            y = apply(fn, self, other)
            if y is NotImplemented:
                return y
            if y.shape != self._array.shape:
                raise ValueError(
                    f"in place, a tensor of shape {self._array.shape} can't become one of shape {y.shape}: "
                    "write x = x + y"
                )
            if y.dtype == self._array.dtype:
                return y
            if not np.can_cast(y.dtype, self._array.dtype, "same_kind"):
                raise TypeError(
                    f"in place, a tensor of {self._array.dtype} can't become one of {y.dtype}: write x = x + y"
                )
            return y.astype(self._array.dtype)
        fn(self._own(), require_numbers(to_arrays(other)), out=self._array)
        return self

    # ----------------------------------------------------------------------------------- methods

    # A method is NumPy's function of the same name, applied to the tensor. The most used ones call `apply` directly.

    def sum(self, axis: Axis = None, dtype: Dtype = None, out: Out = None, **keywords: Unpack[Initial]) -> Tensor:
        if axis is None and dtype is None and out is None and not keywords:
            return apply(np.sum, self)
        return apply_given(np.sum, self, axis, dtype, out=out, **keywords)
    def mean(self, axis: Axis = None, dtype: Dtype = None, out: Out = None, **keywords: Unpack[Where]) -> Tensor:
        if axis is None and dtype is None and out is None and not keywords:
            return apply(np.mean, self)
        return apply_given(np.mean, self, axis, dtype, out=out, **keywords)
    def prod(self, axis: Axis = None, dtype: Dtype = None, out: Out = None, **keywords: Unpack[Initial]) -> Tensor:
        return apply_given(np.prod, self, axis, dtype, out=out, **keywords)
    def max(self, axis: Axis = None, out: Out = None, **keywords: Unpack[Initial]) -> Tensor:
        return apply_given(np.max, self, axis, out=out, **keywords)
    def min(self, axis: Axis = None, out: Out = None, **keywords: Unpack[Initial]) -> Tensor:
        return apply_given(np.min, self, axis, out=out, **keywords)
    def var(self, axis: Axis = None, dtype: Dtype = None, out: Out = None, ddof: float = 0, **keywords: Unpack[Spread]) -> Tensor:
        return apply_given(np.var, self, axis, dtype, out=out, **({"ddof": ddof} if ddof else {}), **keywords)
    def std(self, axis: Axis = None, dtype: Dtype = None, out: Out = None, ddof: float = 0, **keywords: Unpack[Spread]) -> Tensor:
        return apply_given(np.std, self, axis, dtype, out=out, **({"ddof": ddof} if ddof else {}), **keywords)
    def cumsum(self, axis: SupportsIndex | None = None, dtype: Dtype = None, out: Out = None) -> Tensor:
        return apply_given(np.cumsum, self, axis, dtype, out=out)
    def cumprod(self, axis: SupportsIndex | None = None, dtype: Dtype = None, out: Out = None) -> Tensor:
        return apply_given(np.cumprod, self, axis, dtype, out=out)

    def any(self, axis: Axis = None, out: Out = None, **keywords: Unpack[Where]) -> NDArray[np.bool_]:
        return apply_given(np.any, self, axis, out=out, **keywords)
    def all(self, axis: Axis = None, out: Out = None, **keywords: Unpack[Where]) -> NDArray[np.bool_]:
        return apply_given(np.all, self, axis, out=out, **keywords)
    def argmax(self, axis: SupportsIndex | None = None, out: Out = None, **keywords: Unpack[Keepdims]) -> NDArray[np.intp]:
        return apply_given(np.argmax, self, axis, out=out, **keywords)
    def argmin(self, axis: SupportsIndex | None = None, out: Out = None, **keywords: Unpack[Keepdims]) -> NDArray[np.intp]:
        return apply_given(np.argmin, self, axis, out=out, **keywords)
    def argsort(self, axis: SupportsIndex | None = -1, kind: Kind | None = None, order: str | Sequence[str] | None = None, *,
                stable: bool | None = None) -> NDArray[np.intp]:
        return apply(np.argsort, self, axis, kind, order, stable=stable)
    def argpartition(self, kth: Shape, axis: SupportsIndex | None = -1, kind: Literal["introselect"] = "introselect",
                     order: str | Sequence[str] | None = None) -> NDArray[np.intp]:
        return numpy.argpartition(self, kth, axis, kind, order)
    def searchsorted(self, v: TensorLike, side: Literal["left", "right"] = "left", sorter: TensorLike | None = None) -> NDArray[np.intp]:
        return numpy.searchsorted(self, v, side, sorter)
    def nonzero(self) -> tuple[NDArray[np.intp], ...]: return numpy.nonzero(self)

    def reshape(self, *shape: Shape, **keywords: Unpack[Layout]) -> Tensor:
        return apply(np.reshape, self, shape[0] if len(shape) == 1 else shape, **keywords)
    def ravel(self, order: Order = "C") -> Tensor: return numpy.ravel(self, order)
    def flatten(self, order: Order = "C") -> Tensor: return numpy.ravel(self, order)
    def transpose(self, *axes: Shape | None) -> Tensor:
        return apply(np.transpose, self, (axes[0] if len(axes) == 1 else axes) or None)
    def swapaxes(self, axis1: SupportsIndex, axis2: SupportsIndex) -> Tensor: return apply(np.swapaxes, self, axis1, axis2)
    def squeeze(self, axis: Axis = None) -> Tensor: return apply(np.squeeze, self, axis)
    def repeat(self, repeats: TensorLike, axis: SupportsIndex | None = None) -> Tensor: return numpy.repeat(self, repeats, axis)
    def take(self, indices: TensorLike, axis: SupportsIndex | None = None, out: Out = None, mode: Mode = "raise") -> Tensor:
        return numpy.take(self, indices, axis, out, mode)
    def choose(self, choices: TensorLike | Sequence[TensorLike], out: Out = None, mode: Mode = "raise") -> Tensor | NDArray[Any]:
        return numpy.choose(to_arrays(self), choices, out, mode)
    def compress(self, condition: TensorLike, axis: SupportsIndex | None = None, out: Out = None) -> Tensor:
        return numpy.compress(condition, self, axis, out)
    def diagonal(self, offset: SupportsIndex = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1) -> Tensor:
        return numpy.diagonal(self, offset, axis1, axis2)
    def trace(self, offset: SupportsIndex = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1,
              dtype: Dtype = None, out: Out = None) -> Tensor:
        return numpy.trace(self, offset, axis1, axis2, dtype, out)
    @property
    def T(self) -> Tensor:
        """The transpose, all axes in reverse order."""
        return apply(np.transpose, self)
    @property
    def mT(self) -> Tensor:
        """The last two axes swapped."""
        return apply(np.swapaxes, self, -1, -2)

    def copy(self, order: Order = "K") -> Tensor: return apply(np.copy, self)
    def clip(self, min: TensorLike | None = None, max: TensorLike | None = None, out: Out = None, **keywords: Any) -> Tensor:
        return numpy.clip(self, min, max, out, **keywords)
    def round(self, decimals: SupportsIndex = 0, out: Out = None) -> Tensor: return numpy.round(self, decimals, out)
    def dot(self, b: TensorLike, out: Out = None) -> Tensor: return apply_given(np.dot, self, b, out=out)
    def conj(self) -> Tensor: return apply(np.conjugate, self)
    def conjugate(self) -> Tensor: return apply(np.conjugate, self)
    @property
    def real(self) -> Tensor:
        """The real part."""
        return numpy.real(self)
    @property
    def imag(self) -> Tensor:
        """The imaginary part."""
        return numpy.imag(self)

    def sort(self, axis: SupportsIndex = -1, kind: Kind | None = None) -> None:
        """Sort in place; this is recorded as item assignment is, if gradients are needed."""
        self[...] = numpy.sort(self, axis, kind)

    def partition(self, kth: Shape, axis: SupportsIndex = -1, kind: Literal["introselect"] = "introselect") -> None:
        """Partition in place, in the same way as `sort`."""
        self[...] = numpy.partition(self, kth, axis, kind)

    def fill(self, value: TensorLike) -> None:
        """Set every element to `value`."""
        self[...] = value

    # NumPy has these as functions only.
    def abs(self) -> Tensor: return apply(np.absolute, self)
    def exp(self) -> Tensor: return apply(np.exp, self)
    def log(self) -> Tensor: return apply(np.log, self)
    def sqrt(self) -> Tensor: return apply(np.sqrt, self)
    def tanh(self) -> Tensor: return apply(np.tanh, self)
    def relu(self) -> Tensor: return relu(self)
    def sigmoid(self) -> Tensor: return sigmoid(self)

    def astype(self, dtype: DTypeLike) -> Tensor:
        """Return the numbers in another dtype; in one that can't carry gradients (int, bool), they leave the graph."""
        return apply(cast, self, dtype=np.dtype(dtype))


def apply_given(fn: Any, *args: Any, out: Any = None, **keywords: Any) -> Any:
    """Return ``fn(*args, **keywords)``, without trailing arguments that are None, since they were not given."""
    while args[-1] is None:
        args = args[:-1]
    return apply(fn, *args, **keywords) if out is None else fn(*args, out=out, **keywords)


def needs_gradient(x: Any) -> bool:
    return isinstance(x, TensorBase) and x._node is not None
