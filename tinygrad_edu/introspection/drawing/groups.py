"""Groups: which operations belong together, as a tree of the calls of modules in which they ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...engine.node import Node
from ...nn.module import Module
from ..naming import place

Calls = dict[Node, tuple[Any, ...]]  # for each operation the calls around it, outermost first


class Group:
    """Operations and smaller groups, in the order of the computation: one call of a module, a part that repeats, or all."""

    __slots__ = ("call", "chained", "items", "label", "times")

    def __init__(self, call: Any = None) -> None:
        self.label = ""  # of a side of the picture
        self.call = call  # a Call, or a Mirror of one, or None
        self.items: list[Node | Group] = []
        self.times = 1  # how often it comes, one like the other
        self.chained = False  # whether each of these takes what the one before it gave

    @property
    def module(self) -> Any:
        return None if self.call is None else self.call.module

    def operations(self) -> Iterator[Node]:
        """All operations within, in order."""
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
        """All groups within, outer ones first."""
        for item in self.items:
            if isinstance(item, Group):
                yield item
                yield from item.groups()


class Mirror:
    """What the derivative of a call is grouped by: it stands where the call stands, on the other side."""

    def __init__(self, call: Any) -> None:
        self.call, self.module = call, call.module


def build_groups(operations: Iterable[Node], calls: Calls) -> Group:
    """The tree, of operations in their order."""
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
    """What the watch mode wrote down."""
    return {node: calls for node in operations if (calls := node.info.calls)}


def mirror_groups(calls: Calls, derivatives: dict[Node, Node]) -> Calls:
    """The same groups again for derivatives, each where the operation is that it is the derivative of."""
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
    """Names for all modules that were called: where nobody has one for the outermost, by its class."""
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
    """``Sequential[0].hidden``"""
    steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in path.split(".") if step)
    return type(module).__name__ + "".join(steps)


def parameters_of(modules: Mapping[str, Module]) -> dict[Any, str]:
    """Names of the parameters and buffers of these modules, by their places in the graph."""
    found: dict[Any, str] = {}
    for name, module in modules.items():
        for path, tensor in module.named_tensors():
            found.setdefault(place(tensor), f"{name}.{path}" if name else path)
    return found
