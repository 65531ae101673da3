"""Whether operations are recorded: not at all, as usual, or with everything that pictures and a debugger want.

The mode belongs to the context that sets it: another thread, or another asyncio task, keeps its own.
"""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Any

from .witness import forget_stack, remember_stack

OFF, RECORD, WATCH = 0, 1, -1
_level: ContextVar[int] = ContextVar("tinygrad_edu level", default=RECORD)
level = _level.get
_checking: ContextVar[bool] = ContextVar("tinygrad_edu checking", default=False)
is_checking = _checking.get


class _Mode(ContextDecorator):
    """A context manager, and a decorator, that sets the mode and puts back what was before."""

    setting: int

    def __init__(self) -> None:
        self._tokens: list[Token[int]] = []

    def __enter__(self) -> None:
        self._tokens.append(_level.set(self.setting))

    def __exit__(self, *exception: Any) -> None:
        _level.reset(self._tokens.pop())

    def _recreate_cm(self) -> _Mode:
        return type(self)()


class no_grad(_Mode):
    """Record nothing: for evaluation, and for changing parameters by hand.

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
    """Record again, inside `no_grad`."""

    setting = RECORD


class watch(_Mode):
    """Write everything down: each operation keeps its values, your source line, and the modules in whose call it ran.

    That is what pictures and explanations of a graph can show the most of. Slower, and nothing is let go of before the
    graph itself is, not even by `backward`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn, watch
    >>> model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    >>> with watch():
    ...     y = model(Tensor([[0., 1.]]))
    >>> y._node.info["calls"]
    (Sequential, Sigmoid)
    """

    setting = WATCH

    def __init__(self) -> None:
        super().__init__()
        self._stacks: list[Token[Any]] = []

    def __enter__(self) -> None:
        super().__enter__()
        self._stacks.append(remember_stack())

    def __exit__(self, *exception: Any) -> None:
        forget_stack(self._stacks.pop())
        super().__exit__(*exception)


class debug(watch):
    """Report a NaN or an infinity at the operation that made it first, forward or backward, with your source line.

    Slower: every result is inspected, and `watch` is on as well.

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

    def __init__(self) -> None:
        super().__init__()
        self._checks: list[Token[bool]] = []

    def __enter__(self) -> None:
        super().__enter__()
        self._checks.append(_checking.set(True))

    def __exit__(self, *exception: Any) -> None:
        _checking.reset(self._checks.pop())
        super().__exit__(*exception)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require gradients are recorded here and now."""
    return level() != OFF
