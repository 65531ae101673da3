"""Names of tensors in pictures: those of the variables, modules and lists in the user's program that hold them."""

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
    """Return the tensors in a mapping from names, or in a Module, by their places in the graph.

    Tensors, the parameters of modules, and lists, tuples and dicts of these are searched, one level deep.
    A tensor with several names gets its path in a module, or else the name that was given first.
    """
    if isinstance(names, Module):
        return {graph_place(tensor): (name, tensor) for name, tensor in names.named_parameters()}
    if not isinstance(names, Mapping):
        raise TypeError(
            "names must be a mapping from names to tensors, such as {'x': x}, or a Module; "
            f"got {type(names).__name__}"
        )
    variables = sorted(((str(name), value) for name, value in names.items()), key=lambda v: v[0].startswith("_"))
    contents = [item for variable in variables for item in named_items(*variable)]
    found: Held = {}
    for entries in variables, contents:
        for name, value in entries:
            if issubclass(type(value), Module):  # type(), since some objects lie to isinstance()
                for path, tensor in value.named_parameters():
                    found.setdefault(graph_place(tensor), (f"{name}.{path}", tensor))
        for name, value in entries:
            if issubclass(type(value), TensorBase):
                found.setdefault(graph_place(value), (name, value))
    return found


def modules_in(names: Any) -> dict[str, Module]:
    """Return the modules in a mapping from names, and in its lists, tuples and dicts; the best name of each is last.

    Names with underscores are worst, since a notebook keeps all that it showed in ``Out[7]``, ``_7`` and ``_`` too.
    """
    if isinstance(names, Module):
        return {"": names}
    variables = sorted(((str(name), value) for name, value in names.items()), key=lambda v: not v[0].startswith("_"))
    contents = [item for variable in variables for item in named_items(*variable)]
    return {name: value for name, value in (*contents, *variables) if issubclass(type(value), Module)}


def graph_place(tensor: TensorBase) -> Any:
    """Return a tensor's place in graphs: the node that made it, or its node as a constant, or its id if it has none."""
    return tensor._node or tensor._source or id(tensor)


def named_items(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list, tuple or dict, with names such as ``weights[0]`` and ``weights['first']``."""
    if type(value) in (list, tuple):
        yield from ((f"{name}[{i}]", item) for i, item in enumerate(islice(value, MANY)))
    elif type(value) is dict and len(value) <= MANY:
        yield from ((f"{name}[{key!r}]", item) for key, item in list(value.items()) if type(key) in (str, int))


MANY = 1000  # nobody names more by hand; a list of a million numbers is not searched


def variables_of(frame: FrameType) -> dict[str, Any]:
    """Return the variables that code running in `frame` sees, local ones before the module's."""
    local = frame.f_locals
    found = {**frame.f_globals, **local}
    found = {name: found[name] for name in (*local, *found) if name.isidentifier()}  # others are hidden names
    function = frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if function and type(local) is dict and getrefcount(local) == OURS:
        local.clear()  # Python up to 3.12 made this copy for us, and would keep it, with all tensors in it
    return found


OURS = 3  # the reference count of a dict that a frame, one variable and getrefcount itself hold
