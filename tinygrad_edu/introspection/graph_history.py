"""The history of a graph: the values that its nodes still have, and the names that their author gave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from ..engine.multi_output import MultiOutput, MultiOutputType
from ..engine.node import Constant, Leaf, Node
from ..engine.tensor_base import TensorBase
from ..engine.traversal import ancestors
from .naming import tensors_held_in

Names = Mapping[str, Any]  # variables: tensors, modules and arrays by their names


class GraphHistory:
    """The nodes of the graph behind `roots`, from the oldest to the newest, with their values and names.

    The value of a constant may have been released. If `guess`, and if only one array in `names` has its shape and
    dtype, this array is assumed to be the constant. Computing with it shows whether that was right.
    """

    def __init__(self, roots: list[TensorBase], names: Names, guess: bool = False) -> None:
        self.held = {place: found for place, found in tensors_held_in(names).items() if isinstance(place, Node)}
        self.arrays = {name: x for name, x in names.items() if type(x) is np.ndarray and x.ndim}
        self.roots = list(dict.fromkeys(root._node for root in roots))
        self.nodes = order_nodes(ancestors(self.roots))
        self.values: dict[Node, Any] = {}
        for root in roots:
            self.learn(root._node, root._array)
        for node in self.nodes:
            args, y = node.info.values or (node.saved, node.output)
            self.learn(node, y)
            for parent, arg in zip(node.parents, args or (), strict=False):
                self.learn(parent, arg)
        for node in self.nodes:  # a tensor that still exists has its value, even if no node keeps it
            tensor = node.tensor() if type(node) is Leaf else self.held[node][1] if node in self.held else None
            self.learn(node, None if tensor is None else tensor._array)
        self.guesses = guess and sum([self.guess(node) for node in self.nodes if isinstance(node, Constant)])
        self.taken: set[str] = set()
        self.numbers: dict[str, Iterator[int]] = {}
        self.equals: dict[Any, str] = {}  # names of constants by their contents
        self.names = {node: name for node in self.nodes if (name := self.given_name(node))}
        for node in self.nodes:
            if node not in self.names:
                self.names[node] = self.own_name(node)

    def learn(self, node: Any, value: Any) -> None:
        if isinstance(node, Node) and isinstance(value, np.ndarray | np.generic | MultiOutput):
            self.values.setdefault(node, value if isinstance(value, MultiOutput) else np.asarray(value))

    def guess(self, node: Node) -> bool:
        """Give a released constant the value of the only array that fits, and return whether there is one."""
        fitting = [x for x in self.arrays.values() if (x.shape, x.dtype) == (node.shape, node.dtype)]
        if node in self.values or len(fitting) != 1:
            return False
        self.learn(node, fitting[0])
        return True

    def value(self, node: Node) -> Any:
        """Return a node's value, or a placeholder of its shape and dtype if the value is no longer known."""
        return self.values[node] if node in self.values else shape_placeholder(node.shape, node.dtype)

    # ------------------------------------------------------------------------------------- names

    def given_name(self, node: Node) -> str:
        """Return the name that the author of the program gave a node, or "" if there is none."""
        name = node.info.name or (self.held[node][0] if node in self.held else "")
        name = "".join(sign if sign.isprintable() else "�" for sign in " ".join(str(name).split()))
        return self.unused(name if len(name) <= LONG else f"{name[: LONG - 1]}…") if name else ""

    def own_name(self, node: Node) -> str:
        """Return a name for a node that has none: that of an array with the same numbers, or else y, v1, v2, ..."""
        if node in self.roots or not isinstance(node, Constant):
            return self.fresh("y" if node in self.roots else "x" if isinstance(node, Leaf) else "v")
        value = self.values.get(node)
        if value is None or value.nbytes > 1 << 20:
            return self.fresh("c")
        key = value.shape, value.dtype.str, value.tobytes()
        if key not in self.equals:
            name = next((name for name, x in self.arrays.items() if equal_arrays(x, value)), "")
            self.equals[key] = self.unused(name) if name else self.fresh("c")
        return self.equals[key]

    def fresh(self, stem: str) -> str:
        """Return a new name that begins with `stem`: y, or v1, v2, ..."""
        if stem == "y" and len(self.roots) == 1:
            return self.unused("y" if "y" not in self.taken else "result")
        numbers = self.numbers.setdefault(stem, count(1))
        return self.unused(next(name for i in numbers if (name := f"{stem}{i}") not in self.taken))

    def unused(self, name: str) -> str:
        """Return `name`, with a number if another node has this name already."""
        name = next(n for i in count(1) if (n := name if i == 1 else f"{name}_{i}") not in self.taken)
        self.taken.add(name)
        return name


LONG = 32  # longer names are cut


def order_nodes(nodes: set[Node]) -> list[Node]:
    """Return the constants in the order of their use, and then the other nodes in the order of their creation."""
    made = sorted((node for node in nodes if not isinstance(node, Constant)), key=lambda node: node.order)
    constants = dict.fromkeys(p for node in made for p in node.parents if isinstance(p, Constant))
    return [*constants, *made]


def equal_arrays(a: Any, b: Any) -> bool:
    return bool(a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def shape_placeholder(shape: Any, dtype: Any) -> Any:
    """Return an array to stand for one that is not known. Its numbers differ; zeros would break some formulas."""
    if isinstance(dtype, MultiOutputType):
        return MultiOutput(map(shape_placeholder, shape, dtype.parts))
    size = int(np.prod(shape, dtype=int))
    return (np.cos(np.arange(1, size + 1)) if dtype.kind in "fc" else np.zeros(size)).reshape(shape).astype(dtype)
