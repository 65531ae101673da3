"""Tensor: an array that remembers how it was computed, and can backpropagate through that computation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..engine import tensor_base as value
from ..engine.errors import assigned_dtype, needs_float, not_numbers, rounded
from ..engine.forward import apply
from ..engine.modes import level
from ..engine.node import Constant, Leaf
from ..engine.tensor_base import TensorBase, as_own_array, is_foreign, to_arrays, wrap
from ..typing import Dtype, TensorLike
from .conversions import PlainValues
from .gradient import Backward
from .numpy_protocols import answer_function, answer_ufunc
from .operators import Operators

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tensor(Backward, PlainValues, Operators):
    """A NumPy array that records what is done with it, so that gradients can be computed.

    Parameters
    ----------
    data : array_like
        Numbers of any real or complex dtype. They are copied, so that nothing you do to them later can change
        what was computed.
    requires_grad : bool
        Whether `backward` leaves a gradient in ``.grad``. Only floating tensors can have one.
    dtype : dtype, optional
        The dtype, as in ``np.array``. Python floats become float64, as everywhere in NumPy.
    name : str, optional
        The name in pictures.
    copy : bool
        Whether `data` is copied. If not, the tensor shares memory with it, in both directions.

    Raises
    ------
    TypeError
        If `data` isn't numbers, or `requires_grad` is asked of integers.

    Examples
    --------
    >>> from tinygrad_edu import Tensor
    >>> x = Tensor([1., 2., 3.], requires_grad=True)
    >>> y = (x ** 2).sum()
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4., 6.], shape=(3,), dtype=float64)
    """

    __slots__ = ()

    def __init__(
        self,
        data: TensorLike,
        requires_grad: bool = False,
        *,
        dtype: Dtype = None,
        name: str | None = None,
        copy: bool = True,
    ) -> None:
        if isinstance(data, TensorBase):
            if data._node is not None and level():
                raise TypeError(
                    "Tensor(x) of an x that requires gradients would cut the graph; use x itself, "
                    "x.detach() for its values, or stack() to join tensors"
                )
            data = data._array if copy else data.data
        try:
            array = as_own_array(data, dtype, copy)
        except ValueError as error:
            raise not_numbers(data, str(error)) from error
        if array.dtype.kind not in "biufc":
            raise not_numbers(data, f"dtype {array.dtype}")
        self._shared = not copy
        self._array = array[()] if type(array) is np.ndarray and not array.shape and copy else array
        self._node, self._source, self._grad = None, None, None
        self.requires_grad = requires_grad
        if name is not None:
            self.name = name

    # ------------------------------------------------------------------------------- the graph

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this tensor. Settable on leaves."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError(f"this tensor was computed (by {self._node.name}): use .detach() to stop gradients here")
        if wanted and self._array.dtype.kind not in "fc":
            raise needs_float(self)
        name = self.name
        self._node = (self._node or Leaf(self)) if wanted else None
        if name:
            self.name = name

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad`, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether you made the tensor, rather than a recorded operation."""
        return self._node is None or type(self._node) is Leaf

    @property
    def name(self) -> str | None:
        """The name of this tensor in pictures and errors."""
        place = self._node or self._source
        return place.info.name if place is not None else None

    @name.setter
    def name(self, name: str | None) -> None:
        if self._node is None and self._source is None:
            self._source = Constant(self._array)
        place = self._node or self._source
        place.note(name=name)

    def _become(self, other: Any) -> None:
        """Take the value and the place in the graph of `other`."""
        retained = self._node is not None and self._node.info.retains_grad
        self._array, self._node, self._shared, self._source = other._array, other._node, False, None
        if retained and self._node is not None:
            self.retain_grad()

    def detach(self) -> Tensor:
        """Return a tensor of the same values, cut from the graph."""
        if self._shared:
            return wrap(self._lend())  # type: ignore[no-any-return]
        return wrap(self._array)  # type: ignore[no-any-return]

    # ----------------------------------------------------------------------------- plain values

    @property
    def data(self) -> NDArray[Any]:
        """The array, 0-d ones included. Writing into it changes the tensor, but never what a pending backward reads."""
        return TensorBase.data.fget(self)  # type: ignore[attr-defined, no-any-return]

    @data.setter
    def data(self, array: TensorLike) -> None:
        if array is self._array:  # x.data += 1 has changed the array before this is called
            return
        if not self.is_leaf:
            raise RuntimeError(f"this tensor was computed (by {self._node.name}); give data to a leaf, or to .detach()")
        own = self._in_own_dtype(array)
        name, same = self.name, own.shape == self._array.shape
        self._array, self._shared, self._source, self._whole = own, False, None, None
        if not same and self._node is not None:
            self._node, self._grad = Leaf(self), None  # a different shape is a different leaf
        if name:
            self.name = name

    def _in_own_dtype(self, data: Any) -> Any:
        """Return a copy of `data` in this tensor's dtype; raise an error if that can't hold it, warn if it rounds."""
        array, dtype = as_own_array(to_arrays(data)), self._array.dtype
        if array.dtype == dtype or not array.dtype.kind == "f" == dtype.kind:
            if not np.can_cast(array.dtype, dtype, "same_kind"):
                raise assigned_dtype(array.dtype, dtype)
            return array if array.dtype == dtype else array.astype(dtype)
        own = array.astype(dtype)
        if isinstance(data, np.ndarray | TensorBase) and not np.array_equal(array, own, equal_nan=True):
            warnings.warn(rounded(array.dtype, dtype), stacklevel=3)
        return own

    def __repr__(self) -> str:
        values = (
            repr(self._array)
            if is_foreign(self._array)
            else np.array2string(np.asarray(self._array), separator=", ", prefix="Tensor(")
        )
        parts = [values, f"shape={self.shape}", f"dtype={self.dtype}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self._node is not None:
            parts.append("requires_grad=True" if self.is_leaf else f"op={self._node.name!r}")
        return f"Tensor({', '.join(parts)})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if not self.is_leaf:
            raise RuntimeError(
                f"this tensor was computed (by {self._node.name}), and its graph can't be copied: "
                "use .detach(), or .data for the values alone"
            )
        twin = memo[id(self)] = self.__reduce__()[0](*self.__reduce__()[1])
        if self._grad is not None:
            twin._grad = wrap(self._grad._array.copy())
        return twin  # type: ignore[no-any-return]

    def __copy__(self) -> Tensor:
        if not self.is_leaf:
            return apply(np.copy, self)  # type: ignore[no-any-return]
        make, arguments = self.__reduce__()
        return make(*arguments)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            raise RuntimeError(
                f"this tensor was computed (by {self._node.name}), and its graph can't be saved: "
                "use .detach(), or .data for the values alone"
            )
        # The copy keeps the order in memory, by which products round.
        array = self._array.copy() if is_foreign(self._array) else np.array(self._array)
        return rebuild, (type(self), array, self.requires_grad, self.name)

    # --------------------------------------------------------------- NumPy's functions come here

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if method == "__call__" and out is None and not kwargs:
            return apply(ufunc, *inputs)
        return answer_ufunc(ufunc, method, inputs, out, kwargs)

    def __array_function__(
        self, fn: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return answer_function(fn, types, args, kwargs)


def rebuild(kind: type[Tensor], array: Any, requires_grad: bool, name: str | None) -> Tensor:
    """Return a Tensor of an array and its attributes; called in copying and unpickling."""
    tensor = kind.__new__(kind)
    if not is_foreign(array) and array.dtype == (usual := np.dtype(array.dtype.type)):
        array = array.astype(usual)  # pickle makes dtypes that equal NumPy's, but are other objects
    Tensor.__init__(tensor, array, requires_grad, dtype=array.dtype, name=name)
    return tensor


value.result_type = Tensor
