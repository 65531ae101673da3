"""Gradient flow, for pictures: backpropagation once more, for the norm along each edge, or for its graph.

It changes nothing: no ``.grad`` is set, no hook is called, and nothing is released. If the computation was watched, it
also walks through a graph that `backward` has released.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.masked_gradient import MaskedGradient, densify, pass_through, split_mask
from ..engine.modes import watch
from ..engine.multi_output import MultiOutput
from ..engine.node import Info, Leaf, Node
from ..engine.provenance import derivative_done, derivative_of
from ..engine.sparse_gradient import SparseGradient
from ..engine.tensor_base import TensorBase, wrap
from ..engine.traversal import newest_first
from ..engine.unbroadcast import match_argument
from ..tensor.tensor import Tensor

Edge = tuple[Node, int]  # an operation, and which of its arguments


class Flows:
    """Gradients of the sum of `roots` with respect to every node, and the norm of the gradient along each edge.

    They are empty if they can't be known: if the results are not single numbers, or the graph was released.
    """

    def __init__(self, roots: Sequence[Node], nodes: Sequence[Node]) -> None:
        self.totals: dict[Node, Any] = {}
        self.norms: dict[Edge, float] = {}
        if all(is_single_number(root) for root in roots) and all(remembers(node) for node in nodes):
            try:
                with np.errstate(all="ignore"):
                    carry_gradients({root: np.ones(root.shape, root.dtype) for root in roots}, self.totals, self.norms)
            except Exception:  # backward() will report a rule that fails
                self.totals, self.norms = {}, {}
        for node, g in self.totals.items():
            if node.dtype.kind == "c":
                self.totals[node] = np.conjugate(g)


def record_flow(roots: Sequence[Node]) -> dict[Node, Tensor]:
    """Return the leaves' gradients as Tensors, whose graph is the backward walk, recorded under `watch`."""
    totals: dict[Node, Any] = {}
    with watch():
        seeds = {root: Tensor(np.ones(root.shape, root.dtype), requires_grad=True) for root in roots}
        for seed in seeds.values():
            seed._node.info = Seed("start")
        carry_gradients(seeds, totals, {})
    return {node: g for node, g in totals.items() if type(node) is Leaf}


class Seed(Info):
    """The info of the leaves where a recorded walk begins."""


def carry_gradients(seeds: dict[Node, Any], totals: dict[Node, Any], norms: dict[Edge, float]) -> None:
    """Backpropagate from `seeds`, newest node first as `engine.backward` does, and fill in `totals` and `norms`."""
    totals.update(seeds)
    for node in newest_first(seeds):
        g, mask = totals[node], None
        if type(g) is MaskedGradient:
            g, mask = split_mask(g, node.plan.rule.lets_through)
            totals[node] = g
        args, y = node.info.values or (node.saved, node.output)
        if isinstance(g, TensorBase):
            y, args = wrap(y, node), [connect(a, p) for a, p in zip(args, node.parents, strict=True)]
        for i, vjp in node.plan.vjps:
            parent = node.parents[i]
            token = derivative_of((node, i))
            try:
                if mask is None:
                    d = vjp(g, y, *args, **node.kwargs)
                else:
                    d = pass_through(node.plan.rule.lets_through, vjp, mask, g, y, args, node.kwargs)
                d = match_argument(d if type(d) is not SparseGradient else MaskedGradient(d.whole(), d.mask), parent)
            finally:
                derivative_done(token)
            if not isinstance(densify(d), TensorBase) and (size := gradient_norm(densify(d))) is not None:
                norms[node, i] = size
            totals[parent] = totals[parent] + d if parent in totals else d
    totals.update({node: densify(g) for node, g in totals.items()})


def connect(value: Any, parent: Any) -> Any:
    """Return a saved argument as a Tensor that knows its place in the graph."""
    if not isinstance(parent, Node) or value is None or value is parent:
        return value
    if parent.order:
        return wrap(value, parent)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        return value
    constant = wrap(value)
    constant._source = parent
    return constant


def is_single_number(node: Node) -> bool:
    return node.dtype.kind == "f" and node.shape in ((), (1,), (1, 1))


def remembers(node: Node) -> bool:
    """Return whether a node still has the values that its derivative needs."""
    return type(node) is not Node or node.saved is not None or node.info.values is not None


def gradient_norm(array: Any) -> float | None:
    """Return the norm of an array, or of several arrays as one vector; None for arrays of other libraries."""
    if isinstance(array, MultiOutput):
        return float(np.linalg.norm([gradient_norm(part) or 0.0 for part in array]))
    if not isinstance(array, np.ndarray | np.generic):
        return None
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(np.abs(array).astype(float).ravel()))
