"""`capture`: a function recorded once, and replayed without the engine between NumPy and its numbers."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from operator import attrgetter
from typing import Any

import numpy as np

from ..engine.modes import WATCH, level
from ..engine.tensor_base import Value, is_foreign
from ..func.trace import function_wanted
from ..pytree import flatten
from ..tensor.tensor import Tensor
from .errors import CaptureError
from .isolation import is_recording
from .recording import Recording
from .side_effects import CHANGE, REPLACE
from .verification import Pace

EMPTY = object()
KEPT = 64  # recordings of one function


def capture(f: Callable[..., Any]) -> Captured:
    """`f`, run once as it is, and replayed from then on: the same values and gradients, in much less time.

    What `f` and its gradient ask of NumPy is written down as a straight program, as one would write backpropagation by
    hand, and that is what later calls run: one operation to the engine, however many it is made of. See `Captured.source`.

    Parameters
    ----------
    f : callable
        Of Tensors or arrays, in nested lists, tuples and dicts, and of anything else that can be a key of a dict. It must
        compute the same from its arguments, from the tensors it reaches (a model's parameters, say), and from nothing that
        changes; it may depend on shapes, not on values. It may call ``backward()``, change tensors, draw random numbers from
        `manual_seed`'s generator, and at its end take an optimiser's step.

    Returns
    -------
    Captured
        Callable as `f` is. It is recorded anew for arguments of other shapes and dtypes, other values of what is no
        array, under `no_grad()`, and when a module is switched between ``train()`` and ``eval()``.

    Raises
    ------
    CaptureError
        When called, if `f` can't be replayed: it looks at numbers, say. And if it turned out not to be the same function any
        more: calls number 2, 4, 8, 16, ... run `f` too, and compare (of many kinds of arguments, the second of each, and fewer later). When the first call is refused, `f` has been run once.

    Notes
    -----
    ``backward()``, hooks and optimisers are used as ever. Higher derivatives of the result run `f` itself, as do calls
    under `watch()`, for pictures, and calls with arrays of other libraries. What `f` does besides computing, printing say, or
    calling a module's forward hooks, is done only when it is run. NumPy's arrays outside are part of the program, as they
    were, and come back as Tensors; Tensors outside are read in each call. Threads may record and replay at once. What `f`
    has itself gone back from, it returns as values: these have no graph.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, capture
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> cost = capture(lambda x: ((x * w - 1) ** 2).sum())
    >>> for x in ([3.0, 1.0], [1.0, 1.0]):
    ...     w.grad = None
    ...     cost(Tensor(x)).backward()
    ...     print(w.grad.data)
    [12.  2.]
    [0. 2.]
    """
    function_wanted("capture", f)
    if isgeneratorfunction(f) or iscoroutinefunction(f) or isasyncgenfunction(f):
        raise TypeError("capture: a generator or coroutine stops and goes on as others like, and is no function of its arguments; capture what it calls")
    return Captured(f)


class Captured:
    """What `capture` makes of a function."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.__qualname__ = ""  # unless the function has one
        wraps(f, updated=())(self)
        self._f = f
        self._recordings: dict[Any, list[Recording]] = {}  # for each kind of arguments, one for each state of what is outside
        self._latest: Recording | None = None
        self._pace = Pace()
        self._turns = self._strangers = 0  # how often another recording's turn came; and calls of a kind for which there was no room

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key: tuple[Any, ...] = (mode := level(),)
        for x in args:
            if not isinstance(x, Value):
                break
            key += type(array := x._array), array.shape, array.dtype, x._node is None
        else:
            if not kwargs and mode is not WATCH and not is_recording():  # as nearly always
                for recording in self._recordings.get(key, ()):
                    if recording.is_valid():
                        if recording is not self._latest:
                            self._turn_to(recording)
                        return recording.replay(args)
                return self._record(key, args, lambda new: (new, {}), 3)
        return self._called(mode, args, kwargs)

    def _called(self, mode: int, args: Any, kwargs: Any) -> Any:
        """The same, for all kinds of arguments."""
        if mode is WATCH or is_recording():
            return self._f(*args, **kwargs)
        leaves, rebuild = flatten((args, kwargs))
        key = (mode, repr(rebuild(range(len(leaves)))), *map(signature, leaves))
        try:
            recordings = self._recordings.get(key, ())
        except TypeError:
            raise TypeError(f"capture: an argument is neither an array nor a number, nor a key of a dict: {key}") from None
        for recording in recordings:
            if recording.is_valid():
                self._turn_to(recording)
                return recording.replay(tuple(as_tensor(x) for x in leaves if is_array(x)))
        return self._record(key, leaves, rebuild, 4)

    def _record(self, key: Any, leaves: Sequence[Any], rebuild: Any, depth: int) -> Any:
        def fill(xs: tuple[Any, ...]) -> Any:
            """Call the function, with these for the arrays among its arguments."""
            given = iter(xs)
            filled = [next(given) if x is EMPTY else x for x in static]
            args, kwargs = rebuild(filled)
            y = self._f(*args, **kwargs)
            after = flatten((args, kwargs))[0]
            if len(after) != len(filled) or any(a is not b for a, b in zip(after, filled, strict=True)):
                raise CaptureError("capture: the function writes into a list or a dict that it is given; let it return what shall be there")
            return y

        if any(isinstance(x, Value) and is_foreign(x._array) for x in leaves) or not self._make_room(depth + 1):
            args, kwargs = rebuild(leaves)
            return self._f(*args, **kwargs)  # programs are for NumPy
        static = [EMPTY if is_array(x) else x for x in leaves]  # so that nothing is kept here
        made = Recording((self._f, *static), tuple(as_tensor(x) for x in leaves if is_array(x)), fill, self._pace)
        written = {e.source for e in made.effects if e.kind in (CHANGE, REPLACE)}
        if any(i in written and not isinstance(x, Value) for i, x in enumerate(filter(is_array, leaves))):
            raise CaptureError("capture: the function changes an array that it is given; pass a Tensor, or let it return the new one")
        self._recordings[key] = [made, *self._recordings.get(key, ())]
        self._turn_to(made)
        value, made.value = made.value, None
        return value

    def _turn_to(self, recording: Recording) -> None:
        self._turns = recording.turn = self._turns + 1
        self._latest = recording

    def _make_room(self, depth: int) -> bool:
        """Whether there is room for another recording; what is broken makes some. Of calls of kinds for which there is none, one in
        many gets the room of the recording that was unused for longest: so recording takes a small part of the time, whatever comes."""
        kept = [(key, r) for key, recordings in [*self._recordings.items()] for r in recordings if not r.is_broken]
        if len(kept) >= KEPT:
            self._strangers += 1
            if self._strangers == 1:
                warnings.warn(f"{self!r} has been recorded for {KEPT} kinds of arguments (shapes, dtypes, and values of what is no array), "
                              "and that is all that are kept. Calls of other kinds are mostly run as they are: pad arrays to fewer shapes, and "
                              "pass numbers that change as arrays", stacklevel=depth)
            if self._strangers % KEPT:
                return False
            kept.remove(min(kept, key=lambda pair: pair[1].turn))
        self._recordings = {}
        for key, r in kept:
            self._recordings.setdefault(key, []).append(r)
        return True

    def __reduce__(self) -> tuple[Any, ...] | str:
        """A function that a module knows by this name is found there; of others, a copy begins anew: its arrays are its own."""
        return self.__qualname__ if is_known_as(self.__module__, self.__qualname__, self) else (capture, (self._f,))

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """As a method: of each object its own."""
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
    """Whether this is what a module's name for it leads to."""
    try:
        return attrgetter(name)(sys.modules[module]) is x
    except (AttributeError, KeyError, TypeError):
        return False


def is_array(x: Any) -> bool:
    return isinstance(x, Value | np.ndarray)


def as_tensor(x: Any) -> Any:
    """An argument as a Tensor: an array of the user's is copied, who may write into it before backward()."""
    return x if isinstance(x, Value) else Tensor(x)


def signature(x: Any) -> Any:
    """What a recording depends on of an argument."""
    if isinstance(x, Value):
        array = x._array
        return type(array), array.shape, array.dtype, x._node is None
    if isinstance(x, np.ndarray):
        return None, x.shape, x.dtype, True
    if isinstance(x, float | complex | np.inexact):
        return type(x), repr(x)  # so that -0.0 is not 0.0, and nan is nan
    return (type(x), x) if is_value(x) else Same(x)


def is_value(x: Any) -> bool:
    """Whether equal objects of this kind are the same to a function: numbers, strings and the like, and not objects of the user's."""
    return type(x).__module__ in ("builtins", "numpy") or isinstance(x, Enum)


class Same:
    """An object, as a key of a dict that is equal to no other."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __hash__(self) -> int:
        return id(self.x)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Same) and self.x is other.x
