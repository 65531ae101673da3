"""Nested lists, tuples and dicts, taken apart into their leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Rebuild = Callable[[Any], Any]


def flatten(nest: Any) -> tuple[list[Any], Rebuild]:
    """The leaves of a nest, and a function that makes the same nest of other leaves.

    Lists, tuples, named tuples and dicts are nests; all else is a leaf, None included.

    Examples
    --------
    >>> from tinygrad_edu.nest import flatten
    >>> leaves, rebuild = flatten({"w": [1, 2], "b": (3,)})
    >>> leaves
    [1, 2, 3]
    >>> rebuild("xyz")
    {'w': ['x', 'y'], 'b': ('z',)}
    """
    leaves: list[Any] = []

    def take_apart(nest: Any) -> Rebuild:
        if isinstance(nest, dict):
            parts = {k: take_apart(v) for k, v in nest.items()}
            return lambda new: {k: part(new) for k, part in parts.items()}
        if isinstance(nest, list | tuple):
            items = [take_apart(v) for v in nest]
            make = getattr(nest, "_make", list if isinstance(nest, list) else tuple)
            return lambda new: make([part(new) for part in items])
        leaves.append(nest)
        return lambda new: next(new)

    structure = take_apart(nest)
    return leaves, lambda new: structure(iter(new))


def mapped(f: Callable[..., Any], nest: Any) -> Any:
    """The nest of ``f(leaf)``."""
    leaves, rebuild = flatten(nest)
    return rebuild(map(f, leaves))


def matched(nest: Any, other: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Pairs of leaves of two nests of the same structure; `what` names them in the error if they are not."""
    left, right = flatten(nest)[0], flatten(other)[0]
    if mapped(lambda leaf: 0, nest) != mapped(lambda leaf: 0, other):
        raise ValueError(f"{what}: two nests of different structure, with {len(left)} and {len(right)} leaves")
    return zip(left, right, strict=True)
