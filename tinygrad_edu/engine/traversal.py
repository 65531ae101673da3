"""Searching a graph: what results were computed from, newest first or all at once; what of it was made within a call.

A function's own graph ends at the nodes that existed before the call. *Order of creation* tells: what is older is
outside. Leaves that the function made are outside too if somebody keeps them, as a parameter made at first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .node import Leaf, Node
from .tensor_base import TensorBase


def reach(roots: Iterable[Node], neighbours: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Return `roots`, and every node that can be reached from them by going on to `neighbours`."""
    waiting = list(roots)
    seen = set(waiting)
    while waiting:
        for node in neighbours(waiting.pop()):
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return seen


def ancestors(roots: Iterable[Node], since: int = 0) -> set[Node]:
    """Return `roots`, and every node they were computed from that was made at or after `since`."""
    return reach(roots, lambda node: [p for p in node.parents if isinstance(p, Node) and p.order >= since])


def newest_first(roots: Iterable[Node]) -> list[Node]:
    """Return the operations to which gradients flow from `roots`, in the order in which `backpropagate` visits them."""
    operations = [node for node in reach(roots, sources) if type(node) is Node]
    return sorted(operations, key=lambda node: -node.order)


def subgraph(tensors: list[Any], start: int, ends: Iterable[Node] = ()) -> tuple[set[Node], set[Node]]:
    """Return the graph behind `tensors`: the nodes made since `start`, and the nodes outside that they lead to.

    Outside are all older nodes, and leaves that were made since and that somebody holds. The search stops at `ends`.
    """
    ends = set(ends)

    def is_outside(node: Node) -> bool:
        return node.order < start or (isinstance(node, Leaf) and is_held(node))

    def go_on(node: Node) -> Iterable[Node]:
        return () if node in ends or is_outside(node) else sources(node)

    found = reach([y._node for y in tensors if is_tracked(y)], go_on) - ends
    outside = {node for node in found if is_outside(node)}
    return found - outside, outside


def detach_unreached(tensors: list[Any], start: int, beyond: Iterable[Node] = ()) -> list[Any]:
    """Return `tensors`, detaching those that depend on no node outside. The nodes `beyond` count as outside too."""
    inside, outside = subgraph(tensors, start, beyond)
    outside.update(beyond)
    if outside:
        for node in sorted(inside, key=lambda node: node.order):  # oldest first
            if not outside.isdisjoint(sources(node)):
                outside.add(node)
    return [y.detach() if is_tracked(y) and y._node not in outside else y for y in tensors]


def sources(node: Node) -> list[Node]:
    """Return the nodes to which gradients flow from this one."""
    return [node.parents[i] for i, _ in node.plan.vjps] if type(node) is Node else []


def is_held(leaf: Leaf) -> bool:
    """Say whether somebody can still ask for this leaf's gradient."""
    tensor = leaf.tensor()
    return tensor is not None and tensor._node is leaf


def is_tracked(x: Any) -> bool:
    return isinstance(x, TensorBase) and x._node is not None
