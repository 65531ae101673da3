"""The nodes of the computation graph: operations, the leaves where it begins, and constants that need no gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from weakref import ref

import numpy as np

from .table import Plan
from .tensor_base import TensorBase

new_order = count(1).__next__  # 1, 2, ...: the newest node has the greatest number
NO_KEYWORDS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Info:
    """Facts that few nodes have: a name, hooks, and what `watch` records.

    Nodes share them, so `Node.note` makes new ones.
    """

    name: str | None = None  # the name in pictures and errors
    hooks: tuple[Callable[[Any], Any], ...] = ()  # called with the gradient when the walk comes here
    retains_grad: bool = False  # whether one of the hooks keeps the gradient in `.grad`
    # called with a leaf's tensor, once, before a gradient is added to `.grad`
    before_adding: Callable[[Any], Any] | None = None
    line: str | None = None  # the user's source line; this and what follows is written down by `watch`
    calls: tuple[Any, ...] = ()  # the calls of modules in which it ran, outermost first
    values: tuple[Any, Any] | None = None  # the arguments and the result
    derivative_of: tuple[Node, int] | None = None  # for operations in a rule: whose rule it is, and for which argument


NO_INFO = Info()  # shared by all nodes that have none of these


class Node:
    """A recorded operation. It knows its parents, but not the tensor that it made, so dropped graphs free themselves.

    Attributes
    ----------
    name : str
        The name of the operation.
    parents : sequence of Node
        A node for each argument.
    shape, dtype
        The shape and the dtype of the result.

    Examples
    --------
    >>> from tinygrad_edu import Tensor
    >>> y = Tensor([1.0, 2.0], requires_grad=True) * 3.0
    >>> y._node
    <multiply -> float64[2]>
    >>> y._node.parents[0]
    <leaf -> float64[2]>
    """

    __slots__ = ("dtype", "info", "kwargs", "order", "output", "parents", "plan", "saved", "shape")

    plan: Plan  # the rule, for the arguments that need gradients
    parents: Any  # a sequence, one for each argument: a Node, or what stands for a constant
    saved: Any  # the arguments, with None where no vjp reads one; None instead of all once released
    output: Any  # the result, if a vjp reads it; a single number always, for pictures
    kwargs: dict[str, Any]
    order: int  # when it was made: operations can only use what is older
    shape: tuple[int, ...]
    dtype: Any
    info: Info

    @property
    def name(self) -> str:
        return self.plan.rule.name

    def note(self, **facts: Any) -> None:
        """Add these facts to the node's `info`."""
        self.info = replace(self.info, **facts)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    def __repr__(self) -> str:
        return f"<{self.name} -> {self.dtype}{list(self.shape)}>"


class Leaf(Node):
    """A node where the graph begins: a tensor that requires gradients, held by a weak reference."""

    __slots__ = ("tensor",)

    tensor: Callable[[], Any]

    def __init__(self, tensor: TensorBase) -> None:
        self.tensor = ref(tensor)
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NO_KEYWORDS, NO_INFO, new_order()
        self.shape, self.dtype = tensor._array.shape, tensor._array.dtype

    @property
    def name(self) -> str:
        return self.info.name or "leaf"


class Constant(Leaf):
    """A node for an array that needs no gradient. It knows the array's shape, not its values."""

    __slots__ = ()

    def __init__(self, array: Any) -> None:
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NO_KEYWORDS, NO_INFO, 0
        self.shape, self.dtype = array.shape, array.dtype

    @property
    def name(self) -> str:
        return self.info.name or "constant"
