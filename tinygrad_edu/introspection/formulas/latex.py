"""Formulas as LaTeX."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .algebra import is_call_of
from .mathematics import DETAILS, Mathematics
from .notation import ADD, ATOM, COMPARE, MULTIPLY, POWER, UNARY
from .symbol import values_of
from .text import Written, literal_text, only_axis, parts_of_name, round_number


class Latex(Mathematics):
    """A writer of formulas as LaTeX, for mathematical mode with `amsmath`."""

    SIGNS: ClassVar = {"": r"\,", "·": r"\cdot", "*": r"\odot", "@": r"\;", "==": "=", "!=": r"\neq", "<=": r"\leq",
                       ">=": r"\geq", "&": r"\wedge",
                       "|": r"\vee", "~": r"\neg ", "//": r"\mathbin{/\!/}", "%": r"\bmod"}  # fmt: skip
    KNOWN: ClassVar = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "max", "min", "det"}
    NAMES: ClassVar = {"log": r"\ln", "sigmoid": r"\sigma", "log2": r"\log_2", "log10": r"\log_{10}",
                       "tanh_slope": r"\tanh'",
                       "sigmoid_slope": r"\sigma'"}  # fmt: skip

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        plain_name = all(part.isidentifier() for part in stem.split("."))
        name = rf"\{'mathrm' if plain_name else 'text'}{{{tex(stem)}}}" if len(stem) > 1 or not plain_name else stem
        if bar:
            name = rf"\bar{{{name}}}" if len(stem) == 1 else rf"\overline{{{name}}}"
        return f"{name}_{{{index}}}" if index else name

    def literal(self, x: Any) -> Written:
        if isinstance(values_of(x), float | np.floating) and np.isfinite(values_of(x)):
            digits, exponent = round_number(values_of(x))
            text = digits + (rf" \cdot 10^{{{exponent}}}" if exponent else "")
            return text, UNARY if text.startswith("-") else MULTIPLY if exponent else ATOM
        text = literal_text(x, self.names)
        is_number = isinstance(values_of(x), int | np.integer) and not isinstance(x, bool)
        return text if is_number else rf"\texttt{{{tex(text)}}}", UNARY if text.startswith("-") else ATOM

    def parentheses(self, text: str) -> str:
        return rf"\left({text}\right)"

    def row(self, *parts: str) -> str:
        return " ".join(filter(None, parts))

    def sign(self, text: str) -> str:
        return self.SIGNS.get(text, text)

    def quotient(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def power(self, a: Any, b: Any) -> Written:
        return f"{self.write(a, ATOM)}^{{{self.write(b)}}}", POWER

    def absolute(self, x: Any) -> Written:
        return rf"\left|{self.write(x)}\right|", ATOM

    def rounded(self, name: str, x: Any) -> Written:
        return rf"\left\l{name} {self.write(x)} \right\r{name}", ATOM

    def root(self, x: Any) -> Written:
        return rf"\sqrt{{{self.write(x)}}}", ATOM

    def exponential(self, x: Any) -> Written:
        return f"e^{{{self.write(x)}}}", POWER

    def conjugate(self, x: Any) -> Written:
        return rf"\overline{{{self.write(x)}}}", ATOM

    def cases(self, condition: Any, *ab: Any) -> Written:
        if not ab:
            return self.call("where", condition)
        a, b = (self.write(x) for x in ab)
        return (
            rf"\begin{{cases}}{a} & \text{{if }} {self.write(condition)} \\ {b} & \text{{else}}\end{{cases}}",
            COMPARE,
        )

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        if rest or kwargs.keys() - DETAILS:
            return super().sum(x, axis, *rest, **kwargs)
        least = ADD if is_call_of(x, {np.sum}) else MULTIPLY  # sums of sums need no parentheses
        below = "" if axis is None else rf"_{{\text{{axis }}{tex(literal_text(only_axis(axis)))}}}"
        return rf"\sum{below} {self.write(x, least)}", ADD

    def transpose(self, x: Any, axes: Any = None) -> Written:
        return (rf"{self.write(x, ATOM)}^{{\top}}", POWER) if axes is None else self.call("transpose", x, axes)

    def index(self, x: Any, index: Any) -> Written:
        return rf"{self.write(x, ATOM)}\texttt{{[{tex(self.places(index))}]}}", ATOM

    def function(self, name: str) -> str:
        return rf"\{name}" if name in self.KNOWN else self.NAMES.get(name) or rf"\operatorname{{{tex(name)}}}"

    def arguments(self, args: Any, kwargs: Any) -> str:
        named = (rf"\mathrm{{{tex(k)}}}={self.setting(k, v)}" for k, v in kwargs.items())
        return ", ".join([*map(self.write, args), *named])


def tex(text: str) -> str:
    """Return plain text escaped for LaTeX."""
    special = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
    return "".join(special.get(sign, "\\" + sign if sign in "{}_#%&$" else sign) for sign in text)
