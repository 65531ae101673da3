"""Lowering: a recorded program, which is NumPy calls, becomes loops. A table has the way of each function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.table import parameters
from ..lines import is_check, tracers
from ..program import TapeProgram
from ..tape import TapeLine
from ..tracer import Tracer
from .loops import Call, CannotPrint, Expression, Loop, LoopProgram, View, is_same_everywhere, steps_of

Lowered = Callable[["Lowering", TapeLine], View]
TABLE: dict[Any, Lowered] = {}
BITWISE = {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert}  # integers have other bits in other languages,
DIVISIONS = {np.floor_divide, np.remainder, np.power}  # and another answer to a division by 0


def lowers(*functions: Any) -> Callable[[Lowered], Lowered]:
    """Enter a function in the table. It gets the lowering and a line, and returns the view of its result."""

    def enter(lowered: Lowered) -> Lowered:
        TABLE.update({getattr(fn, "fn", fn): lowered for fn in functions})  # an operation is recorded as its function
        return lowered

    return enter


def lower(program: TapeProgram) -> LoopProgram:
    """Return the loops of a program's forward part.

    Raises
    ------
    CannotPrint
        If a line can't be said in loops; the message says which.
    """
    lowering = Lowering(program.tape.values, program.constants)
    for place, name in program.given.items():
        lowering.views[place] = lowering.program.arguments[name] = whole(name, np.asarray(lowering.values[place]))
    for place in program.ahead.places:
        if not is_check(line := program.lines[place]):
            lowering.views[place] = lowering.lower_line(line)
    lowering.program.results = [lowering.whole(lowering.view_at(place)) for place in program.outputs]
    return lowering.program


class Lowering:
    """The loops that were written so far, and where each place of the tape lies."""

    def __init__(self, values: list[Any], constants: dict[int, Any]) -> None:
        self.values, self.fixed = values, constants
        self.views: dict[int, View] = {}
        self.program = LoopProgram()
        self.made: Any = None  # the value that the line computed when it was recorded

    def lower_line(self, line: TapeLine) -> View:
        """Write the loops of a line, and return the view of its result."""
        name, self.made = getattr(line.fn, "__name__", str(line.fn)), self.values[line.made]
        if isinstance(self.made, tuple | list):
            raise CannotPrint(f"{name} has several results")
        check_dtype(name, np.asarray(self.made).dtype)
        lowered = TABLE.get(line.fn) or (elementwise if isinstance(line.fn, np.ufunc) and line.fn.nout == 1 else None)
        if lowered is None:
            raise CannotPrint(f"{name} can't be written as loops yet")
        return lowered(self, line)

    # ------------------------------------------------------------------------------------------------- the arguments

    def view_at(self, place: int) -> View:
        if place in self.fixed:
            return self.constant(np.asarray(self.fixed[place]))
        return self.views[place]

    def view(self, x: Any) -> View:
        """Return the view of an argument."""
        return self.view_at(x.place) if isinstance(x, Tracer) else self.constant(np.asarray(x))

    def constant(self, x: Any) -> View:
        """Return the view of an array that is the same in each call."""
        check_dtype("a constant", x.dtype)
        if not x.size or is_same_everywhere(x):
            number = x.flat[0].item() if x.size else 0
            return View("", x.shape, (0,) * x.ndim, 0, x.dtype, number)
        flat = np.ascontiguousarray(x).reshape(-1)
        key = (flat.tobytes(), x.dtype)
        for name, there in self.program.constants.items():
            if (there.tobytes(), there.dtype) == key:
                return View(name, x.shape, steps_of(x.shape), 0, x.dtype)
        name = f"c{len(self.program.constants)}"
        self.program.constants[name] = flat
        return whole(name, x)

    def known(self, x: Any) -> Any:
        """Return an argument that must be the same in each call, such as an index, with values in place of Tracers."""
        if isinstance(x, Tracer):
            if x.place not in self.fixed:
                raise CannotPrint("an index depends on the numbers of an array")
            return self.fixed[x.place]
        if isinstance(x, tuple | list):
            return type(x)(map(self.known, x))
        if isinstance(x, slice) and tracers(x):
            raise CannotPrint("a slice depends on the numbers of an array")
        return x

    # ----------------------------------------------------------------------------------------------------- the loops

    def new(self, shape: tuple[int, ...], dtype: Any = None) -> View:
        """Return a new array of zeros; its dtype is that of the line's result, unless another is given."""
        name = f"v{len(self.program.arrays)}"
        dtype = np.dtype(np.asarray(self.made).dtype if dtype is None else dtype)
        self.program.arrays[name] = made = View(name, tuple(shape), steps_of(tuple(shape)), 0, dtype)
        return made

    def write(self, target: View, value: Expression, update: str = "set") -> View:
        """Write a loop over all places of a view, and return the view."""
        self.loop(target.shape, target.spread(target.steps), value, update)
        return target

    def loop(self, counts: tuple[int, ...], target: Any, value: Expression, update: str = "set") -> None:
        if 0 not in counts:
            self.program.loops.append(Loop(counts, target, value, update))

    def map(self, function: str, *args: View, shape: tuple[int, ...] | None = None, dtype: Any = None) -> View:
        """Write the loop of an elementwise function, and return its result."""
        shape = np.broadcast_shapes(*(a.shape for a in args)) if shape is None else shape
        return self.write(self.new(shape, dtype), Call(function, tuple(a.read(shape) for a in args)))

    def length(self, view: View) -> int:
        """Return how many numbers the row has in which a view lies."""
        for arrays in (self.program.arrays, self.program.arguments):
            if view.name in arrays:
                return math.prod(arrays[view.name].shape)
        return len(self.program.constants[view.name])

    def copy(self, view: View) -> View:
        """Write a copy of a view, which is a whole array."""
        return self.write(self.new(view.shape, view.dtype), view.read(view.shape))

    def whole(self, view: View) -> View:
        """Return a view that is the whole of a row, which is a copy if `view` isn't."""
        return view if view.is_whole and math.prod(view.shape) == self.length(view) else self.copy(view)


def whole(name: str, x: Any) -> View:
    return View(name, x.shape, steps_of(x.shape), 0, x.dtype)


def check_dtype(name: str, dtype: Any) -> None:
    if dtype.kind not in "biuf" or dtype.char in "egG":
        raise CannotPrint(f"{name} has numbers of the type {dtype}")


def elementwise(to: Lowering, line: TapeLine) -> View:
    """Lower a function of single numbers, of any number of arrays, which are broadcast."""
    if line.kwargs:
        raise CannotPrint(f"{line.fn.__name__} with {', '.join(line.kwargs)} can't be written as loops yet")
    kind = np.asarray(to.made).dtype.kind
    if (line.fn in BITWISE and kind != "b") or (line.fn in DIVISIONS and kind in "iu"):
        raise CannotPrint(f"{line.fn.__name__} of integers can't be written as loops yet")
    return to.map(line.fn.__name__, *map(to.view, line.args), shape=np.shape(to.made))


def bind(line: TapeLine) -> dict[str, Any]:
    """Return the arguments of a line by their names."""
    return {**dict(zip(parameters(line.fn), line.args, strict=False)), **line.kwargs}
