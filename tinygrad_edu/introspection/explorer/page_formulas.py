"""Formulas on the page: as in `explain`, and once more with numbers in place of names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..formulas.mathml import MathML
from ..formulas.notation import UNARY
from ..formulas.symbol import Symbol, symbols_in

MOST = 12  # a formula with more numbers can't be read


class Barred(MathML):
    """A writer of MathML in which the page draws the bars of gradients, and leaves space around lines of fractions."""

    def barred(self, name: str) -> str:
        return f"<mrow class='bar'>{name}</mrow>"

    def quotient(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"


class NumberedMathML(Barred):
    """A writer of MathML in which names are replaced by their numbers, and the incoming gradient is marked.

    A number that changes with the leaves has the place of its array in the page's table, by `place_of`.
    """

    def __init__(self, names: Any, place_of: Callable[[Symbol], int | None], coming: Any = None) -> None:
        super().__init__(names)
        self.place_of, self.coming = place_of, coming

    def write(self, x: Any, least: int = 0) -> str:
        return self.number(x, least, least > UNARY) if is_named(x) else super().write(x, least)

    def number(self, x: Symbol, least: int, is_signed: bool) -> str:
        """Return a number; in parentheses if it binds less than `least`, or is negative and `is_signed`."""
        text, binding = self.literal(np.asarray(x.value).item())
        inner = self.parentheses(text) if binding < least or (is_signed and binding == UNARY) else text
        inner = f"<mrow class='coming'>{inner}</mrow>" if x is self.coming else inner
        if (place := self.place_of(x)) is None:
            return inner
        return f"<mrow data-array='{place}'{' data-signed' * is_signed}>{inner}</mrow>"

    def right(self, x: Any, least: int) -> str:
        """Return what stands right of a sign, a negative number in parentheses: 1 + (−2)."""
        return self.number(x, least, True) if is_named(x) else super().right(x, least)

    def begins_with_number(self, x: Any) -> bool:
        return True


def with_numbers(x: Any, names: Any, place_of: Callable[[Symbol], int | None], coming: Any = None) -> str:
    """Return the formula with numbers for names, or "" unless all are known single numbers."""
    found = list(symbols_named_in(x))
    if not found or len(found) > MOST or not all(s.known and s.shape == () for s in found):
        return ""
    return simplify_rows(NumberedMathML(names, place_of, coming).write(x))


def is_named(x: Any) -> bool:
    """Return whether a formula has a name in place of `x`."""
    return isinstance(x, Symbol) and (x.fn is None or bool(x.name))


def symbols_named_in(x: Any) -> Any:
    """Yield the symbols whose names occur in the formula `x`."""
    if is_named(x):
        yield x
    elif isinstance(x, Symbol):
        for part in symbols_in((x.args, x.kwargs)):
            yield from symbols_named_in(part)


def simplify_rows(formula: str) -> str:
    """Return MathML without rows of a single element, to keep the page small."""
    return re.sub(r"<mrow>(<(mi|mn|mo|mtext)>[^<]*</\2>)</mrow>", r"\1", formula)
