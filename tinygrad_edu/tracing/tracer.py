"""Tracer: an array that answers NumPy's calls with numbers, and writes each call on a tape.

NumPy asks its arguments what a call means, and this is one more answer. The engine treats a tracer as it treats any
other library's array: it runs its rules on it and converts nothing. So one run of forward and backward on tracers
leaves on the tape all the NumPy calls that they are made of, and nothing else.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..engine.masked_gradient import MaskedGradient
from ..engine.sparse_gradient import SparseGradient
from ..engine.tensor_base import TensorBase
from .errors import KEEPS, CaptureError
from .functionalize import call_function, call_ufunc, place_values

if TYPE_CHECKING:
    from .tape import Tape


class Tracer(np.lib.mixins.NDArrayOperatorsMixin):
    """An array-like that stands for the value at a place of the tape."""

    __slots__ = ("__weakref__", "part_of", "place", "tape")

    def __init__(self, tape: Tape, place: int, in_line: bool = False) -> None:
        self.tape, self.place = tape, place
        self.part_of: Any = None  # the Tracer that this is a view of, and the index
        if not in_line:
            tape.tracers[id(self)] = self

    @property
    def value(self) -> Any:
        """The array that was computed here when the run was traced."""
        if self.tape.is_closed:
            raise CaptureError(KEEPS)
        return self.tape.values[self.place]

    shape = property(lambda self: np.shape(self.value))
    dtype = property(lambda self: np.asarray(self.value).dtype)
    ndim = property(lambda self: np.ndim(self.value))
    size = property(lambda self: np.size(self.value))
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.size * self.itemsize)
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.swapaxes(self, -1, -2))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))
    device = "cpu"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if any(isinstance(x, TensorBase | SparseGradient | MaskedGradient) for x in inputs):
            return NotImplemented  # those types answer the call
        return call_ufunc(self.tape, ufunc, method, inputs, out, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(t, TensorBase) for t in types):
            return NotImplemented
        return call_function(self.tape, fn, args, kwargs)

    def __as_one__(self, fn: Any, args: Any, kwargs: Any) -> Any:
        return self.tape.do(fn, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        """Return NumPy's function of this name as a method; those that work in place are defined below, or refused."""
        fn = None if name in INSTEAD else getattr(np, name, None)
        if name.startswith("_") or name == "base" or not hasattr(np.ndarray, name):
            raise AttributeError(f"an array that capture records has no attribute {name!r}")
        if not callable(fn):
            raise CaptureError(
                f"capture: an array's .{name} can't be recorded. "
                + INSTEAD.get(name, "Make the function that needs it an operation (see primitive)")
            )
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

    def view(self, dtype: Any = None, type: Any = np.ndarray) -> Any:
        if isinstance(dtype, builtins.type) and issubclass(dtype, np.ndarray):
            dtype, type = None, dtype
        if type is not np.ndarray:
            raise CaptureError(
                f"capture: a view as {type.__name__} can't be recorded; convert what is passed, or what is returned"
            )
        return (
            self[...]
            if dtype is None or self.dtype == dtype
            else self.tape.do(view_memory, (self, np.dtype(dtype)), {})
        )

    def flatten(self, order: Any = "C") -> Any:
        return np.ravel(self, order).copy()

    def fill(self, value: Any) -> None:
        self[...] = value

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        self[...] = np.sort(self, axis, kind)

    def partition(self, kth: Any, axis: int = -1, kind: Any = "introselect") -> None:
        self[...] = np.partition(self, kth, axis, kind)

    def __getitem__(self, index: Any) -> Any:
        if any(
            np.ndim(i) and i.dtype == bool
            for i in (index if isinstance(index, tuple) else (index,))
            if isinstance(i, Tracer)
        ):
            raise CaptureError(
                "capture: how many elements x[mask] takes depends on values, and differs from call to call; "
                "use np.where(mask, x, 0)"
            )
        part = self.tape.do(operator.getitem, (self, index), {})
        if np.may_share_memory(part.value, self.value):
            part.part_of = self, index
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        self.becomes(self.tape.do(place_values, (self, index, value), {}))

    def becomes(self, other: Tracer) -> None:
        """Take the place of `other`, which holds the values after a write.

        Refuse if there are views: they'd miss it.
        """
        mine = self.value
        wholes = {id(t) for t in self.wholes()}
        others = [
            t
            for t in self.tape.tracers.values()
            if t is not self and id(t) not in wholes and isinstance(t.value, np.ndarray)
        ]
        if any(np.may_share_memory(t.value, mine) and not self.is_apart(t) for t in others):
            raise CaptureError(
                "capture: something is written here into an array of which somebody else has a part (a "
                "view), and that can't be recorded. Compute a new array instead, for example with "
                "np.where, or make the function that writes an operation of its own (see primitive)"
            )
        self.place = other.place
        if self.part_of is not None:
            whole, index = self.part_of
            whole.becomes(self.tape.do(place_values, (whole, index, other), {}))

    def is_apart(self, other: Tracer) -> bool:
        """Return whether a Tracer with the very same array is independent: computed alike or given, no view."""
        made = {line.made for line in self.tape.lines}
        one_place = self.place == other.place and other.part_of is None
        return self.value is other.value and (one_place or made.isdisjoint((self.place, other.place)))

    def wholes(self) -> Iterator[Tracer]:
        """Yield the Tracers that this is a view of."""
        if self.part_of is not None:
            yield self.part_of[0]
            yield from self.part_of[0].wholes()

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"<v{self.place}: {self.dtype}{list(self.shape)}>"

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise CaptureError(
            "capture: the numbers of an array are asked for here (by if, float(), item(), print, a loop, or a function "
            "that must see them), and they differ from call to call. Use np.where in place of if, "
            "np.take_along_axis(a, i, 0) in place of a[i] of a plain array, and return what you want to see"
        )

    __array__ = __bool__ = __int__ = __float__ = __complex__ = __index__ = __iter__ = __contains__ = __format__ = refuse
    item = tolist = tobytes = tofile = dump = dumps = refuse


LAYOUT = "It depends on the place in memory, which may differ in each call: do without it"
INSTEAD = {
    "flat": "Use .reshape(-1), or .ravel()", "put": "Assign with x[index] = values",
    "resize": "Use np.resize, which makes a new one",
    "setflags": LAYOUT, **dict.fromkeys(("ctypes", "data", "flags", "strides"), LAYOUT),
}  # fmt: skip


def view_memory(x: Any, dtype: Any) -> Any:
    """Return a view of the memory of `x` as numbers of another dtype."""
    return x.view(dtype)


def astype(x: Any, dtype: Any) -> Any:
    """Return `x` converted to a dtype."""
    return x.astype(dtype)
