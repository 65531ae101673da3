"""The model of a graph that is drawn: its nodes with their names, values, gradients and kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.node import Constant, Leaf, Node
from ...engine.saved_values import reads
from ...engine.table import Plan
from ...engine.tensor_base import TensorBase
from ..gradient_flow import Flows, Seed
from ..graph_history import GraphHistory
from ..naming import Held, graph_place


class Sketch:
    """The graph behind some tensors, with all that is known of its nodes.

    `given` and `seen` are tensors by their places in the graph: those that the user has named, and those in the user's
    variables. `arrays` are the arrays in these variables.
    """

    def __init__(self, tensors: Sequence[TensorBase], given: Held, seen: Held, arrays: Mapping[str, Any]) -> None:
        self.history = GraphHistory([t for t in tensors if t._node is not None], arrays)
        self.nodes = list(self.history.nodes)
        self.roots: list[Node] = []
        self.tensors: dict[Node, TensorBase] = {}
        for tensor in tensors:
            where = graph_place(tensor)
            # A node for a tensor outside all graphs.
            root = where if isinstance(where, Node) else Constant(tensor._array)
            given, seen = ({root if k == where else k: v for k, v in held.items()} for held in (given, seen))
            self.roots.append(root)
            if tensor._node is None:
                self.nodes.append(root)
        self.tensors = {node: t for held in (seen, given) for node, (_, t) in held.items()}
        self.tensors.update(zip(self.roots, tensors, strict=True))
        self.operations = [node for node in self.nodes if not isinstance(node, Leaf)]
        self.values = {node: value for node, value in self.history.values.items() if value.shape == node.shape}
        for node in self.nodes:
            if node not in self.values and (tensor := self.tensor(node)) is not None:
                self.values[node] = tensor._array
        self.names = {node: name for node, (name, _) in seen.items()}
        self.names.update(
            (node, name) for node, name in self.history.names.items() if node not in seen and name in arrays
        )
        self.names.update((node, name) for node in self.nodes if (name := node.info.name))
        self.names.update((node, name) for node, (name, _) in given.items())
        self.owned: set[Any] = set()  # parameters and buffers of modules
        self.inputs: set[Any] = set()  # the inputs, if the function was called for the picture
        self.flows: Flows | None = None
        self.derivatives: dict[Node, Node] = derivatives(self.nodes)

    def belong(self, names: Mapping[Any, str]) -> None:
        """Note the parameters and buffers of modules, by places, and their names where there are no better ones."""
        self.owned.update(names)
        for node, name in names.items():
            self.names.setdefault(node, name)

    def name_slopes(self, slopes: Mapping[Node, TensorBase]) -> None:
        """Name gradients after their leaves: ``w.grad``."""
        for leaf, gradient in slopes.items():
            known = self.names.get(gradient._node, "")
            name = f"{self.names.get(leaf, leaf.name)}.grad"
            self.names[gradient._node] = f"{known} = {name}" if known.endswith(".grad") else name

    def learn(self, flows: Flows) -> None:
        """Note the gradients, if there are any."""
        self.flows = flows if flows.totals else None

    def tensor(self, node: Node) -> Any:
        """Return the tensor at a node, or None if nobody holds it."""
        tensor: Any = self.tensors.get(node)
        if tensor is None and type(node) is Leaf:
            tensor = node.tensor()
        # Its data may have been replaced since.
        return None if tensor is None or getattr(tensor._array, "shape", None) != node.shape else tensor

    def kind(self, node: Node) -> str:
        """Return a node's kind, which its look depends on."""
        if node in self.derivatives or is_seed(node):
            return "derivative"
        if isinstance(node, Constant):
            return "input" if node in self.names and node not in self.owned else "constant"
        if isinstance(node, Leaf):
            return "input" if node in self.inputs else "parameter"
        return "result" if node in self.roots else "operation"

    def gradient(self, node: Node) -> Any:
        """Return the gradient of the results with respect to a node if it was computed, else its tensor's ``.grad``."""
        if self.flows is not None:
            return self.flows.totals.get(node)
        tensor = self.tensor(node)
        kept = None if tensor is None else tensor._grad
        return kept._array if isinstance(kept, TensorBase) else None

    def kept(self) -> set[Node]:
        """Return the nodes whose values the graph keeps, since derivatives read them."""
        found: set[Node] = set()
        read: dict[Plan, set[int]] = {}
        for node in self.operations:
            if node.plan not in read:
                n = len(node.parents)
                read[node.plan] = set().union(*(reads(vjp, n)[0] for _, vjp in node.plan.vjps))
            found.update(
                node if i < 0 else node.parents[i]
                for i in read[node.plan]
                if i < 0 or isinstance(node.parents[i], Node)
            )
        return found


def derivatives(nodes: Sequence[Node]) -> dict[Node, Node]:
    """Return, for each operation of a recorded backward walk, the node whose derivative it is part of.

    Operations of a rule have a note of it. The sums of the walk itself have none, but they add gradients of the same
    node, and the newer summand has a note.
    """
    found: dict[Node, Node] = {}
    targets: dict[Node, Node] = {}
    for node in nodes:
        if (of := node.info.derivative_of) is not None:
            found[node], targets[node] = of[0], of[0].parents[of[1]]
        elif (
            node.parents
            and node.name == "add"
            and all(isinstance(p, Node) and (p in found or is_seed(p)) for p in node.parents)
        ):
            newest = max(node.parents, key=lambda p: p.order)
            if newest in targets:
                found[node] = targets[node] = targets[newest]
    return found


def is_seed(node: Node) -> bool:
    """Return whether a recorded walk began at a node."""
    return isinstance(node.info, Seed)


def is_small(array: Any) -> bool:
    """Return whether an array is so small that its numbers are shown."""
    return isinstance(array, np.ndarray | np.generic) and 0 < array.size <= MOST and array.ndim <= 2


MOST = 6
