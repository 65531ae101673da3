"""Searching a graph: which nodes were made within a call, which lie outside, and which depend on those outside.

A function's own graph ends at the nodes that existed before the call. *Order of creation* tells: what is older is
outside. Leaves that the function made are outside too if somebody keeps them, as a parameter made at first use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .node import Leaf, Node
from .tensor_base import TensorBase


def subgraph(tensors: list[Any], start: int, ends: Iterable[Node] = ()) -> tuple[set[Node], set[Node]]:
    """Return the graph behind `tensors`: the nodes made since `start`, and the nodes outside that they lead to.

    Outside are all older nodes, and leaves that were made since and that somebody holds. The search stops at `ends`.
    """
    inside: set[Node] = set()
    outside: set[Node] = set()
    seen = set(ends)
    waiting = [y._node for y in tensors if is_tracked(y)]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.order < start or (isinstance(node, Leaf) and is_held(node)):
            outside.add(node)
        else:
            inside.add(node)
            waiting += sources(node)
    return inside, outside


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
