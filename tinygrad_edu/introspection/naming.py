"""What to call a tensor in a picture: whatever its author calls it, which the variables that hold it tell."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from itertools import islice
from sys import getrefcount
from types import FrameType
from typing import Any

from ..engine.tensor_base import TensorBase
from ..nn.module import Module

Held = dict[Any, tuple[str, TensorBase]]  # from a place in the graph to a tensor there, and its name


def tensors_held_in(names: Any) -> Held:
    """The tensors in a mapping from names, or in a Module, by their places in the graph.

    Looked at are tensors, the parameters of modules, and lists, tuples and dicts of these, one level deep.
    A tensor with several names gets its path in a module, else the name that was given first.
    """
    if isinstance(names, Module):
        return {place(tensor): (name, tensor) for name, tensor in names.named_parameters()}
    if not isinstance(names, Mapping):
        raise TypeError("names must be a mapping from names to tensors, such as {'x': x}, or a Module; "
                        f"got {type(names).__name__}")
    variables = sorted(((str(name), value) for name, value in names.items()), key=lambda v: v[0].startswith("_"))
    contents = [item for variable in variables for item in items(*variable)]
    found: Held = {}
    for entries in variables, contents:
        for name, value in entries:
            if issubclass(type(value), Module):  # type(), for some objects pretend when isinstance() asks
                for path, tensor in value.named_parameters():
                    found.setdefault(place(tensor), (f"{name}.{path}", tensor))
        for name, value in entries:
            if issubclass(type(value), TensorBase):
                found.setdefault(place(value), (name, value))
    return found


def modules_in(names: Any) -> dict[str, Module]:
    """The modules in a mapping from names, and in the lists, tuples and dicts there; the best name of each comes last.

    A notebook has all that it showed in ``Out[7]``, ``_7`` and ``_`` too, which nobody calls so.
    """
    if isinstance(names, Module):
        return {"": names}
    variables = sorted(((str(name), value) for name, value in names.items()), key=lambda v: not v[0].startswith("_"))
    contents = [item for variable in variables for item in items(*variable)]
    return {name: value for name, value in (*contents, *variables) if issubclass(type(value), Module)}


def place(tensor: TensorBase) -> Any:
    """A tensor's place in graphs: the node that made it, or what stands for it as a constant; its id if it is in none."""
    return tensor._node or tensor._source or id(tensor)


def items(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a list, tuple or dict holds, under names such as ``weights[0]`` and ``weights['first']``."""
    if type(value) in (list, tuple):
        yield from ((f"{name}[{i}]", item) for i, item in enumerate(islice(value, MANY)))
    elif type(value) is dict and len(value) <= MANY:
        yield from ((f"{name}[{key!r}]", item) for key, item in list(value.items()) if type(key) in (str, int))


MANY = 1000  # nobody names more by hand; a list of a million numbers is not looked through


def variables_of(frame: FrameType) -> dict[str, Any]:
    """The variables that code running in `frame` sees, its own before the module's."""
    local = frame.f_locals
    found = {**frame.f_globals, **local}
    found = {name: found[name] for name in (*local, *found) if name.isidentifier()}  # others are somebody's machinery
    function = frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if function and type(local) is dict and getrefcount(local) == OURS:
        local.clear()  # Python up to 3.12 made this copy for us, and keeps it: it would keep all tensors in it alive
    return found


OURS = 3  # what getrefcount says of a dict that a frame, one variable and getrefcount itself hold
