"""summary: what a network is made of, as a table: its layers, what comes out of each, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..engine.modes import enable_grad
from ..engine.node import Node, order
from ..engine.tensor_base import Value, bare
from ..pytree import flatten
from ..tensor.tensor import Tensor
from ..validation import as_array
from . import tree
from .module import Module
from .parameter import Parameter


@dataclass
class Row:
    """A module, the shapes it returned, its own parameters, and the multiply-adds of its products."""

    name: str
    kind: str
    shapes: str
    parameters: int
    multiply_adds: int


class Summary:
    """The table; print it. ``rows`` holds its lines."""

    def __init__(self, rows: list[Row], parameters: int, trainable: int) -> None:
        self.rows, self.parameters, self.trainable = rows, parameters, trainable

    @property
    def multiply_adds(self) -> int:
        """Of one call of the whole network."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        cells = [("layer", "kind", "output", "parameters", "multiply-adds")]
        cells += [(r.name, r.kind, r.shapes, f"{r.parameters:,}", f"{r.multiply_adds:,}") for r in self.rows]
        cells += [("in all", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}")]
        widths = [max(len(row[i]) for row in cells) for i in range(5)]
        lines = ["  ".join(c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))).rstrip()
                 for row in cells]
        rule = "-" * max(map(len, lines))
        frozen = self.parameters - self.trainable
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]] + ([f"of which {frozen:,} are frozen"] if frozen else []))


def summary(model: Module, *inputs: Any) -> Summary:
    """Call a network once, and tell what each of its layers did.

    Parameters
    ----------
    model : Module
    *inputs : array_like
        An example of what it is called with; the numbers do not matter, the shapes do.

    Returns
    -------
    Summary
        Multiply-adds are counted of matrix products, convolutions and sums of products, which are nearly all the work.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10))
    >>> nn.summary(model, np.zeros((1, 784), np.float32))
    layer   kind     output   parameters  multiply-adds
    ---------------------------------------------------
    0       Linear   (1, 16)      12,560         12,544
    1       Sigmoid  (1, 16)           0              0
    2       Linear   (1, 10)         170            160
    ---------------------------------------------------
    in all                        12,730         12,704
    """
    for x in inputs:
        if isinstance(x, tuple) and len(x) > 1 and all(type(n) is int for n in x):
            raise TypeError(f"summary calls the model with examples, and {x} looks like a shape: give np.zeros({x}), or np.array({x})")
    notes = Notes()
    handles = []
    for path, module in model.named_modules():
        if not any(module.named_children()) or any(isinstance(x, Parameter) for _, x in tree.attributes(module)):
            handles += [module.register_forward_pre_hook(notes.before),
                        module.register_forward_hook(partial(notes.after, path or type(model).__name__))]
    state, modes = model.state_dict(), [(m, m.training) for m in model.modules()]
    try:
        with enable_grad():
            model.eval()(*(as_input(x) for x in inputs))
    finally:
        for handle in handles:
            handle.remove()
        for m, training in modes:
            m.training = training
        model.load_state_dict(state)
    parameters = list(model.parameters())
    return Summary(notes.rows, sum(p.size for p in parameters), sum(p.size for p in parameters if p.requires_grad))


def as_input(x: Any) -> Any:
    """An example that is recorded, if it is of floats; computed, so that a module that remembers it holds no leaf."""
    array = as_array(bare(x), "an example")
    return Tensor(array, requires_grad=True).reshape(array.shape) if array.dtype.kind in "fc" else Tensor(array)


class Notes:
    """What the hooks write down; a layer within another is not counted twice."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.begun: list[int] = []
        self.counted: set[Any] = set()  # nodes, and the numbers of parameters

    def before(self, module: Module, args: Any) -> None:
        self.begun.append(order())

    def after(self, path: str, module: Module, args: Any, output: Any) -> None:
        outputs = [y for y in flatten(output)[0] if y is not None]
        shapes = " ".join(str(tuple(np.shape(y))) for y in outputs)
        made = nodes_since(self.begun.pop(), [y._node for y in outputs if isinstance(y, Value) and y._node is not None])
        own = {id(p): p.size for _, p in tree.tensors(module, Parameter) if id(p) not in self.counted}
        work = sum(map(multiply_adds, made - self.counted))
        self.counted |= made | own.keys()
        self.rows.append(Row(path, type(module).__name__, shapes, sum(own.values()), work))


def nodes_since(start: int, ends: list[Node]) -> set[Node]:
    """The operations behind these nodes that were recorded after `start`."""
    ends = [node for node in ends if node.order < start]
    seen, waiting = set(ends), list(ends)
    while waiting:
        for parent in waiting.pop().parents:
            if isinstance(parent, Node) and parent.order < start and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def multiply_adds(node: Node) -> int:
    """How many products an operation adds up; 0 for those that are no sums of products."""
    shapes: list[Any] = [getattr(p, "shape", ()) for p in node.parents]
    if node.name in ("linear", "matmul"):
        return node.size * int(shapes[0][-1])
    if node.name == "convolution":
        return int(node.size * math.prod(shapes[1][1:]))
    if node.name == "convolution, transposed":
        return int(math.prod(shapes[0]) * math.prod(shapes[1][1:]))
    if node.name == "einsum":
        letters = str(node.parents[0]).split("->")[0].split(",")
        lengths = {letter: n for word, shape in zip(letters, shapes[1:], strict=True) for letter, n in zip(word, shape, strict=True)}
        return int(math.prod(lengths.values()))
    return 0
