"""Nested lists, tuples and dicts, taken apart into their leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable
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
    structure = taken_apart(nest, leaves)
    return leaves, lambda new: structure(iter(new))


def taken_apart(nest: Any, leaves: list[Any]) -> Rebuild:
    """Add the leaves of `nest` to the list; return what makes it again of an iterator of others."""
    if type(nest) is dict:
        parts = {k: taken_apart(v, leaves) for k, v in nest.items()}
        return lambda new: {k: part(new) for k, part in parts.items()}
    if is_sequence(nest):
        items = [taken_apart(v, leaves) for v in nest]
        make = getattr(nest, "_make", type(nest))
        return lambda new: make([part(new) for part in items])
    leaves.append(nest)
    return next


def matched(nest: Any, other: Any, what: str, path: str = "") -> list[Any]:
    """The leaves of `other` in the order of those of `nest`, which must have the same structure.

    `what` names the two in the error if they have not. A list will do for a tuple.

    Examples
    --------
    >>> from tinygrad_edu.nest import matched
    >>> matched({"w": [1, 2], "b": 3}, {"b": "z", "w": ("x", "y")}, "weights and names")
    ['x', 'y', 'z']
    """
    if type(nest) is dict and type(other) is dict and nest.keys() == other.keys():
        return [leaf for k in nest for leaf in matched(nest[k], other[k], what, f"{path}[{k!r}]")]
    if is_sequence(nest) and is_sequence(other) and len(nest) == len(other):
        pairs = enumerate(zip(nest, other, strict=True))
        return [leaf for i, (a, b) in pairs for leaf in matched(a, b, what, f"{path}[{i}]")]
    if is_nest(nest) or is_nest(other):
        raise ValueError(f"{what} must have the same structure; {f'at {path}' if path else 'here'} it is "
                         f"{described(nest)} against {described(other)}")
    return [other]


def is_sequence(x: Any) -> bool:
    """Whether `x` is a list, a tuple, or a named tuple."""
    return type(x) in (list, tuple) or (isinstance(x, tuple) and hasattr(x, "_make"))


def is_nest(x: Any) -> bool:
    return type(x) is dict or is_sequence(x)


def described(x: Any) -> str:
    """What `x` is, in a few words for an error."""
    if type(x) is dict:
        return f"a dict of {', '.join(map(repr, x)) or 'nothing'}"
    return f"a {type(x).__name__} of {len(x)}" if is_sequence(x) else f"one {type(x).__name__}"
