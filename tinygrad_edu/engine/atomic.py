"""Functions that count as one operation, though they are made of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .provenance import warn_user


def atomic(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return `fn` as one operation: an argument that has ``__as_one__`` answers for the whole call.

    NumPy's protocols do the same for its own functions. This is for functions that write into parts of arrays: a
    tracer, which records calls of NumPy's functions, can't follow that, but it can record the call as a whole.
    """

    @wraps(fn)
    def asking(*args: Any, **kwargs: Any) -> Any:
        for a in args:
            if hasattr(type(a), "__as_one__"):
                return a.__as_one__(asking, args, kwargs)
        return fn(*args, **kwargs)

    return asking


def check(fn: Callable[..., None]) -> Callable[..., None]:
    """Return `fn` as a check, which reads numbers only to raise an error if they are wrong. A replay calls it again."""
    asking = atomic(fn)
    asking.is_check = True  # type: ignore[attr-defined]
    return asking


@check
def refuse_where(wrong: Any, error: type[Exception], message: str) -> None:
    """Raise `error(message)` if any element of `wrong` is true."""
    if np.any(wrong):
        raise error(message)


@check
def warn_where(odd: Any, message: str, category: type[Warning] = RuntimeWarning) -> None:
    """Warn if any element of `odd` is true."""
    if np.any(odd):
        warn_user(message, category)
