"""Formulas as plain text, in Python's notation, which can be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ...engine.multi_output import MultiOutputType
from ...pytree import flatten
from . import symbol
from .algebra import is_product
from .notation import ATOM, COMPARE, MULTIPLY, POWER, SIGNS, UNARY, name_of
from .settings import by_keyword, without_defaults
from .symbol import Symbol, values_of

Written = tuple[str, int]  # a formula, and how strongly it binds


class Text:
    """A writer of formulas as plain text: one method for each kind of sign, which `notation.SIGNS` chooses from.

    `names` are the names of arrays that are not symbols, such as masks, by their ids.
    """

    def __init__(self, names: Mapping[int, str] | None = None) -> None:
        self.names = names or {}
        self.called: set[str] = set()  # the names of functions that were written

    def write(self, x: Any, least: int = 0) -> str:
        """Return the formula `x` as text, in parentheses if it binds less than `least`."""
        text, binding = self.written(x)
        return self.parentheses(text) if binding < least else text

    def written(self, x: Any) -> Written:
        """Return the formula `x` as text, and how strongly its outermost sign binds."""
        if isinstance(x, list | tuple) and any(isinstance(a, Symbol) for a in flatten(x)[0]):
            return self.sequence([self.write(a) for a in x], isinstance(x, tuple)), ATOM
        if id(x) in self.names:
            return self.name(self.names[id(x)]), ATOM
        if not isinstance(x, Symbol):
            return self.literal(x)
        if x.fn is None or x.name:
            return self.name(x.name or "?"), ATOM
        method, *given = SIGNS.get(x.fn, ("call", name_of(x.fn)))
        args, kwargs = x.args, x.kwargs
        if method in ("call", "sum"):
            args, named = by_keyword(x.fn, args, has_array)
            kwargs = self.settings(x.fn, {**named, **kwargs})
        if kwargs and method not in self.KEYWORDS:
            method, given = "call", [name_of(x.fn)]
        return getattr(self, method)(*given, *args, **kwargs)  # type: ignore[no-any-return]

    KEYWORDS: ClassVar = {"call", "sum", "joined", "cast"}  # the methods that take keywords

    # ------------------------------------------------------------------------------------- atoms

    def name(self, text: str) -> str:
        return text

    def literal(self, x: Any) -> Written:
        text = literal_text(x, self.names)
        return text, UNARY if text.startswith("-") else ATOM

    def sequence(self, items: list[str], is_tuple: bool) -> str:
        inside = ", ".join(items) + ("," if is_tuple and len(items) == 1 else "")
        return f"({inside})" if is_tuple else f"[{inside}]"

    def parentheses(self, text: str) -> str:
        return f"({text})"

    # -------------------------------------------------------------------------------------- signs

    def infix(self, sign: str, binding: int, a: Any, b: Any) -> Written:
        left = binding + (binding == COMPARE)  # a == b == c doesn't mean (a == b) == c
        return f"{self.write(a, left)} {sign} {self.write(b, binding + 1)}", binding

    def prefix(self, sign: str, x: Any) -> Written:
        least = MULTIPLY if sign == "-" and is_product(x) else UNARY  # -a * b means -(a * b), exactly
        return f"{sign}{self.write(x, least)}", least

    def product(self, a: Any, b: Any) -> Written:
        return self.infix("*", MULTIPLY, a, b)

    def dot(self, a: Any, b: Any) -> Written:
        return self.infix("@", MULTIPLY, a, b) if {np.ndim(a), np.ndim(b)} <= {1, 2} else self.call("dot", a, b)

    def fraction(self, a: Any, b: Any) -> Written:
        return self.infix("/", MULTIPLY, a, b)

    def power(self, a: Any, b: Any) -> Written:
        return f"{self.write(a, ATOM)} ** {self.write(b, UNARY)}", POWER

    def square(self, x: Any) -> Written:
        return self.call("square", x)

    def absolute(self, x: Any) -> Written:
        return self.call("abs", x)

    def rounded(self, name: str, x: Any) -> Written:
        return self.call(name, x)

    def root(self, x: Any) -> Written:
        return self.call("sqrt", x)

    def exponential(self, x: Any) -> Written:
        return self.call("exp", x)

    def conjugate(self, x: Any) -> Written:
        return self.call("conj", x)

    def cases(self, condition: Any, *ab: Any) -> Written:
        return self.call("where", condition, *ab)

    def sum(self, x: Any, axis: Any = None, *rest: Any, **kwargs: Any) -> Written:
        if rest:
            return self.call("sum", x, axis, *rest, **kwargs)
        return self.call("sum", x, **({} if axis is None else {"axis": only_axis(axis)}), **kwargs)

    def joined(self, *arrays: Any, axis: Any, edges: Any = None) -> Written:
        return self.call("concatenate", list(arrays), axis=axis)

    def several(self, *parts: Any) -> Written:
        return self.sequence([self.write(part) for part in parts], True), ATOM

    def transpose(self, x: Any, axes: Any = None) -> Written:
        return (f"{self.write(x, ATOM)}.T", ATOM) if axes is None else self.call("transpose", x, axes)

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        if {axis1, axis2} != {-1, -2}:
            return self.call("swapaxes", x, axis1, axis2)
        return f"{self.write(x, ATOM)}.mT", ATOM

    def index(self, x: Any, index: Any) -> Written:
        return f"{self.write(x, ATOM)}[{self.places(index)}]", ATOM

    def places(self, index: Any) -> str:
        """Return an index as it stands between the brackets; a tuple of one index means the same as the index."""
        if isinstance(index, tuple):
            return ", ".join(map(self.places, index)) or "()"
        return slice_text(index) if isinstance(index, slice) else Text.write(Text(self.names), index)

    def cast(self, x: Any, dtype: Any) -> Written:
        return f"{self.write(x, ATOM)}.astype({literal_text(np.dtype(dtype))})", ATOM

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        self.called.add(name)
        return f"{name}({self.arguments(args, kwargs)})", ATOM

    def arguments(self, args: Any, kwargs: Any) -> str:
        return ", ".join([*map(self.write, args), *(f"{k}={self.setting(k, v)}" for k, v in kwargs.items())])

    def settings(self, fn: Any, named: dict[str, Any]) -> dict[str, Any]:
        """Return the settings that are written: those that change something, since the text can be computed."""
        return without_defaults(fn, named)

    def setting(self, name: str, value: Any) -> str:
        return self.write(only_axis(value) if name == "axis" else value)


# ---------------------------------------------------------------------- literals, which are not symbols


def literal_text(x: Any, names: Mapping[int, str] | None = None) -> str:
    """Return a value without a formula as text: a number, an axis, a shape, or a mask."""
    if id(x) in (names or {}):
        return (names or {})[id(x)]
    x = values_of(x)
    if isinstance(x, np.ndarray):
        if x.size > 36 or x.dtype.kind not in "biufc":  # a legend gives it a name, where there is one
            return f"array{list(x.shape)}"
        x = x.tolist()
    if isinstance(x, tuple) and any(isinstance(i, slice) for i in x):
        return f"s_[{Text(names).places(x)}]"
    if isinstance(x, tuple | list):
        inside = ", ".join(literal_text(i, names) for i in x) + ("," if isinstance(x, tuple) and len(x) == 1 else "")
        return f"({inside})" if isinstance(x, tuple) else f"[{inside}]"
    if isinstance(x, slice):
        return f"s_[{slice_text(x)}]"
    if isinstance(x, float | np.floating):
        return str(x).removesuffix(".0") if x else "0" if np.copysign(1, x) > 0 else "-0.0"
    if isinstance(x, complex | np.complexfloating):
        return f"{literal_text(x.imag)}j" if x.real == 0 else str(x)
    if isinstance(x, bool | int | str | range | np.dtype | type | None):
        return x.__name__ if isinstance(x, type) else x.name if isinstance(x, np.dtype) else repr(x)
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.generic):
        return literal_text(x.item())
    if isinstance(x, MultiOutputType):
        return f"multi_output_type({', '.join(map(literal_text, x.parts))})"
    return name_of(x) if callable(x) else f"{type(x).__name__}(...)"


def slice_text(x: slice) -> str:
    start, stop = ("" if end is None else literal_text(end) for end in (x.start, x.stop))
    return f"{start}:{stop}" + ("" if x.step is None else f":{literal_text(x.step)}")


def has_array(x: Any) -> bool:
    return any(isinstance(part, Symbol | np.ndarray) for part in flatten(x)[0])


def round_number(x: Any) -> tuple[str, str]:
    """Return a number for reading: six digits, and its power of ten, or "" if it needs none."""
    digits, _, exponent = f"{x:.6g}".partition("e")
    return digits, exponent and str(int(exponent))


def only_axis(axis: Any) -> Any:
    """Return the axis in a tuple of one axis, and any other argument as it is."""
    return axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis


def parts_of_name(text: str) -> tuple[str, str, bool]:
    """Split a name into its stem, its index (3 in ``v3`` and ``v_3``), and whether it is a gradient (``w.grad``)."""
    bar = text.endswith(".grad") and text != ".grad"
    text = text.removesuffix(".grad") if bar else text
    stem = text.rstrip("0123456789")
    index, letters = text[len(stem) :], stem.removesuffix("_")
    return (letters, index, bar) if letters.isalpha() and index else (text, "", bar)


symbol.write = lambda x: Text().write(x)
