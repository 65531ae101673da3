"""Twins: tensors that hold other arrays for a while, as seen from one thread only.

While a function is recorded, the tensors that it reaches hold Tracers. While it is only compared, its side effects on
them must leave no trace. But other threads may compute with the same model at that very moment. So access to such a
tensor is redirected: its class becomes one whose slots are those of a twin, if the context has a twin for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from functools import cache
from threading import RLock
from types import MappingProxyType
from typing import Any

from ..engine.tensor_base import TensorBase

SLOTS = {name: TensorBase.__dict__[name] for name in TensorBase.__slots__ if name != "__weakref__"}

_twins: ContextVar[Mapping[int, Any]] = ContextVar("tinygrad_edu twins", default=MappingProxyType({}))
_redirections: Counter[int] = Counter()  # for each redirected tensor, how many contexts have a twin
_lock = RLock()  # reentrant: the garbage collector may end an interrupted context at any moment, in this very thread


@contextmanager
def standing_in(tensors: Sequence[Any], arrays: Sequence[Any]) -> Iterator[None]:
    """Let tensors hold other arrays, and no gradients, for a while. Afterwards they are exactly as before."""
    twins = {id(t): twin_of(t, array) for t, array in zip(tensors, arrays, strict=True)}
    token = _twins.set({**_twins.get(), **twins})
    with _lock:
        for t in tensors:
            _redirections[id(t)] += 1
            if not hasattr(type(t), "__original__"):
                t.__class__ = redirected_class(type(t))  # type: ignore[arg-type]  # classes are hashable
    try:
        yield
    finally:
        put_back(_twins, token)
        with _lock:
            for t in tensors:
                _redirections[id(t)] -= 1
                if not _redirections[id(t)]:
                    del _redirections[id(t)]
                    t.__class__ = type(t).__original__


def put_back(variable: ContextVar[Any], token: Token[Any]) -> None:
    """Reset a context variable, unless this is another context: an interrupted generator may be ended elsewhere."""
    with suppress(ValueError):
        variable.reset(token)


def twin_of(t: Any, array: Any) -> Any:
    """Return another tensor with the same place in the graph, which holds `array`."""
    twin = object.__new__(TensorBase)
    twin._array, twin._node, twin._shared, twin._source, twin._grad = array, t._node, False, t._source, None
    return twin


@cache
def redirected_class(kind: type) -> type:
    """Return a subclass of `kind` whose tensors use the slots of their twin, where they have one."""
    held: dict[str, Any] = {name: redirect(slot) for name, slot in SLOTS.items()}

    def _accumulate(t: Any, g: Any) -> None:
        if t._grad is None or id(t) not in _twins.get():
            kind._accumulate(t, g)  # type: ignore[attr-defined]
        else:
            t._grad = t._grad + g  # no note for optim/zero_grad_check.py: it is not about the twin's

    def __reduce__(t: Any) -> tuple[Any, ...]:
        make, arguments, *rest = kind.__reduce__(t)  # type: ignore[call-arg, str-unpack]  # mypy takes it for that of a class
        return (make, tuple(kind if a is type(t) else a for a in arguments), *rest)  # a copy has the usual class

    held["_accumulate"], held["__reduce__"] = _accumulate, __reduce__
    return type(kind.__name__, (kind,), {"__slots__": (), "__module__": kind.__module__, "__original__": kind, **held})


def redirect(slot: Any) -> property:
    """Return a property that reads and writes a slot of the tensor's twin, or of the tensor if it has none."""

    def get(t: Any) -> Any:
        return slot.__get__(_twins.get().get(id(t), t))

    def set(t: Any, x: Any) -> None:
        slot.__set__(_twins.get().get(id(t), t), x)

    return property(get, set)
