"""The chain rule, told of a graph: every operation forward, then every vector-Jacobian product, as the walk takes them."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from types import FrameType
from typing import Any

import numpy as np

from ..node import Constant, Leaf, Node
from ..parts import Parts
from ..unbroadcast import fit
from .page import Explanation, Line, numbers
from .shares import shares
from .symbol import Symbol, formula, plain


def chain_rule(tensor: Any, frame: FrameType | None) -> Explanation:
    """How `tensor` was computed, and how its gradients are; names are looked up where `frame` runs."""
    if tensor._node is None:
        raise TypeError("this tensor depends on nothing that requires gradients: there is no chain rule to tell")
    values = Values(tensor._node, frame)
    return Explanation(["forward", *values.forward(), "backward", *values.backward()])


class Values:
    """The symbols that stand for the nodes of a graph, oldest first."""

    def __init__(self, root: Node, frame: FrameType | None) -> None:
        from ..viz.names import held_in, variables_of

        self.held = held_in(variables_of(frame)) if frame else {}
        self.root = root
        self.nodes = sorted(ancestors(root), key=lambda node: -node.order)
        self.symbols: dict[Node, Symbol] = {}
        self.unknown: set[Node] = set()  # nodes whose values are gone
        self.count = self.constants = 0

    # ----------------------------------------------------------------------------------- forward

    def forward(self) -> list[Line]:
        """A line for every operation."""
        lines = []
        for node in self.nodes:
            if isinstance(node, Leaf):
                self.add(node, self.array_of(node))
        for node in self.nodes:
            if not isinstance(node, Leaf):
                inputs = [p for p in node.parents if isinstance(p, Node)]
                for p, saved in zip(node.parents, node.saved or (), strict=False):
                    if p in self.unknown if isinstance(p, Node) else False:
                        self.learn(p, saved)
                args = tuple(self.arguments(node))
                value = node.output
                if value is None and not self.unknown.intersection(inputs):
                    value = formula(node.plan.rule.fn, args, node.kwargs).value
                self.add(node, value)
                expression = Symbol(self.symbols[node].value, "", node.plan.rule.fn, args, node.kwargs)
                lines.append(Line(self.symbols[node], expression, self.note(node, self.symbols[node].value)))
        return lines

    def arguments(self, node: Node) -> list[Any]:
        """Symbols for what a gradient may come to, and what else was given as it is: an index, a mask, an axis."""
        symbols = [self.symbols[p] if isinstance(p, Node) else p for p in node.parents]
        return [s.value if isinstance(p, Constant) and p.dtype.kind not in "fc" and p not in self.unknown else s
                for s, p in zip(symbols, node.parents, strict=True)]

    def add(self, node: Node, value: Any) -> None:
        if value is None:
            self.unknown.add(node)
            value = np.zeros(node.shape, node.dtype)
        self.symbols[node] = Symbol(value if isinstance(value, Parts) else np.asarray(value), self.name_of(node))

    def learn(self, node: Node, saved: Any) -> None:
        """A value that an operation saved."""
        if isinstance(saved, np.ndarray | np.generic):
            self.unknown.discard(node)
            self.symbols[node].value = np.asarray(saved)

    def array_of(self, node: Node) -> Any:
        if node in self.held:
            return self.held[node][1]._array
        tensor = node.tensor() if type(node) is Leaf else None
        return None if tensor is None else tensor._array

    def name_of(self, node: Node) -> str:
        """What the user calls it, or v1, v2, ..."""
        given = (node.info or {}).get("name") or (self.held[node][0] if node in self.held else "")
        if given:
            return str(given)
        if node is self.root:
            return "y"
        if isinstance(node, Constant):
            self.constants += 1
            return f"c{self.constants}"
        self.count += 1
        return f"v{self.count}"

    def note(self, node: Node, value: Any) -> str:
        return str(node.shape) if node in self.unknown else numbers(value)

    # ---------------------------------------------------------------------------------- backward

    def backward(self) -> list[Line]:
        """A line for every vector-Jacobian product, in the order of the walk."""
        grads = {self.root: self.gradient(self.root, np.ones(self.root.shape, self.root.dtype))}
        lines = [Line(grads[self.root], 1, numbers(grads[self.root].value))]
        heap = [(self.root.order, self.root)]
        sure = not self.unknown
        temporary = (f"t{i}" for i in count(1))
        while heap:
            _, node = heappop(heap)
            y, g = self.symbols[node], grads[node]
            if isinstance(y.value, Parts):
                y, g = ([part[i] for i in range(len(y.value))] for part in (y, g))  # type: ignore[assignment]
            args = self.arguments(node)
            for i, vjp in node.plan.vjps:
                parent = node.parents[i]
                with np.errstate(all="ignore"):
                    d = vjp(g, y, *args, **node.kwargs)
                    if hasattr(d, "shape") and (d.shape != parent.shape or d.dtype != parent.dtype):
                        d = fit(d, parent)
                first = parent not in grads
                if first:
                    grads[parent] = self.gradient(parent, plain(d))
                    if type(parent) is Node:
                        heappush(heap, (parent.order, parent))
                else:
                    grads[parent].value = grads[parent].value + plain(d)
                note = numbers(plain(d)) if sure else str(parent.shape)
                lines += [*shares(d, temporary), Line(grads[parent], d, note, "=" if first else "+=")]
        return lines

    def gradient(self, node: Node, value: Any) -> Symbol:
        return Symbol(value, f"{self.symbols[node].name}.grad")


def ancestors(root: Node) -> set[Node]:
    """All nodes that `root` was computed from, and itself."""
    seen, waiting = {root}, [root]
    while waiting:
        for parent in waiting.pop().parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen
