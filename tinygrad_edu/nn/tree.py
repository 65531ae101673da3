"""The tree that a network is: its modules and what they hold; and what no search would find, which is refused.

A parameter in a plain list, in an attribute of the class, or in an object that is no Module would stay as it began,
without a word. So whoever walks the tree is told of it first.
"""

from __future__ import annotations

import sys
from collections import UserList, deque
from collections.abc import Iterator, Mapping, Set, ValuesView
from functools import lru_cache, partial
from types import MemberDescriptorType, SimpleNamespace
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor
from .parameter import Buffer, Parameter

ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None), slice, range, np.float32, np.float64, np.int64, np.dtype})
OURS = {__name__.partition(".")[0], "numpy", *sys.stdlib_module_names}  # whose objects hold no parameters of the user's
ROWS: Any = (list, tuple, deque, UserList, Set, ValuesView)


def attributes(module: Any) -> Iterator[tuple[str, Any]]:
    """What a module's attributes hold, those in ``__slots__`` too."""
    yield from vars(module).items()
    for name in slots(type(module)):  # type: ignore[arg-type]  # classes are hashable
        if hasattr(module, name):
            yield name, getattr(module, name)


@lru_cache
def slots(kind: Any) -> tuple[str, ...]:
    """The attributes of a class's objects that are not in their dict."""
    return tuple(name for base in kind.__mro__ for name, x in vars(base).items() if type(x) is MemberDescriptorType)


def walk(root: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A module and all below it, with their dotted paths; a module that is shared comes once."""
    seen: set[int] = set()
    waiting = [(prefix, root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) not in seen:
            seen.add(id(module))
            yield path, module
            waiting += reversed([(joined(path, name), child) for name, child in module.named_children()])


def tensors(root: Any, kind: Any = (Parameter, Buffer)) -> Iterator[tuple[str, Any]]:
    """Dotted paths and the parameters or buffers there; one that is shared, each time."""
    return ((joined(path, name), x) for path, module in walk(root) for name, x in attributes(module) if isinstance(x, kind))


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# ------------------------------------------------------------------------------------- what is refused


def refuse_lost(root: Any) -> None:
    """An error for parameters and modules below `root` that are where no search finds them."""
    modules = list(walk(root))
    lost = [found for path, module in modules for found in lost_in(module, path)]
    if not lost:
        return
    known = {id(x) for _, x in (*modules, *tensors(root))}
    for where, held, x, at in lost:
        if id(x) not in known or is_loose(x):
            raise TypeError(f"{type(root).__name__}: {where} " + complaint(held, x, at))


def lost_in(module: Any, path: str) -> Iterator[tuple[str, Any, Any, str]]:
    """Where in a module something is, what holds it, the thing itself, and at which place in the holder."""
    own = dict(attributes(module))
    own.pop("_hooks", None)  # they are called, not learnt
    for name, value in own.items():
        if type(value) not in ATOMS and not is_found(value):
            yield from ((joined(path, name), value, x, at) for at, x in within(value))
    for base in type(module).__mro__:
        if base.__module__.partition(".")[0] not in OURS:
            for name, value in vars(base).items():
                if name not in own and not name.startswith("__"):
                    yield from ((joined(path, name), base, x, at) for at, x in within(value))


def is_found(x: Any) -> bool:
    """Whether an attribute is one that the search knows by its type."""
    return hasattr(type(x), "named_children") or (isinstance(x, Parameter | Buffer) and not is_loose(x))


def is_loose(x: Any) -> bool:
    """Whether it is a tensor to learn that does not say so: a leaf that requires gradients, and no Parameter."""
    return isinstance(x, Tensor) and not isinstance(x, Parameter) and x.requires_grad and x.is_leaf


def within(value: Any) -> Iterator[tuple[str, Any]]:
    """Parameters, modules and loose tensors in a value, and where: in lists, sets, dicts and arrays, however deep, and in
    the attributes of an object. Functions are not looked into: what they use is up to them."""
    seen: set[int] = set()
    waiting = [("", value, True)]
    while waiting:
        at, x, outermost = waiting.pop()
        if isinstance(x, Parameter) or is_loose(x) or hasattr(type(x), "named_children"):
            yield at, x
        elif type(x) not in ATOMS and not isinstance(x, Tensor) and id(x) not in seen:
            seen.add(id(x))
            waiting += reversed([(at + place, part, outermost and not place.startswith(".")) for place, part in parts(x, outermost)])


def parts(x: Any, outermost: bool) -> Iterator[tuple[str, Any]]:
    """What a data structure holds, and where; an object's attributes only if it is not itself another object's."""
    if isinstance(x, np.ndarray):
        if x.dtype.hasobject and not x.dtype.fields:
            yield from ((f".flat[{i}]" if x.ndim > 1 else f"[{i}]", part) for i, part in enumerate(x.flat))
    elif isinstance(x, ROWS):
        if not ATOMS.issuperset(map(type, x)):
            yield from ((f"[{i}]", part) for i, part in enumerate(x))
    elif isinstance(x, Mapping):
        for key, part in x.items():
            yield f"[{key!r}]" if type(key) in ATOMS else "[...]", part
            if type(key) not in ATOMS:
                yield " (a key)", key
    elif isinstance(x, partial):
        yield from parts([*x.args, *x.keywords.values()], outermost)
    elif outermost and not isinstance(x, type) and hasattr(x, "__dict__"):
        kind = type(x)
        if kind is SimpleNamespace or kind.__module__.partition(".")[0] not in OURS:
            yield from ((f".{name}", part) for name, part in attributes(x))


def complaint(held: Any, x: Any, at: str) -> str:
    """What is wrong there, and what to do about it."""
    kind, place = type(x).__name__, f", at {at}," if at else ""
    if isinstance(held, type):
        return (f"belongs to the class {held.__name__} and {f'holds a {kind}{place}' if at else f'is a {kind}'}: all objects would share "
                "it, and none finds it. Assign it to self, in __init__")
    if is_loose(x) and held is x:
        return (f"is a {kind} that requires gradients but no Parameter, so nothing would learn or save it: write nn.Parameter(...), or, "
                "if it is not to be learnt, .detach()")
    article = "an" if type(held).__name__[0] in "aeiouAEIOU" else "a"
    return (f"is {article} {type(held).__name__} that holds a {kind}{place.rstrip(',') if len(at) > 4 else ''}, which is not found there: use "
            "nn.ModuleList or nn.ModuleDict for modules, and attributes of their own for parameters. (What is meant to stay outside can be "
            "held by a function: lambda: x.)")
