"""The operation that a replayed program is to the engine, and the arrays it works in.

A program writes into arrays of its own, and its backward reads what its forward left there. So each result has a space
to itself, until its graph is released or dropped; then the next one has it. Whether anybody still holds a space needs
no bookkeeping: CPython counts references.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

from ..parts import Parts
from ..table import rule
from ..value import Value

FREE = 3  # what getrefcount says of a space that only our list holds, the loop's name and its own argument included


class Space:
    """The functions of a program, with arrays of their own."""

    __slots__ = ("backward", "forward", "found", "g", "pool")

    def __init__(self, pool: Spaces) -> None:
        self.pool = pool
        self.forward, self.backward = pool.program()
        self.g: Any = None  # the gradient that was asked with last
        self.found: list[Any] = []  # what was found by it, each until it is fetched

    def find(self, g: Any, inputs: tuple[Any, ...]) -> None:
        """Compute the gradients of all inputs."""
        parts = [g[k] for k, tracked in enumerate(self.pool.tracks) if tracked] if self.pool.several else [g]
        again = isinstance(g, Value)  # gradients that are to be differentiated
        self.found, self.g = list(self.pool.again(parts, inputs) if again else self.backward(*parts, *inputs)), g


class Spaces:
    """All spaces of a recording's program."""

    def __init__(self, recording: Any, program: Callable[[], Any]) -> None:
        results = [r for r in recording.results if r.place is not None]
        self.program = program
        self.again = recording.again
        self.several = len(results) != 1
        self.tracks = [r.tracked for r in results]
        self.turn = [sum(recording.flowing[:i]) for i in range(len(recording.flowing))]  # of each input, among those that get gradients
        self.all: list[Space] = []

    def free(self) -> Space:
        """One that nobody needs."""
        for space in self.all:
            if getrefcount(space) == FREE:
                return space
        self.all.append(Space(self))
        return self.all[-1]


def replayed(work: tuple[Space], *inputs: Any) -> Any:
    """What the program makes of the inputs: an array, or several as one."""
    y = work[0].forward(*inputs)
    return y[0] if len(y) == 1 else Parts(y)


def gradient(i: int) -> Callable[..., Any]:
    """The vjp of argument `i`. The first that is asked finds the gradients of all; the walk asks each in turn."""

    def vjp(g: Any, y: Any, work: tuple[Space], *inputs: Any) -> Any:
        space = work[0]
        turn = space.pool.turn[i - 1]
        if space.g is not g or space.found[turn] is None:
            space.find(g, inputs)
        d, space.found[turn] = space.found[turn], None
        return d

    return vjp


rule(replayed, each=gradient, name="captured")
