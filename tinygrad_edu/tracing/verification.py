"""Verification: now and then, a captured function is run again and compared with its recording: numbers and tape."""

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
from .equivalence import alike, distance, same_calls
from .errors import CaptureError
from .isolation import require_unchanged, same_draws, walk_isolated
from .lines import must_run
from .side_effects import outcome
from .tape import values_on_tape
from .traced_run import Transcript
from .twins import standing_in

NEARBY = 100  # results may differ by this many times the change that other roundings make


class Pace:
    """A schedule that says which calls are compared with the function.

    With few recordings, these are the calls 2, 4, 8, ... of each. With many, it is the second call of each, and later
    ones only as often, for all recordings together, as for a single one.
    """

    def __init__(self) -> None:
        self.calls = self.compared = 0

    def is_turn(self, recording: Any) -> bool:
        """Return whether the recording's latest call is to be compared, and note in it when to ask again."""
        self.calls += recording.calls - recording.counted
        recording.counted = recording.calls
        later = recording.calls > 2
        if later and self.compared >= log2(self.calls):
            recording.due = recording.calls + 8
            return False
        self.compared += later
        recording.due = 1 << recording.calls.bit_length()
        return True


def compare_with_function(
    recording: Any, sources: tuple[Any, ...], n: int, replayed: list[Any], arrays: Any, chance: Any
) -> None:
    """Raise if the function, when it is run now, has other results, gradients or side effects, or another tape.

    `sources` are its `n` arguments and the other tensors that it depends on. `replayed` and `arrays` are the program's
    results for them. If they don't agree, another thread may have changed a tensor meanwhile; so both are run once
    more, on copies.
    """
    if is_reproduced(recording, sources, n, replayed, arrays, chance):
        return
    gradients = [t._grad for t in sources]
    with standing_in(sources, [copy_array(t._array) for t in sources]):
        for t, g in zip(sources, gradients, strict=True):
            t._grad = g
        with same_draws(chance):
            replayed, arrays = recording.run(sources, chance)
        if is_reproduced(recording, sources, n, replayed, arrays, chance):
            return
    raise CaptureError(
        f"capture: call number {recording.calls} was compared with what the function gives when it is "
        "run, and they differ now. A captured function must depend on nothing that changes except its "
        "arguments, the tensors it reaches and whether modules are training: pass what changes as an "
        "argument, or capture it anew"
    )


def is_reproduced(
    recording: Any, sources: tuple[Any, ...], n: int, replayed: list[Any], arrays: Any, chance: Any
) -> bool:
    """Return whether the function, when it is run now, gives these results and side effects."""
    tensors = list({id(t): t for t in sources}.values())
    nodes, start = [t._node for t in tensors if is_tracked(t)], new_order()
    found: list[Any] = []
    zeros = [None if t._grad is None else wrap(np.zeros_like(t._array)) for t in tensors]  # so that what is added shows
    with (
        standing_in(tensors, [t._array for t in tensors]),
        defer_calls(lambda: found.extend(arrays_held(tensors))) as calls,
    ):
        for t, zero in zip(tensors, zeros, strict=True):
            t._grad = zero
        with require_unchanged(recording.around), same_draws(chance):
            ys = flatten(recording.fill(sources[:n]))[0]
        ended, values = arrays_held(tensors), [*map(to_arrays, ys)]
    found = found or ended
    m = len(tensors)  # after a deferred step, no numbers may change, and gradients may only be forgotten
    same = all(a is b for a, b in zip(found[:m], ended[:m], strict=True))
    forgotten = [t for t, g, now in zip(tensors, found[m:], ended[m:], strict=True) if now is not g]
    there = {id(t) for t, g in zip(tensors, found[m:], strict=True) if g is not None}
    same = same and same_calls(calls, recording.afterwards)
    same = same and {*map(id, forgotten)} == {id(sources[i]) for i in recording.forgotten} & there
    untouched = {id(zero._array) for zero in zeros if zero is not None}
    found = [None if id(array) in untouched else array for array in found]
    same = same and not subgraph([y for y in ys if is_tracked(y)], start, nodes)[1]
    return same and is_alike(
        recording,
        sources,
        n,
        nodes,
        (ys, values, found),
        (replayed, [*map(to_arrays, replayed)], outcome(recording.effects, sources, arrays)),
    )


def is_alike(recording: Any, sources: tuple[Any, ...], n: int, nodes: list[Any], run: Any, replayed: Any) -> bool:
    """Return whether a run and a replay agree in results, gradients, numbers left in tensors, and tapes.

    A new tape of the function shows every constant that has changed, however small its effect is.
    """
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
        if same and apart:  # where numbers cancel, little but rounding errors is left
            steady, moved = (
                [*arrays_left_by(made, values, sources, nodes)] for values in (again(made, False), again(made, True))
            )
            same = all(alike(both[0][i], both[1][i], NEARBY * distance(steady[i], moved[i])) for i in apart)
    finally:
        kept = made.tape.close()
    return same and not kept


def arrays_held(tensors: list[Any]) -> list[Any]:
    """Return the tensors' arrays, and then the arrays of their gradients."""
    return [t._array for t in tensors] + [None if t._grad is None else t._grad._array for t in tensors]


def seeds_for(ends: list[Any]) -> list[Any]:
    """Return gradients to start from, whose numbers all differ: equal ones would not show a change of their order."""
    rng = np.random.default_rng(0)
    seeds = []
    for y in ends:
        u = rng.uniform(0.5, 1.5, (2, *y.shape))
        seeds.append((u[0] + 1j * u[1] if y.dtype.kind == "c" else u[0]).astype(y.dtype)[()])
    return seeds


# --------------------------------------------------------------------------------------- rounding


def again(made: Transcript, moves: bool) -> list[Any]:
    """Compute the tape again and return the value at each place; if `moves`, perturb each number by rounding errors."""
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
            if not must_run(line):  # checks and draws are left out
                y = line.fn(*values_on_tape(line.args, values), **values_on_tape(line.kwargs, values))
                values[line.made] = perturb_rounding(y, rng) if moves else y
    return values


def perturb_rounding(x: Any, rng: np.random.Generator) -> Any:
    """Return `x` with each number changed at random by a few rounding errors."""
    if isinstance(x, tuple | list):
        return getattr(x, "_make", type(x))([perturb_rounding(part, rng) for part in x])
    if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind not in "fc":
        return x
    u = rng.uniform(-4, 4, (2, *x.shape)) * float(np.finfo(x.dtype).eps)
    moved = x.real * (1 + u[0]) + 1j * (x.imag * (1 + u[1])) if x.dtype.kind == "c" else x * (1 + u[0])
    return moved.astype(x.dtype)[()]


def arrays_left_by(made: Transcript, values: list[Any], sources: tuple[Any, ...], nodes: list[Any]) -> Iterator[Any]:
    """Yield the numbers left in tensors, the results and the gradients, for these values at the tape's places."""
    outputs = iter([values[place] for place in made.outputs])
    results = [next(outputs) if r.place is not None else None for r in made.results]
    yield from outcome(made.effects, sources, [*outputs])
    yield from results
    for node in nodes:
        parts = [
            values[part[i]] for part in made.gradients for i, t in enumerate(sources) if t._node is node and i in part
        ]
        yield sum(parts[1:], parts[0]) if parts else None
