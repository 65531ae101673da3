"""What has to wait until a captured function's program has run: steps of optimisers and schedules.

These are no computation from arrays to arrays: they count, and change what was there before. So they are not recorded,
but called as they are, in each call, when all is computed. Nothing may be computed behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec

from .comparing import alike

P = ParamSpec("P")
Calls = list[tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]]

_waiting: ContextVar[Calls | None] = ContextVar("tinygrad_edu calls that wait", default=None)
waiting = _waiting.get
"""The calls that wait, or None if none needs to."""


def waits(fn: Callable[P, None]) -> Callable[P, None]:
    """Let `fn` wait, where it must."""

    @wraps(fn)
    def called(*args: P.args, **kwargs: P.kwargs) -> None:
        calls = waiting()
        if calls is None:
            fn(*args, **kwargs)
        else:
            calls.append((called, args, kwargs))

    return called


def same_calls(some: Calls, others: Calls) -> bool:
    """Whether these are calls of the same functions, with the same arguments."""
    some, others = ([x for fn, args, kwargs in calls for x in (fn, *args, *kwargs.items())] for calls in (some, others))
    return len(some) == len(others) and all(alike(x, y, 0) for x, y in zip(some, others, strict=True))


@contextmanager
def putting_off() -> Iterator[Calls]:
    """For a while, such calls are only written down, in the list that this gives."""
    calls: Calls = []
    token = _waiting.set(calls)
    try:
        yield calls
    finally:
        _waiting.reset(token)
