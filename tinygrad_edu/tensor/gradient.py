"""Backpropagation from a tensor: `backward`, and the gradient that it leaves in ``.grad``."""

from __future__ import annotations

import os
import warnings
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ..engine.backward import backpropagate
from ..engine.errors import backward_needs_gradient, gradient_dtype, gradient_shape, no_gradient_here, nothing_recorded
from ..engine.node import Leaf
from ..engine.tensor_base import TensorBase, as_own_array, copy_array, is_foreign, to_arrays, wrap
from ..engine.views import whole_of
from ..typing import TensorLike

if TYPE_CHECKING:
    from .tensor import Tensor

ADDING = RLock()  # held while gradients are added, since other threads' backward() may add to the same ones
if hasattr(os, "register_at_fork"):  # else a thread that doesn't exist in the child might hold it there
    os.register_at_fork(before=ADDING.acquire, after_in_parent=ADDING.release, after_in_child=ADDING.release)


class Backward(TensorBase):
    """The part of `Tensor` that computes gradients, and keeps the tensor's own."""

    __slots__ = ()

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` left here: a Tensor of this one's shape and dtype, or None.

        You may assign None, a Tensor or an array of this shape. Another floating dtype is cast to this tensor's.
        """
        node = self._node
        if self._grad is None and node is not None and type(node) is not Leaf and not node.info.retains_grad:
            warnings.warn(no_gradient_here(self), stacklevel=2)
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, gradient: TensorLike | None) -> None:
        g: Any = gradient
        if g is not None:
            if not isinstance(g, TensorBase):
                g = wrap(as_own_array(g))
            array, own = g._array, self._array
            if array.shape != own.shape:
                raise gradient_shape(array, own)
            if array.dtype != own.dtype:
                if own.dtype.kind not in "fc" or not np.can_cast(array.dtype, own.dtype, "same_kind"):
                    raise gradient_dtype(array, own)
                g = g.astype(own.dtype)
        self._grad = g

    def backward(
        self, gradient: TensorLike | None = None, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Backpropagate: add to each leaf's ``.grad`` the gradient of this tensor with respect to that leaf.

        Parameters
        ----------
        gradient : array_like, optional
            The gradient to start with, of this tensor's shape; by default 1, if the tensor holds a single number.
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
                raise RuntimeError(
                    "backward() starts from a real number, and this one is complex: take its real part or its "
                    "absolute value, or say where to start, with backward(gradient)"
                )
            seed: Any = np.ones_like(self._array) if node.shape or is_foreign(self._array) else node.dtype.type(1)
        else:
            seed = (
                gradient
                if create_graph and isinstance(gradient, TensorBase)
                else as_own_array(to_arrays(gradient), copy=False)
            )
            if seed.shape != node.shape:
                raise ValueError(
                    f"backward(gradient) of shape {seed.shape} for a tensor of shape {node.shape}: they must be equal"
                )
            seed = akin(seed, self._array)
            seed = seed.astype(node.dtype) if seed.dtype != node.dtype else seed
        if create_graph and not isinstance(seed, TensorBase):
            seed = wrap(seed if is_foreign(seed) else np.array(seed))
        found = backpropagate(((node, seed),), None, retain_graph, create_graph)
        with ADDING:
            for leaf, g in found.items():
                tensor = leaf.tensor()  # type: ignore[attr-defined]
                if tensor is not None and tensor._node is leaf:  # somebody can still ask for the gradient
                    tensor._accumulate(g)

    def _accumulate(self, g: Any) -> None:
        """Add `g`, an array of the engine's own, to ``.grad``."""
        if self._grad is None:
            self._grad = g if isinstance(g, TensorBase) else wrap(g)
            return
        if self._node.info.before_adding is not None:
            before = self._node.info.before_adding
            self._node.note(before_adding=None)
            before(self)
        if type(g) is not np.ndarray or self._grad._node is not None or whole_of(self._grad) is not None:
            self._grad = self._grad + g
        else:
            np.add(self._grad._own(), g, self._grad._array)

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
                    tensor._accumulate(copy_array(g))

        info = self._node.info
        if not info.retains_grad:
            self._node.note(retains_grad=True, hooks=(*info.hooks, keep))


def akin(g: Any, array: Any) -> Any:
    """Return `g`, a gradient to start with, as an array of the library of `array`, which wants its own arrays."""
    if is_foreign(array) and not is_foreign(g._array if isinstance(g, TensorBase) else g):
        return np.ones_like(array) * g[()]  # for a 0-d array, its number, which every library takes
    return g
