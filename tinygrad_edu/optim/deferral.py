"""What has to wait until a captured function's program has run: steps of optimisers and schedules.

These are no computation from arrays to arrays: they count, and change what was there before. So they are not recorded,
but called as they are, in each call, when all is computed. Nothing may be computed behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")
Calls = list[tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]]


class DeferredCalls:
    """Calls that wait. Before the first is put off, `notice` is called."""

    def __init__(self, notice: Callable[[], None]) -> None:
        self.calls: Calls = []
        self.notice = notice

    def put_off(self, fn: Callable[..., None], args: Any, kwargs: Any) -> None:
        if not self.calls:
            self.notice()
        self.calls.append((fn, args, kwargs))


_waiting: ContextVar[DeferredCalls | None] = ContextVar("tinygrad_edu calls that wait", default=None)
deferred_calls = _waiting.get


def deferrable(fn: Callable[P, None]) -> Callable[P, None]:
    """Let `fn` wait, where it must."""

    @wraps(fn)
    def called(*args: P.args, **kwargs: P.kwargs) -> None:
        now = deferred_calls()
        # a closure, as L-BFGS wants it, is to be called now
        if now is None or any(map(callable, (*args[1:], *kwargs.values()))):
            return fn(*args, **kwargs)
        return now.put_off(called, args, kwargs)

    called.waits = True  # type: ignore[attr-defined]
    return called


class Deferrable:
    """A class whose ``step()`` waits, where it must; those of classes derived from it too."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        step = getattr(cls, "step", None)  # perhaps of another base
        if step is not None and not hasattr(step, "waits"):
            cls.step = deferrable(step)  # type: ignore[attr-defined]


@contextmanager
def defer_calls(notice: Callable[[], None] = lambda: None) -> Iterator[Calls]:
    """Defer such calls for a while: write them in the list that this gives. `notice` is called before the first."""
    now = DeferredCalls(notice)
    token = _waiting.set(now)
    try:
        yield now.calls
    finally:
        with suppress(ValueError):  # a generator that was interrupted may be ended elsewhere
            _waiting.reset(token)
