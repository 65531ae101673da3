"""The explanation of a graph: the chain rule, first every operation, and then every vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from ...engine.node import Constant, Leaf, Node
from ...engine.tensor_base import TensorBase
from ...engine.traversal import newest_first
from ..graph_history import GraphHistory, Names
from .common_subexpressions import name_shares
from .events import OperationEvent, Product
from .explanation import GIVEN, Explanation, Heading, Line, note_value, shape_note
from .notation import name_of
from .simplify import without_effect
from .symbol import Symbol, function, values_of
from .symbolic_vjp import Answer, ask

FORWARD, BACKWARD = Heading("forward"), Heading("backward")
Lines = list[Line | Heading | str]


def chain_rule(tensors: Sequence[TensorBase], names: Names) -> Explanation:
    """Return how `tensors` were computed, and how the gradients of their sum are computed, with the numbers."""
    story = build_story(tensors, names)
    return Explanation(story.lines, story.arrays)


def build_story(tensors: Sequence[TensorBase], names: Names) -> Story:
    """Return the whole story of `tensors`: its lines, and the records of its events."""
    if any(tensor._node is None for tensor in tensors):
        raise TypeError("this tensor depends on nothing that requires gradients: there is no chain rule to show")
    story = Story(GraphHistory(list(tensors), names, guess=True))
    forward = story.forward()
    if story.changed and story.history.guesses:
        story = Story(GraphHistory(list(tensors), names))
        forward, story.changed = story.forward(), True
    story.lines = [*story.given(), *forward, *story.backward(), *story.remarks()]
    return story


def derivative(tensors: Sequence[TensorBase], names: Names, words: str) -> Explanation:
    """Return the explanation of a function's results, with shapes in place of numbers, for any gradients of theirs."""
    story = Story(GraphHistory(list(tensors), names), note=shape_note)
    forward = story.forward()
    return Explanation([words, *story.given(), *forward, *story.backward()], story.arrays)


class Story:
    """The chain rule of a graph as lines and events, with symbols for the nodes and for their gradients."""

    def __init__(self, history: GraphHistory, note: Any = note_value) -> None:
        self.history = history
        self.note = note
        self.symbols: dict[Node, Symbol] = {}
        self.grads: dict[Node, Symbol] = {}
        self.arrays: dict[int, tuple[str, Any]] = {}  # masks and indices, which are not symbols, by their ids
        self.lines: Lines = []
        self.operations: list[OperationEvent] = []  # the forward events, in order
        self.products: list[Product] = []  # the backward events, in order
        self.changed = False  # whether a node's known value differs from what its operation gives now
        for node in history.nodes:
            if isinstance(node, Leaf):
                self.add(node, history.value(node), node in history.values)

    def add(self, node: Node, value: Any, known: bool) -> None:
        self.symbols[node] = Symbol(value, self.history.names[node], known=known)
        if isinstance(node, Constant) and known and value.dtype.kind not in "fc" and value.ndim:
            self.arrays[id(value)] = (self.history.names[node], value)

    def arguments(self, node: Node) -> tuple[Any, ...]:
        """Return an operation's arguments: symbols for nodes, and indices, masks and numbers as they are."""
        in_place = isinstance(node.plan.rule.fn, np.ufunc)  # for a ufunc, 2 is as good as an array of 2
        return tuple(self.argument(p, in_place) if isinstance(p, Node) else p for p in node.parents)

    def argument(self, parent: Node, in_place: bool) -> Any:
        """Return the symbol of an argument; known constants may be written as numbers if `in_place`."""
        symbol = self.symbols[parent]
        if not isinstance(parent, Constant) or not symbol.known:
            return symbol
        if in_place and not parent.shape and parent not in self.history.held:
            return symbol.value[()]
        return symbol.value if id(symbol.value) in self.arrays else symbol

    # ----------------------------------------------------------------------------------- the lines

    def given(self) -> Lines:
        """Return a line for every leaf and constant; only for constants if it explains a function, not numbers."""
        operations = [node for node in self.history.nodes if not isinstance(node, Leaf)]
        used = {id(a) for node in operations for a in self.arguments(node)}
        leaves = [s for node, s in self.symbols.items() if type(node) is Leaf and self.note is note_value]
        constants = [s for node, s in self.symbols.items() if isinstance(node, Constant) and id(s) in used]
        symbols = {s.name: s for s in (*leaves, *constants)}
        lines = [Line(s, note=note_value(s.value) if s.known else shape_note(s.value)) for s in symbols.values()]
        return [GIVEN, *lines] if lines else []

    def forward(self) -> Lines:
        """Compute every operation, and return a line for each."""
        lines: Lines = []
        for node in self.history.nodes:
            if not isinstance(node, Leaf):
                expression = self.computed(node)
                self.add(node, expression.value, expression.known)
                expression = without_effect(expression)
                self.operations.append(OperationEvent(node, expression))
                lines.append(Line(self.symbols[node], expression, self.note_of(self.symbols[node])))
        return [FORWARD if self.note is note_value else Heading(FORWARD.words, "shape"), *lines] if lines else []

    def computed(self, node: Node) -> Symbol:
        """Return an operation as a symbol, with the value that the graph knows, or else computed from known values."""
        rule, args = node.plan.rule, self.arguments(node)
        expression = function(rule.fn, args, node.kwargs, self.history.value(node))
        try:
            with np.errstate(all="ignore"):
                again = rule.fn(*values_of(args), **node.kwargs) if node.kwargs else rule.compute(*values_of(args))
        except Exception:
            expression.known = node in self.history.values
            return expression
        if node not in self.history.values:
            expression.value = again if isinstance(again, MultiOutput) else np.asarray(again)
        elif expression.known and not close(again, expression.value):
            self.changed = True
        expression.known = expression.known or node in self.history.values
        return expression

    def backward(self) -> Lines:
        """Run every vector-Jacobian product in the order of backpropagation, and return a line for each."""
        lines = self.results() if self.note is shape_note else self.seeds()
        temporary = (name for i in count(1) if (name := f"t{i}") not in self.history.taken)
        for node in newest_first(self.history.roots):
            for i, answer in self.answers(node):
                lines += self.passed_on(node, i, answer, temporary)
        return lines + self.conjugates()

    def passed_on(self, node: Node, i: int, answer: Answer, temporary: Iterator[str]) -> Lines:
        """Add a rule's answer to the gradient of its argument, and return the lines for it."""
        parent, d = node.parents[i], answer.fitted
        value, known = values_of(d), d.known if isinstance(d, Symbol) else True
        total = self.grads.get(parent)
        before = None if total is None else total.value
        if total is None:
            total = self.grads[parent] = self.gradient(parent, value, known)
        else:
            total.value, total.known = total.value + value, total.known and known
        parts = name_shares(d, temporary)
        self.products.append(Product(node, i, self.grads[node], answer, parts, before, total.value, total.known))
        return [*parts, Line(total, d, self.note_of(total), "=" if before is None else "+=")]

    def seeds(self) -> Lines:
        """Return the lines where the walk begins: the gradient of a result with respect to itself is 1."""
        lines: Lines = [BACKWARD]
        for node in self.history.roots:
            self.grads[node] = self.gradient(node, note_ones(node))
            lines.append(Line(self.grads[node], describe_seed(node), note_value(note_ones(node))))
        return lines

    def results(self) -> Lines:
        """Return the lines for the gradients of a function's results, which are free, and for leaves it returns."""
        forward, backward, roots = [], [], self.history.roots
        for node in roots:
            g, name = self.gradient(node, note_ones(node)), self.history.names[node]
            self.grads[node] = g
            if type(node) is Leaf:
                g, name = Symbol(g.value, "", free=True), self.history.fresh("y")
                forward.append(Line(Symbol(self.symbols[node].value, name), self.symbols[node], shape_note(g.value)))
                backward.append(Line(self.grads[node], g, shape_note(g.value)))
            g.name = "g" if len(roots) == 1 else f"{name}.grad"
        given = f"g is the gradient of {name}" if len(roots) == 1 else "the gradients of the results are given"
        heading = [] if any(type(node) is Node for node in roots) or not forward else [Heading(FORWARD.words, "shape")]
        return [*heading, *forward, Heading(f"backward: {given}"), *backward]

    def answers(self, node: Node) -> Iterator[tuple[int, Answer]]:
        """Yield the answer of each rule of an operation, with the number of its argument."""
        y, g, args = self.symbols[node], self.grads[node], self.arguments(node)
        if isinstance(y.value, MultiOutput):
            y, g = ([part[i] for i in range(len(y.value))] for part in (y, g))  # type: ignore[assignment]
        for i, vjp in node.plan.vjps:
            yield i, ask(name_of(node.plan.rule.fn), vjp, g, y, args, node.kwargs, node.parents[i])

    def conjugates(self) -> Lines:
        """Conjugate the gradients of complex leaves, as the walk does at its end, and return the lines for it."""
        lines: Lines = []
        for node, g in self.grads.items():
            if type(node) is Leaf and node.dtype.kind == "c" and self.note is note_value:
                g.value = np.conjugate(g.value)
                lines.append(Line(g, function(np.conjugate, (g,), {}, g.value), self.note_of(g)))
        return lines

    def remarks(self) -> Lines:
        """Return remarks on numbers that have changed, or are no longer known."""
        lines: Lines = []
        if self.changed:
            lines.append("Tensors were changed after this was computed; the numbers are not all of the same time.")
        if not all(s.known for s in (*self.symbols.values(), *self.grads.values())):
            lines.append("Where there is only a shape, the numbers are no longer known.")
        return lines

    def gradient(self, node: Node, value: Any, known: bool = True) -> Symbol:
        return Symbol(value, f"{self.history.names[node]}.grad", free=True, known=known)

    def note_of(self, symbol: Symbol) -> str:
        return str(self.note(symbol.value)) if symbol.known else shape_note(symbol.value)


def note_ones(node: Node) -> Any:
    return np.ones(node.shape, node.dtype)


def describe_seed(node: Node) -> Any:
    """Return the formula of the gradient that the walk begins with: 1, or ones."""
    return function(np.ones, (node.shape,), {}, note_ones(node)) if node.shape else 1


def close(a: Any, b: Any) -> bool:
    """Return whether two results of the same operation are equal except for rounding errors."""
    if isinstance(b, MultiOutput):
        return all(map(close, a, b))
    a = np.asarray(a)
    precision = np.sqrt(np.finfo(b.dtype).eps) if b.dtype.kind in "fc" else 0
    return a.shape == b.shape and bool(np.allclose(a, b, precision, precision, equal_nan=b.dtype.kind in "fc"))
