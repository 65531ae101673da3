"""Modes as decorators of functions, generators and coroutines, for the time that these run, not while they wait."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Generator
from functools import wraps
from types import coroutine
from typing import Any


def wrap_function(mode: Callable[[], Any], function: Any) -> Any:
    """Return `function` with the mode on while it runs, entered again in each call."""
    if isinstance(function, staticmethod | classmethod):
        return type(function)(wrap_function(mode, function.__func__))
    if isinstance(function, type) or not callable(function):
        raise TypeError(
            f"{mode.__name__} decorates functions and methods, not {function!r}: write @{mode.__name__}() above a "
            f"function, or with {mode.__name__}(): around the lines that it is meant for"
        )
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            return run_async_generator(mode, function(*args, **kwargs))

    elif inspect.iscoroutinefunction(function):

        @wraps(function)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            return await run_coroutine(mode, function(*args, **kwargs))

    elif inspect.isgeneratorfunction(function):

        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            return (yield from run_generator(mode, function(*args, **kwargs)))

    else:

        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with mode():
                return function(*args, **kwargs)

    return decorated


def run_generator(mode: Callable[[], Any], inner: Any) -> Generator[Any, Any, Any]:
    """Run a generator or coroutine with the mode on from each resumption to the next suspension."""
    go, sent = inner.send, None
    while True:
        try:
            with mode():
                got = go(sent)
        except StopIteration as stop:
            return stop.value
        try:
            go, sent = inner.send, (yield got)
        except GeneratorExit:
            with mode():
                inner.close()
            raise
        except BaseException as error:
            go, sent = inner.throw, error


run_coroutine: Any = coroutine(run_generator)


async def run_async_generator(mode: Callable[[], Any], inner: Any) -> AsyncIterator[Any]:
    """Run an asynchronous generator with the mode on from each resumption to the next suspension."""
    step = inner.asend(None)
    while True:
        try:
            got = await run_coroutine(mode, step)
        except StopAsyncIteration:
            return
        try:
            step = inner.asend((yield got))
        except GeneratorExit:
            await run_coroutine(mode, inner.aclose())
            raise
        except BaseException as error:
            step = inner.athrow(error)
