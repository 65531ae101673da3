"""What a function reaches besides its arguments: the tensors and the modules that its name for things leads to."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from ..nn.module import Module
from ..value import Value


def reached(f: Callable[..., Any]) -> tuple[dict[str, Value], list[Module]]:
    """Tensors by a name each, and all modules, that `f` may use: its own, its closure's, the globals it names, and theirs.

    Lists, tuples, dicts and objects are looked into; what is made only while `f` runs is not seen.
    """
    tensors: dict[str, Value] = {}
    modules: list[Module] = []
    seen: set[int] = set()
    waiting: list[tuple[str, Any, int]] = [("", f, 0)]
    while waiting:
        name, x, depth = waiting.pop()
        if id(x) in seen or depth > 8:
            continue
        seen.add(id(x))
        if isinstance(x, Value):
            tensors[name or "x"] = x
        elif not isinstance(x, type):
            if isinstance(x, Module):
                modules.append(x)
            waiting += reversed([(f"{name}_{k}" if name and k else name or k, v, depth + 1) for k, v in parts(x)])
    return tensors, modules


def parts(x: Any) -> Iterator[tuple[str, Any]]:
    """What `x` holds, by name."""
    if isinstance(x, FunctionType):
        found = inspect.getclosurevars(x)
        yield from found.nonlocals.items()
        yield from ((k, v) for k, v in found.globals.items() if not inspect.ismodule(v) and not is_ours(v))
        yield from enumerated(x.__defaults__ or ())
    elif isinstance(x, MethodType):
        yield "", x.__self__
        yield "", x.__func__
    elif isinstance(x, partial):
        yield "", x.func
        yield from (*enumerated(x.args), *x.keywords.items())
    elif isinstance(x, dict):
        yield from ((str(k), v) for k, v in x.items())
    elif isinstance(x, list | tuple):
        yield from enumerated(x)
    elif hasattr(x, "__dict__") and not inspect.ismodule(x):
        yield from vars(x).items()
        if isinstance(wrapped := getattr(x, "__wrapped__", None), FunctionType):
            yield "", wrapped


def enumerated(items: Any) -> Iterator[tuple[str, Any]]:
    return ((str(i), item) for i, item in enumerate(items))


def is_ours(x: Any) -> bool:
    """Whether it is a function or class of this package, or of NumPy's: these hold no tensors of the user's."""
    return isinstance(x, FunctionType | type) and (x.__module__ or "").startswith(("tinygrad_edu.", "numpy"))


def names_of(f: Callable[..., Any], n: int, tensors: dict[str, Value]) -> tuple[list[str], dict[int, str]]:
    """Names in the program, for `n` arguments and for each tensor by its id: what the function calls them, as far as is known."""
    try:
        arguments = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        arguments = []
    if len(arguments) != n:
        arguments = [f"x{i}" for i in range(n)]
    taken: set[str] = set()
    names = []
    for name in (*arguments, *tensors):
        name = re.sub(r"\W", "_", name).lstrip("_") or "p"
        name = name if name.isidentifier() else f"p_{name}"
        while name in taken or keyword.iskeyword(name) or hasattr(np, name) or RESERVED.fullmatch(name):
            name += "_"
        taken.add(name)
        names.append(name)
    return names[:n], {id(t): name for t, name in zip(tensors.values(), names[n:], strict=True)}


RESERVED = re.compile(r"[bgkv]\d*|forward|backward|program")
