"""Common subexpressions of long formulas: they are written once, under a name, and so are parts that fill a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...pytree import flatten
from .explanation import Line, shape_note
from .symbol import Symbol, function, symbols_in
from .text import Text

LONG = 72  # formulas that fit in a line are left as they are
SHORT = 10  # shorter parts get no name


def name_shares(x: Any, names: Iterator[str]) -> list[Line]:
    """Name parts of `x` until it is short, and return the lines that define them, which belong before it."""
    if not isinstance(x, Symbol) or is_short(x):
        return []
    lines = []
    for part, uses in subexpressions(x):
        if uses > 1 and len(text(part)) > SHORT:
            lines += [*name_pieces(part, names), name_part(part, next(names))]
    return [*lines, *name_pieces(x, names)]


def name_pieces(x: Symbol, names: Iterator[str]) -> list[Line]:
    """Name parts of `x` that nearly fill a line, until the rest fits in one, and return the lines that define them."""
    lines = []
    while len(text(x)) > LONG:
        lengths = [(len(text(part)), part) for part, _ in subexpressions(x)]
        fitting = [(n, part) for n, part in lengths if SHORT < n <= LONG and part is not x]
        if not fitting:
            break
        lines.append(name_part(max(fitting, key=lambda sized: sized[0])[1], next(names)))
    return lines


def name_part(part: Symbol, name: str) -> Line:
    """Give `part` a name, and return the line that defines it."""
    assert part.fn is not None
    line = Line(Symbol(part.value, name), function(part.fn, part.args, part.kwargs, part.value), shape_note(part.value))
    part.name = name
    return line


def subexpressions(x: Symbol) -> list[tuple[Symbol, int]]:
    """Return the subexpressions of `x`, each after its own parts and `x` last, and how often each is used.

    Equal formulas become one object, so that all their uses are named together.
    """
    found: dict[str, Symbol] = {}
    seen: dict[Symbol, Symbol] = {}
    uses: Counter[Symbol] = Counter()

    def visit(symbol: Symbol) -> Symbol:
        if symbol.name or symbol.fn is None:
            return symbol
        if symbol not in seen:
            leaves, rebuild = flatten((symbol.args, symbol.kwargs))
            leaves = [visit(a) if isinstance(a, Symbol) else a for a in leaves]
            symbol.args, symbol.kwargs = rebuild(leaves)
            names = {id(a): f"#{id(a)}" for a in leaves if isinstance(a, Symbol | np.ndarray)}
            seen[symbol] = found.setdefault(Text(names).write(symbol), symbol)
            if seen[symbol] is symbol:
                uses.update(a for a in leaves if isinstance(a, Symbol))
        return seen[symbol]

    visit(x)
    return [(symbol, uses[symbol]) for symbol in found.values()]


def is_short(x: Symbol) -> bool:
    """Return whether `x` fits in a line. Its text may be enormous, so its parts are counted first."""
    sizes: dict[Symbol, int] = {}

    def size(symbol: Symbol) -> int:
        if symbol not in sizes:
            sizes[symbol] = 1 if symbol.name else 1 + sum(map(size, symbols_in((symbol.args, symbol.kwargs))))
        return sizes[symbol]

    return size(x) <= LONG and len(text(x)) <= LONG


def text(x: Symbol) -> str:
    return Text().write(x)
