"""A second run of a function, on tracers: where do the masks and indices come from that are constants to the graph?

``np.where(x > 0, x, 0)`` compares numbers, which nothing can be differentiated through. So to the graph the mask is a
constant. If the function is there to be run again, the tape of this run knows how the mask was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...engine.modes import enable_grad, watch
from ...engine.node import Constant, Leaf, Node
from ...engine.tensor_base import TensorBase, wrap
from ...engine.traversal import ancestors, is_tracked
from ...pytree import flatten
from ...tracing.errors import CaptureError
from ...tracing.isolation import numpy_array_of, record_isolated, require_unchanged
from ...tracing.lines import read
from ...tracing.random_ops import record_draws
from ...tracing.reachability import find_reached
from ...tracing.tape import Tape, values_on_tape
from ...tracing.tracer import Tracer
from ...tracing.twins import standing_in
from ..formulas.explain_graph import Story
from ..graph_history import order_nodes


def find_masks(story: Story, run_again: Callable[[], Retrace]) -> Retrace | None:
    """Return what a second run of the function tells, if masks or indices went into it, and if it can be traced."""
    nodes = [done.node for done in story.operations]
    if not any(is_mask(p) for node in nodes for p in node.parents):
        return None
    try:
        retrace = run_again()
        try:
            retrace.compare(nodes)
        finally:
            retrace.close()
    except Exception:  # whatever may go wrong in a function on tracers: it is explored without them
        return None
    return retrace


def is_mask(parent: Any) -> bool:
    """Return whether an argument of an operation is a mask or an index: an array of other numbers than real ones."""
    if isinstance(parent, Constant):
        return parent.dtype.kind in "biu" and bool(parent.shape)
    return any(map(is_mask, parent)) if isinstance(parent, tuple) else isinstance(parent, np.ndarray | list)


class Retrace:
    """The graph of a second run, whose arrays are Tracers; what this run does to tensors and modules is undone.

    Parameters
    ----------
    fn : callable
    args, kwargs
        Its arguments.

    Raises
    ------
    CaptureError
        If the run can't be traced, as where the function decides by numbers with ``if``.

    Attributes
    ----------
    tape : Tape
    given : dict from places to Nodes
        The leaves of the first run, by the places that stand for them; None for tensors that require no gradients.
    nodes : list of Node
        The nodes of the second run, in order.
    """

    def __init__(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
        leaves, rebuild = flatten((args, kwargs))
        around = find_reached((fn, args, kwargs))
        inputs = [x for x in leaves if isinstance(x, TensorBase)]
        outer = [t for _, t in around.tensors if not any(t is x for x in inputs)]
        self.tape = Tape()
        tracers = {id(t): self.tape.enter(numpy_array_of(t)) for t in (*inputs, *outer)}
        self.given = {tracers[id(t)].place: t._node for t in (*inputs, *outer)}
        args, kwargs = rebuild(stand_in(x, tracers[id(x)]) if isinstance(x, TensorBase) else x for x in leaves)
        twins = standing_in(outer, [tracers[id(t)] for t in outer])
        try:
            with (
                require_unchanged(around),
                record_isolated(),
                record_draws(self.tape) as draws,
                keep_attributes(around.modules),
                twins,
                enable_grad(),
                watch(),
            ):
                results = flatten(fn(*args, **kwargs))[0]
            if draws.made:
                raise CaptureError("random numbers are drawn")
        except BaseException:
            self.tape.close(has_failed=True)
            raise
        roots = [y._node for y in results if isinstance(y, TensorBase) and y._node is not None]
        self.nodes = [node for node in order_nodes(ancestors(roots)) if not isinstance(node, Leaf)]

    def compare(self, nodes: list[Node]) -> None:
        """Find what belongs together in the second run and in the first, whose operations are `nodes`.

        Fills `leaves`, the places of the first run's leaves; and `computed`, the places of what was computed, but is a
        constant to the graph, by the id of the constant's node or array.
        """
        if [node.plan.rule.fn for node in nodes] != [node.plan.rule.fn for node in self.nodes]:
            raise CaptureError("the second run computes something else")
        self.leaves = {node: place for place, node in self.given.items() if node is not None}
        self.computed: dict[int, int] = {}
        for first, second in zip(nodes, self.nodes, strict=True):
            args = (second.info.values or (second.parents,))[0]
            for a, b in zip(first.parents, args, strict=True):
                if not isinstance(b, Tracer) or (isinstance(a, Node) and not isinstance(a, Constant)):
                    continue
                if b.place not in self.given:
                    self.computed[id(a)] = b.place
                elif isinstance(a, Constant):
                    self.leaves[a] = b.place

    def close(self) -> None:
        """Keep the lines, and let go of the arrays: whoever still holds a Tracer, such as a list, gets its array."""
        self.lines, self.values = list(self.tape.lines), list(self.tape.values)
        self.nodes.clear()
        self.tape.close()

    def move(self, place: int, moved: dict[int, Any], tape: Tape) -> Any:
        """Write the lines behind a place on another tape, where `moved` are values of some places; return the value."""
        behind = {place}
        for line in reversed(self.lines):
            if line.made in behind:
                behind.update(read(line))
        for line in self.lines:
            if line.made in behind and line.made not in moved:
                given = {p: moved.get(p, self.values[p]) for p in read(line)}
                moved[line.made] = tape.do(
                    line.fn, values_on_tape(line.args, given), values_on_tape(line.kwargs, given)
                )
        return moved[place]


@contextmanager
def keep_attributes(modules: list[Any]) -> Iterator[None]:
    """Leave the attributes of modules as they were, such as what a network keeps of its last call."""
    before = [(vars(module), dict(vars(module))) for module in modules]
    try:
        yield
    finally:
        for now, then in before:
            now.clear()
            now.update(then)


def stand_in(x: Any, tracer: Tracer) -> Any:
    y = wrap(tracer)
    y.requires_grad = is_tracked(x)
    return y
