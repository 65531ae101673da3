"""Formulas as plain text, in Python's notation: what is written can be computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nest import flatten
from .notation import ATOM, MULTIPLY, POWER, SIGNS, UNARY, name_of
from .symbol import Symbol, plain

Written = tuple[str, int]  # a formula, and how strongly it binds


class Text:
    """How a formula is written: one method for each sign, which `notation.SIGNS` chooses from."""

    def write(self, x: Any, least: int = 0) -> str:
        """The formula `x`, in parentheses if it binds less than `least`."""
        text, binding = self.written(x)
        return self.parentheses(text) if binding < least else text

    def written(self, x: Any) -> Written:
        if isinstance(x, list | tuple) and any(isinstance(a, Symbol) for a in flatten(x)[0]):
            return self.sequence([self.write(a) for a in x], isinstance(x, tuple)), ATOM
        if not isinstance(x, Symbol):
            return self.literal(x)
        if x.fn is None or x.name:
            return self.name(x.name or "?"), ATOM
        method, *told = SIGNS.get(x.fn, ("call", name_of(x.fn)))
        return getattr(self, method)(*told, *x.args, **x.kwargs)  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------------- atoms

    def name(self, text: str) -> str:
        return text

    def literal(self, x: Any) -> Written:
        text = literal(x)
        return text, UNARY if text.startswith("-") else ATOM

    def sequence(self, items: list[str], is_tuple: bool) -> str:
        inside = ", ".join(items) + ("," if is_tuple and len(items) == 1 else "")
        return f"({inside})" if is_tuple else f"[{inside}]"

    def parentheses(self, text: str) -> str:
        return f"({text})"

    # -------------------------------------------------------------------------------------- signs

    def infix(self, sign: str, binding: int, a: Any, b: Any, **kwargs: Any) -> Written:
        return f"{self.write(a, binding)} {sign} {self.write(b, binding + 1)}", binding

    def product(self, a: Any, b: Any) -> Written:
        return self.infix("*", MULTIPLY, a, b)

    def fraction(self, a: Any, b: Any) -> Written:
        return self.infix("/", MULTIPLY, a, b)

    def power(self, a: Any, b: Any) -> Written:
        return f"{self.write(a, ATOM)} ** {self.write(b, UNARY)}", POWER

    def minus(self, x: Any) -> Written:
        return f"-{self.write(x, UNARY)}", UNARY

    def absolute(self, x: Any) -> Written:
        return self.call("abs", x)

    def root(self, x: Any) -> Written:
        return self.call("sqrt", x)

    def exponential(self, x: Any) -> Written:
        return self.call("exp", x)

    def conjugate(self, x: Any) -> Written:
        return self.call("conj", x)

    def cases(self, condition: Any, *ab: Any) -> Written:
        return self.call("where", condition, *ab)

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        return self.call("sum", x, **({} if axis is None else {"axis": axis}), **kwargs)

    def transpose(self, x: Any, axes: Any = None) -> Written:
        return (f"{self.write(x, ATOM)}.T", ATOM) if axes is None else self.call("transpose", x, axes)

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        if {axis1, axis2} != {-1, -2}:
            return self.call("swapaxes", x, axis1, axis2)
        return f"{self.write(x, ATOM)}.mT", ATOM

    def index(self, x: Any, index: Any) -> Written:
        return f"{self.write(x, ATOM)}[{index_text(index)}]", ATOM

    def cast(self, x: Any, dtype: Any) -> Written:
        return f"{self.write(x, ATOM)}.astype({np.dtype(dtype).name})", ATOM

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        return f"{self.name(name)}({self.arguments(args, kwargs)})", ATOM

    def arguments(self, args: Any, kwargs: Any) -> str:
        return ", ".join([*(self.write(a) for a in args), *(f"{k}={self.write(v)}" for k, v in kwargs.items())])


# ---------------------------------------------------------------------------------- what is no symbol


def literal(x: Any) -> str:
    """A value that has no formula: a number, an axis, a shape, a mask."""
    x = plain(x)
    if isinstance(x, np.ndarray | np.generic):
        if np.size(x) > 6:
            return f"array{list(x.shape)}"
        x = x.tolist()
    if isinstance(x, bool) or x is None:
        return str(x)
    if isinstance(x, float):
        return f"{x:.6g}"
    if isinstance(x, tuple | list):
        inside = ", ".join(map(literal, x)) + ("," if isinstance(x, tuple) and len(x) == 1 else "")
        return f"({inside})" if isinstance(x, tuple) else f"[{inside}]"
    if isinstance(x, np.dtype):
        return x.name
    return repr(x) if isinstance(x, str) else str(x)


def index_text(index: Any) -> str:
    """What stands between the brackets."""
    if isinstance(index, tuple):
        return ", ".join(map(index_text, index)) or "()"
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends) + (f":{index.step}" if index.step is not None else "")
    return "..." if index is Ellipsis else literal(index)


def parts_of_name(text: str) -> tuple[str, str, bool]:
    """A name as mathematics takes it: ``v3`` has an index, ``w.grad`` a bar. The stem, the index, whether it is a gradient."""
    bar = text.endswith(".grad")
    text = text.removesuffix(".grad")
    stem = text.rstrip("0123456789")
    return (stem, text[len(stem) :], bar) if stem else (text, "", bar)
