"""Formulas on the page: as in `explain`, and once more with numbers in place of names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..formulas.mathml import MathML
from ..formulas.symbol import Symbol, symbols_in
from ..formulas.text import Written

MOST = 12  # a formula with more numbers can't be read


class Barred(MathML):
    """A writer of MathML in which the page draws the bars of gradients, and leaves space around lines of fractions."""

    def barred(self, name: str) -> str:
        return f"<mrow class='bar'>{name}</mrow>"

    def quotient(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"


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

    def right(self, x: Any, least: int) -> str:
        """Return what stands right of a sign, a negative number in parentheses: 1 + (−2)."""
        text = self.write(x, least)
        return self.parentheses(text) if isinstance(x, Symbol) and re.match("(<mrow[^>]*>)*<mn>−", text) else text

    def begins_with_number(self, x: Any) -> bool:
        return True


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
