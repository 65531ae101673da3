"""Side effects of a captured function: gradients that it leaves in tensors, and numbers of tensors that it changes.

While the function is recorded, each leaf has a probe in place of its gradient. At the end, the gradient shows what was
done: something was added to the probe, as backward() does, or the probe is gone, as zero_grad() does. Numbers are
changed by BatchNorm, for example, and by ``w.data -= rate * w.grad.data``. Then the tensor holds another Tracer at the
end than at the beginning, or its Tracer has another place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.node import Leaf
from ..engine.tensor_base import TensorBase, wrap
from .errors import CaptureError
from .lines import places_behind
from .tape import Tape, TapeLine
from .tracer import Tracer

FORGET, LEAVE, ADD, CHANGE, REPLACE = "forget", "leave", "add", "change", "replace"


class Effect(NamedTuple):
    """One side effect on a tensor."""

    source: int  # the tensor's number among all that the program depends on
    # FORGET, LEAVE and ADD concern the gradient; CHANGE writes into the array, REPLACE puts another in its place
    kind: str
    place: int | None  # the place on the tape of the array for it


class GradientProbes:
    """Probes in place of the gradients of `tensors`, which hold Tracers: they show what a function does to both."""

    def __init__(self, tape: Tape, tensors: Sequence[Any]) -> None:
        self.tape, self.tensors = tape, tensors
        self.arrays = [(t._array, t._array.place, t._node) for t in tensors]
        self.places: dict[int, int] = {}
        self.found: list[Effect] | None = None  # the effects before an optimiser's deferred step
        for i, t in enumerate(tensors):
            t._grad = None
            t._shared = True  # so that ``t.data`` is this very Tracer, and shows what is written into it
            if type(t._node) is Leaf:
                t._grad = wrap(tape.enter(np.zeros(t.shape, t.dtype)))
                self.places[i] = t._grad._array.place

    def pause(self) -> None:
        """Note the effects before an optimiser's step is deferred.

        Its results aren't known yet: nothing may use them.
        """
        self.found = self.effects()
        self.later = [
            (self.tape.enter(array.value), t._grad) for t, (array, _, _) in zip(self.tensors, self.arrays, strict=True)
        ]
        for t, (array, _) in zip(self.tensors, self.later, strict=True):
            t._array = array

    def end(self, ys: Sequence[Any]) -> tuple[list[Effect], list[int]]:
        """Return all effects, and the tensors whose gradients a function with results `ys` forgot after its step()."""
        results = [y._array if isinstance(y, TensorBase) else y for y in ys]
        self.refuse_old([y.place for y in results if isinstance(y, Tracer)])
        if self.found is None:
            return self.effects(), []
        forgotten = []
        for i, (t, (array, g)) in enumerate(zip(self.tensors, self.later, strict=True)):
            returned = any(y is array or y is self.arrays[i][0] for y in results)
            if t._array is not array or returned or (t._grad is not g and t._grad is not None):
                raise CaptureError(
                    "capture: an optimiser's step() waits until all is computed, so nothing behind it "
                    f"can use or change the tensors that were there before ({t!r:.60}), except by "
                    "zero_grad(); do so outside"
                )
            if t._grad is not g:
                forgotten.append(i)
            t._array = self.arrays[i][0]
        return self.found, forgotten

    def effects(self) -> list[Effect]:
        """Return the effects so far."""
        found = [change for i in range(len(self.tensors)) for change in self.changes(i)]
        lines = {line.made: line for line in self.tape.lines}
        found += [left for i in self.places for left in self.left(i, self.tensors[i]._grad, lines)]
        self.refuse_old([effect.place for effect in found if effect.place is not None])
        return found

    def changes(self, i: int) -> list[Effect]:
        """Return how a tensor's numbers were changed, and give it its old array again."""
        t, (array, place, node) = self.tensors[i], self.arrays[i]
        now = t._array
        if t._node is not node or now.shape != array.shape or now.dtype != array.dtype:
            raise CaptureError(
                f"capture: the function gives a tensor that was there before ({t!r:.80}) another shape, "
                "dtype or graph; let it return a new tensor instead"
            )
        t._array = array
        if now is array and now.place == place:
            return []
        ends = ([(CHANGE, array.place)] if array.place != place else []) + (
            [(REPLACE, self.tape.place_of(now))] if now is not array else []
        )
        return [Effect(i, kind, end) for kind, end in ends]

    def left(self, i: int, g: Any, lines: dict[int, TapeLine]) -> list[Effect]:
        """Return what was done to a tensor's gradient, which is `g` now."""
        start = self.places[i]
        if g is None:
            return [Effect(i, FORGET, None)]
        if isinstance(g, TensorBase) and g._node is not None:
            raise CaptureError(
                "capture: the function leaves a gradient that can itself be differentiated, by backward(create_graph="
                "True); let it call zero_grad() after using that, or call backward() outside"
            )
        added: list[int] = []
        whole = place = self.tape.place_of(g._array if isinstance(g, TensorBase) else g)
        while place != start:
            line = lines.get(place)
            if line is None or line.fn is not np.add or line.kwargs or not isinstance(line.args[0], Tracer):
                return [Effect(i, LEAVE, whole)]
            place = line.args[0].place
            more = line.args[1]
            # It may become the gradient itself, and so must have its shape.
            if not isinstance(more, Tracer) or more.shape != self.tensors[i].shape:
                more = self.tape.do(np.full, (self.tensors[i].shape, more, self.tensors[i].dtype), {})
            added.insert(0, self.tape.place_of(more))
        return [Effect(i, ADD, p) for p in added]

    def refuse_old(self, places: Sequence[int]) -> None:
        """Raise if these places are computed from gradients that were there before the call."""
        if not places_behind(self.tape, [*places]).isdisjoint(self.places.values()):
            raise CaptureError(
                "capture: the function reads a gradient that was there before it was called; let it call zero_grad() "
                "first, or use gradients outside"
            )


def done(effects: Sequence[Effect], sources: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Do the side effects of a call, with its arrays for those on the tape."""
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
    """Return the numbers of all tensors after the side effects, and then their gradients, if they had none before."""
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
