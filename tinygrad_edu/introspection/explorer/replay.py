"""The replay of a story as a program: every number on the page, as a function of the leaves.

The rules and formulas of a story are computed once more, on tracers in place of the leaves' arrays. That leaves on a
tape all NumPy calls of the forward and the backward pass. Printed as JavaScript, they are what the page runs when one
of its numbers is changed. So no derivative is written for the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from ...engine.node import Constant, Leaf, Node
from ...pytree import flatten
from ...tracing.printers.javascript import print_javascript
from ...tracing.printers.loops import count_work
from ...tracing.printers.lowering import lower
from ...tracing.program import TapeProgram
from ...tracing.tape import Tape
from ...tracing.tracer import Tracer
from ..formulas.events import OperationEvent, Product
from ..formulas.explain_graph import Story, note_ones
from ..formulas.symbol import Symbol
from .retrace import Retrace, is_mask

MOST_NUMBERS = 100_000  # in all leaves: they are all written into the page
MOST_WORK = 20_000_000  # multiplications: more take longer than a hand moves


class CannotReplay(Exception):
    """A story that can't be computed again for other numbers; the message says why."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason).removeprefix("capture: "))


@dataclass
class Flow:
    """The values of a backward step: what a rule said, in the argument's shape, and the gradient before and after."""

    said: Any
    flows: Any
    before: Any
    after: Any


class Replay:
    """A story, computed again on tracers.

    Attributes
    ----------
    leaves : dict from Nodes to Tracers
        The leaves that can be changed.
    flows : list of Flow
        The values of each vector-Jacobian product, in order.

    Raises
    ------
    CannotReplay
        If the story can't be computed again; the message says why.
    """

    def __init__(self, story: Story, retrace: Retrace | None = None) -> None:
        self.tape, self.story, self.retrace = Tape(), story, retrace
        self.values: dict[int, Any] = {}  # the value of each symbol, by its id
        self.seen: list[Symbol] = []
        self.leaves = {n: self.tape.enter(s.value) for n, s in story.symbols.items() if self.is_changeable(n)}
        self.check()
        for node, symbol in story.symbols.items():
            if isinstance(node, Leaf):
                self.values[id(symbol)] = self.leaves.get(node, symbol.value)
        try:
            with np.errstate(all="ignore"):
                self.compute_masks()
                for done in story.operations:
                    self.values[id(story.symbols[done.node])] = self.compute(done)
                for node in story.history.roots:
                    self.values[id(story.grads[node])] = self.tape.do(np.copy, (note_ones(node),), {})
                self.flows = [self.flow(done) for done in story.products]
        except Exception as error:  # rules may be anybody's, and do anything
            raise CannotReplay(error) from error

    def is_changeable(self, node: Node) -> bool:
        """Return whether a leaf may be changed: it has real numbers, and is no plain number in a formula."""
        if not isinstance(node, Leaf) or node.dtype.char not in "fd" or not node.size:
            return False
        written = isinstance(node, Constant) and not node.shape and node not in self.story.history.held
        behind_masks = self.retrace and self.retrace.computed and node not in self.retrace.leaves
        return self.story.symbols[node].known and not written and not behind_masks

    def check(self) -> None:
        """Refuse stories whose numbers are not all there, or of different times, and those that are too large."""
        if self.story.changed or not all(s.known for s in self.story.symbols.values()):
            raise CannotReplay("some numbers of this computation are no longer known")
        if not self.leaves:
            raise CannotReplay("there are no real numbers to change")
        if sum(node.size for node in self.leaves) > MOST_NUMBERS:
            raise CannotReplay(f"there are more than {MOST_NUMBERS:,} numbers to change")

    def fixed(self) -> list[str]:
        """Return the names of masks and indices that stay as they were, though the program may have computed them."""
        names, found = self.story.history.names, dict[str, None]()
        for done in self.story.operations:
            for p in done.node.parents:
                if is_mask(p) and id(p) not in self.followed:
                    found[names[p] if isinstance(p, Node) else "an index"] = None
        return list(found)

    def compute_masks(self) -> None:
        """Compute the masks and indices that a second run of the function has seen being computed."""
        self.followed: set[int] = set()
        if self.retrace is None:
            return
        retrace, symbols = self.retrace, {id(node): symbol for node, symbol in self.story.symbols.items()}
        moved = {place: self.leaves[node] for node, place in retrace.leaves.items() if node in self.leaves}
        for key, place in retrace.computed.items():
            mask = retrace.move(place, moved, self.tape)
            symbol = symbols.get(key)
            if symbol is not None and not symbol.shape:
                continue  # it is written as a number
            self.followed.add(key)
            self.values[key] = mask
            if symbol is not None:
                self.values[id(symbol)] = self.values[id(symbol.value)] = mask

    def compute(self, done: OperationEvent) -> Any:
        """Return the result of an operation."""
        rule, args, kwargs = done.node.plan.rule, self.arguments(done.node), done.node.kwargs
        y = rule.fn(*args, **kwargs) if kwargs else rule.compute(*args)
        if isinstance(y, MultiOutput | tuple | list):
            raise CannotReplay("an operation has several results")
        return y

    def arguments(self, node: Node) -> Any:
        return self.of(self.story.arguments(node))

    def flow(self, done: Product) -> Flow:
        """Return the values of a vector-Jacobian product, and add what flows to the gradient of its argument."""
        node, parent = done.node, done.node.parents[done.i]
        total = self.story.grads[parent]
        vjp = dict(node.plan.vjps)[done.i]
        g, y = self.of(done.coming), self.of(self.story.symbols[node])
        vjp(g, y, *self.arguments(node), **node.kwargs)  # to be refused if the rule decides by numbers
        said, flows = self.of(done.answer.said), self.of(done.answer.fitted)
        before = None if done.before is None else self.values[id(total)]
        after = self.values[id(total)] = flows if before is None else before + flows
        return Flow(said, flows, before, after)

    def of(self, nest: Any) -> Any:
        """Return the values of the symbols in a nest; those that depend on leaves are Tracers."""
        if not isinstance(nest, Symbol):
            leaves, rebuild = flatten(nest)
            return rebuild(self.of(x) if isinstance(x, Symbol) else self.values.get(id(x), x) for x in leaves)
        if id(nest) not in self.values:
            self.seen.append(nest)  # ids are only good for as long as their objects live
            try:
                with np.errstate(all="ignore"):
                    self.values[id(nest)] = nest.fn(*self.of(nest.args), **self.of(nest.kwargs))  # type: ignore[misc]
            except Exception as error:
                raise CannotReplay(error) from error
        return self.values[id(nest)]

    def check_value(self, tracer: Tracer, value: Any) -> None:
        """Refuse a story that doesn't come out the same when it is computed again."""
        again, value = np.asarray(tracer.value), np.asarray(value)
        precision = np.sqrt(np.finfo(value.dtype).eps) if value.dtype.kind == "f" else 0
        if again.shape != value.shape or not np.allclose(again, value, precision, precision, equal_nan=True):
            raise CannotReplay("it does not come out the same when it is computed again")

    def print(self, places: list[int]) -> str:
        """Return the program that computes these places from the leaves, as JavaScript."""
        given = {tracer.place: f"x{i}" for i, tracer in enumerate(self.leaves.values())}
        try:
            loops = lower(TapeProgram(self.tape, given, places, []))
            source = print_javascript(loops)
        except Exception as error:
            raise CannotReplay(error) from error
        if count_work(loops) > MOST_WORK:
            raise CannotReplay("there is too much to compute for every change")
        return source
