"""Hooks: functions of yours that are called whenever a module is.

A module without hooks costs nothing for them: calling it is running its ``forward``. The first hook gives the module a
class of its own, derived from its class, whose call runs the hooks as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..boundary import tracked
from ..nest import flatten
from ..primitive import primitive
from ..value import Value, copied, wrap

Gate = tuple[Any, list[int]] | None  # a node, and which of the values went through it


class Handle:
    """What registering a hook returns: call ``remove()`` to take it out again."""

    def __init__(self, module: Any, kind: str, hook: Any) -> None:
        self._module, self._kind, self._hook = module, kind, hook

    def remove(self) -> None:
        """Take the hook out; with the last one, the module is of its own class again."""
        hooks = getattr(self._module, "_hooks", {})
        if self._hook in hooks.get(self._kind, ()):
            hooks[self._kind].remove(self._hook)
            if not any(hooks.values()):
                self._module.__class__ = type(self._module).__bases__[1]
                del self._module._hooks


def register(module: Any, kind: str, hook: Callable[..., Any]) -> Handle:
    """Add a hook of a kind: "before", "after" or "backward"."""
    if not callable(hook):
        raise TypeError(f"a hook is a function, and got {hook!r}")
    if not isinstance(module, Hooked):
        module._hooks = {"before": [], "after": [], "backward": []}
        made_of: Any = type(module)
        module.__class__ = hooked(made_of)
    module._hooks[kind].append(hook)
    return Handle(module, kind, hook)


class Hooked:
    """A module that has hooks."""

    _hooks: dict[str, list[Any]]
    forward: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for hook in self._hooks["before"]:
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        watched = bool(self._hooks["backward"])
        entrance = None
        if watched:
            args, entrance = gate(args)
        output = self.forward(*args, **kwargs)
        for hook in self._hooks["after"]:
            changed = hook(self, args, output)
            if changed is not None:
                output = changed
        if watched:
            leaves, rebuild = flatten(output)
            outputs, exit = gate(leaves)
            output = rebuild(outputs)
            if exit is not None:
                call_back(self, exit, entrance, len(args), len(leaves))
        return output


@lru_cache
def hooked(kind: Any) -> Any:
    """The class of a module of this kind that has hooks; it goes by the same name."""
    return type(kind.__name__, (Hooked, kind), {"__call__": Hooked.__call__, "__module__": kind.__module__})


# -------------------------------------------------------------------------------- backward hooks
# What goes into a module passes a gate, and what comes out passes another: operations that do nothing, whose
# gradients are those of all inputs, and of all outputs, of this one call. The walk comes to the exit first.


@primitive(each=lambda i: lambda g, y, *xs: g[i], name="gate", several=True)
def passing(*xs: Any) -> Any:
    """The values themselves."""
    return xs


def gate(values: Any) -> tuple[Any, Gate]:
    """The same values, those that need gradients behind a gate; and that gate, if there are any."""
    places = [i for i, x in enumerate(values) if tracked(x)]
    if not places:
        return values, None
    passed = dict(zip(places, passing(*(values[i] for i in places)), strict=True))
    return tuple(passed.get(i, x) for i, x in enumerate(values)), (passed[places[0]]._node.parents[0], places)


def call_back(module: Any, exit: Any, entrance: Gate, n_inputs: int, n_outputs: int) -> None:
    """Call the hooks when the walk has come to the entrance, or to the exit if nothing entered."""
    came_out: list[Any] = []

    def at_exit(g: Any) -> None:
        came_out[:] = in_places(g, exit[1], n_outputs)
        if entrance is None:
            run([None] * n_inputs)

    def at_entrance(g: Any) -> None:
        assert entrance is not None
        run(in_places(g, entrance[1], n_inputs))

    def run(went_in: list[Any]) -> None:
        for hook in module._hooks["backward"]:
            hook(module, tuple(went_in), tuple(came_out))

    exit[0].info = {"hooks": (at_exit,)}
    if entrance is not None:
        entrance[0].info = {"hooks": (at_entrance,)}


def in_places(g: Any, places: list[int], n: int) -> list[Any]:
    """Gradients as Tensors of their own, where they belong; None where there are none."""
    found = {i: part if isinstance(part, Value) else wrap(copied(part)) for i, part in zip(places, g, strict=True)}
    return [found.get(i) for i in range(n)]
