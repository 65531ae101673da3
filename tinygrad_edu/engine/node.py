"""What the graph is made of: operations, the leaves where it begins, and constants that need no gradient."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

import numpy as np

from .table import Plan
from .tensor_base import Value

order = count(-1, -1).__next__  # -1, -2, ...: the newest node is the smallest, as heaps like it
NOTHING: dict[str, Any] = {}


class Node:
    """One recorded operation. It knows its parents but not the tensor it made, so dropped graphs free themselves."""

    __slots__ = ("dtype", "info", "kwargs", "order", "output", "parents", "plan", "saved", "shape")

    plan: Plan  # the rule, for the arguments that need gradients
    parents: Any  # a sequence, one for each argument: a Node, or what stands for a constant
    saved: Any  # the arguments, with None where no vjp reads one; None instead of all once released
    output: Any  # the result, if a vjp reads it; a single number always, for pictures
    kwargs: dict[str, Any]
    order: int
    shape: tuple[int, ...]
    dtype: Any
    info: dict[str, Any] | None  # what is rarely there: a name, a hook, the user's source line

    @property
    def name(self) -> str:
        return self.plan.rule.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    def __repr__(self) -> str:
        return f"<{self.name} -> {self.dtype}{list(self.shape)}>"


class Leaf(Node):
    """Where the graph begins: a tensor that requires gradients, known weakly."""

    __slots__ = ("tensor",)

    tensor: Callable[[], Any]

    def __init__(self, tensor: Value) -> None:
        self.tensor = ref(tensor)
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NOTHING, None, order()
        self.shape, self.dtype = tensor._array.shape, tensor._array.dtype

    @property
    def name(self) -> str:
        return (self.info or {}).get("name") or "leaf"


class Constant(Leaf):
    """An array that needs no gradient, as the graph remembers it: its shape, not its values."""

    __slots__ = ()

    def __init__(self, array: Any) -> None:
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NOTHING, None, 0
        self.shape, self.dtype = array.shape, array.dtype

    @property
    def name(self) -> str:
        return (self.info or {}).get("name") or "constant"
