"""Modes: whether operations are recorded, watched and checked, and a module's evaluation mode for one thread only.

The current mode is a chain of scopes in a `ContextVar`, so it belongs to the thread or asyncio task that entered it. A
scope that ends where nobody can reach that thread's variable (a generator finalised elsewhere) is marked as over, and
no longer counts. So no mode stays on for good, whoever ends it, in whichever order.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType
from typing import Any, Self, TypeVar, overload

from .mode_decorator import wrap_function
from .provenance import forget_stack, remember_stack

OFF, RECORD, WATCH = 0, 1, -1
_level: ContextVar[Any] = ContextVar("tinygrad_edu level", default=RECORD)
current = _level.get  # `RECORD` itself, as nearly always, or a scope
Function = TypeVar("Function", bound=Callable[..., Any])
SUSPENDED = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
RESUMED = SUSPENDED | inspect.CO_COROUTINE
LENDERS = ("contextlib", "_pytest.fixtures", "pytest_asyncio.plugin")  # run a generator to its yield, then your block


def level() -> int:
    """Return the current mode: OFF, RECORD or WATCH."""
    now = current()
    return RECORD if now is RECORD else now.level  # type: ignore[no-any-return]


def is_checking() -> bool:
    """Say whether `debug` is on."""
    now = current()
    return now is not RECORD and now.checks


class Scope:
    """A mode that was entered: what it sets, and the scope that was current before."""

    __slots__ = ("before", "entered_in", "is_over", "mode", "owner", "stack", "training")

    def __init__(self, before: Any, mode: type[_Mode], training: dict[Any, bool] | None, frame: FrameType) -> None:
        self.before, self.mode, self.training, self.is_over = before, mode, training, False
        self.entered_in = frame if frame.f_code.co_flags & RESUMED else None
        self.owner = frame if frame.f_code.co_flags & SUSPENDED and not lends(frame) else None
        self.stack: Any = remember_stack() if mode.setting is WATCH else None

    @property
    def counts(self) -> bool:
        """Whether the scope counts: it isn't over, and if a generator entered it, that is running, not its caller."""
        return not self.is_over and (self.owner is None or is_running(self.owner))

    @property
    def level(self) -> int:
        if self.counts:
            return self.mode.setting
        if self.is_over and current() is self:
            _level.set(self.before)  # it ended in another thread
        return RECORD if self.before is RECORD else self.before.level  # type: ignore[no-any-return]

    @property
    def checks(self) -> bool:
        return (self.mode.checks and self.counts) or (self.before is not RECORD and self.before.checks)

    def flags(self, module: Any) -> dict[Any, bool] | None:
        """Return the dict of a module's evaluation mode, if it has one for this thread."""
        scope: Any = self
        while scope is not RECORD:
            if scope.training is not None and module in scope.training and scope.counts:
                return scope.training  # type: ignore[no-any-return]
            scope = scope.before
        return None

    def end(self) -> None:
        """Mark the scope as over, wherever it counts; may be called again."""
        self.is_over = True
        now = current()
        while now is not RECORD and now.is_over:
            now = now.before
        _level.set(now)
        self.owner = self.entered_in = None
        if self.stack is not None:
            forget_stack(self.stack)


def lends(frame: FrameType) -> bool:
    """Say whether a generator runs for the sake of a `with` block, or a test, which should have its mode."""
    caller: FrameType | None = frame.f_back
    while caller is not None and caller.f_code.co_flags & RESUMED and caller.f_globals.get("__name__") not in LENDERS:
        caller = caller.f_back
    return caller is not None and caller.f_globals.get("__name__") in LENDERS


def is_running(frame: FrameType) -> bool:
    caller: FrameType | None = sys._getframe()
    while caller is not None and caller is not frame:
        caller = caller.f_back
    return caller is not None


class _Mode:
    """A context manager, and a decorator, that sets the mode and restores the last one.

    An interrupt may come between any two of its lines. A scope that was entered then ends at once, or with this object
    (`__del__`).
    """

    setting: int
    checks = False
    training: dict[Any, bool] | None = None
    _scopes: list[Scope] = []  # noqa: RUF012  (each mode has its own; this empty one serves an interrupted `__new__`)

    @overload
    def __new__(cls) -> Self: ...
    @overload
    def __new__(cls, function: Function) -> Function: ...  # type: ignore[misc]
    def __new__(cls, function: Any = None) -> Any:
        mode = object.__new__(cls)
        mode._scopes = []
        return mode if function is None else mode(function)  # without parentheses, as a decorator

    def __enter__(self) -> None:
        scope = None
        try:
            scope = Scope(current(), type(self), self.training, sys._getframe(1))
            self._scopes.append(scope)
            _level.set(scope)
            return
        except BaseException:
            if scope is not None:
                scope.end()
            raise

    def __exit__(self, *exception: Any) -> None:
        scope = None
        try:
            scope = self._innermost(sys._getframe(1))
            scope.end()
            self._scopes.remove(scope)
        except BaseException:
            (scope or self._innermost(sys._getframe(1))).end()
            raise

    def _innermost(self, frame: FrameType) -> Scope:
        """Return the scope to leave: this thread's last or, in another thread, the one that this generator entered."""
        now = current()
        while now is not RECORD:
            if now in self._scopes and not now.is_over and now.entered_in in (None, frame):
                return now  # type: ignore[no-any-return]
            now = now.before
        open_ones = [s for s in self._scopes if not s.is_over]
        return next((s for s in reversed(open_ones) if s.entered_in is frame), (open_ones or self._scopes)[-1])

    def __del__(self) -> None:
        for scope in reversed(self._scopes):
            scope.end()

    def __call__(self, function: Function) -> Function:
        return wrap_function(type(self), function)  # type: ignore[no-any-return]


class no_grad(_Mode):
    """The mode in which nothing is recorded: for evaluation, and for changing parameters by hand.

    It is a context manager, ``with no_grad():``, and a decorator, with parentheses or without. As a decorator, it is on
    while the function runs; for a generator or a coroutine, while that runs, and not while it waits. So is a ``with``
    block in a generator.

    Parameters
    ----------
    function : callable, optional
        The function to decorate, as in ``@no_grad``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, no_grad
    >>> w = Tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = w * 3
    >>> y.requires_grad
    False
    """

    setting = OFF


class enable_grad(_Mode):
    """The mode in which operations are recorded: to record again, inside `no_grad`.

    It is a context manager and a decorator, as `no_grad` is.

    Parameters
    ----------
    function : callable, optional
        The function to decorate, as in ``@enable_grad``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, enable_grad, no_grad
    >>> w = Tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = w * 3
    >>> y.requires_grad
    True
    """

    setting = RECORD


class watch(_Mode):
    """The mode in which everything is recorded: an operation's values, your source line, and the calls of modules.

    Pictures and explanations can show the most of such a graph. Recording is slower, and nothing is freed before the
    graph itself, not even by `backward`. It is a context manager and a decorator, as `no_grad` is.

    Parameters
    ----------
    function : callable, optional
        The function to decorate, as in ``@watch``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn, watch
    >>> model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    >>> with watch():
    ...     y = model(Tensor([[0., 1.]]))
    >>> y._node.info.calls
    (Sequential, Sigmoid)
    """

    setting = WATCH


class debug(watch):
    """The mode in which the first NaN or infinity is an error that names the operation and your line.

    It is slower: every result is inspected, and `watch` is on as well. It is a context manager and a decorator, as
    `no_grad` is.

    Parameters
    ----------
    function : callable, optional
        The function to decorate, as in ``@debug``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, debug
    >>> x = Tensor([1., 0.], requires_grad=True)
    >>> with debug(), np.errstate(divide="ignore"):
    ...     np.log(x)
    Traceback (most recent call last):
      ...
    FloatingPointError: log made -inf at [1] from finite arguments...
    """

    checks = True


class evaluating(_Mode):
    """The mode in which nothing is recorded, and these modules evaluate, in this thread: others may train them."""

    setting = OFF

    def __new__(cls, modules: Any) -> Self:
        mode = super().__new__(cls)
        mode.training = dict.fromkeys(modules, False)
        return mode


def is_grad_enabled() -> bool:
    """Say whether operations on tensors that require gradients are recorded now.

    Returns
    -------
    bool
        False inside `no_grad`, else True.

    Examples
    --------
    >>> from tinygrad_edu import is_grad_enabled, no_grad
    >>> is_grad_enabled()
    True
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return level() != OFF
