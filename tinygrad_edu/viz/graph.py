"""draw: the graph of a computation, as it was recorded."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..nn.module import Module
from ..node import Constant, Leaf, Node
from ..tensor import Tensor
from ..value import Value
from .dot import Picture, format_of
from .labels import argument_names, arguments, described, gradient_text, is_array, label, value_lines
from .names import Held, held_in, place, variables_of

DIRECTIONS = ("LR", "TB", "RL", "BT")

# Told apart by colour, and without it: by what the border looks like.
LOOK = {
    "leaf": {"fillcolor": "#d9ecd6", "color": "#3d7a41", "penwidth": "2"},
    "constant": {"fillcolor": "#f4f4f2", "color": "#6b6b6b", "style": "rounded,filled,dashed"},
    "operation": {"fillcolor": "#e2ebf8", "color": "#5573a6"},
    "result": {"fillcolor": "#fdeacb", "color": "#b06a10", "peripheries": "2"},
}
GRAPH = {"bgcolor": "white", "nodesep": "0.18", "ranksep": "0.35"}
FONT = {"fontname": "Helvetica", "fontsize": "12"}
BOX = {**FONT, "shape": "box", "style": "rounded,filled", "margin": "0.12,0.06", "height": "0.3", "width": "0.5"}
EDGE = {**FONT, "fontsize": "9", "fontcolor": "#555555", "color": "#555555", "arrowsize": "0.6"}


def draw(
    tensor: Tensor,
    file: Any = None,
    *,
    names: Mapping[str, Any] | Module | None = None,
    values: bool = True,
    gradients: bool = True,
    direction: str = "LR",
) -> Picture:
    """Draw how `tensor` was computed: every operation that was recorded, from the leaves to the result.

    Green boxes with a strong border are leaves, which require gradients: the parameters. Grey dashed ones are
    constants: inputs and targets. Blue ones are operations, and stand for what they computed; the last one, with the
    double border, is the result.

    Parameters
    ----------
    tensor : Tensor
        The result whose computation is wanted: before or after `backward`.
    file : path, optional
        Where to write the picture as well; its suffix names the format: svg, png, jpg, pdf, dot or gv.
    names : mapping from names to tensors, or Module, optional
        What to call tensors, such as ``{"x": x}``, ``locals()`` or a model. Other tensors go by their own name
        (``Tensor(..., name="x")``), else by the variable that holds them where `draw` is called: a variable's name,
        a path to a module's parameter such as ``model.0.weight``, or a place such as ``weights[0]``.
    values : bool
        Whether to show numbers, of tensors of up to six elements; False shows shapes and dtypes.
    gradients : bool
        Whether to show what ``.grad`` holds: the numbers, or the norm of a larger gradient.
    direction : {"LR", "TB", "RL", "BT"}
        Which way the computation runs: left to right, top to bottom, or the reverse of these.

    Returns
    -------
    Picture
        A ``graphviz.Digraph``. As the last line of a notebook's cell it shows itself; ``.source`` is its DOT text.

    Raises
    ------
    DotNotFound
        If a picture is to be rendered and there is no program to do so; the message says what to install.

    Notes
    -----
    Numbers of intermediate results are shown where somebody holds them: a variable of yours, or the graph itself,
    which lets go of them in `backward`. Leaves show what they hold now, which after an optimiser's step is no
    longer what the result was computed from.

    More than some hundred boxes are slow to lay out and hard to read. Draw one layer, or a small model of the same
    structure; or write a ``.dot`` file, and open it in a viewer that zooms.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, draw
    >>> w = Tensor(2.0, requires_grad=True)
    >>> y = (w * 3) ** 2
    >>> y.backward()
    >>> picture = draw(y)
    >>> print(picture.source)  # doctest: +ELLIPSIS
    digraph {
        ...
        n0 [label=<<B>w</B><BR/>...2...<BR/>...grad 36...
        n1 [label=<<B>multiply</B> * 3...
        n2 [label=<<B>power</B> ** 2<BR/>...y = 36...
    """
    if not isinstance(tensor, Tensor):
        hint = "call it on an input, and draw what it returns" if isinstance(tensor, Module) else "which records its graph"
        raise TypeError(f"draw() wants a Tensor, got {type(tensor).__name__}: {hint}")
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}")
    if file is not None:
        format_of(file)  # a mistake in the name is better found before the work than after it
    given = {} if names is None else held_in(names)
    sketch = Sketch(tensor, given, held_in(variables_of(sys._getframe(1))), values, gradients)
    picture = Picture(graph_attr={**GRAPH, "rankdir": direction}, node_attr=BOX, edge_attr=EDGE)
    sketch.onto(picture)
    if file is not None:
        picture.write(file)
    return picture


class Sketch:
    """What is known of a graph, for as long as it takes to draw it."""

    def __init__(self, tensor: Tensor, given: Held, seen: Held, values: bool, gradients: bool) -> None:
        where = place(tensor)
        self.root = where if isinstance(where, Node) else Constant(tensor._array)  # a face for one outside all graphs
        given, seen = ({self.root if k == where else k: v for k, v in held.items()} for held in (given, seen))
        self.names = {node: name for node, (name, _) in given.items()}
        self.variables = {node: name for node, (name, _) in seen.items()}
        self.tensors = {node: t for held in (seen, given) for node, (_, t) in held.items()} | {self.root: tensor}
        self.values, self.gradients = values, gradients
        self.operations = operations(self.root)
        self.saved: dict[Node, Any] = {}  # arrays that the graph itself still holds
        self.boxes: dict[int, Constant] = {}  # for arrays that are in the graph as they are

    def onto(self, picture: Picture) -> None:
        """Boxes and arrows, in the order of the computation, which names them too: the same program, the same text."""
        for node in self.operations:
            self.recall(node)
        ids: dict[Node, str] = {}

        def add(node: Node) -> str:
            if node not in ids:
                ids[node] = f"n{len(ids)}"
                picture.node(ids[node], label=self.label(node), **LOOK[self.kind(node)])
            return ids[node]

        for node in self.operations:
            parents = [(i, add(self.box(p))) for i, p in enumerate(node.parents) if is_array(p)]
            me, roles = add(node), argument_names(node)
            told = node.name in ORDERED and len({parent for _, parent in parents}) > 1
            for i, parent in parents:
                straight = "4" if type(node.parents[i]) is Node else None  # what flows, rather than what joins it
                picture.edge(parent, me, label=roles[i] if told and i < len(roles) else None, weight=straight)
        add(self.root)

    def recall(self, node: Node) -> None:
        """The values that a node saved for its derivative: its own, and its arguments'."""
        if node.saved is not None:
            for whose, array in zip((node, *node.parents), (node.output, *node.saved), strict=True):
                if isinstance(whose, Node) and isinstance(array, np.ndarray | np.generic):
                    self.saved[whose] = array

    def box(self, parent: Any) -> Node:
        """The node for an argument: itself, or one that stands for a bare array."""
        if isinstance(parent, Node):
            return parent
        box = self.boxes.setdefault(id(parent), Constant(parent))
        self.saved[box] = parent
        return box

    def kind(self, node: Node) -> str:
        """Which look it gets."""
        if isinstance(node, Leaf):
            return "constant" if isinstance(node, Constant) else "leaf"
        return "result" if node is self.root else "operation"

    def tensor(self, node: Node) -> Any:
        """The tensor at a node, if somebody holds it."""
        tensor: Any = self.tensors.get(node)
        if tensor is None and type(node) is Leaf:
            tensor = node.tensor()
            if tensor is not None and tensor._array.shape != node.shape:
                return None  # it has been given other data since
        return tensor

    def label(self, node: Node) -> str:
        """The text of a node's box."""
        name = self.names.get(node) or (node.info or {}).get("name") or self.variables.get(node)
        tensor = self.tensor(node)
        array = self.saved.get(node) if tensor is None else tensor._array
        lines = value_lines(array) if self.values and array is not None else (described(node),)
        kept = tensor.grad if self.gradients and tensor is not None else None
        grad = gradient_text(kept._array) if isinstance(kept, Value) else ""
        if isinstance(node, Leaf):
            return label(name or node.name, "", lines, grad)
        if name:
            lines = (f"{name} = {lines[0]}", *lines[1:])
        return label(node.name, arguments(node), lines, grad)


ORDERED = {"subtract", "divide", "power", "floor_divide", "remainder", "matmul", "where"}


def operations(root: Node) -> list[Node]:
    """All operations that `root` was computed by, oldest first: each after those whose results it uses."""
    found, stack = {root}, [root]
    while stack:
        for parent in stack.pop().parents:
            if isinstance(parent, Node) and parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted((n for n in found if not isinstance(n, Leaf)), key=lambda n: n.order, reverse=True)
