"""The backward pass: `backpropagate`, the one walk that computes every gradient, from the newest operation on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import inf
from typing import Any

import numpy as np

from .diagnostics import blame, graph_released_error, inspect_backward
from .masked_gradient import MaskedGradient, densify, pass_through, split_mask
from .modes import WATCH, enable_grad, is_checking, level
from .node import NO_INFO, Node
from .provenance import derivative_done, derivative_of
from .sparse_gradient import SparseGradient
from .tensor_base import NAMED, SCALARS, copy_array, getrefcount, wrap
from .unbroadcast import match_argument

ndarray = np.ndarray
STRUCTURED = {SparseGradient, MaskedGradient}  # gradients that are more than an array


def backpropagate(
    seeds: Iterable[tuple[Node, Any]],
    wanted: Iterable[Node] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    partial: bool = False,
) -> dict[Node, Any]:
    """Return the gradients of the `seeds`' nodes with respect to the `wanted` nodes, or to every leaf.

    Nothing is written to ``.grad``. Nodes are visited newest first. *Order of creation is a topological order*, because
    an operation can only use what already exists; so when a node's turn comes, all that used it has been visited, and
    its gradient is complete. Each node is visited once, however many paths lead to it.

    Parameters
    ----------
    seeds : iterable of (Node, ndarray), or of (Node, Tensor) if `create_graph`
        The nodes to start from, each with the gradient that it starts with.
    wanted : iterable of Node, optional
        The nodes whose gradients are wanted; None means all leaves. What is older than the oldest of them can't depend
        on them, and is not visited.
    retain_graph : bool
        Whether nodes keep what they saved, for another walk.
    create_graph : bool
        Whether the rules run on Tensors, so that the gradients can be differentiated too.
    partial : bool
        Whether to stop at the `wanted` nodes, and not to call their hooks, as is right for a walk within a walk: each
        gradient is taken as if the others were constants.

    Returns
    -------
    dict of Node to ndarray or Tensor
        The gradients, of exactly the node's shape and dtype; nodes that were not reached are missing.

    Raises
    ------
    RuntimeError
        If a node has released what it saved, in an earlier walk.
    RuleError
        If a rule returns something that can't be a gradient.

    Notes
    -----
    This is reverse-mode differentiation, or backpropagation: vector-Jacobian products, multiplied from the result
    backwards. Gradients of complex numbers are conjugate gradients, as PyTorch's: ``x - rate * x.grad`` goes downhill.
    Within the walk they are not conjugated, so that the rules of real and complex functions are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, backpropagate
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> backpropagate([(y._node, np.ones(2))])
    {<leaf -> float64[2]>: array([2., 4.])}
    """
    if create_graph and not level():  # asked for, even under no_grad()
        with enable_grad():
            return backpropagate(seeds, wanted, retain_graph, create_graph, partial)
    targets = None if wanted is None else frozenset(wanted)
    found: dict[Node, Any] = {}
    grads = walk(seeds, targets, found, not (retain_graph or create_graph), create_graph, partial)
    for leaf in grads:
        if targets is None or leaf in targets:
            found[leaf] = hand_over(leaf, grads)
    return found


def walk(
    seeds: Iterable[tuple[Node, Any]],
    targets: frozenset[Node] | None,
    found: dict[Node, Any],
    release: bool,
    create_graph: bool,
    partial: bool,
) -> dict[Node, Any]:
    """Carry gradients from the seeds back to the leaves, and return those of the leaves.

    The gradients of inner targets go into `found`.
    """
    oldest = 0 if targets is None else min((node.order for node in targets), default=inf)
    grads, heap = sow(seeds, oldest)
    summed: set[Node] = set()  # nodes whose gradient is a sum that this walk made, and may add to in place
    watched = level() is WATCH

    while heap:
        _, node = heappop(heap)
        g, mask = grads.pop(node), None
        if type(g) in STRUCTURED:
            g, mask = split_mask(g, node.plan.rule.lets_through)
        if node.info is not NO_INFO and node.info.hooks and not (partial and node in targets):  # type: ignore[operator]
            call_hooks(node, g)  # at the ends of a partial walk, the outer walk will call them
        if targets and node in targets:
            found[node] = np.conjugate(g) if node.dtype.kind == "c" else copy_array(g)  # g flows on, or was saved
            if partial:
                continue
        y, args = node.output, node.saved
        if args is None:  # read after the output, but released before it: another thread may release the node meanwhile
            raise graph_released_error(node)
        if create_graph:
            y, args = on_tensors(node)
        is_plain = not (watched or create_graph or node.kwargs) and mask is None
        for i, vjp in node.plan.vjps:
            parent = node.parents[i]
            if parent.order < oldest:
                continue
            try:
                d = vjp(g, y, *args) if is_plain else differentiate(node, i, vjp, g, mask, y, args, create_graph)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = match_argument(d, parent)
            except Exception as error:
                raise blame(error, node, i, parent)  # noqa: B904  (mostly the same error)
            if parent not in grads:
                grads[parent] = d
                if type(parent) is Node:
                    heappush(heap, (-parent.order, parent))
            elif parent in summed:
                grads[parent] += d
            else:  # paths meet: their sum is a new array, and what comes later is added in place
                grads[parent] = grads[parent] + d
                if not create_graph:
                    summed.add(parent)
        if release:
            node.saved = None
            if type(node.output) not in SCALARS:  # single numbers stay, for pictures
                node.output = None
    return grads


def sow(seeds: Iterable[tuple[Node, Any]], oldest: float) -> tuple[dict[Node, Any], list[tuple[int, Node]]]:
    """Return the gradients to start with, by node, and a heap of the nodes to visit: the newest lies on top."""
    grads: dict[Node, Any] = {}
    heap: list[tuple[int, Node]] = []
    for node, g in seeds:
        if node.dtype.kind == "c":
            g = np.conjugate(g)
        if node in grads:
            grads[node] = grads[node] + g
        elif node.order >= oldest:
            grads[node] = g
            if type(node) is Node:
                heappush(heap, (-node.order, node))
    return grads, heap


def differentiate(
    node: Node, i: int, vjp: Callable[..., Any], g: Any, mask: Any, y: Any, args: Any, create_graph: bool
) -> Any:
    """Return one argument's gradient, where there are keywords or a mask, or where the walk is recorded or watched."""
    token = derivative_of((node, i)) if level() is WATCH else None
    try:
        if mask is not None:
            d = pass_through(node.plan.rule.lets_through, vjp, mask, g, y, args, node.kwargs)
        else:
            d = vjp(g, y, *args, **node.kwargs)
        if is_checking():
            inspect_backward(node, i, densify(d))
        return d.whole() if create_graph and type(d) is SparseGradient else d  # some rules return arrays for Tensors
    finally:
        if token is not None:
            derivative_done(token)


def call_hooks(node: Node, g: Any) -> None:
    for hook in node.info.hooks:
        hook(np.conjugate(g) if node.dtype.kind == "c" else g)


def hand_over(leaf: Node, grads: dict[Node, Any]) -> Any:
    """Return a leaf's gradient as an array that nobody else holds."""
    g, grads[leaf] = grads[leaf], None
    if type(g) in STRUCTURED:
        g = g.whole()
    if leaf.dtype.kind == "c":
        return np.conjugate(g)
    return g if getrefcount(g) == NAMED and type(g) is ndarray and g.base is None else copy_array(g)


def on_tensors(node: Node) -> tuple[Any, list[Any]]:
    """Return what the node saved, as Tensors that know where they came from: a rule that runs on them is recorded."""
    args = [
        wrap(a, p) if isinstance(p, Node) and p.order and a is not None and a is not p else a
        for a, p in zip(node.saved, node.parents, strict=True)
    ]
    return None if node.output is None else wrap(node.output, node), args
