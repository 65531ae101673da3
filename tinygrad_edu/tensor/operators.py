"""What can be done with a Tensor: one line per operator and method. All come to the one door, `apply`."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.errors import leaf_assignment, needs_float, part_written
from ..engine.forward import apply
from ..engine.modes import level
from ..engine.node import Leaf
from ..engine.tensor_base import Value, bare
from ..engine.views import is_put_back, refuse_part, whole_of
from ..rules.indexing import plain_index, setitem
from ..rules.neural.fused import relu, sigmoid
from ..rules.shapes import cast
from ..validation import plain

numpy: Any = np  # whose declared signatures know nothing of Tensors


class Operators(Value):
    """The operators and methods of `Tensor`, under NumPy's names and with NumPy's meaning."""

    __slots__ = ()

    _become: Any  # Tensor's: take another's value and place in the graph

    def __add__(self, other: Any) -> Any: return apply(np.add, self, other)
    def __sub__(self, other: Any) -> Any: return apply(np.subtract, self, other)
    def __mul__(self, other: Any) -> Any: return apply(np.multiply, self, other)
    def __truediv__(self, other: Any) -> Any: return apply(np.divide, self, other)
    def __floordiv__(self, other: Any) -> Any: return apply(np.floor_divide, self, other)
    def __mod__(self, other: Any) -> Any: return apply(np.remainder, self, other)
    def __pow__(self, other: Any) -> Any: return apply(np.power, self, other)
    def __matmul__(self, other: Any) -> Any: return apply(np.matmul, self, other)
    def __divmod__(self, other: Any) -> Any: return self // other, self % other

    def __radd__(self, other: Any) -> Any: return apply(np.add, other, self)
    def __rsub__(self, other: Any) -> Any: return apply(np.subtract, other, self)
    def __rmul__(self, other: Any) -> Any: return apply(np.multiply, other, self)
    def __rtruediv__(self, other: Any) -> Any: return apply(np.divide, other, self)
    def __rfloordiv__(self, other: Any) -> Any: return apply(np.floor_divide, other, self)
    def __rmod__(self, other: Any) -> Any: return apply(np.remainder, other, self)
    def __rpow__(self, other: Any) -> Any: return apply(np.power, other, self)
    def __rmatmul__(self, other: Any) -> Any: return apply(np.matmul, other, self)
    def __rdivmod__(self, other: Any) -> Any: return other // self, other % self

    def __iadd__(self, other: Any) -> Any: return self._in_place(np.add, other)
    def __isub__(self, other: Any) -> Any: return self._in_place(np.subtract, other)
    def __imul__(self, other: Any) -> Any: return self._in_place(np.multiply, other)
    def __itruediv__(self, other: Any) -> Any: return self._in_place(np.divide, other)
    def __ifloordiv__(self, other: Any) -> Any: return self._in_place(np.floor_divide, other)
    def __imod__(self, other: Any) -> Any: return self._in_place(np.remainder, other)
    def __ipow__(self, other: Any) -> Any: return self._in_place(np.power, other)
    def __imatmul__(self, other: Any) -> Any: return self @ other

    def __neg__(self) -> Any: return apply(np.negative, self)
    def __pos__(self) -> Any: return apply(np.positive, self)
    def __abs__(self) -> Any: return apply(np.absolute, self)

    # These have no derivative: plain arrays, to serve as masks and conditions.
    def __eq__(self, other: Any) -> Any: return self._array == bare(other)
    def __ne__(self, other: Any) -> Any: return self._array != bare(other)
    def __lt__(self, other: Any) -> Any: return self._array < bare(other)
    def __le__(self, other: Any) -> Any: return self._array <= bare(other)
    def __gt__(self, other: Any) -> Any: return self._array > bare(other)
    def __ge__(self, other: Any) -> Any: return self._array >= bare(other)
    def __and__(self, other: Any) -> Any: return self._array & bare(other)
    def __or__(self, other: Any) -> Any: return self._array | bare(other)
    def __xor__(self, other: Any) -> Any: return self._array ^ bare(other)
    def __rand__(self, other: Any) -> Any: return bare(other) & self._array
    def __ror__(self, other: Any) -> Any: return bare(other) | self._array
    def __rxor__(self, other: Any) -> Any: return bare(other) ^ self._array
    def __invert__(self) -> Any: return ~self._array

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __iter__(self) -> Iterator[Any]:
        if not self._array.shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        return apply(operator.getitem, self, plain_index(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        refuse_part(self)
        recorded = level() and (self._node is not None or needs_gradient(value))
        if not recorded:
            self._own()[plain_index(index)] = plain(bare(value), "what is assigned")
        elif type(self._node) is Leaf and self._node.tensor() is self:
            raise leaf_assignment(self)
        elif self._array.dtype.kind not in "fc":
            raise needs_float(self)
        else:
            self._become(apply(setitem, self, plain_index(index), value))

    def _in_place(self, fn: Any, other: Any) -> Any:
        """``+=`` and its kin: into the array if there is nothing to record, else a new tensor for the name."""
        whole = whole_of(self)
        if whole is not None and not is_put_back(self):
            raise part_written(self, whole)
        if whole is not None or (level() and (self._node is not None or needs_gradient(other))):
            y = apply(fn, self, other)
            if y is NotImplemented:
                return y
            if y.shape != self._array.shape:
                raise ValueError(f"in place, a tensor of shape {self._array.shape} can't become one of shape {y.shape}: write x = x + y")
            if y.dtype == self._array.dtype:
                return y
            if not np.can_cast(y.dtype, self._array.dtype, "same_kind"):
                raise TypeError(f"in place, a tensor of {self._array.dtype} can't become one of {y.dtype}: write x = x + y")
            return y.astype(self._array.dtype)
        fn(self._own(), plain(bare(other)), out=self._array)
        return self

    # ----------------------------------------------------------------------------------- methods

    # A method is NumPy's function of the same name, applied to the tensor. Those that are called most go straight to the door.

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        return numpy.sum(self, *args, **kwargs) if args or kwargs else apply(np.sum, self)
    def mean(self, *args: Any, **kwargs: Any) -> Any:
        return numpy.mean(self, *args, **kwargs) if args or kwargs else apply(np.mean, self)
    def prod(self, *args: Any, **kwargs: Any) -> Any: return numpy.prod(self, *args, **kwargs)
    def max(self, *args: Any, **kwargs: Any) -> Any: return numpy.max(self, *args, **kwargs)
    def min(self, *args: Any, **kwargs: Any) -> Any: return numpy.min(self, *args, **kwargs)
    def var(self, *args: Any, **kwargs: Any) -> Any: return numpy.var(self, *args, **kwargs)
    def std(self, *args: Any, **kwargs: Any) -> Any: return numpy.std(self, *args, **kwargs)
    def cumsum(self, *args: Any, **kwargs: Any) -> Any: return numpy.cumsum(self, *args, **kwargs)
    def cumprod(self, *args: Any, **kwargs: Any) -> Any: return numpy.cumprod(self, *args, **kwargs)
    def any(self, *args: Any, **kwargs: Any) -> Any: return numpy.any(self, *args, **kwargs)
    def all(self, *args: Any, **kwargs: Any) -> Any: return numpy.all(self, *args, **kwargs)
    def argmax(self, *args: Any, **kwargs: Any) -> Any: return numpy.argmax(self, *args, **kwargs)
    def argmin(self, *args: Any, **kwargs: Any) -> Any: return numpy.argmin(self, *args, **kwargs)
    def argsort(self, *args: Any, **kwargs: Any) -> Any: return numpy.argsort(self, *args, **kwargs)
    def argpartition(self, *args: Any, **kwargs: Any) -> Any: return numpy.argpartition(self, *args, **kwargs)
    def searchsorted(self, *args: Any, **kwargs: Any) -> Any: return numpy.searchsorted(self, *args, **kwargs)
    def nonzero(self) -> Any: return numpy.nonzero(self)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        return apply(np.reshape, self, shape[0] if len(shape) == 1 else shape, **kwargs)
    def ravel(self, order: Any = "C") -> Any: return numpy.ravel(self, order)
    def flatten(self, order: Any = "C") -> Any: return numpy.ravel(self, order)
    def transpose(self, *axes: Any) -> Any:
        return apply(np.transpose, self, (axes[0] if len(axes) == 1 else axes) or None)
    def swapaxes(self, axis1: int, axis2: int) -> Any: return apply(np.swapaxes, self, axis1, axis2)
    def squeeze(self, axis: Any = None) -> Any: return apply(np.squeeze, self, axis)
    def repeat(self, repeats: Any, axis: Any = None) -> Any: return numpy.repeat(self, repeats, axis)
    def take(self, *args: Any, **kwargs: Any) -> Any: return numpy.take(self, *args, **kwargs)
    def choose(self, *args: Any, **kwargs: Any) -> Any: return numpy.choose(bare(self), *args, **kwargs)
    def compress(self, condition: Any, *args: Any, **kwargs: Any) -> Any: return numpy.compress(condition, self, *args, **kwargs)
    def diagonal(self, *args: Any, **kwargs: Any) -> Any: return numpy.diagonal(self, *args, **kwargs)
    def trace(self, *args: Any, **kwargs: Any) -> Any: return numpy.trace(self, *args, **kwargs)
    T = property(lambda self: apply(np.transpose, self), doc="The transpose, all axes in reverse order.")
    mT = property(lambda self: apply(np.swapaxes, self, -1, -2), doc="The last two axes swapped.")

    def copy(self, order: Any = "K") -> Any: return apply(np.copy, self)
    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
        return numpy.clip(self, min, max, out, **kwargs)
    def round(self, *args: Any, **kwargs: Any) -> Any: return numpy.round(self, *args, **kwargs)
    def dot(self, *args: Any, **kwargs: Any) -> Any: return numpy.dot(self, *args, **kwargs)
    def conj(self) -> Any: return apply(np.conjugate, self)
    def conjugate(self) -> Any: return apply(np.conjugate, self)
    real = property(lambda self: numpy.real(self), doc="The real part.")
    imag = property(lambda self: numpy.imag(self), doc="The imaginary part.")

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Sort in place, as item assignment does: recorded if need be."""
        self[...] = numpy.sort(self, axis, kind)

    def partition(self, kth: Any, axis: int = -1, kind: Any = "introselect") -> None:
        """Partition in place, as `sort`."""
        self[...] = numpy.partition(self, kth, axis, kind)

    def fill(self, value: Any) -> None:
        """Set every element to `value`."""
        self[...] = value

    # These, NumPy has as functions only.
    def abs(self) -> Any: return apply(np.absolute, self)
    def exp(self) -> Any: return apply(np.exp, self)
    def log(self) -> Any: return apply(np.log, self)
    def sqrt(self) -> Any: return apply(np.sqrt, self)
    def tanh(self) -> Any: return apply(np.tanh, self)
    def relu(self) -> Any: return relu(self)
    def sigmoid(self) -> Any: return sigmoid(self)

    def astype(self, dtype: Any) -> Any:
        """The same numbers in another dtype; one that can't carry gradients (int, bool) leaves the graph."""
        return apply(cast, self, dtype=np.dtype(dtype))


def needs_gradient(x: Any) -> bool:
    return isinstance(x, Value) and x._node is not None
