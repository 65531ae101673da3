"""A recording: the straight program of a function for one kind of arguments, and how it takes part in the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..boundary import explored, tracked
from ..chance import generator
from ..checkpoint import conjugate, silent
from ..graph import apply, backpropagate
from ..nest import flatten
from ..node import Leaf, order
from ..trace import as_tensor, fresh_input, refuse_changed
from ..value import Value, bare, copied, wrap
from .comparing import alike, rounding
from .program import Program
from .reach import names_of, reached
from .space import Spaces, replayed
from .tracer import CaptureError, Tape, Tracer
from .writing import behind

_recording: ContextVar[bool] = ContextVar("tinygrad_edu recording", default=False)
is_recording = _recording.get

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

    def record(self, xs: tuple[Any, ...], outer: tuple[Any, ...], names: tuple[list[str], dict[int, str]]) -> None:
        """Make a program of what the function and its derivative ask of NumPy."""
        tape = Tape()
        try:
            places, seeds, gradients = self.run_on_tracers(tape, xs, outer)
        except BaseException:
            tape.close()
            raise
        outputs = [r.place for r in self.results if r.place is not None]
        used = behind(tape, [*outputs, *(place for part in gradients for place in part.values())])
        kept = [i for i, place in enumerate(places) if i < len(xs) or place in used]
        called = [*names[0], *(names[1].get(id(t), f"x{i}") for i, t in enumerate(outer, len(xs)))]
        backwards = [None if g is None else (g, [part[i] for i in kept if i in part])
                     for g, part in zip(seeds, gradients, strict=True)]  # fmt: skip
        program = Program(tape, {places[i]: called[i] for i in kept}, outputs, backwards)
        self.source, self.program = program.source, program.compiled()
        self.outer = tuple((xs + outer)[i] for i in kept[len(xs) :])
        self.was = [(t, t._node) for t in self.outer]  # of another shape, it would be another node
        self.lengths = [(t, t._array.shape, t._array.dtype) for t in self.outer if t._node is None]
        self.flows = [[i in part for i in kept] for part in gradients]  # for each result, the inputs that get gradients of it
        self.turns = [[sum(flows[:i]) for i in range(len(flows))] for flows in self.flows]  # and where these are among them
        self.all_flow = [all(f or not tracked(t) for t, f in zip(xs + self.outer, flows, strict=True)) for flows in self.flows]
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
        nodes = [x._node for x in inputs]
        with recorded(), standing_in(outer, [tape.enter(array_of(t)) for t in outer]):
            sources = inputs + outer
            places = [t._array.place for t in sources]
            ys, self.rebuild = flatten(self.fill(inputs))
            refuse_changed("capture", list(inputs), nodes)
            self.results = [Result(y, was) for y, was in zip(ys, flatten(self.value)[0], strict=True)]
            seeds: list[Any] = []
            gradients: list[dict[int, int]] = []
            for y in [y for y, r in zip(ys, self.results, strict=True) if r.place is not None]:
                g = tape.enter(np.ones(y.shape, y.dtype)) if tracked(y) else None
                found = {} if g is None else walked([y], [g], [t._node for t in sources if tracked(t)])
                seeds.append(None if g is None else g.place)
                gradients.append({i: tape.place_of(found[t._node]) for i, t in enumerate(sources) if t._node in found})
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
        """What the function returns for other tensors of the same kind."""
        self.calls += 1
        ys = self.run(xs)
        if not self.calls & (self.calls - 1):
            self.compare(xs, ys)
        return self.rebuild(ys)

    def run(self, xs: tuple[Any, ...]) -> list[Any]:
        """The program, as an operation for each result on all that it depends on."""
        space, sources = self.spaces.free(), xs + self.outer
        ys, turn = [], 0
        for result in self.results:
            if result.place is None:
                ys.append(result.again())
                continue
            given = sources
            if not self.all_flow[turn]:
                flows = zip(sources, self.flows[turn], strict=True)
                given = tuple(x if f or x._node is None else x.detach() for x, f in flows)
            y = apply(replayed, (space, turn), *given)
            if y._node is not None:  # what was saved is let go of after backward(), but not this
                y._node.parents = ("program", *y._node.parents[1:])
            ys.append(result.of(y))
            turn += 1
        space.ys = None  # they are the user's now
        return ys

    # ------------------------------------------------------------------------- where f itself is run

    def again(self, result: int, g: Any, inputs: Any) -> list[Any]:
        """A result's gradients as Tensors, for further derivatives: the function is run again, where it was."""
        record = any(isinstance(x, Value) for x in inputs)
        flows, n = self.flows[result], len(inputs) - len(self.outer)
        xs = tuple(fresh_input(x) if tracked(x) else wrap(bare(x)) for x in inputs[:n])
        for x, f in zip(xs, flows, strict=False):
            if f and not tracked(x):
                x.requires_grad = True
        with standing_in(self.outer, [bare(x) for x in inputs[n:]]):
            ys = [y for y, r in zip(flatten(self.fill(xs))[0], self.results, strict=True) if r.place is not None]
            sources = [t for t, f in zip(xs + self.outer, flows, strict=True) if f]
            found = walked([ys[result]], [g], [t._node for t in sources], record)
        return [as_tensor(found.get(t._node), t) for t in sources]

    def compare(self, xs: tuple[Any, ...], replayed: list[Any]) -> None:
        """An error if the function, run now, gives anything else, or has another gradient, or one of what we don't know."""
        sources = [t._node for t in xs + self.outer if tracked(t)]
        start = order()
        ys = flatten(self.fill(xs))[0]
        found = []
        for results in ys, replayed:
            ends = [y for y in results if tracked(y)]
            gradients = walked(ends, [np.ones(y.shape, y.dtype) for y in ends], sources, keep=True)
            found.append([*map(bare, results), *(gradients.get(node) for node in sources)])
        same = len(found[0]) == len(found[1]) and all(alike(a, b, self.rounding) for a, b in zip(*found, strict=True))
        if not same or explored([y for y in ys if tracked(y)], start, sources)[1]:
            raise CaptureError(f"capture: call number {self.calls} was compared with what the function gives when it is run, and that "
                               "is something else now. A captured function must depend on nothing that changes but its arguments, the "
                               "tensors it reaches and whether modules are training: pass what changes as an argument, or capture anew")


class Result:
    """One leaf of what the function returns; `was` is what it returned when it was run."""

    def __init__(self, y: Any, was: Any) -> None:
        array = y._array if isinstance(y, Value) else y
        self.place = array.place if isinstance(array, Tracer) else None
        self.constant = None if self.place is not None else y
        self.is_tensor, self.is_number = isinstance(y, Value), isinstance(was, np.generic)

    def of(self, y: Any) -> Any:
        """The same kind of thing, of a Tensor of today; a plain array is the user's to write into."""
        return y if self.is_tensor else y._array[()] if self.is_number else np.array(y._array)

    def again(self) -> Any:
        """What is the same in each call."""
        return copied(self.constant) if isinstance(self.constant, Value | np.ndarray) else self.constant


def walked(ends: list[Any], seeds: list[Any], wanted: list[Any], record: bool = False, keep: bool = True) -> dict[Any, Any]:
    """Gradients as they are within a walk, unconjugated, heard by no hook, and without warnings: perhaps nobody asks for them."""
    if not ends:
        return {}
    with silent(wanted), np.errstate(all="ignore"):
        pairs = [(y._node, conjugate(g)) for y, g in zip(ends, seeds, strict=True)]
        return {node: conjugate(g) for node, g in backpropagate(pairs, wanted, keep, record, partial=True).items()}


@contextmanager
def recorded() -> Iterator[None]:
    """While a function is recorded, captured ones that it calls are run as they are, and so become part of it."""
    token = _recording.set(True)
    try:
        yield
    finally:
        _recording.reset(token)


@contextmanager
def standing_in(tensors: Sequence[Any], arrays: Sequence[Any]) -> Iterator[None]:
    """For a while, let these tensors hold other arrays; what the function does must not change them."""
    held = [(t, t._array, t._shared, t._source, t._node) for t in tensors]
    for t, array in zip(tensors, arrays, strict=True):
        t._array, t._shared = array, False
    try:
        yield
        changed = [t for t, array, (*_, node) in zip(tensors, arrays, held, strict=True)
                   if t._array is not array or t._node is not node]  # fmt: skip
    finally:
        for t, array, shared, source, node in held:
            t._array, t._shared, t._source, t._node = array, shared, source, node
    if changed:
        raise CaptureError(f"capture: the function changes a tensor that was there before ({changed[0]!r:.80}), as BatchNorm does while "
                           "training; let it return the new value instead")


def leaves_behind(value: Any, start: int, known: list[Any]) -> list[Any]:
    """The tensors outside that a value was computed from, besides those `known`."""
    found = []
    for node in explored([y for y in flatten(value)[0] if tracked(y)], start, [x._node for x in known if tracked(x)])[1]:
        tensor = node.tensor() if isinstance(node, Leaf) else None
        if tensor is None:
            raise CaptureError(f"capture: the function uses a tensor that was computed outside, {node}, and can't be followed to where "
                               "it has it from: pass it as an argument")
        found.append(tensor)
    return found


def array_of(t: Any) -> Any:
    """Its array, which must be NumPy's."""
    if not isinstance(t._array, np.ndarray | np.generic):
        raise CaptureError(f"capture is for NumPy's arrays; here is one of type {type(t._array).__name__}")
    return t._array
