"""Pytrees: nested lists, tuples, dicts and dataclasses, flattened into their leaves and rebuilt from them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

Rebuild = Callable[[Any], Any]


def flatten(nest: Any) -> tuple[list[Any], Rebuild]:
    """Return the leaves of a nest (a pytree), and a function that makes the same nest of other leaves.

    Lists, tuples, named tuples, dicts (ordered and default ones too) and objects of dataclasses are nests, and None is
    one without leaves; anything else is a leaf.

    Examples
    --------
    >>> from tinygrad_edu.pytree import flatten
    >>> leaves, rebuild = flatten({"w": [1, 2], "b": (3,), "c": None})
    >>> leaves
    [1, 2, 3]
    >>> rebuild("xyz")
    {'w': ['x', 'y'], 'b': ('z',), 'c': None}
    """
    leaves: list[Any] = []
    structure = add_leaves(nest, leaves)
    return leaves, lambda new: structure(iter(new))


def add_leaves(nest: Any, leaves: list[Any]) -> Rebuild:
    """Add the leaves of `nest` to the list; return a function that makes the same nest from an iterator of others."""
    if nest is None:
        return lambda new: None
    if (own := entries_of(nest)) is not None:
        parts = {k: add_leaves(v, leaves) for k, v in own.items()}
        blank = empty_copy(nest)
        return lambda new: fill_copy(blank, {k: part(new) for k, part in parts.items()})
    if is_sequence(nest):
        items = [add_leaves(v, leaves) for v in nest]
        make = getattr(nest, "_make", type(nest))
        return lambda new: make([part(new) for part in items])
    leaves.append(nest)
    return next


def match_leaves(nest: Any, other: Any, what: str, path: str = "") -> list[Any]:
    """Return the leaves of `other` in the order of those of `nest`, which must have the same structure.

    `what` names the two in the error if they don't. A list matches a tuple.

    Examples
    --------
    >>> from tinygrad_edu.pytree import match_leaves
    >>> match_leaves({"w": [1, 2], "b": 3}, {"b": "z", "w": ("x", "y")}, "weights and names")
    ['x', 'y', 'z']
    """
    own, others = entries_of(nest), entries_of(other)
    if own is not None and others is not None and own.keys() == others.keys():
        return [leaf for k in own for leaf in match_leaves(own[k], others[k], what, f"{path}[{k!r}]")]
    if is_sequence(nest) and is_sequence(other) and len(nest) == len(other):
        pairs = enumerate(zip(nest, other, strict=True))
        return [leaf for i, (a, b) in pairs for leaf in match_leaves(a, b, what, f"{path}[{i}]")]
    if nest is None and other is None:
        return []
    if is_nest(nest) or is_nest(other):
        raise ValueError(
            f"{what} must have the same structure; {f'at {path}' if path else 'here'} it is "
            f"{describe_nest(nest)} against {describe_nest(other)}"
        )
    return [other]


def entries_of(nest: Any) -> dict[Any, Any] | None:
    """Return the entries of a dict or a dataclass object, by name; else None. (A module is always a leaf.)"""
    if isinstance(nest, dict):
        return nest
    if is_dataclass(nest) and not isinstance(nest, type) and not hasattr(type(nest), "named_children"):
        return {field.name: getattr(nest, field.name) for field in fields(nest)}
    return None


def empty_copy(nest: Any) -> Any:
    """Return a copy of a dict or an object of a dataclass, to be filled."""
    blank = copy(nest)
    if isinstance(blank, dict):
        blank.clear()
    return blank


def fill_copy(blank: Any, parts: dict[Any, Any]) -> Any:
    """Return a copy of an empty copy, filled with these parts."""
    if type(blank) is dict:
        return parts
    made = copy(blank)
    for k, part in parts.items():
        if isinstance(made, dict):
            made[k] = part
        else:
            object.__setattr__(made, k, part)  # works for frozen dataclasses too
    return made


def is_sequence(x: Any) -> bool:
    """Say whether `x` is a list, a tuple, or a named tuple."""
    return type(x) in (list, tuple) or (isinstance(x, tuple) and hasattr(x, "_make"))


def is_nest(x: Any) -> bool:
    return x is None or is_sequence(x) or entries_of(x) is not None


def describe_nest(x: Any) -> str:
    """Describe `x` in a few words, for an error."""
    if x is None:
        return "None"
    if (own := entries_of(x)) is not None:
        return f"a {type(x).__name__} of {', '.join(map(repr, own)) or 'nothing'}"
    return f"a {type(x).__name__} of {len(x)}" if is_sequence(x) else f"one {type(x).__name__}"
