"""Folding of repeated parts, which are drawn once: twelve equal layers, or the thousand steps of a loop.

Each operation or group has a signature, made of its function and shapes. Where the sequence of signatures repeats
itself, and each repeat is connected like the one before, all but the first are folded away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.node import Leaf, Node
from .groups import Group

FEWEST = 3  # fewer repeats are not folded
LONGEST = 64  # the most items in a repeated part

Part = dict[Node, int]  # operations, and their numbers in the part
Same = dict[Node, tuple[Node, Part]]  # from an operation folded away to the one drawn for it, and that one's part


def fold_repeats(root: Group) -> Same:
    """Fold repeated parts of the tree in place, from the outside in, and return which operations were folded away."""
    same: Same = {}
    signatures: dict[Any, int] = {}
    waiting = [root]
    while waiting:
        group = waiting.pop()
        fold_items(group, same, signatures)
        waiting += [item for item in group.items if isinstance(item, Group)]
    return same


def fold_items(group: Group, same: Same, signatures: dict[Any, int]) -> None:
    """Fold repeated items of one group, in place, and add them to `same`."""
    items = group.items
    if len(items) < FEWEST:
        return
    periods = candidates(np.array([look_alike_number(item, signatures) for item in items]))
    kept: list[Node | Group] = []
    i = 0
    while i < len(items):
        period, most = periods.get(i, (1, 1))
        parts = repeats(items, i, period, most)
        if len(parts) < FEWEST:
            kept.append(items[i])
            i += 1
            continue
        first = items[i] if period == 1 else None
        if not isinstance(first, Group):
            first = Group()
            first.items = items[i : i + period]
        first.times = len(parts)
        first.chained = any(isinstance(wire, tuple) and wire[0] for wire in wires(parts, 1))
        kept.append(first)
        for part in parts[1:]:
            same.update((node, (first_node, parts[0])) for node, first_node in zip(part, parts[0], strict=True))
        i += period * len(parts)
    group.items = kept


def candidates(marks: Any) -> dict[int, tuple[int, int]]:
    """Return, for each place where a repeat may begin, the period that covers most items, and its number of repeats."""
    n = len(marks)
    best = np.zeros(n, int)
    length = np.ones(n, int)
    for period in range(1, min(LONGEST, n // FEWEST) + 1):
        differs = np.flatnonzero(marks[:-period] != marks[period:])
        ends = np.append(differs, n - period)  # the ends of runs of equal marks
        runs = ends[np.searchsorted(ends, np.arange(n - period))] - np.arange(n - period)
        times = runs // period + 1
        covered = np.where(times >= FEWEST, times * period, 0)
        better = covered > best[: n - period]
        best[: n - period][better] = covered[better]
        length[: n - period][better] = period
    return {int(i): (int(length[i]), int(best[i] // length[i])) for i in np.flatnonzero(best)}


def operations(part: Sequence[Node | Group]) -> list[Node]:
    """Return all operations of these items, in order."""
    return [node for item in part for node in (item.operations() if isinstance(item, Group) else (item,))]


def look_alike_number(item: Node | Group, known: dict[Any, int]) -> int:
    """Return a number that is equal for operations or groups that look the same."""
    key: tuple[Any, ...]
    if isinstance(item, Group):
        key = ("group", type(item.module), tuple(look_alike_number(inner, known) for inner in item.items))
    else:
        shapes = tuple(p.shape if isinstance(p, Node) else None for p in item.parents)
        key = (item.plan.rule, item.shape, item.dtype, shapes, tuple(item.kwargs))
    return known.setdefault(key, len(known))


def repeats(items: Sequence[Node | Group], i: int, period: int, most: int) -> list[Part]:
    """Return the repeated parts from place `i` on that are connected in the same way."""
    parts: list[Part] = []
    pattern: list[Any] = []
    while len(parts) < most:
        k = len(parts)
        parts.append({node: j for j, node in enumerate(operations(items[i + k * period : i + (k + 1) * period]))})
        if k == 1:
            pattern = wires(parts, 1)
            if not connected_alike(parts, pattern):
                return parts[:1]
        elif k and wires(parts, k) != pattern:
            return parts[:k]
    return parts


def wires(parts: list[Part], k: int) -> list[Any]:
    """Return where part `k` takes its arguments from: itself or the part before it, a leaf, or elsewhere outside."""
    found: list[Any] = []
    for node in parts[k]:
        for p in node.parents:
            back = (
                next((back for back in (0, 1) if back <= k and p in parts[k - back]), None) if type(p) is Node else None
            )
            found.append((back, parts[k - back][p]) if back is not None else "leaf" if type(p) is Leaf else "outside")
    return found


def connected_alike(parts: list[Part], pattern: list[Any]) -> bool:
    """Return whether the first part is connected like the second, but from outside instead of from a part before."""
    given: dict[Any, Any] = {}
    parents = (p for node in parts[0] for p in node.parents)
    for parent, wire, wanted in zip(parents, wires(parts, 0), pattern, strict=True):
        if isinstance(wanted, tuple) and wanted[0]:
            if isinstance(wire, tuple) or given.setdefault(wanted, parent) is not parent:
                return False
        elif wire != wanted and (isinstance(wire, tuple) or isinstance(wanted, tuple)):
            return False
    return True
