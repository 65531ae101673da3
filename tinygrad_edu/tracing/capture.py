"""`capture`: trace a function of Tensors once, compile it to a straight program of NumPy calls, and replay that."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from operator import attrgetter
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from ..engine.modes import WATCH, level
from ..engine.tensor_base import TensorBase, is_foreign
from ..func.trace import require_function
from ..pytree import flatten
from ..tensor.tensor import Tensor
from .errors import CaptureError
from .isolation import is_recording
from .recording import Recording
from .side_effects import CHANGE, REPLACE
from .verification import Pace

EMPTY = object()
KEPT = 64  # recordings of one function
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


def capture(f: Callable[P, R_co]) -> Captured[P, R_co]:
    """Make a function that records `f` once and then replays it: the same values and gradients, in much less time.

    The calls of NumPy that `f` and its gradient make are recorded as a straight program, as one would write
    backpropagation by hand. Later calls run this program: it is one operation to the engine, however many it is made
    of. See `Captured.source`.

    Parameters
    ----------
    f : callable
        A function of Tensors or arrays, in nested lists, tuples and dicts, and of anything else that can be a key of a
        dict. It must compute the same from its arguments, from the tensors that it reaches (a model's parameters, say),
        and from nothing that changes; it may depend on shapes, not on values. It may call ``backward()``, change
        tensors, draw random numbers from `manual_seed`'s generator, and take an optimiser's step at its end.

    Returns
    -------
    Captured
        A function of the same parameters as `f`. It records again for arguments of other shapes and dtypes, for other
        values of arguments that are not arrays, under `no_grad()`, and when a module is switched between ``train()``
        and ``eval()``.

    Raises
    ------
    TypeError
        If `f` is not a function, or is a generator or a coroutine.
    CaptureError
        When called: if `f` can't be replayed, because it looks at numbers, say; or if it has become another function.
        Calls number 2, 4, 8, 16, ... run `f` too, and compare (with many kinds of arguments, the second call of each,
        and fewer later). When the first call is refused, `f` has been run once.

    Notes
    -----
    ``backward()``, hooks and optimisers are used as always. Higher derivatives of the result run `f` itself, and so do
    calls under `watch()`, for pictures, and calls with arrays of other libraries. What `f` does besides computing, such
    as printing or calling a module's forward hooks, is done only when it runs. NumPy's arrays outside are part of the
    program, as they were, and come back as Tensors; Tensors outside are read in each call. Threads may record and
    replay at the same time. If `f` calls backward() itself, the results that it went back from have no graph.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, capture
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = capture(lambda x: ((x * w - 1) ** 2).sum())
    >>> for x in ([3.0, 1.0], [1.0, 1.0]):
    ...     w.grad = None
    ...     loss(Tensor(x)).backward()
    ...     print(w.grad.data)
    [12.  2.]
    [0. 2.]
    """
    require_function("capture", f)
    if isgeneratorfunction(f) or iscoroutinefunction(f) or isasyncgenfunction(f):
        raise TypeError(
            "capture: a generator or coroutine runs in pieces, when others ask for them, and can't be "
            "replayed as one program; capture the function that it calls"
        )
    return Captured(f)


class Captured(Generic[P, R_co]):
    """A function that is recorded and replayed; `capture` makes it."""

    def __init__(self, f: Callable[P, R_co]) -> None:
        self.__qualname__ = ""  # unless the function has one
        wraps(f, updated=())(self)
        self._f: Callable[..., Any] = f
        self._recordings: dict[Any, list[Recording]] = {}  # by kind of arguments; several where modules' modes differ
        self._latest: Recording | None = None
        self._pace = Pace()
        # How often the recording in use changed, and how many calls were of a kind for which there was no room.
        self._turns = self._strangers = 0

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        key: tuple[Any, ...] = (mode := level(),)
        for x in args:
            if not isinstance(x, TensorBase):
                break
            key += type(array := x._array), array.shape, array.dtype, x._node is None
        else:
            if not kwargs and mode is not WATCH and not is_recording():  # as nearly always
                for recording in self._recordings.get(key, ()):
                    if recording.is_valid():
                        if recording is not self._latest:
                            self._turn_to(recording)
                        return recording.replay(args)  # type: ignore[no-any-return]
                return self._record(key, args, lambda new: (new, {}), 3)  # type: ignore[no-any-return]
        return self._called(mode, args, kwargs)  # type: ignore[no-any-return]

    def _called(self, mode: int, args: Any, kwargs: Any) -> Any:
        """Return the function's result for any kind of arguments."""
        if mode is WATCH or is_recording():
            return self._f(*args, **kwargs)
        leaves, rebuild = flatten((args, kwargs))
        key = (mode, repr(rebuild(range(len(leaves)))), *map(signature, leaves))
        try:
            recordings = self._recordings.get(key, ())
        except TypeError:
            raise TypeError(
                f"capture: an argument is neither an array nor a number, nor a key of a dict: {key}"
            ) from None
        for recording in recordings:
            if recording.is_valid():
                self._turn_to(recording)
                return recording.replay(tuple(admit_argument(x) for x in leaves if is_array(x)))
        return self._record(key, leaves, rebuild, 4)

    def _record(self, key: Any, leaves: Sequence[Any], rebuild: Any, depth: int) -> Any:
        """Record a call, keep the recording for others of its kind, and return the result; or only call it."""

        def fill(xs: tuple[Any, ...]) -> Any:
            """Return the function's result, with `xs` in place of the arrays among its arguments."""
            given = iter(xs)
            filled = [next(given) if x is EMPTY else x for x in static]
            args, kwargs = rebuild(filled)
            y = self._f(*args, **kwargs)
            after = flatten((args, kwargs))[0]
            if len(after) != len(filled) or any(a is not b for a, b in zip(after, filled, strict=True)):
                raise CaptureError(
                    "capture: the function writes into a list or a dict that it is given; let it return "
                    "the new values instead"
                )
            return y

        if any(isinstance(x, TensorBase) and is_foreign(x._array) for x in leaves) or not self._make_room(depth + 1):
            args, kwargs = rebuild(leaves)
            return self._f(*args, **kwargs)  # programs are for NumPy
        static = [EMPTY if is_array(x) else x for x in leaves]  # so that the recording keeps no arguments alive
        made = Recording((self._f, *static), tuple(admit_argument(x) for x in leaves if is_array(x)), fill, self._pace)
        written = {e.source for e in made.effects if e.kind in (CHANGE, REPLACE)}
        if any(i in written and not isinstance(x, TensorBase) for i, x in enumerate(filter(is_array, leaves))):
            raise CaptureError(
                "capture: the function changes an array that it is given; pass a Tensor, or let it return the new one"
            )
        self._recordings[key] = [made, *self._recordings.get(key, ())]
        self._turn_to(made)
        value, made.value = made.value, None
        return value

    def _turn_to(self, recording: Recording) -> None:
        self._turns = recording.turn = self._turns + 1
        self._latest = recording

    def _make_room(self, depth: int) -> bool:
        """Drop broken recordings, and return whether there is room for another one.

        When all places are taken, one call in `KEPT` gets the place of the least recently used recording. So recording
        takes a small part of the time, whatever arguments come.
        """
        kept = [(key, r) for key, recordings in [*self._recordings.items()] for r in recordings if not r.is_broken]
        if len(kept) >= KEPT:
            self._strangers += 1
            if self._strangers == 1:
                warnings.warn(
                    f"{self!r} has been recorded for {KEPT} kinds of arguments (shapes, dtypes, and values "
                    "of arguments that are not arrays), and no more are kept. Most calls of other kinds run "
                    "the function itself: pad arrays to fewer shapes, and pass numbers that change as "
                    "arrays",
                    stacklevel=depth,
                )
            if self._strangers % KEPT:
                return False
            kept.remove(min(kept, key=lambda pair: pair[1].turn))
        self._recordings = {}
        for key, r in kept:
            self._recordings.setdefault(key, []).append(r)
        return True

    def __reduce__(self) -> tuple[Any, ...] | str:
        """Return how to pickle it: by name, if a module knows it by its name; else as a new one, without recordings."""
        return self.__qualname__ if is_known_as(self.__module__, self.__qualname__, self) else (capture, (self._f,))

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """Return the function as a method of its object."""
        return self if owner is None else partial(self, owner)

    @property
    def source(self) -> str:
        """The program that the latest call ran, as Python source."""
        if self._latest is None:
            raise CaptureError("capture: nothing is recorded yet; call the function once")
        return self._latest.source

    def __repr__(self) -> str:
        return f"capture({getattr(self._f, '__name__', self._f)})"


def is_known_as(module: str, name: str, x: Any) -> bool:
    """Return whether `name` in a module leads to this object."""
    try:
        return attrgetter(name)(sys.modules[module]) is x
    except (AttributeError, KeyError, TypeError):
        return False


def is_array(x: Any) -> bool:
    return isinstance(x, TensorBase | np.ndarray)


def admit_argument(x: Any) -> Any:
    """Return an argument as a Tensor; a user's array is copied, since they may write into it before backward()."""
    return x if isinstance(x, TensorBase) else Tensor(x)


def signature(x: Any) -> Any:
    """Return a dict key for the part of an argument on which a recording depends, such as its shape and dtype."""
    if isinstance(x, TensorBase):
        array = x._array
        return type(array), array.shape, array.dtype, x._node is None
    if isinstance(x, np.ndarray):
        return None, x.shape, x.dtype, True
    if isinstance(x, float | complex | np.inexact):
        return type(x), repr(x)  # so that -0.0 is not 0.0, and nan is nan
    return (type(x), x) if is_value(x) else Same(x)


def is_value(x: Any) -> bool:
    """Return whether equal objects of this kind mean the same: numbers and strings do, objects of a user's may not."""
    return type(x).__module__ in ("builtins", "numpy") or isinstance(x, Enum)


class Same:
    """A dict key for one object, which is equal to no other object's."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __hash__(self) -> int:
        return id(self.x)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Same) and self.x is other.x
