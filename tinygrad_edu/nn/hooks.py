"""Calls of modules; and hooks, your own functions that run whenever a module is called.

A module without hooks pays nothing for them: its call runs its ``forward``. The first hook gives the module a class of
its own, derived from its class, whose call runs the hooks too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from ..engine.declare import primitive
from ..engine.modes import level
from ..engine.tensor_base import TensorBase, copy_array, wrap
from ..engine.traversal import is_tracked, subgraph
from ..pytree import flatten

Gate = tuple[Any, list[int]] | None  # a node, and which of the values went through it

P = ParamSpec("P")
Output = TypeVar("Output", covariant=True)


class Forward(Protocol[P, Output]):
    """Whatever has a ``forward``."""

    @property
    def forward(self) -> Callable[P, Output]: ...


class ForwardCall(property):
    """The ``__call__`` of modules: a property that returns the module's ``forward``, to save a call in between."""

    if TYPE_CHECKING:  # a call takes what forward takes, and gives what it gives

        def __get__(self, module: Forward[P, Output], kind: Any = None) -> Callable[P, Output]: ...  # type: ignore[override]

    def __call__(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        return module.forward(*args, **kwargs)


class Handle:
    """The result of registering a hook. Call ``remove()`` to take the hook out again."""

    def __init__(self, module: Any, kind: str, entry: tuple[Any]) -> None:
        self._module, self._kind, self._entry = module, kind, entry

    def remove(self) -> None:
        """Take the hook out. Without hooks, the module has its original class again. A second call does nothing."""
        hooks = vars(self._module).get("_hooks")
        if hooks:
            hooks[self._kind][:] = [entry for entry in hooks[self._kind] if entry is not self._entry]
            if not any(hooks.values()):
                self._module.__class__ = own_class(self._module)
                del self._module._hooks


def register(module: Any, kind: str, hook: Callable[..., Any]) -> Handle:
    """Add a hook of a kind, "before", "after" or "backward", and return its handle."""
    if not callable(hook):
        raise TypeError(f"a hook must be a function, got {hook!r}")
    hooks = vars(module).setdefault("_hooks", {"before": [], "after": [], "backward": []})
    if not isinstance(module, Hooked):
        made_of: Any = type(module)
        module.__class__ = hooked(made_of)
    entry = (hook,)  # its identity matters: the same function may be registered twice
    hooks[kind].append(entry)
    return Handle(module, kind, entry)


class Hooked:
    """A module with hooks. They may remove themselves, or others, while they run."""

    _hooks: Any = MappingProxyType({"before": (), "after": (), "backward": ()})  # for a copy that was made without them

    def __init_subclass__(cls) -> None:
        """Do nothing: the ``__init_subclass__`` of the user's classes is for classes that the user writes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hooks = self._hooks
        call = super().__call__  # type: ignore[misc]  # looked up now: when the last hook is removed, the class changes
        for (hook,) in tuple(hooks["before"]):
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        watched = bool(hooks["backward"])
        entrance = None
        if watched:
            args, entrance = gate(args)
        output = call(*args, **kwargs)
        for (hook,) in tuple(hooks["after"]):
            changed = hook(self, args, output)
            if changed is not None:
                output = changed
        if watched:
            leaves, rebuild = flatten(output)
            outputs, exit = gate(leaves)
            output = rebuild(outputs)
            if exit is not None:
                call_back(
                    self,
                    hooks["backward"],
                    exit,
                    entrance if leads_to(leaves, entrance) else None,
                    len(args),
                    len(leaves),
                )
        return output

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Tell pickle to write a module of the original class, since this one has no name, and to restore the hooks."""
        written: Any = super().__reduce_ex__(protocol)
        how, args, *rest = written
        made, own = type(self), own_class(self)
        return hooked_again, (own if how is made else how, tuple(own if a is made else a for a in args)), *rest


def own_class(module: Any) -> Any:
    """Return the module's class without hooks, the one that the user knows."""
    return type(module).__bases__[1] if isinstance(module, Hooked) else type(module)


@lru_cache
def hooked(kind: Any) -> Any:
    """Return a class derived from `kind`, with the same name, whose calls run the hooks."""
    return type(
        kind.__name__,
        (Hooked, kind),
        {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__},
    )


def hooked_again(how: Any, args: Any) -> Any:
    """Make a module with hooks again; pickle and copy call this."""
    module = how(*args)
    module.__class__ = hooked(own_class(module))
    return module


# -------------------------------------------------------------------------------- backward hooks
# The inputs of a module pass through a gate, and so do its outputs: an operation that does nothing. The gradients of
# the gates are the gradients of all inputs and of all outputs of this call. The backward walk comes to the exit first.


@primitive(each=lambda i: lambda g, y, *xs: g[i], name="gate", multiple_results=True)
def gate_values(*xs: Any) -> Any:
    """Return the values themselves."""
    return xs


def gate(values: Any) -> tuple[Any, Gate]:
    """Return the values, those that need gradients behind a gate; and the gate, or None if there are no such values."""
    places = [i for i, x in enumerate(values) if is_tracked(x)]
    if not places or not level():
        return values, None
    passed = dict(zip(places, gate_values(*(values[i] for i in places)), strict=True))
    return tuple(passed.get(i, x) for i, x in enumerate(values)), (passed[places[0]]._node.parents[0], places)


def leads_to(outputs: list[Any], entrance: Gate) -> bool:
    """Return whether gradients of the outputs reach the entrance."""
    return entrance is not None and entrance[0] in subgraph(outputs, entrance[0].order)[0]


def call_back(module: Any, hooks: list[Any], exit: Any, entrance: Gate, n_inputs: int, n_outputs: int) -> None:
    """Arrange that the hooks are called when the walk comes to the entrance, or to the exit if there is no entrance.

    The nodes hold these functions. So the functions hold no node: that would be a cycle, and a dropped graph with all
    its arrays would wait for the garbage collector.
    """
    came_out: list[Any] = []
    ways_out, ways_in = exit[1], entrance[1] if entrance is not None else None

    def at_exit(g: Any) -> None:
        came_out[:] = in_places(g, ways_out, n_outputs)
        if ways_in is None:
            run([None] * n_inputs)

    def at_entrance(g: Any) -> None:
        run(in_places(g, ways_in, n_inputs))

    def run(went_in: list[Any]) -> None:
        outputs = tuple(came_out)
        came_out.clear()  # under create_graph, gradients hold the graph
        for (hook,) in tuple(hooks):
            if hook(module, tuple(went_in), outputs) is not None:
                raise TypeError(
                    f"a backward hook of {type(module).__name__} has returned something: it is shown gradients, "
                    "and can't change them; let it return None"
                )

    note(exit[0], at_exit)
    if entrance is not None:
        note(entrance[0], at_entrance)


def note(node: Any, hook: Any) -> None:
    """Arrange that `hook` is called with the node's gradient."""
    node.note(hooks=(hook,))


def in_places(g: Any, places: Any, n: int) -> list[Any]:
    """Return `n` gradients: Tensors of their own in these places, and None in the others."""
    found = {
        i: part if isinstance(part, TensorBase) else wrap(copy_array(part)) for i, part in zip(places, g, strict=True)
    }
    return [found.get(i) for i in range(n)]
