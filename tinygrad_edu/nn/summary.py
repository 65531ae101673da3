"""summary: a table of a network's layers, with their outputs, parameters and costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.modes import enable_grad
from ..engine.node import Node, new_order
from ..engine.tensor_base import TensorBase, to_arrays
from ..engine.traversal import ancestors
from ..html_repr import first_and_last, table, titled_block
from ..pytree import flatten
from ..tensor.tensor import Tensor
from ..validation import as_array
from . import tree
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from ..typing import TensorLike


@dataclass
class Row:
    """A line of the table: a module, the shapes that it returned, its own parameters, and its multiply-adds."""

    name: str
    kind: str
    shapes: str
    parameters: int
    multiply_adds: int


class Summary:
    """The table, to be printed. ``rows`` holds its lines."""

    def __init__(self, rows: list[Row], parameters: int, trainable: int) -> None:
        self.rows, self.parameters, self.trainable = rows, parameters, trainable

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of one call of the whole network."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[i]) for row in cells) for i in range(5)]
        lines = [
            "  ".join(
                c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]] + ([self._frozen()] if self._frozen() else []))

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head, *rows, foot = self._cells()
        return titled_block("", table(head, first_and_last(rows, 60), (3, 4), foot), self._frozen())

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            ("layer", "kind", "output", "parameters", "multiply-adds"),
            *((r.name, r.kind, r.shapes, f"{r.parameters:,}", f"{r.multiply_adds:,}") for r in self.rows),
            ("in all", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}"),
        ]

    def _frozen(self) -> str:
        frozen = self.parameters - self.trainable
        return f"of which {frozen:,} are frozen" if frozen else ""


def summary(model: Module, *inputs: TensorLike) -> Summary:
    """Call a network once, and return a table of its layers.

    Parameters
    ----------
    model : Module
        The network.
    *inputs : Tensor or array_like
        Examples of what it is called with. Their shapes and dtypes matter, their numbers do not.

    Returns
    -------
    Summary
        The table. Its multiply-adds are those of matrix products, convolutions and sums of products, which are nearly
        all the work.

    Raises
    ------
    TypeError
        If an input looks like a shape.

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
            raise TypeError(
                f"summary calls the model with examples, and {x} looks like a shape: give np.zeros({x}), "
                f"or np.array({x})"
            )
    notes = Notes()
    handles = []
    for path, module in model.named_modules():
        if not any(module.named_children()) or any(isinstance(x, Parameter) for _, x in tree.module_attributes(module)):
            handles += [
                module.register_forward_pre_hook(notes.before),
                module.register_forward_hook(partial(notes.after, path or type(model).__name__)),
            ]
    state, modes = model.state_dict(), [(m, m.training) for m in model.modules()]
    try:
        with enable_grad():
            model.eval()(*(as_example(x) for x in inputs))
    finally:
        for handle in handles:
            handle.remove()
        for m, training in modes:
            m.training = training
        model.load_state_dict(state)
    parameters = list(model.parameters())
    return Summary(notes.rows, sum(p.size for p in parameters), sum(p.size for p in parameters if p.requires_grad))


def as_example(x: Any) -> Any:
    """Return an example as a Tensor.

    Floats are recorded, as the result of an operation, so that no module keeps a leaf.
    """
    array = as_array(to_arrays(x), "an example")
    return Tensor(array, requires_grad=True).reshape(array.shape) if array.dtype.kind in "fc" else Tensor(array)


class Notes:
    """The notes that the hooks take. A layer inside another is not counted twice."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.begun: list[int] = []
        self.counted: set[Any] = set()  # nodes, and the numbers of parameters

    def before(self, module: Module, args: Any) -> None:
        self.begun.append(new_order())

    def after(self, path: str, module: Module, args: Any, output: Any) -> None:
        outputs = [y for y in flatten(output)[0] if y is not None]
        shapes = " ".join(str(tuple(np.shape(y))) for y in outputs)
        start = self.begun.pop()
        made = ancestors(
            (y._node for y in outputs if isinstance(y, TensorBase) and y._node is not None and y._node.order > start),
            start,
        )
        own = {id(p): p.size for _, p in tree.tensors(module, Parameter) if id(p) not in self.counted}
        work = sum(map(multiply_adds, made - self.counted))
        self.counted |= made | own.keys()
        self.rows.append(Row(path, type(module).__name__, shapes, sum(own.values()), work))


def multiply_adds(node: Node) -> int:
    """Return how many products an operation adds up; 0 for operations that are not sums of products."""
    shapes: list[Any] = [getattr(p, "shape", ()) for p in node.parents]
    if node.name in ("linear", "matmul"):
        return node.size * int(shapes[0][-1])
    if node.name == "convolution":
        return int(node.size * math.prod(shapes[1][1:]))
    if node.name == "transposed_convolution":
        return int(math.prod(shapes[0]) * math.prod(shapes[1][1:]))
    if node.name == "einsum":
        letters = str(node.parents[0]).split("->")[0].split(",")
        lengths = {
            letter: n
            for word, shape in zip(letters, shapes[1:], strict=True)
            for letter, n in zip(word, shape, strict=True)
        }
        return int(math.prod(lengths.values()))
    return 0
