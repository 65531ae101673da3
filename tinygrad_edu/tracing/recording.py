"""A recording: a captured function's program for one kind of arguments, and its replay as an operation of the graph."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

import numpy as np

from ..engine.dispatch import COMPUTED, coerce_result
from ..engine.forward import apply
from ..engine.node import Leaf, new_order
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from ..engine.traversal import is_tracked
from ..func.trace import fresh_input, gradient_or_zeros, record_mode
from ..optim.deferral import defer_calls
from ..pytree import flatten
from ..rng import generator
from .errors import KEEPS, CaptureError
from .isolation import leaves_behind, same_draws, walk_isolated
from .printers.python import compile_source, print_python
from .program import TapeProgram
from .reachability import argument_names, find_reached
from .side_effects import CHANGE, REPLACE, done
from .traced_run import Fill, Transcript
from .twins import standing_in
from .verification import Pace, compare_with_function
from .workspace import Workspace, replay_result


class Recording:
    """The program of a function for arguments like `xs`, and its side effects.

    Parameters
    ----------
    given : tuple
        The function, and its other arguments.
    xs : tuple of Tensor
        The tensors and arrays among its arguments.
    fill : callable
        It calls the function, with given tensors in place of `xs`.
    pace : Pace
        It says which calls are compared with the function.

    Attributes
    ----------
    source : str
        The program.
    value
        The result of the run that was recorded.
    outer : tuple of Tensor
        The tensors that the function depends on besides its arguments.
    """

    def __init__(self, given: tuple[Any, ...], xs: tuple[Any, ...], fill: Fill, pace: Pace) -> None:
        self.fill, self.pace = fill, pace
        self.turn = 0  # when it was last taken into use; see Captured
        # All calls, those that `pace` has counted, and the next call that may be compared.
        self.calls, self.counted, self.due = 1, 0, 2
        start, chance = new_order(), generator().bit_generator.state
        self.value = fill(xs)
        drew = generator().bit_generator.state != chance
        around = find_reached(given)
        self.modules = [(m, m.training, m.__class__) for m in around.modules]  # a module's first hook changes its class
        self.around, self.is_broken = around, False
        self.optimisers = [(optimiser, len(optimiser.param_groups)) for optimiser in around.optimisers]
        known = [t for _, t in around.tensors]
        outer = tuple({id(t): t for t in [*known, *leaves_behind(self.value, start, [*xs, *known])]}.values())
        names = argument_names(given[0], len(xs), around.tensors)
        # A context of its own: an interrupt leaves no twins behind.
        made = copy_context().run(Transcript, fill, xs, outer, self.value, around)
        try:
            self.take(
                made, xs, outer, [*names[0], *(names[1].get(id(t), f"x{i}") for i, t in enumerate(outer, len(xs)))]
            )
        finally:
            kept = made.tape.close()
        if kept:
            raise CaptureError(KEEPS)
        if drew and not made.draws:
            raise CaptureError(
                "capture: random numbers are drawn here in a way that can't be recorded, and a "
                "recording would repeat the same numbers each time: draw them outside, and pass them as "
                "arguments"
            )
        values = flatten(self.value)[0]  # results on which the function has called backward() must not be walked again
        self.value = self.rebuild(
            [
                y if r.has_gradient or not is_tracked(y) else y.detach()
                for r, y in zip(self.results, values, strict=True)
            ]
        )

    def take(self, made: Transcript, xs: tuple[Any, ...], outer: tuple[Any, ...], names: list[str]) -> None:
        """Make the program from a transcript, and keep what its replay needs."""
        self.everything, self.written = outer, made.digest()
        self.results, self.rebuild, self.draws = made.results, made.rebuild, made.draws
        self.effects, self.afterwards, self.forgotten = made.effects, made.afterwards, made.forgotten
        backwards = [None if g is None else (g, [*part.values()], checks)
                     for g, part, checks in zip(made.seeds, made.gradients, made.checks, strict=True)]  # fmt: skip
        program = TapeProgram(
            made.tape,
            {place: names[i] for i, place in zip(made.sources, made.given, strict=True)},
            made.outputs,
            backwards,
        )
        self.source, space = print_python(program)
        self.program = compile_source(self.source, space)
        self.outer = tuple((xs + outer)[i] for i in made.sources[len(xs) :])
        self.was = [(t, t._node, t._array.shape, t._array.dtype) for t in self.outer]
        n = len(made.sources)
        # For each result, whether an input gets a gradient from it.
        self.flows = [[i in part for i in range(n)] for part in made.gradients]
        # And the position of that gradient among the result's.
        self.turns = [[sum(flows[:i]) for i in range(n)] for flows in self.flows]
        self.all_flow = [
            all(f or not is_tracked(t) for t, f in zip(xs + self.outer, flows, strict=True)) for flows in self.flows
        ]
        self.flowing = any(result.has_gradient for result in self.results)
        touched = {e.source for e in self.effects} | {*self.forgotten}
        self.leaves = sorted({e.source for e in self.effects if e.source < len(xs) and e.kind not in (CHANGE, REPLACE)})
        self.touched = (
            sorted(i for i in touched if i < len(xs)),
            {id(t) for i, t in enumerate(xs + self.outer) if i >= len(xs) and i in touched},
        )
        self.refuse(xs)
        self.refuse_common_memory(xs + self.outer)
        self.idle: list[Any] = []  # functions of the program that no call uses now; see Workspace

    # ------------------------------------------------------------------------------------ replay

    def is_valid(self) -> bool:
        """Return whether the surroundings are as they were recorded: the same tensors, and modules in the same mode."""
        if self.is_broken:
            return False
        for i, (t, node, shape, dtype) in enumerate(self.was):
            now = t._node
            if now is not node or now is None:  # a tensor of another shape would have another node
                if type(now) is not type(node) or t._array.shape != shape or t._array.dtype != dtype:
                    return False
                self.was[i] = t, now, shape, dtype  # the tensor was frozen and unfrozen since
        for module, training, kind in self.modules:
            if module.training is not training or module.__class__ is not kind:
                return False
        return not any(len(optimiser.param_groups) != n for optimiser, n in self.optimisers)

    def replay(self, xs: tuple[Any, ...]) -> Any:
        """Run the program for other tensors of the same kind, do its side effects, and return its results."""
        self.calls += 1
        if self.effects:
            self.refuse(xs)
        sources = xs + self.outer
        chance = generator().bit_generator.state if self.draws else None
        ys, arrays = self.run(sources, chance)
        if self.calls >= self.due and self.pace.is_turn(self):
            try:
                copy_context().run(compare_with_function, self, sources, len(xs), ys, arrays, chance)
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
        """Return the results, and the arrays that the function leaves in tensors."""
        space = Workspace(self, chance)
        if self.flowing:
            ys = [self.operation(space, turn, sources) for turn in range(len(self.flows))]
            outputs, space.ys = space.ys, None  # they are the user's now
        else:  # nothing to go back through
            outputs = space.functions.forward(*[x._array for x in sources])
            ys = [wrap(y if type(y) in COMPUTED else coerce_result(y)) for y in outputs[: len(self.flows)]]
        given = iter(ys)
        return [result.again() if result.place is None else result.of(next(given)) for result in self.results], outputs[
            len(ys) :
        ]

    def operation(self, space: Any, turn: int, sources: tuple[Any, ...]) -> Any:
        """Return one result, recorded in the graph as a single operation on all tensors that it depends on."""
        if not self.all_flow[turn]:
            flows = zip(sources, self.flows[turn], strict=True)
            sources = tuple(x if f or x._node is None else x.detach() for x, f in flows)
        y = apply(replay_result, (space, turn), *sources)
        if y._node is not None:  # backward() releases what is saved; the workspace must stay
            y._node.parents = ("program", *y._node.parents[1:])
        return y

    # ------------------------------------------------------------------------- where f itself is run

    def again(self, *work: Any) -> list[Any]:
        """Return a result's gradients as Tensors, for higher derivatives: run the function itself at the same point."""
        return copy_context().run(self.gradients, *work)

    def gradients(self, result: int, g: Any, inputs: Any, chance: Any) -> list[Any]:
        """Run the function on fresh inputs and walk back from one result; return the gradients as Tensors."""
        record = any(isinstance(x, TensorBase) for x in inputs)
        flows, n = self.flows[result], len(inputs) - len(self.outer)
        xs = tuple(fresh_input(x) if is_tracked(x) else wrap(to_arrays(x)) for x in inputs[:n])
        for x, f in zip(xs, flows, strict=False):
            if f and not is_tracked(x):
                x.requires_grad = True
        with (
            record_mode(),
            standing_in(self.outer, [to_arrays(x) for x in inputs[n:]]),
            defer_calls(),
            same_draws(chance),
        ):
            ys = [y for y, r in zip(flatten(self.fill(xs))[0], self.results, strict=True) if r.place is not None]
            sources = [t for t, f in zip(xs + self.outer, flows, strict=True) if f]
            found = walk_isolated([ys[result]], [g], [t._node for t in sources], record)
        return [gradient_or_zeros(found.get(t._node), t) for t in sources]

    def refuse(self, xs: tuple[Any, ...]) -> None:
        """Raise for arguments on which the side effects can't be done: not leaves, or one tensor given twice."""
        for i in self.leaves:
            if type(xs[i]._node) is not Leaf:
                raise CaptureError(
                    f"capture: backward() is called within the function, and would go on into what argument {i} was "
                    "computed from; pass .detach() of it, or call backward() outside"
                )
        changed, ids = self.touched
        twice = [i for i, x in enumerate(xs) if id(x) in ids]
        if changed:
            twice += [i for i in changed if any(xs[i] is t for n, t in enumerate(xs + self.outer) if n != i)]
        if twice:
            raise CaptureError(
                "capture: the function changes a tensor that it has twice, or leaves a gradient in it: "
                f"argument {twice[0]} is also another argument, or a tensor that the function reaches; "
                "pass .detach() of it, or don't pass it"
            )

    def refuse_common_memory(self, sources: tuple[Any, ...]) -> None:
        """Raise if numbers are changed that two tensors have in common."""
        for t in [sources[e.source] for e in self.effects if e.kind is CHANGE]:
            if any(x is not t and x._shared and t._shared and np.may_share_memory(x._array, t._array) for x in sources):
                raise CaptureError(
                    f"capture: the function changes numbers that two tensors have in common ({t!r:.60}): "
                    "make one of them a copy"
                )
