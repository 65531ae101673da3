"""Formulas as MathML, which browsers draw without any script: the content of ``<math>...</math>``."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

import numpy as np

from .algebra import as_one_fraction, is_call_of, is_coefficient, is_same
from .notation import ADD, ATOM, COMPARE, MULTIPLY, POWER, UNARY, without_usual
from .symbol import values_of
from .text import Text, Written, literal_text, only_axis, parts_of_name, round_number


class MathML(Text):
    """A writer of formulas as MathML Core."""

    SIGNS: ClassVar = {"*": "⊙", "==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "&": "∧", "|": "∨", "~": "¬", "-": "−",
                       "%": "mod"}  # fmt: skip
    NAMES: ClassVar = {"sigmoid": "σ", "log": "ln", "tanh_slope": "tanh′", "sigmoid_slope": "σ′"}

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        name = tag("mi", stem)
        if bar:  # some browsers and fonts can't stretch a bar over a word
            name = (
                f"<mover accent='true'>{name}<mo>¯</mo></mover>"
                if len(stem) == 1
                else f"<mrow style='border-top: 0.06em solid'>{name}</mrow>"
            )
        return f"<msub>{name}{tag('mn', index)}</msub>" if index else name

    def literal(self, x: Any) -> Written:
        if isinstance(values_of(x), float | np.floating) and np.isfinite(values_of(x)):
            digits, exponent = round_number(values_of(x))
            power = f"<mo>·</mo><msup><mn>10</mn>{tag('mn', exponent)}</msup>" if exponent else ""
            number = f"<mrow>{tag('mn', digits)}{power}</mrow>"
            return number.replace("-", "−"), UNARY if digits.startswith("-") else MULTIPLY if power else ATOM
        text = literal_text(x, self.names)
        is_number = isinstance(values_of(x), int | np.integer) and not isinstance(x, bool)
        return tag("mn" if is_number else "mtext", text), UNARY if text.startswith("-") else ATOM

    def sequence(self, items: list[str], is_tuple: bool) -> str:
        left, right = "()" if is_tuple else "[]"
        return f"<mrow><mo>{left}</mo>{'<mo>,</mo>'.join(items)}<mo>{right}</mo></mrow>"

    def parentheses(self, text: str) -> str:
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def infix(self, sign: str, binding: int, a: Any, b: Any) -> Written:
        middle = "<mspace width='0.4em'/>" if sign == "@" else tag("mo", self.SIGNS.get(sign, sign))
        left = binding + (binding == COMPARE)
        return f"<mrow>{self.write(a, left)}{middle}{self.write(b, binding + 1)}</mrow>", binding

    def prefix(self, sign: str, x: Any) -> Written:
        text, binding = super().prefix(sign, x)
        return f"<mrow>{tag('mo', self.SIGNS.get(sign, sign))}{text.removeprefix(sign)}</mrow>", binding

    def product(self, a: Any, b: Any) -> Written:
        if is_same(a, b):
            return self.square(a)
        if is_coefficient(a, b):
            return f"<mrow>{self.write(a, MULTIPLY)}<mo>&#8290;</mo>{self.write(b, MULTIPLY + 1)}</mrow>", MULTIPLY
        return self.infix("*" if np.ndim(values_of(a)) and np.ndim(values_of(b)) else "·", MULTIPLY, a, b)

    def fraction(self, a: Any, b: Any) -> Written:
        a, b = as_one_fraction(a, b)
        return f"<mfrac>{self.write(a)}{self.write(b)}</mfrac>", MULTIPLY

    def power(self, a: Any, b: Any) -> Written:
        return f"<msup>{self.write(a, ATOM)}{self.write(b)}</msup>", POWER

    def square(self, x: Any) -> Written:
        return self.power(x, 2)

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
        return f"<mrow><mo>{{</mo><mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable></mrow>", COMPARE

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        if rest or kwargs.keys() - {"keepdims"}:
            return super().sum(x, axis, *rest, **kwargs)
        least = ADD if is_call_of(x, {np.sum}) else MULTIPLY  # sums of sums need no parentheses
        total = "<mo>∑</mo>"
        if axis is not None:
            total = f"<munder>{total}{tag('mtext', f'axis {literal_text(only_axis(axis))}')}</munder>"
        return f"<mrow>{total}{self.write(x, least)}</mrow>", ADD

    def transpose(self, x: Any, axes: Any = None) -> Written:
        if axes is not None:
            return self.call("transpose", x, axes)
        return f"<msup>{self.write(x, ATOM)}<mi>⊤</mi></msup>", POWER

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        return self.transpose(x) if {axis1, axis2} == {-1, -2} else self.call("swapaxes", x, axis1, axis2)

    def index(self, x: Any, index: Any) -> Written:
        return f"<mrow>{self.write(x, ATOM)}{tag('mtext', f'[{self.places(index)}]')}</mrow>", ATOM

    def cast(self, x: Any, dtype: Any) -> Written:
        return self.written(x) if np.dtype(dtype).kind in "fc" else self.call(np.dtype(dtype).name, x)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        function = tag("mi", self.NAMES.get(name, name))
        return f"<mrow>{function}{self.parentheses(self.arguments(args, kwargs))}</mrow>", ATOM

    def settings(self, fn: Any, named: dict[str, Any]) -> dict[str, Any]:
        return without_usual(fn, named)

    def arguments(self, args: Any, kwargs: Any) -> str:
        named = (f"{tag('mi', k)}<mo>=</mo>{self.setting(k, v)}" for k, v in kwargs.items())
        return "<mo>,</mo>".join([*map(self.write, args), *named])


def tag(kind: str, text: str) -> str:
    return f"<{kind}>{html_text(text)}</{kind}>"


def html_text(text: str) -> str:
    """Return plain text escaped for HTML or XML, without characters that no document may hold."""
    return escape("".join(sign if sign.isprintable() else "�" for sign in text))
