"""Formulas in MathML, which browsers draw without any script: what stands between ``<math>`` and ``</math>``."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

import numpy as np

from .notation import ADD, ATOM, MULTIPLY, POWER, UNARY
from .symbol import plain
from .text import Text, Written, index_text, literal, parts_of_name


class MathML(Text):
    """MathML Core."""

    SIGNS: ClassVar = {"*": "⊙", "@": "⁢ ", "==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "&": "∧", "|": "∨", "-": "−"}

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        name = tag("mi", stem)
        name = f"<mover accent='true'>{name}<mo>¯</mo></mover>" if bar else name
        return f"<msub>{name}{tag('mn', index)}</msub>" if index else name

    def literal(self, x: Any) -> Written:
        text = literal(x)
        return tag("mn" if np.isscalar(plain(x)) else "mtext", text), UNARY if text.startswith("-") else ATOM

    def sequence(self, items: list[str], is_tuple: bool) -> str:
        left, right = "()" if is_tuple else "[]"
        return f"<mrow><mo>{left}</mo>{'<mo>,</mo>'.join(items)}<mo>{right}</mo></mrow>"

    def parentheses(self, text: str) -> str:
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def infix(self, sign: str, binding: int, a: Any, b: Any, **kwargs: Any) -> Written:
        middle = tag("mo", self.SIGNS.get(sign, sign))
        return f"<mrow>{self.write(a, binding)}{middle}{self.write(b, binding + 1)}</mrow>", binding

    def product(self, a: Any, b: Any) -> Written:
        return self.infix("*" if np.ndim(plain(a)) and np.ndim(plain(b)) else "·", MULTIPLY, a, b)

    def fraction(self, a: Any, b: Any) -> Written:
        return f"<mfrac>{self.write(a)}{self.write(b)}</mfrac>", ATOM

    def power(self, a: Any, b: Any) -> Written:
        return f"<msup>{self.write(a, ATOM)}{self.write(b)}</msup>", POWER

    def minus(self, x: Any) -> Written:
        return f"<mrow><mo>−</mo>{self.write(x, UNARY)}</mrow>", UNARY

    def absolute(self, x: Any) -> Written:
        return f"<mrow><mo>|</mo>{self.write(x)}<mo>|</mo></mrow>", ATOM

    def root(self, x: Any) -> Written:
        return f"<msqrt>{self.write(x)}</msqrt>", ATOM

    def exponential(self, x: Any) -> Written:
        return f"<msup><mi>e</mi>{self.write(x)}</msup>", POWER

    def conjugate(self, x: Any) -> Written:
        return f"<mover>{self.write(x)}<mo>¯</mo></mover>", ATOM

    def cases(self, condition: Any, *ab: Any) -> Written:
        if not ab:
            return self.call("where", condition)
        a, b = (f"<mtd>{self.write(x)}</mtd>" for x in ab)
        rows = f"<mtr>{a}<mtd><mtext>if </mtext>{self.write(condition)}</mtd></mtr><mtr>{b}<mtd><mtext>else</mtext></mtd></mtr>"
        return f"<mrow><mo>{{</mo><mtable columnalign='left'>{rows}</mtable></mrow>", ADD

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        total = "<mo>∑</mo>" if axis is None else f"<munder><mo>∑</mo>{tag('mtext', f'axis {literal(axis)}')}</munder>"
        return f"<mrow>{total}{self.write(x, MULTIPLY)}</mrow>", ADD

    def transpose(self, x: Any, axes: Any = None) -> Written:
        return (f"<msup>{self.write(x, ATOM)}<mi>⊤</mi></msup>", POWER) if axes is None else self.call("transpose", x, axes)

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        return self.transpose(x) if {axis1, axis2} == {-1, -2} else self.call("swapaxes", x, axis1, axis2)

    def index(self, x: Any, index: Any) -> Written:
        return f"<mrow>{self.write(x, ATOM)}{tag('mtext', f'[{index_text(index)}]')}</mrow>", ATOM

    def cast(self, x: Any, dtype: Any) -> Written:
        return self.call(np.dtype(dtype).name, x)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        function = tag("mi", "σ" if name == "sigmoid" else name)
        return f"<mrow>{function}{self.parentheses(self.arguments(args, kwargs))}</mrow>", ATOM

    def arguments(self, args: Any, kwargs: Any) -> str:
        given = [*(self.write(a) for a in args), *(tag("mi", k) + "<mo>=</mo>" + self.write(v) for k, v in kwargs.items())]
        return "<mo>,</mo>".join(given)


def tag(kind: str, text: str) -> str:
    return f"<{kind}>{escape(text)}</{kind}>"
