"""Items of slices: ``x[4:][2:][1]`` is drawn as ``x[7]``, which is what it is.

Recurrent networks take a sequence apart by halves, so that its gradient is put together in few steps. Readers of the
picture want to see that each time gets its item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.node import Node


class Slices:
    """The slices that are passed over: `wholes` holds what each is a slice of, and `indices` the places of items in that."""

    def __init__(self, operations: Sequence[Node], shown: set[Any]) -> None:
        self.wholes: dict[Any, Any] = {}
        self.indices: dict[Node, str] = {}
        users: dict[Any, list[Node]] = {}
        for node in operations:
            for p in node.parents:
                if isinstance(p, Node):
                    users.setdefault(p, []).append(node)
        places: dict[Any, range] = {}  # of slices in their wholes
        for node in operations:
            if not takes_item(node):
                continue
            whole, index = node.parents[:2]
            within = places.get(whole, range(whole.shape[0]))[index]
            if whole in self.wholes:
                self.indices[node] = f"[{within}]" if isinstance(within, int) else f"[{within.start}:{within.stop}]"
            if isinstance(within, range) and node not in shown and all(map(takes_item, users.get(node, [None]))):
                self.wholes[node], places[node] = self.wholes.get(whole, whole), within

    def parents(self, node: Node) -> tuple[Any, ...]:
        """Return the arguments of an operation; for a slice that is passed over, what it is a slice of."""
        return tuple(self.wholes.get(p, p) if isinstance(p, Node) else p for p in node.parents)


def takes_item(node: Node | None) -> bool:
    """Return whether an operation takes one item, or a slice of consecutive ones, along the first axis."""
    if node is None or node.name != "getitem" or not isinstance(node.parents[0], Node):
        return False
    whole, index = node.parents[:2]
    if not whole.shape or type(whole.shape[0]) is not int:  # the shapes of several results
        return False
    return type(index) is int or (type(index) is slice and index.step is None)
