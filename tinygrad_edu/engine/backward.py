"""The backward pass: `backpropagate`, the one walk that computes every gradient, from the newest operation to the oldest."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .diagnostics import blame, inspect_backward, released
from .dispatch import NUMBERS
from .masked_gradient import Masked, pass_through, split_mask, whole
from .modes import WATCH, enable_grad, is_checking, level
from .node import Node
from .provenance import derivative_done, derivative_of
from .sparse_gradient import Scattered
from .tensor_base import NAMED, copied, getrefcount, wrap
from .unbroadcast import fit

ndarray = np.ndarray
STRUCTURED = {Scattered, Masked}  # gradients that are more than an array


def backpropagate(
    seeds: Iterable[tuple[Node, Any]],
    wanted: Iterable[Node] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    partial: bool = False,
) -> dict[Node, Any]:
    """Gradients of the `seeds`' nodes with respect to the `wanted` nodes, or to every leaf; nothing else is changed.

    Nodes are visited newest first. *Order of creation is a topological order*, because an operation can only
    use what already exists; so when a node's turn comes, all that used it has been visited, and its gradient
    is complete. Each node is visited once, however many paths lead to it.

    Parameters
    ----------
    seeds : pairs of a node and the gradient it starts with, arrays (Tensors if `create_graph`)
    wanted : nodes, optional
        Where gradients are wanted; None means all leaves. What is older than the oldest of them can't depend
        on them, and is not visited.
    retain_graph : bool
        Keep what the nodes saved, for another walk.
    create_graph : bool
        Run the rules on Tensors, so that the gradients can be differentiated in their turn.
    partial : bool
        Do not go on behind the `wanted` nodes, nor call their hooks, as is right for a walk within a walk: each gradient is
        taken as if the others were constants.

    Returns
    -------
    dict
        From node to gradient, of exactly the node's shape and dtype; nodes that were not reached are missing.

    Notes
    -----
    Of complex numbers, what you give and get are conjugate gradients, as PyTorch's: ``x - rate * x.grad`` goes
    downhill. Within the walk they are not conjugated, so that the rules of real and complex functions are the same.
    """
    if create_graph and not level():  # asked for, even under no_grad()
        with enable_grad():
            return backpropagate(seeds, wanted, retain_graph, create_graph, partial)
    targets = None if wanted is None else frozenset(wanted)
    oldest = 0 if targets is None else max((node.order for node in targets), default=-(1 << 62))
    grads: dict[Node, Any] = {}  # gradients not yet passed on, and at the end those of the leaves
    found: dict[Node, Any] = {}
    ours: set[Node] = set()  # nodes whose gradient is a sum that this walk made, and may add to in place
    heap: list[tuple[int, Node]] = []
    watched = level() is WATCH
    release = not (retain_graph or create_graph)

    for node, g in seeds:
        if node.dtype.kind == "c":
            g = np.conjugate(g)
        if node in grads:
            grads[node] = grads[node] + g
        elif node.order <= oldest:
            grads[node] = g
            if type(node) is Node:
                heappush(heap, (node.order, node))

    while heap:
        _, node = heappop(heap)
        g = grads.pop(node)
        mask = None
        if type(g) is not ndarray and type(g) in STRUCTURED:
            g, mask = split_mask(g, node.plan.rule.lets_through)
        if node.info and not (partial and node in targets):  # type: ignore[operator]  # the walk outside will tell of it
            for hook in node.info.get("hooks", ()):
                hook(np.conjugate(g) if node.dtype.kind == "c" else g)
        if targets is not None and node in targets:
            found[node] = np.conjugate(g) if node.dtype.kind == "c" else copied(g)  # it flows on, and may be a saved array
            if partial:
                continue
        y, args, kwargs, parents = node.output, node.saved, node.kwargs, node.parents
        if args is None:  # read after the output, and forgotten before it: another thread may release the node meanwhile
            raise released(node)
        if create_graph:
            y, args = on_tensors(node)
        for i, vjp in node.plan.vjps:
            parent = parents[i]
            if oldest and parent.order > oldest:
                continue
            if watched:
                told = derivative_of((node, i))
            try:
                if mask is not None:
                    d = pass_through(node.plan.rule.lets_through, vjp, mask, g, y, args, kwargs)
                else:
                    d = vjp(g, y, *args, **kwargs) if kwargs else vjp(g, y, *args)
                if create_graph and type(d) is Scattered:
                    d = d.whole()  # even of Tensors a rule may give a plain gradient
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = fit(d, parent)
            except Exception as error:
                raise blame(error, node, i, parent)  # noqa: B904  (mostly the same error)
            finally:
                if watched:
                    derivative_done(told)
            if watched and is_checking():
                inspect_backward(node, i, whole(d))
            if parent not in grads:
                grads[parent] = d
                if type(parent) is Node:
                    heappush(heap, (parent.order, parent))
            elif parent in ours:
                grads[parent] += d
            else:  # paths meet: their sum is a new array, the walk's own, and what comes later is added in place
                grads[parent] = grads[parent] + d
                if not create_graph:
                    ours.add(parent)
        if release:
            node.saved = None
            if type(node.output) not in NUMBERS:
                node.output = None

    node = g = d = y = args = None  # type: ignore[assignment]  # no names of ours may count as holders below
    for leaf in grads:
        if targets is None or leaf in targets:
            g, grads[leaf] = grads[leaf], None
            if type(g) is not ndarray and type(g) in STRUCTURED:
                g = g.whole()
            alone = getrefcount(g) == NAMED and type(g) is ndarray and g.base is None
            found[leaf] = np.conjugate(g) if leaf.dtype.kind == "c" else g if alone else copied(g)
    return found


def on_tensors(node: Node) -> tuple[Any, list[Any]]:
    """What the node saved, as Tensors that know where they came from: a rule run on these records itself."""
    args = [
        wrap(a, p) if isinstance(p, Node) and p.order and a is not None and a is not p else a
        for a, p in zip(node.saved, node.parents, strict=True)
    ]
    return None if node.output is None else wrap(node.output, node), args
