"""Tracer: an array that answers NumPy with numbers, and writes down what it was asked.

It is one more answer to the one question. The engine treats it as it treats any other library's array: it runs its
rules on it and converts nothing. So one run of forward and backward on tracers leaves, on the tape, all the NumPy calls
that they are made of, and nothing else of them.
"""

from __future__ import annotations

import gc
import operator
from collections.abc import Callable, Iterator
from types import CellType, FrameType
from typing import Any, NoReturn
from weakref import WeakValueDictionary

import numpy as np

from ..value import Value
from .errors import CaptureError
from .into import called_function, called_ufunc, placed


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
            given_back(holder, tracer)
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
        args, kwargs = settled(args), settled(kwargs)
        key = (fn, known(args), known(kwargs))
        if (place := self.known.get(key)) is not None and not getattr(fn, "is_draw", False):
            return Tracer(self, place)
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
        if several:  # each is a place of its own
            return getattr(y, "_make", type(y))([self.do(operator.getitem, (made, i), {}) for i in range(len(y))])
        return made


class Tracer(np.lib.mixins.NDArrayOperatorsMixin):
    """What is at a place of the tape."""

    __slots__ = ("__weakref__", "part_of", "place", "tape")

    def __init__(self, tape: Tape, place: int, in_line: bool = False) -> None:
        self.tape, self.place = tape, place
        self.part_of: Any = None  # another one, and an index
        if not in_line:
            tape.tracers[id(self)] = self

    @property
    def value(self) -> Any:
        """What was here at the time."""
        if self.tape.is_closed:
            raise CaptureError(KEEPS)
        return self.tape.values[self.place]

    shape = property(lambda self: np.shape(self.value))
    dtype = property(lambda self: np.asarray(self.value).dtype)
    ndim = property(lambda self: np.ndim(self.value))
    size = property(lambda self: np.size(self.value))
    T = property(lambda self: np.transpose(self))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if any(isinstance(x, Value) for x in inputs):
            return NotImplemented  # a Tensor says what this means
        return called_ufunc(self.tape, ufunc, method, inputs, out, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(t, Value) for t in types):
            return NotImplemented
        return called_function(self.tape, fn, args, kwargs)

    def __as_one__(self, fn: Any, args: Any, kwargs: Any) -> Any:
        return self.tape.do(fn, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        """Methods are NumPy's functions of the same name, but for those that work in place."""
        fn = None if name.startswith("_") or name in ("sort", "partition", "resize", "put") else getattr(np, name, None)
        if not callable(fn) or not hasattr(np.ndarray, name):
            raise AttributeError(f"capture: {name} of an array can't be recorded")
        return lambda *args, **kwargs: fn(self, *args, **kwargs)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        shape = shape[0] if len(shape) == 1 else shape
        y = np.reshape(self, shape, **kwargs)
        return self if y.shape == self.shape and not kwargs else y

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def astype(self, dtype: Any, *, copy: bool = True, **kwargs: Any) -> Any:
        if self.dtype == dtype:
            return self.copy() if copy else self
        return self.tape.do(astype, (self, np.dtype(dtype)), {})

    def copy(self, order: str = "C") -> Any:
        return self.tape.do(np.copy, (self,), {})

    def __getitem__(self, index: Any) -> Any:
        if any(np.ndim(i) and i.dtype == bool for i in (index if isinstance(index, tuple) else (index,)) if isinstance(i, Tracer)):
            raise CaptureError("capture: how many elements x[mask] takes depends on values, and differs from call to call; "
                               "use np.where(mask, x, 0)")
        part = self.tape.do(operator.getitem, (self, index), {})
        if np.may_share_memory(part.value, self.value):
            part.part_of = self, index
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        self.becomes(self.tape.do(placed, (self, index, value), {}))

    def becomes(self, other: Tracer) -> None:
        """Take another's place, after something was written into this one. Who has a view of it would not know."""
        mine = self.value
        wholes = {id(t) for t in self.wholes()}
        others = [t for t in self.tape.tracers.values() if t is not self and id(t) not in wholes and isinstance(t.value, np.ndarray)]
        if any(np.may_share_memory(t.value, mine) and not self.is_apart(t) for t in others):
            raise CaptureError("capture: something is written here into an array of which somebody else has a part, and that can't be "
                               "recorded. Compute a new array instead (with np.where, say), or let what does so be an operation of its "
                               "own (see primitive)")
        self.place = other.place
        if self.part_of is not None:
            whole, index = self.part_of
            whole.becomes(self.tape.do(placed, (whole, index, other), {}))

    def is_apart(self, other: Tracer) -> bool:
        """Whether another one with the very same array is on its own: computed alike, or given, and not a part or another view."""
        made = {line.made for line in self.tape.lines}
        one_place = self.place == other.place and other.part_of is None
        return self.value is other.value and (one_place or made.isdisjoint((self.place, other.place)))

    def wholes(self) -> Iterator[Tracer]:
        """Those that this is a part of."""
        if self.part_of is not None:
            yield self.part_of[0]
            yield from self.part_of[0].wholes()

    def __len__(self) -> int: return len(self.value)
    def __repr__(self) -> str: return f"<v{self.place}: {self.dtype}{list(self.shape)}>"

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise CaptureError("capture: the numbers of an array are asked for here (by if, float(), item(), print, a loop, or a function "
                           "that must see them), and they differ from call to call. Use np.where in place of if, and return "
                           "what you want to see")

    __array__ = __bool__ = __int__ = __float__ = __complex__ = __index__ = __iter__ = __contains__ = item = tolist = refuse


def given_back(holder: Any, tracer: Tracer) -> None:
    """Let somebody have an array in place of a Tracer."""
    if isinstance(holder, Value):
        holder._array, holder._node = tracer.value, None
    elif isinstance(holder, CellType):
        holder.cell_contents = tracer.value
    elif isinstance(holder, list):
        holder[:] = [tracer.value if x is tracer else x for x in holder]
    else:
        inner = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
        inner.update({k: tracer.value for k, v in inner.items() if v is tracer})


KEEPS = ("capture: the function keeps something that it computed (as an attribute, in a list, or as the gradient of a tensor that it has from "
        "where it can't be found), and when it is replayed there will be none; let it return what is to be kept")


def astype(x: Any, dtype: Any) -> Any:
    """`x`, converted."""
    return x.astype(dtype)


# --------------------------------------------------------------------------------------- arguments


def settled(nest: Any) -> Any:
    """Arguments as they are now: what can be written into later is copied."""
    if isinstance(nest, Tracer):
        return Tracer(nest.tape, nest.place, in_line=True)
    if isinstance(nest, np.ndarray):
        return nest.copy() if nest.flags.writeable else nest
    if isinstance(nest, dict):
        return {k: settled(v) for k, v in nest.items()}
    return type(nest)(map(settled, nest)) if type(nest) in (list, tuple) else nest


def numbers(nest: Any) -> Any:
    """The same nest with arrays for Tracers."""
    if isinstance(nest, Tracer):
        return nest.value
    if isinstance(nest, dict):
        return {k: numbers(v) for k, v in nest.items()}
    return type(nest)(map(numbers, nest)) if type(nest) in (list, tuple) else nest


def known(nest: Any) -> Any:
    """What tells calls apart."""
    if isinstance(nest, Tracer):
        return "place", nest.place
    if isinstance(nest, np.ndarray):
        return nest.dtype, nest.shape, nest.tobytes()
    if isinstance(nest, dict):
        return tuple((k, known(v)) for k, v in nest.items())
    if isinstance(nest, list | tuple):
        return (type(nest), *map(known, nest))
    if isinstance(nest, slice):
        return slice, nest.start, nest.stop, nest.step
    return type(nest), repr(nest) if isinstance(nest, float | complex | np.generic) else nest
