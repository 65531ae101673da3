"""Tape: what was asked of arrays, line by line, and what came of it."""

from __future__ import annotations

import gc
import operator
from collections.abc import Callable, Iterator
from functools import cache, wraps
from types import CellType, FrameType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..engine.tensor_base import TensorBase
from .errors import CaptureError
from .tracer import Tracer


class Line:
    """One call: ``made = fn(*args, **kwargs)``, where Tracers among the arguments stand for what earlier lines made."""

    __slots__ = ("args", "fn", "kwargs", "made")

    def __init__(self, made: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.made, self.fn, self.args, self.kwargs = made, fn, args, kwargs


class Tape:
    """All that was asked, in order. What is computed twice is written down once."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.values: list[Any] = []  # what each place held when it was recorded
        self.known: dict[Any, int] = {}
        self.is_closed = False
        self.ambient: Any = None  # how NumPy treats divisions by 0 and the like around the function; None: it does not matter
        self.closed_by: Any = ()  # calls that have to wait till the end: nothing comes behind them
        self.tracers: WeakValueDictionary[int, Tracer] = WeakValueDictionary()  # those that somebody else than a line holds

    def enter(self, array: Any) -> Tracer:
        """A new place, for something that is given."""
        self.values.append(array)
        return Tracer(self, len(self.values) - 1)

    def close(self, has_failed: bool = False) -> bool:
        """Let go of all arrays: lines know Tracers, and these know their tape, which would keep them for long.

        Who has a Tracer still has kept what the function computed: a tensor, a list, a dict. It gets what was there. The answer
        is whether there are such.
        """
        self.lines.clear()
        self.known.clear()
        found = self.held()
        if found and not has_failed:  # an error holds all that it came through
            found.clear()
            gc.collect()  # perhaps it was only a circle of objects that nobody holds
            found = self.held()
        for tracer, holder in found:
            give_back(holder, tracer)
        self.values.clear()
        self.is_closed = True
        return bool(found)

    def held(self) -> list[tuple[Tracer, Any]]:
        """Tracers that somebody else holds, and who."""
        left = list(self.tracers.values())
        holders = gc.get_referrers(*left) if left else []  # for all at once: this looks at everything that there is
        return [(t, x) for x in holders if x is not left and not isinstance(x, FrameType)
                for t in gc.get_referents(x) if isinstance(t, Tracer) and t.tape is self]

    def place_of(self, array: Any) -> int:
        """Where this is: for what came out as a plain array, a place of its own."""
        if isinstance(array, Tracer):
            return array.place
        made = self.enter(array)
        self.lines.append(Line(made.place, np.copy, (array,), {}))
        return made.place

    def do(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call `fn` and write it down."""
        if self.closed_by:
            raise CaptureError("capture: an optimiser's step() waits until all is computed, and here is more to compute behind it; let it "
                               "be the last thing that the function does, or capture each step on its own")
        args, kwargs = settle(args), settle(kwargs)
        key = (fn, call_key(args), call_key(kwargs))
        if (place := self.known.get(key)) is not None and not getattr(fn, "is_draw", False):
            return self.parts(Tracer(self, place))
        y = fn(*numbers(args), **numbers(kwargs))
        if getattr(fn, "is_check", False):
            self.lines.append(Line(self.enter(None).place, fn, args, kwargs))
            return None
        several = isinstance(y, tuple | list)
        if not all(isinstance(part, np.ndarray | np.generic) for part in (y if several else (y,))) or (several and not y):
            return y  # a shape, a dtype: the same in every call
        made = self.enter(y)
        self.lines.append(Line(made.place, fn, args, kwargs))
        self.known[key] = made.place
        if self.ambient is not None and (now := np.geterr()) != self.ambient:  # the function says so itself, and is called under its own
            self.lines[-1].fn = under(fn, tuple(now.items()))
        return self.parts(made)

    def parts(self, made: Tracer) -> Any:
        """What a line made; of several results each has a place of its own."""
        y = made.value
        if not isinstance(y, tuple | list):
            return made
        return getattr(y, "_make", type(y))([self.do(operator.getitem, (made, i), {}) for i in range(len(y))])


@cache
def under(fn: Callable[..., Any], treatment: Any) -> Callable[..., Any]:
    """The function, called with this ``np.errstate``."""

    @wraps(fn)
    def called(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(**dict(treatment)):
            return fn(*args, **kwargs)

    return called


def give_back(holder: Any, tracer: Tracer) -> None:
    """Let somebody have an array in place of a Tracer."""
    if isinstance(holder, TensorBase):
        holder._array, holder._node = tracer.value, None
    elif isinstance(holder, CellType):
        holder.cell_contents = tracer.value
    elif isinstance(holder, list):
        holder[:] = [tracer.value if x is tracer else x for x in holder]
    else:
        inner = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
        inner.update({k: tracer.value for k, v in inner.items() if v is tracer})


# --------------------------------------------------------------------------------------- arguments


def settle(nest: Any) -> Any:
    """Arguments as they are now: what can be written into later is copied."""
    if isinstance(nest, Tracer):
        return Tracer(nest.tape, nest.place, in_line=True)
    if isinstance(nest, np.ndarray):
        return nest.copy() if any(array.flags.writeable for array in memory_of(nest)) else nest
    if isinstance(nest, dict):
        return {k: settle(v) for k, v in nest.items()}
    return type(nest)(map(settle, nest)) if type(nest) in (list, tuple) else nest


def memory_of(array: Any) -> Iterator[Any]:
    """An array, and those that it is a view of: what can't be written into by one name can be by another."""
    while isinstance(array, np.ndarray):
        yield array
        array = array.base


def numbers(nest: Any, values: Any = None) -> Any:
    """The same nest with arrays for Tracers: what is at their places, or would be with these values."""
    if isinstance(nest, Tracer):
        return nest.value if values is None else values[nest.place]
    if isinstance(nest, dict):
        return {k: numbers(v, values) for k, v in nest.items()}
    return type(nest)([numbers(part, values) for part in nest]) if type(nest) in (list, tuple) else nest


def call_key(nest: Any) -> Any:
    """What tells calls apart."""
    if isinstance(nest, Tracer):
        return "place", nest.place
    if isinstance(nest, np.ndarray):
        numbers = nest.tobytes() if nest.dtype.char not in "gG" else repr(nest.tolist())  # long doubles have bytes that mean nothing
        return nest.dtype, nest.shape, numbers
    if isinstance(nest, dict):
        return tuple((k, call_key(v)) for k, v in nest.items())
    if isinstance(nest, list | tuple):
        return (type(nest), *map(call_key, nest))
    if isinstance(nest, slice):
        return slice, nest.start, nest.stop, nest.step
    return type(nest), repr(nest) if isinstance(nest, float | complex | np.generic) else nest
