"""Whether a function still is what was recorded: it is run again, and compared, in numbers and in what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from typing import Any

import numpy as np

from ..engine.node import new_order
from ..engine.tensor_base import copy_array, to_arrays, wrap
from ..engine.traversal import is_tracked, subgraph
from ..optim.deferral import defer_calls
from ..pytree import flatten
from .codegen import must_run
from .equivalence import alike, distance, same_calls
from .errors import CaptureError
from .isolation import require_unchanged, same_draws, walk_isolated
from .side_effects import outcome
from .tape import numbers
from .traced_run import Transcript
from .twins import standing_in

NEARBY = 100  # results may differ by so many times what they change by when all numbers are rounded otherwise


class Pace:
    """How often the recordings of a function are compared: at calls 2, 4, 8, ... of each, if there are few.

    Of many, the second call of each always is, and for the rest all have together what one would have.
    """

    def __init__(self) -> None:
        self.calls = self.compared = 0

    def is_turn(self, recording: Any) -> bool:
        """Whether the recording's latest call is to be compared. When it is to ask again, is noted there."""
        self.calls += recording.calls - recording.counted
        recording.counted = recording.calls
        later = recording.calls > 2
        if later and self.compared >= log2(self.calls):
            recording.due = recording.calls + 8
            return False
        self.compared += later
        recording.due = 1 << recording.calls.bit_length()
        return True


def compare(recording: Any, sources: tuple[Any, ...], n: int, replayed: list[Any], arrays: Any, chance: Any) -> None:
    """An error if the function, run now, gives anything else, or has another gradient, or is written down in other lines.

    `sources` are its `n` arguments and what else it depends on, `replayed` and `arrays` what the program made of them. If they don't
    agree, another thread may have changed a tensor meanwhile; so both are run once more, on copies that no other has.
    """
    if is_same(recording, sources, n, replayed, arrays, chance):
        return
    gradients = [t._grad for t in sources]
    with standing_in(sources, [copy_array(t._array) for t in sources]):
        for t, g in zip(sources, gradients, strict=True):
            t._grad = g
        with same_draws(chance):
            replayed, arrays = recording.run(sources, chance)
        if is_same(recording, sources, n, replayed, arrays, chance):
            return
    raise CaptureError(f"capture: call number {recording.calls} was compared with what the function gives when it is run, and that "
                       "is something else now. A captured function must depend on nothing that changes but its arguments, the "
                       "tensors it reaches and whether modules are training: pass what changes as an argument, or capture anew")


def is_same(recording: Any, sources: tuple[Any, ...], n: int, replayed: list[Any], arrays: Any, chance: Any) -> bool:
    """Whether the function, run now, gives this."""
    tensors = list({id(t): t for t in sources}.values())
    nodes, start = [t._node for t in tensors if is_tracked(t)], new_order()
    found: list[Any] = []
    zeros = [None if t._grad is None else wrap(np.zeros_like(t._array)) for t in tensors]  # where there is a gradient, what is added is the same
    with standing_in(tensors, [t._array for t in tensors]), defer_calls(lambda: found.extend(arrays_held(tensors))) as calls:
        for t, zero in zip(tensors, zeros, strict=True):
            t._grad = zero
        with require_unchanged(recording.around), same_draws(chance):
            ys = flatten(recording.fill(sources[:n]))[0]
        ended, values = arrays_held(tensors), [*map(to_arrays, ys)]
    found = found or ended
    m = len(tensors)  # behind a step that waits, no numbers are changed, and gradients only forgotten
    same = all(a is b for a, b in zip(found[:m], ended[:m], strict=True))
    forgotten = [t for t, g, now in zip(tensors, found[m:], ended[m:], strict=True) if now is not g]
    there = {id(t) for t, g in zip(tensors, found[m:], strict=True) if g is not None}
    same = same and same_calls(calls, recording.afterwards)
    same = same and {*map(id, forgotten)} == {id(sources[i]) for i in recording.forgotten} & there
    untouched = {id(zero._array) for zero in zeros if zero is not None}
    found = [None if id(array) in untouched else array for array in found]
    same = same and not subgraph([y for y in ys if is_tracked(y)], start, nodes)[1]
    return same and is_alike(recording, sources, n, nodes, (ys, values, found),
                             (replayed, [*map(to_arrays, replayed)], outcome(recording.effects, sources, arrays)))  # fmt: skip


def is_alike(recording: Any, sources: tuple[Any, ...], n: int, nodes: list[Any], run: Any, replayed: Any) -> bool:
    """Whether these are the same results, gradients and numbers that are left; and whether the function, written down anew, gives the
    same lines. There, a number that is another one shows, however little it does."""
    both = []
    for results, values, left in run, replayed:
        ends = [y for y, r in zip(results, recording.results, strict=False) if r.has_gradient and is_tracked(y)]
        gradients = walk_isolated(ends, seeds_for(ends), nodes)
        both.append([*left, *values, *(gradients.get(node) for node in nodes)])
    if len(both[0]) != len(both[1]):
        return False
    made = Transcript(recording.fill, sources[:n], recording.everything, run[0], recording.around)
    try:
        same = made.digest() == recording.written
        apart = [i for i, (a, b) in enumerate(zip(*both, strict=True)) if not alike(a, b)]
        if same and apart:  # where much cancels, what is left is rounding, and large against itself
            steady, moved = ([*arrays_left_by(made, values, sources, nodes)] for values in (again(made, False), again(made, True)))
            same = all(alike(both[0][i], both[1][i], NEARBY * distance(steady[i], moved[i])) for i in apart)
    finally:
        kept = made.tape.close()
    return same and not kept


def arrays_held(tensors: list[Any]) -> list[Any]:
    """Their arrays, and then those of their gradients."""
    return [t._array for t in tensors] + [None if t._grad is None else t._grad._array for t in tensors]


def seeds_for(ends: list[Any]) -> list[Any]:
    """Gradients to start from, no two numbers of them equal: of equal ones nobody sees that they come in another order."""
    rng = np.random.default_rng(0)
    seeds = []
    for y in ends:
        u = rng.uniform(0.5, 1.5, (2, *y.shape))
        seeds.append((u[0] + 1j * u[1] if y.dtype.kind == "c" else u[0]).astype(y.dtype)[()])
    return seeds


# --------------------------------------------------------------------------------------- rounding


def again(made: Transcript, moves: bool) -> list[Any]:
    """What is computed at each place of the tape; perhaps with each number a little moved, as by rounding otherwise."""
    tape, rng = made.tape, np.random.default_rng(0)
    values = tape.values.copy()
    seeds = [place for place in made.seeds if place is not None]
    for place, seed in zip(seeds, seeds_for([np.asarray(values[place]) for place in seeds]), strict=True):
        values[place] = seed
    computed = {line.made for line in tape.lines}
    if moves:
        values = [v if i in computed else perturb_rounding(v, rng) for i, v in enumerate(values)]
    with np.errstate(all="ignore"):
        for line in tape.lines:
            if not must_run(line):  # neither checks nor draws
                y = line.fn(*numbers(line.args, values), **numbers(line.kwargs, values))
                values[line.made] = perturb_rounding(y, rng) if moves else y
    return values


def perturb_rounding(x: Any, rng: np.random.Generator) -> Any:
    """Numbers that are moved by some roundings."""
    if isinstance(x, tuple | list):
        return getattr(x, "_make", type(x))([perturb_rounding(part, rng) for part in x])
    if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind not in "fc":
        return x
    u = rng.uniform(-4, 4, (2, *x.shape)) * float(np.finfo(x.dtype).eps)
    moved = x.real * (1 + u[0]) + 1j * (x.imag * (1 + u[1])) if x.dtype.kind == "c" else x * (1 + u[0])
    return moved.astype(x.dtype)[()]


def arrays_left_by(made: Transcript, values: list[Any], sources: tuple[Any, ...], nodes: list[Any]) -> Iterator[Any]:
    """What is left in tensors, the results and the gradients, from what is at the tape's places."""
    outputs = iter([values[place] for place in made.outputs])
    results = [next(outputs) if r.place is not None else None for r in made.results]
    yield from outcome(made.effects, sources, [*outputs])
    yield from results
    for node in nodes:
        parts = [values[part[i]] for part in made.gradients for i, t in enumerate(sources) if t._node is node and i in part]
        yield sum(parts[1:], parts[0]) if parts else None
