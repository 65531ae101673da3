"""The operation that a replayed program is to the engine, and the arrays it works in.

A program writes into arrays of its own, and its backward reads what its forward left there. So each call has a space
to itself, until its graphs are released or dropped; then the next one has it. Whether anybody still holds a space needs
no bookkeeping: CPython counts references.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

from ..table import rule
from ..value import Value
from .errors import CaptureError

IDLE = 4  # spaces that are kept for nobody


class Space:
    """The functions of a program, with arrays of their own."""

    __slots__ = ("asked", "backwards", "chance", "forward", "found", "g", "recording", "result", "ys")

    def __init__(self, recording: Any) -> None:
        self.recording = recording
        self.forward, self.backwards = recording.program()
        self.clear()

    def clear(self) -> None:
        """Forget the last call; not the arrays, which the next one writes into."""
        self.ys: Any = None  # what forward gave
        self.g: Any = None  # the gradient that was asked with last
        self.result, self.asked = -1, 0  # for which result and input
        self.found: list[Any] = []  # what was found then
        self.chance: Any = None  # the generator's state, where random numbers were drawn

    def find(self, result: int, g: Any, inputs: tuple[Any, ...]) -> None:
        """Compute the gradients of all inputs of one result."""
        if isinstance(g, Value) or any(isinstance(x, Value) for x in inputs):  # to be differentiated in their turn
            self.found = self.recording.again(result, g, inputs, self.chance)
        else:
            self.found = list(self.backwards[result](g, *inputs))
        self.g, self.result = g, result


class Spaces:
    """All spaces of a recording's program."""

    def __init__(self, recording: Any) -> None:
        self.recording = recording
        self.all: list[Space] = []

    def free(self) -> Space:
        """One that nobody needs."""
        idle = [space for space in self.all if getrefcount(space) == FREE]
        if len(idle) > IDLE:
            self.all = [space for space in self.all if not any(space is other for other in idle[IDLE:])]
        if not idle:
            idle = [Space(self.recording)]
            self.all += idle
        idle[0].clear()
        return idle[0]


FREE = max([getrefcount(x) for x in [object()]])  # what is said in there of a space that only the list holds


def replayed(work: tuple[Space, int], *inputs: Any) -> Any:
    """One result of a call. The first that is asked for computes them all."""
    space, result = work
    if space.ys is None:
        space.ys = space.forward(*inputs)
    return space.ys[result]


def gradient(i: int) -> Callable[..., Any]:
    """The vjp of argument `i`. The first that is asked finds the gradients of all; the walk asks each, from first to last."""

    def vjp(g: Any, y: Any, work: tuple[Space, int], *inputs: Any) -> Any:
        if type(work) is not tuple:  # a formula is asked for
            raise CaptureError("a captured function has no formula but its program: see its .source, or compute under watch()")
        space, result = work
        if space.g is not g or i <= space.asked or space.result != result:
            space.find(result, g, inputs)
        space.asked = i
        turn = space.recording.turns[result][i - 1]
        d, space.found[turn] = space.found[turn], None
        return d

    return vjp


rule(replayed, each=gradient, name="captured")
