"""A computation as data for the page: boxes, arrows, and every step forward and backward.

Nothing is computed here: this is the story of `explain` in another form. A step is a dict that holds all that the page
needs to show it. Arrays, boxes and arrows are given by their places in tables.
"""

from __future__ import annotations

from typing import Any

from ...engine.node import Leaf, Node
from ...tracing.tracer import Tracer
from ..formulas.events import OperationEvent, Product
from ..formulas.explain_graph import Story, note_ones
from ..formulas.explanation import Explanation
from ..formulas.symbol import Symbol, values_of
from ..graph_history import Names
from . import captions
from .array_data import Arrays
from .folding import is_plumbing
from .graph_data import Graph
from .images import sliding_window
from .live_data import live_data
from .local_factor import factor_of
from .page_formulas import Barred, simplify_rows, with_numbers
from .replay import CannotReplay, Flow, Replay
from .retrace import Retrace
from .sources import Sources, module_names

Step = dict[str, Any]


def page_data(story: Story, names: Names, retrace: Retrace | None = None) -> tuple[dict[str, Any], Explanation, str]:
    """Return all data of the page, the explanation as `explain` would give it, and the program that the page runs."""
    for attempt in (retrace, None) if retrace else (None,):
        try:
            telling = Telling(story, names, Replay(story, attempt))
            telling.data["live"], program = live_data(telling)
            break
        except CannotReplay as error:
            reason = str(error)
    else:
        telling, program = Telling(story, names), ""
        telling.data["live"] = {"reason": reason}
    return telling.data, telling.explanation, program


class Telling:
    """The builder of the page's data from a story of the chain rule."""

    def __init__(self, story: Story, names: Names, replay: Replay | None = None) -> None:
        self.story, self.history, self.replay = story, story.history, replay
        self.explanation = Explanation(story.lines, story.arrays)  # it names the arrays in formulas
        self.arrays, self.sources = Arrays(replay), Sources()
        self.graph = Graph(self.history, module_names(names))
        self.names = {node: story.symbols[node].name for node in self.history.nodes}
        self.style = Barred(self.explanation.names)
        flows = replay.flows if replay else [None] * len(story.products)
        results = [self.names[node] for node in self.history.roots]
        steps = [self.given(), *map(self.operation, story.operations)]
        steps += [*map(self.seed, self.history.roots), *map(self.product, story.products, flows), self.end()]
        self.data: dict[str, Any] = {
            "title": " + ".join(results),
            "boxes": [self.box(node) for node in self.graph.boxes],
            **self.graph.drawn([self.names[node] for node in self.graph.boxes]),
            "steps": steps,
            "arrays": self.arrays.table,
            "sources": self.sources.excerpts(),
            "remarks": [*(line for line in story.remarks() if isinstance(line, str)), *self.missing()],
        }

    # ---------------------------------------------------------------------------------------------- the data of a node

    def box(self, node: Node) -> dict[str, Any]:
        """Return the data of a node's box."""
        symbol, info = self.story.symbols[node], node.info
        return {
            "name": self.names[node],
            "math": self.name(symbol),
            "gradient": simplify_rows(self.style.name(f"{self.names[node]}.grad")),
            "kind": captions.kind(node, self.history.roots),
            "operation": "" if isinstance(node, Leaf) else captions.field_name(node),
            "value": self.add(symbol),
            "line": self.sources.place(info.line),
            "modules": [self.graph.title(call) for call in info.calls],
            **({"quiet": True} if is_plumbing(node) else {}),
            **({"window": window} if (window := sliding_window(node)) else {}),
        }

    def name(self, symbol: Symbol) -> str:
        return simplify_rows(self.style.name(symbol.name))

    def add(self, symbol: Symbol) -> Any:
        """Add the value of a symbol to the table of arrays, and return its place."""
        return self.arrays.add(symbol.value, symbol.known, self.live(symbol))

    def live(self, symbol: Any) -> Any:
        """Return what a value is in the replay, or None if there is none."""
        return self.replay.of(symbol) if self.replay else None

    def place_of(self, symbol: Symbol) -> Any:
        """Return the place of a number that the page may have to write anew, or None."""
        return self.add(symbol) if isinstance(self.live(symbol), Tracer) else None

    def shown(self, symbol: Any) -> dict[str, Any]:
        """Return a value with its label, which is its name or its formula."""
        known = not isinstance(symbol, Symbol) or symbol.known
        return {
            "label": simplify_rows(self.style.write(symbol)),
            "value": self.arrays.add(values_of(symbol), known, self.live(symbol)),
        }

    # ------------------------------------------------------------------------------------------------------- the steps

    def given(self) -> Step:
        """Return the step before anything is computed."""
        lit = [i for i, node in enumerate(self.graph.boxes) if isinstance(node, Leaf)]
        return {
            "phase": "given",
            "lit": lit,
            "arrows": [],
            "words": ["Before anything is computed: leaves that require gradients (strong borders) and constants."],
        }

    def operation(self, done: OperationEvent) -> Step:
        """Return the forward step of an operation."""
        node, symbol = done.node, self.story.symbols[done.node]
        parents = dict.fromkeys(p for p in node.parents if isinstance(p, Node))
        return {
            "phase": "forward",
            "lit": [self.graph.places[node]],
            "arrows": [self.graph.arrow(node, i) for i, p in enumerate(node.parents) if isinstance(p, Node)],
            "formula": simplify_rows(f"{self.style.name(symbol.name)}<mo>=</mo>{self.style.write(done.formula)}"),
            "numbers": with_numbers(done.formula, self.explanation.names, self.place_of),
            "arguments": [self.graph.places[p] for p in parents],
            "words": captions.forward(node, self.names),
        }

    def seed(self, node: Node) -> Step:
        """Return the step where the backward pass begins."""
        name = self.names[node]
        some = "each number in " if node.shape else ""
        return {
            "phase": "seed",
            "lit": [self.graph.places[node]],
            "to": self.graph.places[node],
            "arrows": [],
            "formula": simplify_rows(f"{self.style.name(f'{name}.grad')}<mo>=</mo><mn>1</mn>"),
            "after": self.arrays.add(note_ones(node)),
            "words": [
                f"Now backward. A gradient says how fast {name} changes when something else does. The first is easy: "
                f"{some}{name} changes exactly as fast as itself."
            ],
        }

    def product(self, done: Product, flow: Flow | None) -> Step:
        """Return the backward step of a vector-Jacobian product."""
        node, parent = done.node, done.node.parents[done.i]
        said, fitted = done.answer
        factor = factor_of(said, done.coming)
        me, name, sign = self.names[node], self.names[parent], "=" if done.before is None else "+="
        stretched = captions.explain_fit(said, parent, name)
        formula = simplify_rows(f"{self.style.name(f'{name}.grad')}<mo>{sign}</mo>{self.style.write(fitted)}")
        step: Step = {
            "phase": "backward",
            "lit": [self.graph.places[node]],
            "to": self.graph.places[parent],
            "arrows": [self.graph.arrow(node, done.i)],
            "formula": formula,
            "numbers": with_numbers(fitted, self.explanation.names, self.place_of, done.coming)
            if factor.factor is not None
            else "",
            "coming": self.add(done.coming),
            "kind": factor.kind,
            "flows": self.arrays.add(values_of(fitted), done.known, flow and flow.flows),
            "after": self.arrays.add(done.after, done.known, flow and flow.after),
            "words": [captions.backward(node, factor, me, name, bool(stretched))],
        }
        if factor.factor is not None:
            step["factor"] = self.shown(factor.factor)
        if factor.coming is not None:
            step |= {"coming": (turned := self.shown(factor.coming))["value"], "label": turned["label"]}
        if done.parts:
            step["parts"] = [
                simplify_rows(f"{self.style.write(p.left)}<mo>=</mo>{self.style.write(p.right)}") for p in done.parts
            ]
        if stretched:
            step |= {"stretched": stretched, "said": self.arrays.add(values_of(said), done.known, flow and flow.said)}
        if done.before is not None:
            step |= {
                "meeting": captions.explain_sum(name),
                "before": self.arrays.add(done.before, done.known, flow and flow.before),
            }
        return step

    def end(self) -> Step:
        """Return the last step, which shows the gradients of the leaves."""
        leaves = [i for i, node in enumerate(self.graph.boxes) if type(node) is Leaf]
        conjugate = any(node.dtype.kind == "c" for node in self.history.nodes if type(node) is Leaf)
        result = " + ".join(self.names[node] for node in self.history.roots)
        step: Step = {
            "phase": "end",
            "lit": leaves,
            "arrows": [],
            "words": [
                f"That is what backward() leaves in .grad: how fast {result} changes with each of these numbers."
            ],
        }
        if conjugate:
            step["words"].append("At the end the gradients of complex leaves are conjugated: so they point uphill.")
        step["final"] = [
            {"box": i, "value": self.add(g)}
            for i, node in enumerate(self.graph.boxes)
            if type(node) is Leaf and (g := self.story.grads.get(node)) is not None
        ]
        return step

    def missing(self) -> list[str]:
        """Return a remark on what is missing if the computation was not watched."""
        if all(done.node.info.line for done in self.story.operations):
            return []
        return [
            "This was not computed under watch(): so there are no source lines and modules, and some numbers may be "
            "gone. For these, compute within `with tinygrad_edu.watch():`, or let explore(f, x) call the function."
        ]
