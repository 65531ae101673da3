"""Folding: the calls of modules as a tree, by which the page shows a module as one box, and the plumbing between."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.node import Leaf, Node
from ...engine.sparse_gradient import is_basic
from ...rules.shapes import cast
from ..naming import graph_place
from .sources import module_name

Ends = Sequence[tuple[Node, Node]]  # arrows: from an argument to an operation

PLUMBING = {np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.broadcast_to,
            operator.getitem, cast}  # fmt: skip


def is_plumbing(node: Node) -> bool:
    """Return whether an operation only arranges numbers. Looking rows up in a table is no plumbing."""
    if isinstance(node, Leaf) or node.plan.rule.fn not in PLUMBING:
        return False
    return node.plan.rule.fn is not operator.getitem or is_basic(node.parents[1])


def build_folds(nodes: Sequence[Node], ends: Ends, paths: dict[int, str], named: set[Node]) -> list[dict[str, Any]]:
    """Return the calls of modules, outer ones before inner ones, as data for the page.

    Each has the ``name`` of the module, its ``class``, the place of the call ``outer`` around it or -1, and the places
    of the ``boxes`` that are directly in it: its operations, and the leaves that nothing outside uses. Leaves that the
    user has named were given to the module, unless they are its own, and are outside.
    """
    calls: dict[Node, tuple[Any, ...]] = {node: node.info.calls for node in nodes}
    users: dict[Node, list[tuple[Any, ...]]] = {}
    for tail, head in ends:
        users.setdefault(tail, []).append(calls[head])
    own = {graph_place(tensor) for module in modules_of(calls) for _, tensor in module.named_tensors()}
    for node in nodes:
        if isinstance(node, Leaf):
            calls[node] = () if node in named and node not in own else common_calls(users.get(node, [()]))
    folds: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for i in sorted(range(len(nodes)), key=lambda i: isinstance(nodes[i], Leaf)):  # in the order of their operations
        outer = -1
        for call in calls[nodes[i]]:
            if id(call) not in places:
                places[id(call)] = len(folds)
                name, kind = module_name(call.module, paths), type(call.module).__name__
                folds.append({"name": name, "class": kind, "outer": outer, "boxes": []})
            outer = places[id(call)]
        if outer >= 0:
            folds[outer]["boxes"].append(i)
    return folds


def modules_of(calls: dict[Node, tuple[Any, ...]]) -> list[Any]:
    """Return the modules that were called, each once."""
    return list({id(call.module): call.module for around in calls.values() for call in around}.values())


def common_calls(paths: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return the calls that all paths have in common."""
    shared = paths[0]
    for path in paths[1:]:
        same = [a is b for a, b in zip(shared, path, strict=False)]
        shared = shared[: same.index(False) if False in same else len(same)]
    return shared
