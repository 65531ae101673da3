"""A recording: the straight program of a function for one kind of arguments, and how it takes part in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..boundary import explored, tracked
from ..chance import generator
from ..graph import apply
from ..nest import flatten
from ..node import Leaf, order
from ..outside import ARRAYS, as_array
from ..trace import as_tensor, fresh_input, refuse_changed
from ..value import Value, bare, copied, wrap
from .afterwards import putting_off, same_calls
from .comparing import alike, rounding
from .deposits import Deposit, StandIns, gradients_apart, put, sums
from .program import Program
from .reach import names_of, reached
from .space import Spaces, replayed
from .surroundings import array_of, leaves_behind, recorded, spent, standing_in, walked
from .tracer import CaptureError, Tape, Tracer
from .writing import behind

Fill = Callable[[tuple[Any, ...]], Any]  # calls the function, with these for the arrays among its arguments


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

    def __init__(self, given: tuple[Any, ...], xs: tuple[Any, ...], fill: Fill) -> None:
        self.fill, self.calls = fill, 1
        self.deposits: list[Deposit] = []  # gradients that it leaves in tensors
        start, chance = order(), generator().bit_generator.state
        self.value = fill(xs)
        if generator().bit_generator.state != chance:
            raise CaptureError("capture: random numbers are drawn here (by dropout, say), and a recording would have the same each "
                               "time: call eval(), or draw outside and pass them as arguments")
        tensors, modules = reached(given)
        self.modes = [(module, module.training) for module in modules]
        known = [t for _, t in tensors]
        outer = {id(t): t for t in [*known, *leaves_behind(self.value, start, [*xs, *known])]}
        self.record(xs, tuple(outer.values()), names_of(given[0], len(xs), tensors))
        values = flatten(self.value)[0]  # what the function has gone back from is not to be walked again
        self.value = self.rebuild([y if r.has_gradient or not tracked(y) else y.detach() for r, y in zip(self.results, values, strict=True)])

    def record(self, xs: tuple[Any, ...], outer: tuple[Any, ...], names: tuple[list[str], dict[int, str]]) -> None:
        """Make a program of what the function and its derivative ask of NumPy."""
        tape = Tape()
        try:
            places, seeds, gradients = self.run_on_tracers(tape, xs, outer)
        except BaseException:
            tape.close()
            raise
        outputs = [r.place for r in self.results if r.place is not None] + [d.place for d in self.deposits if d.place is not None]
        used = behind(tape, [*outputs, *(place for part in gradients for place in part.values())])
        changed = {d.source for d in self.deposits}
        kept = [i for i, place in enumerate(places) if i < len(xs) or place in used or i in changed]
        called = [*names[0], *(names[1].get(id(t), f"x{i}") for i, t in enumerate(outer, len(xs)))]
        backwards = [None if g is None else (g, [part[i] for i in kept if i in part])
                     for g, part in zip(seeds, gradients, strict=True)]  # fmt: skip
        program = Program(tape, {places[i]: called[i] for i in kept}, outputs, backwards)
        self.source, self.program = program.source, program.compiled()
        self.outer = tuple((xs + outer)[i] for i in kept[len(xs) :])
        self.deposits = [d._replace(source=kept.index(d.source)) for d in self.deposits]
        self.leaves = [i for i in range(len(xs)) if i in changed]  # arguments that get gradients
        self.refuse_computed(xs)
        self.was = [(t, t._node) for t in self.outer]  # of another shape, it would be another node
        self.lengths = [(t, t._array.shape, t._array.dtype) for t in self.outer if t._node is None]
        self.flows = [[i in part for i in kept] for part in gradients]  # for each result, the inputs that get gradients of it
        self.turns = [[sum(flows[:i]) for i in range(len(flows))] for flows in self.flows]  # and where these are among them
        self.all_flow = [all(f or not tracked(t) for t, f in zip(xs + self.outer, flows, strict=True)) for flows in self.flows]
        self.flowing = any(result.has_gradient for result in self.results)
        self.spaces = Spaces(self)
        self.rounding = rounding(tape.values)
        if tape.close():
            raise CaptureError("capture: the function keeps a tensor that it computed (as an attribute, or in a list, say), and when it "
                               "is replayed there will be none; let it return what is to be kept")

    def run_on_tracers(self, tape: Tape, xs: tuple[Any, ...], outer: tuple[Any, ...]) -> tuple[list[int], list[Any], list[Any]]:
        """Run the function and its derivative on Tracers.

        What comes out are places on the tape: of all inputs, and for each result of its gradient (or None) and of those
        that the inputs get from it.
        """
        inputs = tuple(wrap(tape.enter(array_of(x))) for x in xs)
        for x, stand_in in zip(xs, inputs, strict=True):
            stand_in.requires_grad = tracked(x)
        nodes, start = [x._node for x in inputs], order()
        with recorded(), standing_in(outer, [tape.enter(array_of(t)) for t in outer]), putting_off() as self.afterwards:
            sources = inputs + outer
            places = [t._array.place for t in sources]
            before = StandIns(tape, sources)
            tape.closed_by = self.afterwards
            ys, self.rebuild = flatten(self.fill(inputs))
            tape.closed_by = ()
            refuse_changed("capture", list(inputs), nodes)
            self.results = [Result(y, was, tracked(y) and not spent(y, start)) for y, was in zip(ys, flatten(self.value)[0], strict=True)]
            self.deposits = before.deposits()
            seeds: list[Any] = []
            gradients: list[dict[int, int]] = []
            for y, r in zip(ys, self.results, strict=True):
                if r.place is None:
                    continue
                g = tape.enter(np.ones(y.shape, y.dtype)) if r.has_gradient else None
                found = {} if g is None else walked([y], [g], [t._node for t in sources if tracked(t)])
                seeds.append(None if g is None else g.place)
                gradients.append({i: tape.place_of(found[t._node]) for i, t in enumerate(sources) if t._node in found})
            before.refuse_old([r.place for r in self.results if r.place is not None])
        return places, seeds, gradients

    # ------------------------------------------------------------------------------------ replay

    def is_valid(self) -> bool:
        """Whether what is outside is what was recorded: the same tensors, and modules in the same mode."""
        for t, node in self.was:
            if t._node is not node:
                return False
        for t, shape, dtype in self.lengths:
            if t._array.shape != shape or t._array.dtype != dtype:
                return False
        return all(module.training is mode for module, mode in self.modes)

    def replay(self, xs: tuple[Any, ...]) -> Any:
        """What the function returns, and does, for other tensors of the same kind."""
        self.calls += 1
        if self.leaves:
            self.refuse_computed(xs)
        sources = xs + self.outer
        ys, left = self.run(sources)
        if not self.calls & (self.calls - 1):
            self.compare(xs, ys, left)
        put(self.deposits, sources, left)
        for fn, args, kwargs in self.afterwards:
            fn(*args, **kwargs)
        return self.rebuild(ys)

    def run(self, sources: tuple[Any, ...]) -> tuple[list[Any], Any]:
        """The results, and the gradients that the function leaves in tensors."""
        space = self.spaces.free()
        if self.flowing:
            ys = [self.operation(space, turn, sources) for turn in range(len(self.flows))]
            outputs, space.ys = space.ys, None  # they are the user's now
        else:  # nothing to go back through
            outputs = space.forward(*[x._array for x in sources])
            ys = [wrap(y if type(y) in ARRAYS else as_array(y)) for y in outputs[: len(self.flows)]]
        given = iter(ys)
        return [result.again() if result.place is None else result.of(next(given)) for result in self.results], outputs[len(ys) :]

    def operation(self, space: Any, turn: int, sources: tuple[Any, ...]) -> Any:
        """The program as an operation on all that a result depends on."""
        if not self.all_flow[turn]:
            flows = zip(sources, self.flows[turn], strict=True)
            sources = tuple(x if f or x._node is None else x.detach() for x, f in flows)
        y = apply(replayed, (space, turn), *sources)
        if y._node is not None:  # what was saved is let go of after backward(), but not this
            y._node.parents = ("program", *y._node.parents[1:])
        return y

    # ------------------------------------------------------------------------- where f itself is run

    def again(self, result: int, g: Any, inputs: Any) -> list[Any]:
        """A result's gradients as Tensors, for further derivatives: the function is run again, where it was."""
        record = any(isinstance(x, Value) for x in inputs)
        flows, n = self.flows[result], len(inputs) - len(self.outer)
        xs = tuple(fresh_input(x) if tracked(x) else wrap(bare(x)) for x in inputs[:n])
        for x, f in zip(xs, flows, strict=False):
            if f and not tracked(x):
                x.requires_grad = True
        with standing_in(self.outer, [bare(x) for x in inputs[n:]]), putting_off():
            ys = [y for y, r in zip(flatten(self.fill(xs))[0], self.results, strict=True) if r.place is not None]
            sources = [t for t, f in zip(xs + self.outer, flows, strict=True) if f]
            found = walked([ys[result]], [g], [t._node for t in sources], record)
        return [as_tensor(found.get(t._node), t) for t in sources]

    def refuse_computed(self, xs: tuple[Any, ...]) -> None:
        """An error if an argument that gets a gradient was computed: backward() would go on behind it."""
        for i in self.leaves:
            if type(xs[i]._node) is not Leaf:
                raise CaptureError(f"capture: backward() is called within the function, and would go on into what argument {i} was computed "
                                   "from; pass .detach() of it, or call backward() outside")

    def compare(self, xs: tuple[Any, ...], replayed: list[Any], left: Any) -> None:
        """An error if the function, run now, gives anything else, or has another gradient, or one of what we don't know."""
        sources = xs + self.outer
        nodes, start = [t._node for t in sources if tracked(t)], order()
        with gradients_apart(sources), putting_off() as calls:
            ys = flatten(self.fill(xs))[0]
            found = [[bare(t.grad) for t in sources], sums(self.deposits, sources, left)]
        for results, numbers in zip((ys, replayed), found, strict=True):
            ends = [y for y, r in zip(results, self.results, strict=False) if r.has_gradient and tracked(y)]
            gradients = walked(ends, [np.ones(y.shape, y.dtype) for y in ends], nodes, keep=True)
            numbers += [*map(bare, results), *(gradients.get(node) for node in nodes)]
        same = same_calls(calls, self.afterwards) and len(found[0]) == len(found[1])
        same = same and all(alike(a, b, self.rounding) for a, b in zip(*found, strict=True))
        if not same or explored([y for y in ys if tracked(y)], start, nodes)[1]:
            raise CaptureError(f"capture: call number {self.calls} was compared with what the function gives when it is run, and that "
                               "is something else now. A captured function must depend on nothing that changes but its arguments, the "
                               "tensors it reaches and whether modules are training: pass what changes as an argument, or capture anew")


class Result:
    """One leaf of what the function returns; `was` is what it returned when it was run."""

    def __init__(self, y: Any, was: Any, has_gradient: bool) -> None:
        array = y._array if isinstance(y, Value) else y
        self.place = array.place if isinstance(array, Tracer) else None
        self.has_gradient = has_gradient and self.place is not None
        self.constant = None if self.place is not None else y
        self.is_tensor, self.is_number = isinstance(y, Value), isinstance(was, np.generic)

    def of(self, y: Any) -> Any:
        """The same kind of thing, of a Tensor of today; a plain array is the user's to write into."""
        return y if self.is_tensor else y._array[()] if self.is_number else np.array(y._array)

    def again(self) -> Any:
        """What is the same in each call."""
        return copied(self.constant) if isinstance(self.constant, Value | np.ndarray) else self.constant
