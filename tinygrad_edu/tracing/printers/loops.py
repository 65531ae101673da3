"""Loops: a program as languages without NumPy can print it. Each loop has one statement, ``target[i, j] = expression``.

All shapes are known when a program is recorded, so every array is a plain row of numbers, and every index into it is a
sum: ``x[start + 4 * i + j]``. A transposed, sliced or broadcast array needs no loop of its own, since it is the same
row with other steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Read:
    """The number of an array at the place ``start + steps[0] * i + steps[1] * j + ...``.

    Attributes
    ----------
    array : str
    start : int
    steps : tuple of int
        One for each variable of the loop.
    table : str
        The name of an array of places, if there is one: then the sum is a place in this table, which holds the place.
    """

    array: str
    start: int
    steps: tuple[int, ...]
    table: str = ""


@dataclass(frozen=True)
class Position:
    """The value of a variable of the loop, times a step, plus a start."""

    start: int
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """A function of numbers, by NumPy's name for it."""

    function: str
    args: tuple[Expression, ...]


Expression = Read | Position | Call | float


@dataclass(frozen=True)
class Loop:
    """Nested loops around one statement.

    Attributes
    ----------
    counts : tuple of int
        How often each loop runs; the last is the innermost.
    target : Read
        The number that the statement sets.
    value : Read, Position, Call, or a number
    update : str
        How the value meets the number that is there: "set" replaces it, "add" adds to it, and so on.
    """

    counts: tuple[int, ...]
    target: Read
    value: Expression
    update: str = "set"


@dataclass(frozen=True)
class View:
    """An array of a shape, laid out in a row of numbers; or, if `number` is not None, that number everywhere."""

    name: str
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    start: int
    dtype: Any
    number: Any = None

    @property
    def is_whole(self) -> bool:
        """Whether the array is its row of numbers in order, from the start."""
        steps = steps_of(self.shape)
        rows = zip(self.steps, steps, self.shape, strict=True)
        return self.number is None and not self.start and all(a == b or n == 1 for a, b, n in rows)

    def spread(self, steps: tuple[int, ...], start: int = 0) -> Expression:
        """Return the number at a place that moves by `steps` with the variables of a loop."""
        return Read(self.name, self.start + start, steps) if self.number is None else self.number

    def read(self, counts: tuple[int, ...]) -> Expression:
        """Return the number that meets each place of an array of the shape `counts`, by the rules of broadcasting."""
        extra = len(counts) - len(self.shape)
        steps = (0,) * extra + tuple(0 if n == 1 else s for n, s in zip(self.shape, self.steps, strict=True))
        return self.spread(steps)


def steps_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return by how much the place in a row moves with each index of an array."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


@dataclass
class LoopProgram:
    """A program of loops.

    Attributes
    ----------
    arguments : dict from str to View
    results : list of View
        Each is the whole of an array.
    arrays : dict from str to View
        The arrays that the program makes, which begin as zeros.
    constants : dict from str to ndarray
        The arrays that are the same in each call.
    loops : list of Loop
        In the order in which they run.
    """

    arguments: dict[str, View] = field(default_factory=dict)
    results: list[View] = field(default_factory=list)
    arrays: dict[str, View] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)


class CannotPrint(TypeError):
    """An operation, or a kind of number, that a language has no words for."""


def count_work(program: LoopProgram) -> int:
    """Return how many statements a program runs."""
    return sum(math.prod(loop.counts) for loop in program.loops)


def simplify_loop(loop: Loop) -> Loop:
    """Return a loop with fewer variables: without those that run once, and with consecutive rows as one."""
    counts = list(loop.counts)
    affine = places_in(loop.target) + places_in(loop.value)
    steps = [list(place.steps) for place in affine]
    for i in reversed(range(len(counts))):
        after = i + 1 < len(counts)
        if counts[i] == 1 or (after and all(s[i] == s[i + 1] * counts[i + 1] for s in steps)):
            if counts[i] != 1:
                counts[i + 1] *= counts[i]
            del counts[i]
            for s in steps:
                del s[i]
    left = iter(map(tuple, steps))
    target: Any = with_steps(loop.target, left)
    return Loop(tuple(counts), target, with_steps(loop.value, left), loop.update)


def places_in(x: Expression) -> list[Read | Position]:
    """Return the places in an expression, in order."""
    if isinstance(x, Call):
        return [place for a in x.args for place in places_in(a)]
    return [x] if isinstance(x, Read | Position) else []


def with_steps(x: Expression, steps: Any) -> Expression:
    """Return an expression with other steps in its places, which are taken in order."""
    if isinstance(x, Call):
        return Call(x.function, tuple(with_steps(a, steps) for a in x.args))
    if isinstance(x, Read):
        return Read(x.array, x.start, next(steps), x.table)
    return Position(x.start, next(steps)) if isinstance(x, Position) else x


def is_same_everywhere(x: Any) -> bool:
    """Return whether all numbers of an array are equal, so that one is enough."""
    flat = np.ravel(x)
    return bool(flat.size) and flat.tobytes() == flat[:1].tobytes() * flat.size  # bit by bit: -0.0 is not 0.0
