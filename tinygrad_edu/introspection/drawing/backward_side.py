"""The backward pass beside the forward pass: each operation of a derivative is drawn across from its operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...engine.errors import nothing_recorded
from ...engine.node import Node
from ...engine.tensor_base import TensorBase
from ...engine.traversal import ancestors
from ...tensor.tensor import Tensor
from ..gradient_flow import is_single_number, record_flow, remembers
from .graph_model import Sketch
from .groups import Calls, Group, build_groups
from .scene import Box, Scene

FORWARD, BACKWARD = "forward", "backward"


def walk_back(tensors: Sequence[TensorBase]) -> dict[Node, Tensor]:
    """Return the gradients of the leaves, as Tensors whose graph is the backward pass that computes them."""
    for tensor in tensors:
        if tensor._node is None:
            raise nothing_recorded(tensor)
        if not is_single_number(tensor._node):
            raise RuntimeError(
                f"the backward pass starts from a single real number, and this tensor has shape {tensor._array.shape} "
                f"and dtype {tensor._array.dtype}: reduce it first (.sum() or .mean())"
            )
    roots = [tensor._node for tensor in tensors]
    if not all(map(remembers, ancestors(roots))):
        raise RuntimeError(
            "this graph was released by an earlier backward(), and its backward pass can't be drawn: draw it "
            "before, compute under tinygrad_edu.watch(), or say backward(retain_graph=True)"
        )
    return record_flow(roots)


def sides(sketch: Sketch, calls: Calls) -> Group:
    """Return two frames: one with the operations, and one with those of their derivatives."""
    root = Group()
    for label, within in ((FORWARD, False), (BACKWARD, True)):
        side = build_groups([node for node in sketch.operations if (node in sketch.derivatives) is within], calls)
        side.label = label
        root.items.append(side)
    return root


def align_sides(scene: Scene) -> Iterator[str]:
    """Yield the lines of DOT text that put boxes across from each other, if there is a backward pass."""
    pairs: dict[Box, list[Box]] = {}
    for node, of in scene.sketch.derivatives.items():
        here, there = scene.boxes.get(of), scene.boxes[node]
        if here is not None and there not in pairs.setdefault(here, []):
            pairs[here].append(there)
    for here, others in pairs.items():
        yield f"\t{{rank=same {here.name} {' '.join(box.name for box in others)}}}\n"
