"""Functions that are asked as one, though they are made of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .provenance import warn_user


def atomic(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let arrays answer for the whole of a call of `fn`, as NumPy lets them for its own functions.

    For functions that write into parts of arrays: whoever writes down what NumPy is asked can't follow that, but can
    write down the call.
    """

    @wraps(fn)
    def asking(*args: Any, **kwargs: Any) -> Any:
        for a in args:
            if hasattr(type(a), "__as_one__"):
                return a.__as_one__(asking, args, kwargs)
        return fn(*args, **kwargs)

    return asking


def check(fn: Callable[..., None]) -> Callable[..., None]:
    """A function that looks at numbers only to raise an error if they are wrong. Whoever replays a call, checks again."""
    asking = atomic(fn)
    asking.is_check = True  # type: ignore[attr-defined]
    return asking


@check
def refuse_where(wrong: Any, error: type[Exception], message: str) -> None:
    """Raise this error if any of these truths is true."""
    if np.any(wrong):
        raise error(message)


@check
def warn_where(odd: Any, message: str, category: type[Warning] = RuntimeWarning) -> None:
    """Warn if any of these truths is true."""
    if np.any(odd):
        warn_user(message, category)
