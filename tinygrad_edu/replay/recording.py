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
from ..value import Value, bare, wrap
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
        outer = {id(t): t for t in [*(t for _, t in tensors), *leaves_behind(self.value, start, xs)]}
        self.record(xs, tuple(outer.values()), names_of(given[0], len(xs), tensors))

    def record(self, xs: tuple[Any, ...], outer: tuple[Any, ...], names: tuple[list[str], dict[int, str]]) -> None:
        """Run the function and its derivative on Tracers, and make a program of their tape."""
        tape = Tape()
        inputs = tuple(wrap(tape.enter(array_of(x))) for x in xs)
        for x, given in zip(xs, inputs, strict=True):
            given.requires_grad = tracked(x)
        nodes = [x._node for x in inputs]
        with recorded(), standing_in(outer, [tape.enter(array_of(t)) for t in outer]):
            sources = inputs + outer
            places = [t._array.place for t in sources]
            ys, self.rebuild = flatten(self.fill(inputs))
            refuse_changed("capture", list(inputs), nodes)
            ends = [y for y in ys if tracked(y)]
            seeds = [tape.enter(np.ones(y.shape, y.dtype)) for y in ends]
            found = walked(ends, seeds, [t._node for t in sources if tracked(t)])
        self.results = [Result(y) for y in ys]
        outputs = [r.place for r in self.results if r.place is not None]
        gradients = {i: tape.place_of(found[t._node]) for i, t in enumerate(sources) if t._node in found}
        used = behind(tape, [*outputs, *gradients.values()])
        kept = [i for i, place in enumerate(places) if i < len(xs) or place in used]
        self.outer = tuple(sources[i] for i in kept[len(xs) :])
        self.was = [(t, t._node) for t in self.outer]  # of another shape, it would be another node
        self.lengths = [(t, t._array.shape, t._array.dtype) for t in self.outer if t._node is None]
        self.flowing = [i in gradients for i in kept]  # whether a gradient flows to this one
        self.all_flow = all(flows or not tracked(t) for t, flows in zip(xs + self.outer, self.flowing, strict=True))
        called = [*names[0], *(names[1].get(id(t), f"x{i}") for i, t in enumerate(outer, len(xs)))]
        given = {places[i]: called[i] for i in kept}
        program = Program(tape, given, outputs, [g.place for g in seeds], [gradients[i] for i in kept if i in gradients])
        self.source = program.source
        self.spaces = Spaces(self, program.compiled())
        tape.forget()

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
        """The program, as one operation on all that it depends on."""
        sources = xs + self.outer
        if not self.all_flow:
            sources = tuple(x if flows or x._node is None else x.detach() for x, flows in zip(sources, self.flowing, strict=True))
        y = apply(replayed, (self.spaces.free(),), *sources)
        if self.spaces.several:
            parts = ((y[i] if tracked else wrap(y._array[i])) for i, tracked in enumerate(self.spaces.tracks))
        else:
            parts = (same for same in (y,))
        return [r.constant if r.place is None else r.of(next(parts)) for r in self.results]

    # ------------------------------------------------------------------------- where f itself is run

    def again(self, g: list[Any], inputs: Any) -> list[Any]:
        """The inputs' gradients as Tensors, for further derivatives: the function is run again, where it was."""
        record = isinstance(inputs[0], Value) if inputs else False
        n = len(inputs) - len(self.outer)
        xs = tuple(fresh_input(x) if tracked(x) else wrap(bare(x)) for x in inputs[:n])
        for x, flows in zip(xs, self.flowing, strict=False):
            if flows and not tracked(x):
                x.requires_grad = True
        with standing_in(self.outer, [bare(x) for x in inputs[n:]]):
            ys, _ = flatten(self.fill(xs))
            sources = [t for t, flows in zip(xs + self.outer, self.flowing, strict=True) if flows]
            found = walked([y for y in ys if tracked(y)], g, [t._node for t in sources], record)
        return [as_tensor(found.get(t._node), t) for t in sources]

    def compare(self, xs: tuple[Any, ...], replayed: list[Any]) -> None:
        """An error if the function, run now, gives anything else, or has another gradient."""
        sources = [t._node for t, flows in zip(xs + self.outer, self.flowing, strict=True) if flows]
        found = []
        for ys in (flatten(self.fill(xs))[0], replayed):
            ends = [y for y in ys if tracked(y)]
            gradients = walked(ends, [np.ones(y.shape, y.dtype) for y in ends], sources, keep=True)
            found.append([*map(bare, ys), *(gradients.get(node) for node in sources)])
        if len(found[0]) != len(found[1]) or not all(map(alike, *found)):
            raise CaptureError(f"capture: call number {self.calls} was compared with what the function gives when it is run, and that "
                               "is something else now. A captured function must depend on nothing that changes but its arguments, the "
                               "tensors it reaches and whether modules are training: pass what changes as an argument, or capture anew")


class Result:
    """One leaf of what the function returns."""

    def __init__(self, y: Any) -> None:
        array = y._array if isinstance(y, Value) else y
        self.place = array.place if isinstance(array, Tracer) else None
        self.constant = None if isinstance(array, Tracer) else y
        self.tensor, self.tracked = isinstance(y, Value), tracked(y)

    def of(self, y: Any) -> Any:
        """The same kind of thing, of a Tensor of today."""
        return y if self.tensor else y._array


def walked(ends: list[Any], seeds: list[Any], wanted: list[Any], record: bool = False, keep: bool = False) -> dict[Any, Any]:
    """Gradients as they are within a walk, unconjugated, heard by no hook."""
    if not ends:
        return {}
    with silent(wanted):
        pairs = [(y._node, conjugate(g)) for y, g in zip(ends, seeds, strict=True)]
        return {node: conjugate(g) for node, g in backpropagate(pairs, wanted, keep or record, record, partial=True).items()}


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


def leaves_behind(value: Any, start: int, xs: tuple[Any, ...]) -> list[Any]:
    """The tensors outside that a value was computed from."""
    ends = [x._node for x in xs if tracked(x)]
    found = []
    for node in explored([y for y in flatten(value)[0] if tracked(y)], start, ends)[1]:
        tensor = node.tensor() if isinstance(node, Leaf) else None
        if tensor is not None:
            found.append(tensor)
    return found


def array_of(t: Any) -> Any:
    """Its array, which must be NumPy's."""
    if not isinstance(t._array, np.ndarray | np.generic):
        raise CaptureError(f"capture is for NumPy's arrays; here is one of type {type(t._array).__name__}")
    return t._array


def alike(a: Any, b: Any) -> bool:
    """Whether two results differ by no more than rounding."""
    if a is None or b is None or not hasattr(a, "dtype"):
        return a is b or bool(a == b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.all(a == b))
    size = np.max(np.abs(a), initial=0, where=np.isfinite(a))
    return bool(np.allclose(a, b, rtol=0, atol=2e3 * np.finfo(a.dtype).eps * size, equal_nan=True))
