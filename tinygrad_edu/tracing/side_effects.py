"""What a captured function does to tensors that were there before: it leaves gradients, and changes numbers.

While it is recorded, each leaf has a stand-in for the gradient that may be there already. What the function puts into its
place tells what it did: added to it, as backward() does, or forgot it first, as zero_grad() does. Numbers are changed by
BatchNorm, say, and by ``w.data -= rate * w.grad.data``: then another Tracer is in the tensor at the end than at the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.node import Leaf
from ..engine.tensor_base import TensorBase, wrap
from .codegen import behind
from .errors import CaptureError
from .tape import Line, Tape
from .tracer import Tracer

FORGET, LEAVE, ADD, CHANGE, REPLACE = "forget", "leave", "add", "change", "replace"


class Effect(NamedTuple):
    """One thing that is done to a tensor."""

    source: int  # the tensor's number among all that the program depends on
    kind: str  # its gradient is forgotten, becomes this, or is added to; its array gets these numbers, or becomes this
    place: int | None  # where on the tape the array is


class StandIns:
    """Stand-ins for the gradients of `tensors`, which hold Tracers; from here on it is noted what becomes of both."""

    def __init__(self, tape: Tape, tensors: Sequence[Any]) -> None:
        self.tape, self.tensors = tape, tensors
        self.arrays = [(t._array, t._array.place, t._node) for t in tensors]
        self.places: dict[int, int] = {}
        self.found: list[Effect] | None = None  # what was done before a step that waits
        for i, t in enumerate(tensors):
            t._grad = None
            t._shared = True  # so that ``t.data`` is this very Tracer, and what is written into it is seen here
            if type(t._node) is Leaf:
                t._grad = wrap(tape.enter(np.zeros(t.shape, t.dtype)))
                self.places[i] = t._grad._array.place

    def pause(self) -> None:
        """A step waits from here on. What it makes of the tensors is not known, so none of it may be used."""
        self.found = self.effects()
        self.later = [(self.tape.enter(array.value), t._grad) for t, (array, _, _) in zip(self.tensors, self.arrays, strict=True)]
        for t, (array, _) in zip(self.tensors, self.later, strict=True):
            t._array = array

    def end(self, ys: Sequence[Any]) -> tuple[list[Effect], list[int]]:
        """All that was done, and the tensors whose gradients were forgotten at the end; `ys` are returned."""
        results = [y._array if isinstance(y, TensorBase) else y for y in ys]
        self.refuse_old([y.place for y in results if isinstance(y, Tracer)])
        if self.found is None:
            return self.effects(), []
        forgotten = []
        for i, (t, (array, g)) in enumerate(zip(self.tensors, self.later, strict=True)):
            returned = any(y is array or y is self.arrays[i][0] for y in results)
            if t._array is not array or returned or (t._grad is not g and t._grad is not None):
                raise CaptureError("capture: an optimiser's step() waits until all is computed, so nothing can be done behind it with the "
                                   f"tensors that were there before ({t!r:.60}) but to forget their gradients; do so outside")
            if t._grad is not g:
                forgotten.append(i)
            t._array = self.arrays[i][0]
        return self.found, forgotten

    def effects(self) -> list[Effect]:
        """What became of them so far."""
        found = [change for i in range(len(self.tensors)) for change in self.changes(i)]
        lines = {line.made: line for line in self.tape.lines}
        found += [left for i in self.places for left in self.left(i, self.tensors[i]._grad, lines)]
        self.refuse_old([effect.place for effect in found if effect.place is not None])
        return found

    def changes(self, i: int) -> list[Effect]:
        """Of a tensor's numbers; it has the old array again."""
        t, (array, place, node) = self.tensors[i], self.arrays[i]
        now = t._array
        if t._node is not node or now.shape != array.shape or now.dtype != array.dtype:
            raise CaptureError(f"capture: the function makes a tensor that was there before ({t!r:.80}) another one, of other shape or dtype "
                               "or with another graph; let it return the new one instead")
        t._array = array
        if now is array and now.place == place:
            return []
        ends = ([(CHANGE, array.place)] if array.place != place else []) + ([(REPLACE, self.tape.place_of(now))] if now is not array else [])
        return [Effect(i, kind, end) for kind, end in ends]

    def left(self, i: int, g: Any, lines: dict[int, Line]) -> list[Effect]:
        """Of its gradient."""
        start = self.places[i]
        if g is None:
            return [Effect(i, FORGET, None)]
        if isinstance(g, TensorBase) and g._node is not None:
            raise CaptureError("capture: the function leaves a gradient that can itself be differentiated, by backward(create_graph="
                               "True); let it forget that with zero_grad() when it has used it, or call backward() outside")
        added: list[int] = []
        whole = place = self.tape.place_of(g._array if isinstance(g, TensorBase) else g)
        while place != start:
            line = lines.get(place)
            if line is None or line.fn is not np.add or line.kwargs or not isinstance(line.args[0], Tracer):
                return [Effect(i, LEAVE, whole)]
            place = line.args[0].place
            more = line.args[1]
            if not isinstance(more, Tracer) or more.shape != self.tensors[i].shape:  # where there is no gradient yet, it becomes one
                more = self.tape.do(np.full, (self.tensors[i].shape, more, self.tensors[i].dtype), {})
            added.insert(0, self.tape.place_of(more))
        return [Effect(i, ADD, p) for p in added]

    def refuse_old(self, places: Sequence[int]) -> None:
        """An error if these are computed from gradients that were there before."""
        if not behind(self.tape, [*places]).isdisjoint(self.places.values()):
            raise CaptureError("capture: the function reads a gradient that was there before it was called; let it call zero_grad() "
                               "first, or do outside what is done with gradients")


def done(effects: Sequence[Effect], sources: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Do it, with these arrays for those on the tape."""
    given = iter(arrays)
    for i, kind, _ in effects:
        if kind is LEAVE:
            sources[i]._grad = wrap(next(given))
        elif kind is ADD:
            sources[i]._accumulate(next(given))
        elif kind is FORGET:
            sources[i]._grad = None
        elif kind is CHANGE and sources[i]._shared:
            sources[i]._own()[...] = next(given)  # the user holds the array, and sees what is written into it
        else:
            sources[i]._array, sources[i]._shared = next(given), False


def outcome(effects: Sequence[Effect], sources: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """The numbers that all tensors would have, and the gradients, had they none before."""
    given = iter(arrays)
    numbers = {id(t): t._array for t in sources}
    gradients: dict[int, Any] = dict.fromkeys(numbers)
    for i, kind, place in effects:
        t, array = id(sources[i]), None if place is None else next(given)
        if kind in (CHANGE, REPLACE):
            numbers[t] = array
        elif kind is not FORGET:
            gradients[t] = array if gradients[t] is None else gradients[t] + array
    return [*numbers.values(), *gradients.values()]
