"""The tree of a network: its modules and the tensors that they hold.

A parameter in a plain list, in an attribute of the class, or in an object that is not a Module would not be found, and
would never be learnt, without a word. So there is an error before anybody walks the tree.
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

ATOMS = frozenset(
    {bool, int, float, complex, str, bytes, type(None), slice, range, np.float32, np.float64, np.int64, np.dtype}
)
# objects from these packages hold no parameters of the user's
OURS = {__name__.partition(".")[0], "numpy", *sys.stdlib_module_names}
ROWS: Any = (list, tuple, deque, UserList, Set, ValuesView)


def module_attributes(module: Any) -> Iterator[tuple[str, Any]]:
    """Return the attributes of a module with their values, those in ``__slots__`` too."""
    yield from vars(module).items()
    for name in class_slots(type(module)):  # type: ignore[arg-type]  # classes are hashable
        if hasattr(module, name):
            yield name, getattr(module, name)


@lru_cache
def class_slots(kind: Any) -> tuple[str, ...]:
    """Return the names of the attributes that a class keeps in ``__slots__``."""
    return tuple(name for base in kind.__mro__ for name, x in vars(base).items() if type(x) is MemberDescriptorType)


def walk_modules(root: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return a module and all below it, with their dotted paths; a module that is shared comes once."""
    seen: set[int] = set()
    waiting = [(prefix, root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) not in seen:
            seen.add(id(module))
            yield path, module
            waiting += reversed([(join_path(path, name), child) for name, child in module.named_children()])


def tensors(root: Any, kind: Any = (Parameter, Buffer)) -> Iterator[tuple[str, Any]]:
    """Return the parameters or buffers below a module, with their dotted paths; one that is shared comes each time."""
    return (
        (join_path(path, name), x)
        for path, module in walk_modules(root)
        for name, x in module_attributes(module)
        if isinstance(x, kind)
    )


def join_path(path: str, name: str) -> str:
    """Return a dotted path."""
    return f"{path}.{name}" if path else name


# ------------------------------------------------------------------ parameters that nobody would find


def refuse_lost(root: Any) -> None:
    """Raise an error for parameters and modules below `root` in places where nobody finds them."""
    modules = list(walk_modules(root))
    lost = [found for path, module in modules for found in find_lost(module, path)]
    if not lost:
        return
    known = {id(x) for _, x in (*modules, *tensors(root))}
    for where, held, x, at in lost:
        if id(x) not in known or is_loose(x):
            raise TypeError(f"{type(root).__name__}: {where} " + complaint(held, x, at))


def find_lost(module: Any, path: str) -> Iterator[tuple[str, Any, Any, str]]:
    """Return what is hidden in a module, each as its path, the object that holds it, itself, and its place there."""
    own = dict(module_attributes(module))
    own.pop("_hooks", None)  # hooks are called, not learnt
    for name, value in own.items():
        if type(value) not in ATOMS and not is_found(value):
            yield from ((join_path(path, name), value, x, at) for at, x in find_within(value))
    for base in type(module).__mro__:
        if base.__module__.partition(".")[0] not in OURS:
            for name, value in vars(base).items():
                if name not in own and not name.startswith("__"):
                    yield from ((join_path(path, name), base, x, at) for at, x in find_within(value))


def is_found(x: Any) -> bool:
    """Return whether an attribute is found because of its type."""
    return hasattr(type(x), "named_children") or (isinstance(x, Parameter | Buffer) and not is_loose(x))


def is_loose(x: Any) -> bool:
    """Return whether it is a leaf that requires gradients but not a Parameter: a tensor that was not declared."""
    return isinstance(x, Tensor) and not isinstance(x, Parameter) and x.requires_grad and x.is_leaf


def find_within(value: Any) -> Iterator[tuple[str, Any]]:
    """Return the parameters, modules and loose tensors in a value, with their places.

    They may be in lists, sets, dicts and arrays, however deep, and in the attributes of an object. Functions are left
    alone: what they use is up to them.
    """
    seen: set[int] = set()
    waiting = [("", value, True)]
    while waiting:
        at, x, outermost = waiting.pop()
        if isinstance(x, Parameter) or is_loose(x) or hasattr(type(x), "named_children"):
            yield at, x
        elif type(x) not in ATOMS and not isinstance(x, Tensor) and id(x) not in seen:
            seen.add(id(x))
            waiting += reversed(
                [
                    (at + place, part, outermost and not place.startswith("."))
                    for place, part in parts_of_structure(x, outermost)
                ]
            )


def parts_of_structure(x: Any, outermost: bool) -> Iterator[tuple[str, Any]]:
    """Return the parts of a data structure, with their places; attributes only of the outermost object."""
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
        yield from parts_of_structure([*x.args, *x.keywords.values()], outermost)
    elif outermost and not isinstance(x, type) and hasattr(x, "__dict__"):
        kind = type(x)
        if kind is SimpleNamespace or kind.__module__.partition(".")[0] not in OURS:
            yield from ((f".{name}", part) for name, part in module_attributes(x))


def complaint(held: Any, x: Any, at: str) -> str:
    """Return the text that says what is wrong, and what to do about it."""
    kind, place = type(x).__name__, f", at {at}," if at else ""
    if isinstance(held, type):
        return (
            f"belongs to the class {held.__name__} and {f'holds a {kind}{place}' if at else f'is a {kind}'}: "
            "all objects would share it, and it would not be found. Assign it to self, in __init__"
        )
    if is_loose(x) and held is x:
        return (
            f"is a {kind} that requires gradients but no Parameter, so nothing would learn or save it: "
            "write nn.Parameter(...), or, if it is not to be learnt, .detach()"
        )
    article = "an" if type(held).__name__[0] in "aeiouAEIOU" else "a"
    return (
        f"is {article} {type(held).__name__} that holds a {kind}{place.rstrip(',') if len(at) > 4 else ''}, which is "
        "not found there: use nn.ModuleList or nn.ModuleDict for modules, and attributes of their own for parameters. "
        "(What is meant to stay outside can be held by a function: lambda: x.)"
    )
