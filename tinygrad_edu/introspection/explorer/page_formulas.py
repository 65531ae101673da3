"""Formulas on the page: as in `explain`, and once more with numbers in place of names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..formulas.mathml import MathML, tag
from ..formulas.symbol import Symbol, symbols_in
from ..formulas.text import Written, parts_of_name

MOST = 12  # a formula with more numbers can't be read


class Barred(MathML):
    """A writer of MathML in which the page draws the bar of a gradient, whatever the font has."""

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        name = f"<mrow class='bar'>{tag('mi', stem)}</mrow>" if bar else tag("mi", stem)
        return f"<msub>{name}{tag('mn', index)}</msub>" if index else name


class NumberedMathML(Barred):
    """A writer of MathML in which names are replaced by their numbers, and the incoming gradient is marked."""

    def __init__(self, names: Any, coming: Any = None) -> None:
        super().__init__(names)
        self.coming = coming

    def written(self, x: Any) -> Written:
        if not isinstance(x, Symbol) or not (x.fn is None or x.name):
            return super().written(x)
        text, binding = self.literal(np.asarray(x.value).item())
        return (f"<mrow class='coming'>{text}</mrow>" if x is self.coming else text), binding

    def infix(self, sign: str, binding: int, a: Any, b: Any) -> Written:
        """Return a sum or the like, with a negative number on the right in parentheses: 1 + (−2)."""
        if isinstance(b, Symbol) and re.match("(<mrow[^>]*>)*<mn>−", number := self.write(b, binding + 1)):
            middle = tag("mo", self.SIGNS.get(sign, sign))
            return f"<mrow>{self.write(a, binding)}{middle}{self.parentheses(number)}</mrow>", binding
        return super().infix(sign, binding, a, b)


def with_numbers(x: Any, names: Any, coming: Any = None) -> str:
    """Return the formula with numbers for names, or "" unless all are known single numbers."""
    found = list(symbols_named_in(x))
    if not found or len(found) > MOST or not all(s.known and s.shape == () for s in found):
        return ""
    return simplify_rows(NumberedMathML(names, coming).write(x))


def symbols_named_in(x: Any) -> Any:
    """Yield the symbols whose names occur in the formula `x`."""
    if isinstance(x, Symbol) and (x.fn is None or x.name):
        yield x
    elif isinstance(x, Symbol):
        for part in symbols_in((x.args, x.kwargs)):
            yield from symbols_named_in(part)


def simplify_rows(formula: str) -> str:
    """Return MathML without rows of a single element, to keep the page small."""
    return re.sub(r"<mrow>(<(mi|mn|mo|mtext)>[^<]*</\2>)</mrow>", r"\1", formula)
