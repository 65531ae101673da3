"""Groups of operations: a tree of the calls of modules in which they ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...engine.node import Node
from ...nn.module import Module
from ..naming import graph_place

Calls = dict[Node, tuple[Any, ...]]  # for each operation the calls around it, outermost first


class Group:
    """Operations and smaller groups, in order: those of a call of a module, of a repeated part, or of a whole graph."""

    __slots__ = ("call", "chained", "items", "label", "times")

    def __init__(self, call: Any = None) -> None:
        self.label = ""  # the title of the forward or backward side
        self.call = call  # a Call, or a Mirror of one, or None
        self.items: list[Node | Group] = []
        self.times = 1  # the number of repeats that it stands for
        self.chained = False  # whether each repeat takes results of the one before

    @property
    def module(self) -> Any:
        return None if self.call is None else self.call.module

    def operations(self) -> Iterator[Node]:
        """Yield all operations within, in order."""
        waiting = [iter(self.items)]
        while waiting:
            for item in waiting[-1]:
                if isinstance(item, Group):
                    waiting.append(iter(item.items))
                    break
                yield item
            else:
                waiting.pop()

    def groups(self) -> Iterator[Group]:
        """Yield all groups within, outer ones first."""
        for item in self.items:
            if isinstance(item, Group):
                yield item
                yield from item.groups()


class Mirror:
    """The counterpart of a call on the backward side, by which the operations of its derivative are grouped."""

    def __init__(self, call: Any) -> None:
        self.call, self.module = call, call.module


def build_groups(operations: Iterable[Node], calls: Calls) -> Group:
    """Return the tree of groups for operations, which are in order."""
    root = Group()
    groups: dict[int, Group] = {}
    for node in operations:
        inner = root
        for call in calls.get(node, ()):
            group = groups.get(id(call))
            if group is None:
                group = groups[id(call)] = Group(call)
                inner.items.append(group)
            inner = group
        inner.items.append(node)
    return root


def calls_by_node(operations: Iterable[Node]) -> Calls:
    """Return the calls around each operation, as the watch mode recorded them."""
    return {node: calls for node in operations if (calls := node.info.calls)}


def mirror_groups(calls: Calls, derivatives: dict[Node, Node]) -> Calls:
    """Add to `calls` a mirrored call for each operation of a derivative, and return them."""
    mirrors: dict[int, Mirror] = {}
    for node, of in derivatives.items():
        around = calls.get(of, ())
        for call in around:
            mirrors.setdefault(id(call), Mirror(call))
        calls[node] = tuple(mirrors[id(call)] for call in around)
    return calls


# ---------------------------------------------------------------------------------------- names

Names = dict[int, str]  # modules' names, by their ids


def complete(names: Names, calls: Iterable[tuple[Any, ...]]) -> Names:
    """Return names for all modules that were called; if the outermost has none, by its class."""
    names, done = dict(names), set()
    for around in calls:
        for call in around:
            if id(call) not in done:
                done.add(id(call))
                if id(call.module) not in names:
                    for path, module in call.module.named_modules():
                        names.setdefault(id(module), nameless(call.module, path))
    return names


def nameless(module: Any, path: str) -> str:
    """Return a name for a module within one that has no name: ``Sequential[0].hidden``."""
    steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in path.split(".") if step)
    return type(module).__name__ + "".join(steps)


def parameter_names(modules: Mapping[str, Module]) -> dict[Any, str]:
    """Return the names of the parameters and buffers of these modules, by their places in the graph."""
    found: dict[Any, str] = {}
    for name, module in modules.items():
        for path, tensor in module.named_tensors():
            found.setdefault(graph_place(tensor), f"{name}.{path}" if name else path)
    return found
