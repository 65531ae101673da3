"""The tape: the NumPy calls of a traced run, line by line, and their results. Equal calls are written once."""

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


class TapeLine:
    """One call, ``made = fn(*args, **kwargs)``; Tracers among the arguments stand for the results of earlier lines."""

    __slots__ = ("args", "fn", "kwargs", "made")

    def __init__(self, made: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.made, self.fn, self.args, self.kwargs = made, fn, args, kwargs


class Tape:
    """All calls of a run, in order. An equal call is written down once (common subexpression elimination)."""

    def __init__(self) -> None:
        self.lines: list[TapeLine] = []
        self.values: list[Any] = []  # what each place held when it was recorded
        self.known: dict[Any, int] = {}
        self.is_closed = False
        self.ambient: Any = None  # np.geterr() around the function; None where it does not matter
        self.closed_by: Any = ()  # deferred calls, which run at the end: nothing may be computed behind them
        self.tracers: WeakValueDictionary[int, Tracer] = WeakValueDictionary()  # without those that lines hold

    def enter(self, array: Any) -> Tracer:
        """Put a value at a new place, and return a Tracer for it."""
        self.values.append(array)
        return Tracer(self, len(self.values) - 1)

    def close(self, has_failed: bool = False) -> bool:
        """Release all arrays, and return whether anybody still holds a Tracer.

        Lines know Tracers, and these know their tape: such a circle would live long. An object that still holds a
        Tracer (a tensor, a list, a dict) has kept a result of the function; it gets the array instead.
        """
        self.lines.clear()
        self.known.clear()
        found = self.held()
        if found and not has_failed:  # an error holds all that it came through
            found.clear()
            gc.collect()  # perhaps only a circle of dead objects held it
            found = self.held()
        for tracer, holder in found:
            give_back(holder, tracer)
        self.values.clear()
        self.is_closed = True
        return bool(found)

    def held(self) -> list[tuple[Tracer, Any]]:
        """Return the Tracers that are still held, each with its holder."""
        left = list(self.tracers.values())
        holders = gc.get_referrers(*left) if left else []  # for all at once, since it searches all objects
        return [
            (t, x)
            for x in holders
            if x is not left and not isinstance(x, FrameType)
            for t in gc.get_referents(x)
            if isinstance(t, Tracer) and t.tape is self
        ]

    def place_of(self, array: Any) -> int:
        """Return the place of an array; a plain array gets a new one."""
        if isinstance(array, Tracer):
            return array.place
        made = self.enter(array)
        self.lines.append(TapeLine(made.place, np.copy, (array,), {}))
        return made.place

    def do(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call `fn`, write the call down, and return a Tracer for its result (or the result, if it is no array)."""
        if self.closed_by:
            raise CaptureError(
                "capture: an optimiser's step() waits until all is computed, but here more is computed "
                "behind it; let step() be the last thing that the function does, or capture each step "
                "on its own"
            )
        args, kwargs = snapshot(args), snapshot(kwargs)
        key = (fn, call_key(args), call_key(kwargs))
        if (place := self.known.get(key)) is not None and not getattr(fn, "is_draw", False):
            return self.parts(Tracer(self, place))
        y = fn(*values_on_tape(args), **values_on_tape(kwargs))
        if getattr(fn, "is_check", False):
            self.lines.append(TapeLine(self.enter(None).place, fn, args, kwargs))
            return None
        several = isinstance(y, tuple | list)
        if not all(isinstance(part, np.ndarray | np.generic) for part in (y if several else (y,))) or (
            several and not y
        ):
            return y  # a shape or a dtype, which is the same in every call
        made = self.enter(y)
        self.lines.append(TapeLine(made.place, fn, args, kwargs))
        self.known[key] = made.place
        # The captured function entered an np.errstate of its own.
        if self.ambient is not None and (now := np.geterr()) != self.ambient:
            self.lines[-1].fn = under(fn, tuple(now.items()))
        return self.parts(made)

    def parts(self, made: Tracer) -> Any:
        """Return the Tracer of a line's result; for several results, a tuple of Tracers with places of their own."""
        y = made.value
        if not isinstance(y, tuple | list):
            return made
        return getattr(y, "_make", type(y))([self.do(operator.getitem, (made, i), {}) for i in range(len(y))])


@cache
def under(fn: Callable[..., Any], treatment: Any) -> Callable[..., Any]:
    """Return a function that calls `fn` under this ``np.errstate``."""

    @wraps(fn)
    def called(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(**dict(treatment)):
            return fn(*args, **kwargs)

    return called


def give_back(holder: Any, tracer: Tracer) -> None:
    """Replace a Tracer by its array in the object that holds it."""
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


def snapshot(nest: Any) -> Any:
    """Return the arguments as they are now: arrays that may be written into later are copied."""
    if isinstance(nest, Tracer):
        return Tracer(nest.tape, nest.place, in_line=True)
    if isinstance(nest, np.ndarray):
        return nest.copy() if any(array.flags.writeable for array in memory_of(nest)) else nest
    if isinstance(nest, dict):
        return {k: snapshot(v) for k, v in nest.items()}
    return type(nest)(map(snapshot, nest)) if type(nest) in (list, tuple) else nest


def memory_of(array: Any) -> Iterator[Any]:
    """Yield an array and those that it is a view of, since a read-only view may have a writable base."""
    while isinstance(array, np.ndarray):
        yield array
        array = array.base


def values_on_tape(nest: Any, values: Any = None) -> Any:
    """Return a copy of a nest with arrays in place of Tracers: those on the tape, or those in `values`."""
    if isinstance(nest, Tracer):
        return nest.value if values is None else values[nest.place]
    if isinstance(nest, dict):
        return {k: values_on_tape(v, values) for k, v in nest.items()}
    return type(nest)([values_on_tape(part, values) for part in nest]) if type(nest) in (list, tuple) else nest


def call_key(nest: Any) -> Any:
    """Return a dict key that is equal for equal arguments only, bit for bit."""
    if isinstance(nest, Tracer):
        return "place", nest.place
    if isinstance(nest, np.ndarray):
        numbers = nest.tobytes() if nest.dtype.char not in "gG" else repr(nest.tolist())  # long doubles have padding
        return nest.dtype, nest.shape, numbers
    if isinstance(nest, dict):
        return tuple((k, call_key(v)) for k, v in nest.items())
    if isinstance(nest, list | tuple):
        return (type(nest), *map(call_key, nest))
    if isinstance(nest, slice):
        return slice, nest.start, nest.stop, nest.step
    return type(nest), repr(nest) if isinstance(nest, float | complex | np.generic) else nest
