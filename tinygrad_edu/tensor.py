"""Tensor: an array that remembers how it was computed, and can go back through that."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any, Self
from weakref import ref

import numpy as np

from . import value
from .errors import backward_needs_gradient, needs_float, not_numbers, nothing_recorded
from .graph import apply, backpropagate
from .intake import plain
from .modes import level
from .node import Constant, Leaf
from .operators import Operators
from .plain_values import PlainValues
from .protocols import answer_function, answer_ufunc
from .value import Value, bare, copied, is_foreign, wrap
from .views import whole_of

ADDING = RLock()  # of gradients to what other threads' backward() may add to as well
if hasattr(os, "register_at_fork"):  # where a thread that isn't in the child may hold it
    os.register_at_fork(before=ADDING.acquire, after_in_parent=ADDING.release, after_in_child=ADDING.release)


class Tensor(PlainValues, Operators):
    """A NumPy array that records what is done with it, so that gradients can be computed.

    Parameters
    ----------
    data : array_like
        Numbers of any real or complex dtype. They are copied, so that nothing you do to them later can change
        what was computed.
    requires_grad : bool
        Whether `backward` shall leave a gradient in ``.grad``. Only floating tensors can.
    dtype : dtype, optional
        As in ``np.array``. Python floats become float64, as everywhere in NumPy.
    name : str, optional
        How pictures call it.
    copy : bool
        False shares memory with `data`, in both directions.

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
        self, data: Any, requires_grad: bool = False, *, dtype: Any = None, name: str | None = None, copy: bool = True
    ) -> None:
        if isinstance(data, Value):
            if data._node is not None and level():
                raise TypeError("Tensor(x) of an x that requires gradients would cut the graph; use x itself, "
                                "x.detach() for its values, or stack() to join tensors")
            data = data._array if copy else data.data
        try:
            array = adopt(data, dtype, copy)
        except ValueError as error:
            raise not_numbers(data, str(error)) from error
        if array.dtype.kind not in "biufc":
            raise not_numbers(data, f"dtype {array.dtype}")
        self._shared = not copy
        self._array = array[()] if type(array) is np.ndarray and not array.shape and copy else array
        self._node, self._source, self.grad = None, None, None
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
        """Whether it was made by you rather than by a recorded operation."""
        return self._node is None or type(self._node) is Leaf

    @property
    def name(self) -> str | None:
        """How pictures and errors call this tensor."""
        place = self._node or self._source
        return place.info.get("name") if place is not None and place.info else None

    @name.setter
    def name(self, name: str | None) -> None:
        if self._node is None and self._source is None:
            self._source = Constant(self._array)
        place = self._node or self._source
        place.info = {**(place.info or {}), "name": name}

    def backward(self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Backpropagation: add to each leaf's ``.grad`` the gradient of this tensor with respect to that leaf.

        Parameters
        ----------
        gradient : array_like, optional
            What the gradient starts with, of this tensor's shape; 1 if the tensor holds a single number.
        retain_graph : bool
            Keep what the graph saved, so that it can be walked again.
        create_graph : bool
            Record the walk itself, so that the gradients can be differentiated too (and retain the graph).

        Raises
        ------
        RuntimeError
            If nothing was recorded, if the graph was released by an earlier walk, or if a tensor of several
            numbers is given no gradient to start with.

        Examples
        --------
        >>> from tinygrad_edu import Tensor
        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad.item()
        6.0
        """
        node = self._node
        if node is None:
            raise nothing_recorded(self)
        if gradient is None:
            if self._array.size != 1:
                raise backward_needs_gradient(self)
            if node.dtype.kind == "c":
                raise RuntimeError("backward() starts from a real number, and this one is complex: take its real part or its "
                                   "absolute value, or say where to start, with backward(gradient)")
            seed: Any = np.ones_like(self._array) if node.shape or is_foreign(self._array) else node.dtype.type(1)
        else:
            seed = gradient if create_graph and isinstance(gradient, Value) else adopt(bare(gradient), copy=False)
            if seed.shape != node.shape:
                raise ValueError(f"backward(gradient) of shape {seed.shape} for a tensor of shape {node.shape}: "
                                 "they must be equal")
            seed = akin(seed, self._array)
            seed = seed.astype(node.dtype) if seed.dtype != node.dtype else seed
        if create_graph and not isinstance(seed, Value):
            seed = wrap(seed if is_foreign(seed) else np.array(seed))
        found = backpropagate(((node, seed),), None, retain_graph, create_graph)
        with ADDING:
            for leaf, g in found.items():
                tensor = leaf.tensor()  # type: ignore[attr-defined]
                if tensor is not None and tensor._node is leaf:  # somebody is left to ask for it
                    tensor._accumulate(g)

    def _accumulate(self, g: Any) -> None:
        """Add `g`, an array of the engine's own, to ``.grad``."""
        if self.grad is None:
            self.grad = g if isinstance(g, Value) else wrap(g)
            return
        if self._node.info and "used" in self._node.info:  # an optimiser's note; see optim/forgotten.py
            self._node.info.pop("used")(self)
        if type(g) is not np.ndarray or not isinstance(self.grad, Tensor) or self.grad.requires_grad or whole_of(self.grad) is not None:
            self.grad = self.grad + g
        else:
            np.add(self.grad._own(), g, self.grad._array)

    def retain_grad(self) -> None:
        """Ask `backward` to leave a gradient in ``.grad`` of this computed tensor too."""
        if self._node is None:
            raise nothing_recorded(self)
        if type(self._node) is Leaf:
            return
        me, made = ref(self), self._node.order  # no strong reference to either: that would be a cycle

        def keep(g: Any) -> None:
            tensor = me()
            if tensor is not None and tensor._node is not None and tensor._node.order == made:
                with ADDING:
                    tensor._accumulate(copied(g))

        info = self._node.info = self._node.info or {}
        if "retained" not in info:
            info["retained"] = True
            info["hooks"] = (*info.get("hooks", ()), keep)

    def _become(self, other: Any) -> None:
        """Take the value and the place in the graph of `other`."""
        retained = self._node is not None and self._node.info and self._node.info.get("retained")
        self._array, self._node, self._shared, self._source = other._array, other._node, False, None
        if retained and self._node is not None:
            self.retain_grad()

    def detach(self) -> Tensor:
        """The same values, cut from the graph."""
        if self._shared:
            return wrap(self._lend())  # type: ignore[no-any-return]
        return wrap(self._array)  # type: ignore[no-any-return]

    # ----------------------------------------------------------------------------- plain values

    @property
    def data(self) -> Any:
        """The array, 0-d ones included. Writing into it is seen by the tensor, never by a pending backward."""
        return Value.data.fget(self)  # type: ignore[attr-defined]

    @data.setter
    def data(self, array: Any) -> None:
        if array is self._array:  # x.data += 1 has done its work by now
            return
        if not self.is_leaf:
            raise RuntimeError(f"this tensor was computed (by {self._node.name}); give data to a leaf, or to .detach()")
        array = adopt(bare(array), self._array.dtype)
        name, same = self.name, array.shape == self._array.shape
        self._array, self._shared, self._source, self._whole = array, False, None, None
        if not same and self._node is not None:
            self._node, self.grad = Leaf(self), None  # a different shape is a different leaf
        if name:
            self.name = name

    def __repr__(self) -> str:
        values = (repr(self._array) if is_foreign(self._array) else
                  np.array2string(np.asarray(self._array), separator=", ", prefix="Tensor("))
        parts = [values, f"shape={self.shape}", f"dtype={self.dtype}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self._node is not None:
            parts.append("requires_grad=True" if self.is_leaf else f"op={self._node.name!r}")
        return f"Tensor({', '.join(parts)})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if not self.is_leaf:
            raise RuntimeError(f"this tensor was computed (by {self._node.name}), and its graph can't be copied: "
                               "use .detach(), or .data for the values alone")
        twin = memo[id(self)] = self.__reduce__()[0](*self.__reduce__()[1])
        if self.grad is not None:
            twin.grad = wrap(self.grad._array.copy())
        return twin  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            raise RuntimeError(f"this tensor was computed (by {self._node.name}), and its graph can't be saved: "
                               "use .detach(), or .data for the values alone")
        array = self._array.copy() if is_foreign(self._array) else np.array(self._array)  # in the same order: products round by it
        return rebuild, (type(self), array, self.requires_grad, self.name)

    # --------------------------------------------------------------- NumPy's functions come here

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if method == "__call__" and out is None and not kwargs:
            return apply(ufunc, *inputs)
        return answer_ufunc(ufunc, method, inputs, out, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return answer_function(fn, types, args, kwargs)


def adopt(data: Any, dtype: Any = None, copy: bool = True) -> Any:
    """An array of `data`: NumPy's, unless it is another library's already."""
    if is_foreign(data):
        data = data.copy() if copy else data
        return data if dtype is None or data.dtype == dtype else data.astype(dtype)
    data = plain(data, "the numbers of a tensor")
    return np.array(data, dtype) if copy else np.asarray(data, dtype)


def akin(g: Any, array: Any) -> Any:
    """`g`, a gradient to start with, as an array of the library that `array` is of: it mustn't be multiplied as NumPy's."""
    if is_foreign(array) and not is_foreign(g._array if isinstance(g, Value) else g):
        return np.ones_like(array) * g[()]  # of a 0-d array, its number: that is taken by all
    return g


def rebuild(kind: type[Tensor], array: Any, requires_grad: bool, name: str | None) -> Tensor:
    """What copying and pickling call."""
    tensor = kind.__new__(kind)
    usual = None if is_foreign(array) else np.dtype(array.dtype.type)  # pickle makes dtypes that are equal to NumPy's, and not the same
    Tensor.__init__(tensor, array, requires_grad, dtype=usual if usual == array.dtype else None, name=name)
    return tensor


value.result_type = Tensor
