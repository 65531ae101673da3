"""A recording: the straight program of a function for one kind of arguments, and how it takes part in the graph."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

import numpy as np

from ..engine.dispatch import COMPUTED, coerce_result
from ..engine.forward import apply
from ..engine.node import Leaf, new_order
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from ..engine.traversal import is_tracked
from ..func.trace import as_tensor, fresh_input, record_mode
from ..optim.deferral import defer_calls
from ..pytree import flatten
from ..rng import generator
from .errors import KEEPS, CaptureError
from .isolation import leaves_behind, same_draws, walk_isolated
from .program import Program
from .reachability import find_reached, names_of
from .side_effects import CHANGE, REPLACE, done
from .traced_run import Fill, Transcript
from .twins import standing_in
from .verification import Pace, compare
from .workspace import Workspace, replay_result


class Recording:
    """What a function, which `fill` calls, does with the tensors `xs`; `given` are it and its other arguments.

    Attributes
    ----------
    source : str
        The program.
    value
        What it returned when it was run to be recorded.
    outer : tuple of Tensor
        What it depends on besides its arguments.
    """

    def __init__(self, given: tuple[Any, ...], xs: tuple[Any, ...], fill: Fill, pace: Pace) -> None:
        self.fill, self.pace = fill, pace
        self.turn = 0  # when it came to be used last; see Captured
        self.calls, self.counted, self.due = 1, 0, 2  # the calls, those of them that `pace` knows of, and the next that may be compared
        start, chance = new_order(), generator().bit_generator.state
        self.value = fill(xs)
        drew = generator().bit_generator.state != chance
        around = find_reached(given)
        self.modules = [(m, m.training, m.__class__) for m in around.modules]  # with its first hook, it gets another class
        self.around, self.is_broken = around, False
        self.optimisers = [(optimiser, len(optimiser.param_groups)) for optimiser in around.optimisers]
        known = [t for _, t in around.tensors]
        outer = tuple({id(t): t for t in [*known, *leaves_behind(self.value, start, [*xs, *known])]}.values())
        names = names_of(given[0], len(xs), around.tensors)
        made = copy_context().run(Transcript, fill, xs, outer, self.value, around)  # an interrupt leaves nothing standing in
        try:
            self.take(made, xs, outer, [*names[0], *(names[1].get(id(t), f"x{i}") for i, t in enumerate(outer, len(xs)))])
        finally:
            kept = made.tape.close()
        if kept:
            raise CaptureError(KEEPS)
        if drew and not made.draws:
            raise CaptureError("capture: random numbers are drawn here where that is not seen, and a recording would have the same each "
                               "time: draw them outside, and pass them as arguments")
        values = flatten(self.value)[0]  # what the function has gone back from is not to be walked again
        self.value = self.rebuild([y if r.has_gradient or not is_tracked(y) else y.detach() for r, y in zip(self.results, values, strict=True)])

    def take(self, made: Transcript, xs: tuple[Any, ...], outer: tuple[Any, ...], names: list[str]) -> None:
        """Make a program of what was written down, and keep what is needed besides."""
        self.everything, self.written = outer, made.digest()
        self.results, self.rebuild, self.draws = made.results, made.rebuild, made.draws
        self.effects, self.afterwards, self.forgotten = made.effects, made.afterwards, made.forgotten
        backwards = [None if g is None else (g, [*part.values()], checks)
                     for g, part, checks in zip(made.seeds, made.gradients, made.checks, strict=True)]  # fmt: skip
        program = Program(made.tape, {place: names[i] for i, place in zip(made.sources, made.given, strict=True)}, made.outputs, backwards)
        self.source, self.program = program.source, program.compiled()
        self.outer = tuple((xs + outer)[i] for i in made.sources[len(xs) :])
        self.was = [(t, t._node, t._array.shape, t._array.dtype) for t in self.outer]
        n = len(made.sources)
        self.flows = [[i in part for i in range(n)] for part in made.gradients]  # for each result, the inputs that get gradients of it
        self.turns = [[sum(flows[:i]) for i in range(n)] for flows in self.flows]  # and where these are among them
        self.all_flow = [all(f or not is_tracked(t) for t, f in zip(xs + self.outer, flows, strict=True)) for flows in self.flows]
        self.flowing = any(result.has_gradient for result in self.results)
        touched = {e.source for e in self.effects} | {*self.forgotten}
        self.leaves = sorted({e.source for e in self.effects if e.source < len(xs) and e.kind not in (CHANGE, REPLACE)})
        self.touched = sorted(i for i in touched if i < len(xs)), {id(t) for i, t in enumerate(xs + self.outer) if i >= len(xs) and i in touched}
        self.refuse(xs)
        self.refuse_common_memory(xs + self.outer)
        self.idle: list[Any] = []  # functions of the program that nobody needs

    # ------------------------------------------------------------------------------------ replay

    def is_valid(self) -> bool:
        """Whether what is outside is what was recorded: the same tensors, and modules in the same mode."""
        if self.is_broken:
            return False
        for i, (t, node, shape, dtype) in enumerate(self.was):
            now = t._node
            if now is not node or now is None:  # of another shape, it would be another node
                if type(now) is not type(node) or t._array.shape != shape or t._array.dtype != dtype:
                    return False
                self.was[i] = t, now, shape, dtype  # it was frozen, and is no more
        for module, training, kind in self.modules:
            if module.training is not training or module.__class__ is not kind:
                return False
        return not any(len(optimiser.param_groups) != n for optimiser, n in self.optimisers)

    def replay(self, xs: tuple[Any, ...]) -> Any:
        """What the function returns, and does, for other tensors of the same kind."""
        self.calls += 1
        if self.effects:
            self.refuse(xs)
        sources = xs + self.outer
        chance = generator().bit_generator.state if self.draws else None
        ys, arrays = self.run(sources, chance)
        if self.calls >= self.due and self.pace.is_turn(self):
            try:
                copy_context().run(compare, self, sources, len(xs), ys, arrays, chance)
            except BaseException:
                self.is_broken = True
                raise
        done(self.effects, sources, arrays)
        for fn, args, kwargs in self.afterwards:
            fn(*args, **kwargs)
        for i in self.forgotten:
            sources[i]._grad = None
        return self.rebuild(ys)

    def run(self, sources: tuple[Any, ...], chance: Any) -> tuple[list[Any], Any]:
        """The results, and the arrays that the function leaves in tensors."""
        space = Workspace(self, chance)
        if self.flowing:
            ys = [self.operation(space, turn, sources) for turn in range(len(self.flows))]
            outputs, space.ys = space.ys, None  # they are the user's now
        else:  # nothing to go back through
            outputs = space.functions.forward(*[x._array for x in sources])
            ys = [wrap(y if type(y) in COMPUTED else coerce_result(y)) for y in outputs[: len(self.flows)]]
        given = iter(ys)
        return [result.again() if result.place is None else result.of(next(given)) for result in self.results], outputs[len(ys) :]

    def operation(self, space: Any, turn: int, sources: tuple[Any, ...]) -> Any:
        """The program as an operation on all that a result depends on."""
        if not self.all_flow[turn]:
            flows = zip(sources, self.flows[turn], strict=True)
            sources = tuple(x if f or x._node is None else x.detach() for x, f in flows)
        y = apply(replay_result, (space, turn), *sources)
        if y._node is not None:  # what was saved is let go of after backward(), but not this
            y._node.parents = ("program", *y._node.parents[1:])
        return y

    # ------------------------------------------------------------------------- where f itself is run

    def again(self, *work: Any) -> list[Any]:
        """A result's gradients as Tensors, for further derivatives: the function is run again, where it was."""
        return copy_context().run(self.gradients, *work)

    def gradients(self, result: int, g: Any, inputs: Any, chance: Any) -> list[Any]:
        record = any(isinstance(x, TensorBase) for x in inputs)
        flows, n = self.flows[result], len(inputs) - len(self.outer)
        xs = tuple(fresh_input(x) if is_tracked(x) else wrap(to_arrays(x)) for x in inputs[:n])
        for x, f in zip(xs, flows, strict=False):
            if f and not is_tracked(x):
                x.requires_grad = True
        with record_mode(), standing_in(self.outer, [to_arrays(x) for x in inputs[n:]]), defer_calls(), same_draws(chance):
            ys = [y for y, r in zip(flatten(self.fill(xs))[0], self.results, strict=True) if r.place is not None]
            sources = [t for t, f in zip(xs + self.outer, flows, strict=True) if f]
            found = walk_isolated([ys[result]], [g], [t._node for t in sources], record)
        return [as_tensor(found.get(t._node), t) for t in sources]

    def refuse(self, xs: tuple[Any, ...]) -> None:
        """An error about arguments to which something can't be done: whose gradients would flow on, or that have two names."""
        for i in self.leaves:
            if type(xs[i]._node) is not Leaf:
                raise CaptureError(f"capture: backward() is called within the function, and would go on into what argument {i} was computed "
                                   "from; pass .detach() of it, or call backward() outside")
        changed, ids = self.touched
        twice = [i for i, x in enumerate(xs) if id(x) in ids]
        if changed:
            twice += [i for i in changed if any(xs[i] is t for n, t in enumerate(xs + self.outer) if n != i)]
        if twice:
            raise CaptureError(f"capture: the function changes a tensor, or leaves a gradient in it, that it has twice: argument {twice[0]} "
                               "is also another argument, or one of those that it reaches; pass .detach() of it, or don't pass it")

    def refuse_common_memory(self, sources: tuple[Any, ...]) -> None:
        """An error if numbers are changed that two tensors have in common."""
        for t in [sources[e.source] for e in self.effects if e.kind is CHANGE]:
            if any(x is not t and x._shared and t._shared and np.may_share_memory(x._array, t._array) for x in sources):
                raise CaptureError(f"capture: the function changes numbers that two tensors have in common ({t!r:.60}): make one of them a copy")
