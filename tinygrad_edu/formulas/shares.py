"""Long formulas, made short: what occurs in one more than once is written once, under a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..nest import flatten
from .page import Line
from .symbol import Symbol
from .text import Text

LONG = 72  # formulas that fit in a line are left as they are
SHORT = 10  # and so are parts not worth a name


def shares(x: Any, names: Iterator[str]) -> list[Line]:
    """Name the parts that `x` shares, and give the lines that say what they are, to stand before it."""
    if not isinstance(x, Symbol) or len(Text().write(x)) <= LONG:
        return []
    occurrences: dict[str, list[Symbol]] = {}
    uses: Counter[str] = Counter()

    def visit(symbol: Symbol) -> None:
        if symbol.name:
            return
        text = Text().write(symbol)
        uses[text] += 1
        occurrences.setdefault(text, []).append(symbol)
        for part in parts(symbol):
            if uses[text] == 1:
                visit(part)
            else:  # its parts are known, but these objects are others
                collect(part)

    def collect(symbol: Symbol) -> None:
        if symbol.name:
            return
        occurrences.setdefault(Text().write(symbol), []).append(symbol)
        for part in parts(symbol):
            collect(part)

    visit(x)
    shared = sorted((text for text, n in uses.items() if n > 1 and len(text) > SHORT), key=len)  # the innermost first
    lines = []
    for text in shared:
        first = occurrences[text][0]
        name = next(names)
        lines.append(Line(Symbol(first.value, name), Symbol(first.value, "", first.fn, first.args, first.kwargs),
                          str(getattr(first.value, "shape", ""))))
        for symbol in occurrences[text]:
            symbol.name = name
    return lines


def parts(symbol: Symbol) -> list[Symbol]:
    """The formulas that this one is made of."""
    return [a for a in flatten((symbol.args, symbol.kwargs))[0] if isinstance(a, Symbol)]
