"""Gradients that a captured function leaves in tensors: it may call backward() itself.

While it is recorded, each leaf has a stand-in for the gradient that may be there already. What the function puts into its
place tells what it did: added to it, as backward() does, or forgot it first, as zero_grad() does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..node import Leaf
from ..value import Value, wrap
from .tracer import CaptureError, Tape, Tracer
from .writing import behind


class Deposit(NamedTuple):
    """What is to be done with a tensor's ``.grad``."""

    source: int  # the tensor's number among all that the program depends on
    anew: bool  # whether to forget first what is there
    place: int | None  # where on the tape the gradient is that is added; None for nothing


class StandIns:
    """Stand-ins for the gradients of these `tensors`, put there now."""

    def __init__(self, tape: Tape, tensors: Sequence[Any]) -> None:
        self.tape, self.tensors = tape, tensors
        self.places: dict[int, int] = {}
        for i, t in enumerate(tensors):
            t.grad = None
            if type(t._node) is Leaf:
                t.grad = wrap(tape.enter(np.zeros(t.shape, t.dtype)))
                self.places[i] = t.grad._array.place

    def deposits(self) -> list[Deposit]:
        """What became of them."""
        return [deposit for i in self.places for deposit in self.of(i, self.tensors[i].grad)]

    def of(self, i: int, g: Any) -> list[Deposit]:
        start = self.places[i]
        if g is None:
            return [Deposit(i, True, None)]
        if isinstance(g, Value) and g._node is not None:
            raise CaptureError("capture: the function leaves a gradient that can itself be differentiated, by backward(create_graph="
                               "True); let it forget that with zero_grad() when it has used it, or call backward() outside")
        added: list[int] = []
        array = g._array if isinstance(g, Value) else g
        place = self.tape.place_of(array)
        lines = {line.made: line for line in self.tape.lines}
        while place != start:
            line = lines.get(place)
            if line is None or line.fn is not np.add or line.kwargs or not isinstance(line.args[0], Tracer):
                break
            place = line.args[0].place
            added.insert(0, self.tape.place_of(line.args[1]))
        if place != start:
            added = [self.tape.place_of(array)]
        self.refuse_old(added)
        return [Deposit(i, place != start and not n, p) for n, p in enumerate(added)]

    def refuse_old(self, places: Sequence[int]) -> None:
        """An error if these are computed from gradients that were there before."""
        if not behind(self.tape, [*places]).isdisjoint(self.places.values()):
            raise CaptureError("capture: the function reads a gradient that was there before it was called; let it call zero_grad() "
                               "first, or do outside what is done with gradients")


def put(deposits: Sequence[Deposit], sources: Sequence[Any], gradients: Sequence[Any]) -> None:
    """Leave these gradients in the tensors."""
    given = iter(gradients)
    for i, anew, place in deposits:
        t = sources[i]
        if anew:
            t.grad = None
        if place is not None:
            t._accumulate(next(given))


def sums(deposits: Sequence[Deposit], sources: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
    """The gradient that each would have, had it had none before: an array, or None."""
    given = iter(gradients)
    found: dict[int, Any] = {}
    for i, _, place in deposits:
        if place is not None:
            g, t = next(given), id(sources[i])
            found[t] = found[t] + g if t in found else g
    return [found.get(id(t)) for t in sources]


@contextmanager
def gradients_apart(tensors: Sequence[Any]) -> Iterator[None]:
    """For a while, these have no gradient, and no notes about it; then they have theirs again."""
    held = [(t, t.grad, t._node, t._node and t._node.info) for t in tensors]
    for t, _, node, notes in held:
        t.grad = None
        if notes and "used" in notes:  # see optim/forgotten.py
            node.info = {k: v for k, v in notes.items() if k != "used"}
    try:
        yield
    finally:
        for t, g, node, notes in held:
            t.grad = g
            if notes and "used" in notes:
                node.info = notes
