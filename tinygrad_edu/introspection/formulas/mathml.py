"""Formulas as MathML, which browsers draw without any script: the content of ``<math>...</math>``."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

import numpy as np

from .algebra import is_call_of
from .mathematics import DETAILS, Mathematics
from .notation import ADD, ATOM, COMPARE, MULTIPLY, POWER, UNARY
from .symbol import values_of
from .text import Written, literal_text, only_axis, parts_of_name, round_number


class MathML(Mathematics):
    """A writer of formulas as MathML Core."""

    SIGNS: ClassVar = {"*": "⊙", "==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "&": "∧", "|": "∨", "~": "¬", "-": "−",
                       "%": "mod"}  # fmt: skip
    SPACES: ClassVar = {"@": "<mspace width='0.4em'/>", "": "<mo>&#8290;</mo><mspace width='0.15em'/>"}
    NAMES: ClassVar = {"sigmoid": "σ", "log": "ln", "tanh_slope": "tanh′", "sigmoid_slope": "σ′"}

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        name = tag("mi", stem)
        if bar:
            name = self.barred(name)
        return f"<msub>{name}{tag('mn', index)}</msub>" if index else name

    def barred(self, name: str) -> str:
        """Return a name with a bar above. It is drawn, since some browsers and fonts can't stretch one over a word."""
        return f"<mrow style='border-top: 0.07em solid; padding-top: 0.1em'>{name}</mrow>"

    def literal(self, x: Any) -> Written:
        if isinstance(values_of(x), float | np.floating) and np.isfinite(values_of(x)):
            digits, exponent = round_number(values_of(x))
            power = f"<mo>·</mo><msup><mn>10</mn>{tag('mn', exponent)}</msup>" if exponent else ""
            number = f"<mrow>{tag('mn', digits)}{power}</mrow>"
            return number.replace("-", "−"), UNARY if digits.startswith("-") else MULTIPLY if power else ATOM
        text = literal_text(x, self.names)
        is_number = isinstance(values_of(x), int | np.integer) and not isinstance(x, bool)
        number = tag("mn", text.replace("-", "−"))
        return number if is_number else tag("mtext", text), UNARY if text.startswith("-") else ATOM

    def sequence(self, items: list[str], is_tuple: bool) -> str:
        left, right = "()" if is_tuple else "[]"
        return f"<mrow><mo>{left}</mo>{'<mo>,</mo>'.join(items)}<mo>{right}</mo></mrow>"

    def parentheses(self, text: str) -> str:
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def row(self, *parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def sign(self, text: str) -> str:
        return self.SPACES.get(text) or tag("mo", self.SIGNS.get(text, text))

    def quotient(self, above: str, below: str) -> str:
        """Return a fraction, with so much space around its line that nobody takes it for a bar over a name."""
        above, below = (
            f"<mrow style='padding: 0 0.2em 0.15em'>{above}</mrow>",
            f"<mrow style='padding: 0.2em 0.2em 0'>{below}</mrow>",
        )
        return f"<mfrac>{above}{below}</mfrac>"

    def power(self, a: Any, b: Any) -> Written:
        return raised(self.write(a, ATOM), self.write(b)), POWER

    def absolute(self, x: Any) -> Written:
        return f"<mrow><mo>|</mo>{self.write(x)}<mo>|</mo></mrow>", ATOM

    def rounded(self, name: str, x: Any) -> Written:
        left, right = "⌊⌋" if name == "floor" else "⌈⌉"
        return f"<mrow><mo>{left}</mo>{self.write(x)}<mo>{right}</mo></mrow>", ATOM

    def root(self, x: Any) -> Written:
        return f"<msqrt>{self.write(x)}</msqrt>", ATOM

    def exponential(self, x: Any) -> Written:
        return f"<msup><mi>e</mi>{self.write(x)}</msup>", POWER

    def conjugate(self, x: Any) -> Written:
        return f"<mover>{self.write(x)}<mo>¯</mo></mover>", ATOM

    def cases(self, condition: Any, *ab: Any) -> Written:
        if not ab:
            return self.call("where", condition)
        a, b = (self.write(x) for x in ab)
        if_a = f"<mrow><mtext>if</mtext><mspace width='0.4em'/>{self.write(condition)}</mrow>"
        rows = (a, if_a), (b, tag("mtext", "else"))
        cells = ("".join(f"<mtd style='text-align: left'>{cell}</mtd>" for cell in row) for row in rows)
        return (
            f"<mrow><mo>{{</mo><mtable "
            f"displaystyle='true'>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable></mrow>",
            COMPARE,
        )

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        if rest or kwargs.keys() - DETAILS:
            return super().sum(x, axis, *rest, **kwargs)
        least = ADD if is_call_of(x, {np.sum}) else MULTIPLY  # sums of sums need no parentheses
        total = "<mo>∑</mo>"
        if axis is not None:
            total = f"<munder>{total}{tag('mtext', f'axis {literal_text(only_axis(axis))}'.replace('-', '−'))}</munder>"
        return f"<mrow>{total}{self.write(x, least)}</mrow>", ADD

    def transpose(self, x: Any, axes: Any = None) -> Written:
        if axes is not None:
            return self.call("transpose", x, axes)
        return raised(self.write(x, ATOM), "<mi>⊤</mi>"), POWER

    def index(self, x: Any, index: Any) -> Written:
        return f"<mrow>{self.write(x, ATOM)}{tag('mtext', f'[{self.places(index)}]')}</mrow>", ATOM

    def function(self, name: str) -> str:
        return tag("mi", self.NAMES.get(name, name))

    def arguments(self, args: Any, kwargs: Any) -> str:
        named = (f"{tag('mi', k)}<mo>=</mo>{self.setting(k, v)}" for k, v in kwargs.items())
        return "<mo>,</mo>".join([*map(self.write, args), *named])


def raised(base: str, exponent: str) -> str:
    """Return a base with an exponent, which stands above the index if it has one."""
    if base.startswith("<msub>") and base.count("<msub>") == 1:
        return f"<msubsup>{base[6:-7]}{exponent}</msubsup>"
    return f"<msup>{base}{exponent}</msup>"


def tag(kind: str, text: str) -> str:
    return f"<{kind}>{html_text(text)}</{kind}>"


def html_text(text: str) -> str:
    """Return plain text escaped for HTML or XML, without characters that no document may hold."""
    return escape("".join(sign if sign.isprintable() else "�" for sign in text))
