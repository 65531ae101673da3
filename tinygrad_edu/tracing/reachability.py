"""Reachability: find the tensors, modules, optimisers and generators that a function uses besides its arguments.

They are found through the function's closure, its globals, its defaults, and the objects that these hold.
"""

from __future__ import annotations

import inspect
import keyword
import re
import sys
from argparse import Namespace
from collections import ChainMap, UserDict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor_base import TensorBase
from ..nn.module import Module
from ..optim.optimizer import Optimizer


class Reached(NamedTuple):
    """The objects that a function may use."""

    tensors: list[tuple[str, TensorBase]]  # with names
    modules: list[Module]
    optimisers: list[Optimizer]
    generators: list[np.random.Generator]


def find_reached(given: tuple[Any, ...]) -> Reached:
    """Return the objects that a function can reach through its closure, the globals that it names, and what these hold.

    `given` are the function and the other objects that it is called with. Lists, tuples, dicts and objects are searched
    too. Objects that are made only while the function runs are not seen.
    """
    found = Reached([], [], [], [])
    seen: set[int] = set()
    waiting = [("", x) for x in reversed(given)]
    last: list[Any] = []  # an optimiser's parameters have better names elsewhere, perhaps
    kinds: set[type] = set()  # classes that were searched
    while waiting or last:
        name, x = waiting.pop() if waiting else ("p", last.pop())
        if type(x) in ATOMS or id(x) in seen or len(seen) > 100_000:
            continue
        seen.add(id(x))
        if isinstance(x, TensorBase):
            found.tensors.append((name, x))
        elif isinstance(x, Optimizer):
            found.optimisers.append(x)
            last.append(x.params)
        elif isinstance(x, np.random.Generator):
            found.generators.append(x)
        else:
            if isinstance(x, Module):
                found.modules.append(x)
            held = list(parts_held(x))
            if type(x) not in kinds:
                kinds.add(type(x))
                held += class_members(type(x))
            waiting += reversed([(f"{name}_{k}" if name and k else name or k, v) for k, v in held if id(v) not in seen])
    return found


def parts_held(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield the objects that `x` holds, with their names."""
    if isinstance(x, FunctionType):
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            with suppress(ValueError):  # nothing is in it yet
                yield name, cell.cell_contents
    if is_ours(x):
        return
    if isinstance(x, FunctionType):
        names = list(names_in(x.__code__))
        for name in names:
            held = x.__globals__.get(name)
            if inspect.ismodule(held):
                yield from names_used_in(held, names)
            elif held is not None:
                yield name, held
        yield from enumerate_items(x.__defaults__ or ())
        yield from (x.__kwdefaults__ or {}).items()
    elif isinstance(x, MethodType):
        yield "", x.__self__
        yield "", x.__func__
    elif isinstance(x, partial):
        yield "", x.func
        yield from (*enumerate_items(x.args), *x.keywords.items())
    elif isinstance(x, property):
        yield "", x.fget
    elif isinstance(x, dict):
        yield from ((str(k), v) for k, v in x.items())
        yield from attributes(x).items()
    elif isinstance(x, type):
        for kind in x.__mro__:
            if not is_ours(kind):
                yield from (
                    (k, v) for k, v in vars(kind).items() if k in ("__init__", "__call__") or not k.startswith("__")
                )
    elif isinstance(x, list | tuple | set | frozenset | deque):
        yield from enumerate_items(x)
    elif callable(wrapped := attributes(x).get("__wrapped__")):
        yield "", wrapped
    elif isinstance(x, Module | SimpleNamespace | Namespace | UserDict | ChainMap) or not (
        inspect.ismodule(x) or is_ours(type(x))
    ):
        yield from attributes(x).items()
        for kind in type(x).__mro__:
            if not is_ours(kind) and kind is not object:
                yield from ((k, getattr(x, k, None)) for k in slots(kind))


def class_members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the methods and attributes of a class, which its objects have in common."""
    for base in kind.__mro__:
        if not is_ours(base):
            yield from (
                (k if not callable(v) else "", v)
                for k, v in vars(base).items()
                if not k.startswith("__") or isinstance(v, FunctionType)
            )


def names_used_in(module: Any, names: list[str], seen: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield those of `names` that a user's module defines, or a module in it, with their values."""
    if is_ours(module) or any(module is other for other in seen):
        return
    for k in names:
        held = vars(module).get(k)
        if inspect.ismodule(held):
            yield from names_used_in(held, names, (*seen, module))
        elif held is not None:
            yield k, held


def attributes(x: Any) -> dict[str, Any]:
    """Return an object's own ``__dict__``, without its class's ``__getattr__``, which might answer to any name."""
    try:
        return object.__getattribute__(x, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def slots(kind: type) -> tuple[str, ...]:
    """Return the names in a class's ``__slots__``."""
    names = vars(kind).get("__slots__", ())
    return (names,) if isinstance(names, str) else tuple(names)


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the names of globals and attributes in a function's code, and in the functions within it.

    Those that pytest puts into functions with asserts (``@pytest_ar``) lead to its whole session, and can't be
    anybody's.
    """
    yield from (name for name in code.co_names if name[0] != "@")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names_in(inner)


def enumerate_items(items: Any) -> Iterator[tuple[str, Any]]:
    return ((str(i), item) for i, item in enumerate(items) if type(item) not in ATOMS)


def is_ours(x: Any) -> bool:
    """Return whether `x` is a function, class or module of this package, NumPy or Python, without a user's tensors."""
    if not isinstance(x, FunctionType | type | ModuleType):
        return False
    name = x.__name__ if isinstance(x, ModuleType) else x.__module__ or ""
    return name.partition(".")[0] in OURS


def argument_names(
    f: Callable[..., Any], n: int, tensors: list[tuple[str, TensorBase]]
) -> tuple[list[str], dict[int, str]]:
    """Return names for `n` arguments, and for each tensor by its id: those that the function uses, if known."""
    try:
        arguments = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        arguments = []
    if len(arguments) != n:
        arguments = [f"x{i}" for i in range(n)]
    taken: set[str] = set()
    names = []
    for name in (*arguments, *(name for name, _ in tensors)):
        name = re.sub(r"\W", "_", name).lstrip("_") or "p"
        name = name if name.isidentifier() else f"p_{name}"
        while name in taken or keyword.iskeyword(name) or hasattr(np, name) or RESERVED.fullmatch(name):
            name += "_"
        taken.add(name)
        names.append(name)
    return names[:n], {id(t): name for (_, t), name in zip(tensors, names[n:], strict=True)}


OURS = {"tinygrad_edu", "numpy", *sys.stdlib_module_names}
# They hold nothing to search.
ATOMS = {type(None), bool, int, float, complex, str, bytes, CodeType, type(len), np.ndarray, np.ufunc}
RESERVED = re.compile(r"[bgksv]\d*|forward|backward|program")
