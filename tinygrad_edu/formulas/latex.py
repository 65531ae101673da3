"""Formulas in LaTeX's mathematics."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .notation import ADD, ATOM, MULTIPLY, POWER, UNARY
from .symbol import plain
from .text import Text, Written, index_text, literal, parts_of_name


class Latex(Text):
    """LaTeX, for mathematical mode; `amsmath` is needed."""

    SIGNS: ClassVar = {"*": r"\odot", "@": r"\,", "==": "=", "!=": r"\neq", "<=": r"\leq", ">=": r"\geq", "&": r"\wedge", "|": r"\vee"}
    KNOWN: ClassVar = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "max", "min", "det"}

    def name(self, text: str) -> str:
        stem, index, bar = parts_of_name(text)
        name = stem if len(stem) == 1 and stem.isalpha() else rf"\mathrm{{{tex(stem)}}}"
        name = rf"\bar{{{name}}}" if bar else name
        return f"{name}_{{{index}}}" if index else name

    def literal(self, x: Any) -> Written:
        text = literal(x)
        if isinstance(plain(x), list | tuple | np.ndarray | str | slice):
            text = rf"\texttt{{{tex(text)}}}"
        return text, UNARY if text.startswith("-") else ATOM

    def parentheses(self, text: str) -> str:
        return rf"\left({text}\right)"

    def infix(self, sign: str, binding: int, a: Any, b: Any, **kwargs: Any) -> Written:
        return f"{self.write(a, binding)} {self.SIGNS.get(sign, sign)} {self.write(b, binding + 1)}", binding

    def product(self, a: Any, b: Any) -> Written:
        sign = r"\odot" if np.ndim(plain(a)) and np.ndim(plain(b)) else r"\cdot"
        return self.infix(sign, MULTIPLY, a, b)

    def fraction(self, a: Any, b: Any) -> Written:
        return rf"\frac{{{self.write(a)}}}{{{self.write(b)}}}", ATOM

    def power(self, a: Any, b: Any) -> Written:
        return f"{self.write(a, ATOM)}^{{{self.write(b)}}}", POWER

    def absolute(self, x: Any) -> Written:
        return rf"\left|{self.write(x)}\right|", ATOM

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
        return rf"\begin{{cases}}{a} & \text{{if }} {self.write(condition)} \\ {b} & \text{{else}}\end{{cases}}", ADD

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        below = "" if axis is None else rf"_{{\text{{axis }}{tex(literal(axis))}}}"
        return rf"\sum{below} {self.write(x, MULTIPLY)}", ADD

    def transpose(self, x: Any, axes: Any = None) -> Written:
        return (f"{self.write(x, ATOM)}^{{\\top}}", POWER) if axes is None else self.call("transpose", x, axes)

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        return self.transpose(x) if {axis1, axis2} == {-1, -2} else self.call("swapaxes", x, axis1, axis2)

    def index(self, x: Any, index: Any) -> Written:
        return rf"{self.write(x, ATOM)}\texttt{{[{tex(index_text(index))}]}}", ATOM

    def cast(self, x: Any, dtype: Any) -> Written:
        return self.call(np.dtype(dtype).name, x)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        function = rf"\{name}" if name in self.KNOWN else r"\sigma" if name == "sigmoid" else rf"\operatorname{{{tex(name)}}}"
        return rf"{function}\left({self.arguments(args, kwargs)}\right)", ATOM

    def arguments(self, args: Any, kwargs: Any) -> str:
        return ", ".join([*(self.write(a) for a in args), *(rf"\mathrm{{{tex(k)}}}={self.write(v)}" for k, v in kwargs.items())])


def tex(text: str) -> str:
    """Plain text within LaTeX."""
    for sign in "\\{}_#%&$^~":
        text = text.replace(sign, {"\\": r"\textbackslash ", "^": r"\^{}", "~": r"\~{}"}.get(sign, "\\" + sign))
    return text
