"""The legend of formulas: names and values of the arrays in them, and what their functions compute."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

from .notation import SIGNS, is_package_function, name_of
from .symbol import Symbol
from .text import Text

SMALL = 6  # arrays of no more elements are written out within a formula


class Legend:
    """Names for the arrays in `formulas`, and descriptions of the functions; `given` has the known names, by id."""

    def __init__(self, formulas: Iterable[Any], given: dict[int, tuple[str, Any]]) -> None:
        self.given = given
        self.names: dict[int, str] = {}  # names of arrays, by their ids
        self.constants: list[Symbol] = []  # a symbol for each array
        self.values: dict[str, Any] = {}  # values of all names
        self.functions: list[str] = []  # descriptions of this package's functions
        self.equals: dict[Any, str] = {}
        formulas = list(formulas)
        self.taken = {f.name for f in formulas if isinstance(f, Symbol)} | {name for name, _ in given.values()}
        self.fresh = (name for i in count(1) if (name := f"c{i}") not in self.taken)
        self.named: dict[int, Symbol] = {}
        for formula in formulas:
            self.visit(formula)
        self.rename(formulas)
        self.values = {symbol.name: symbol.value for symbol in self.named.values() if symbol.known}

    def visit(self, x: Any) -> None:
        """Collect the symbols, functions and arrays in a formula, and name the arrays."""
        if isinstance(x, Symbol):
            if x.name or x.fn is None:
                self.named[id(x)] = x
            else:
                self.tell(x.fn)
                self.visit((*x.args, *x.kwargs.values()))
        elif isinstance(x, tuple | list):
            for part in x:
                self.visit(part)
        elif isinstance(x, np.ndarray) and id(x) not in self.names and (id(x) in self.given or not 0 < x.size <= SMALL):
            name = self.given[id(x)][0] if id(x) in self.given else None
            if name is None:
                key = (x.shape, x.dtype.str, x.tobytes())
                name = self.equals[key] = self.equals.get(key) or next(self.fresh)
            self.names[id(x)] = name
            symbol = self.named[id(x)] = Symbol(x, name)  # it keeps the array alive, and so its id
            if name not in {constant.name for constant in self.constants}:
                self.constants.append(symbol)

    def rename(self, formulas: list[Any]) -> None:
        """Add an underscore to names that are also names of functions here, as in ``where(where_, g, 0)``."""
        style = Text(self.names)
        for formula in formulas:
            style.write(formula)
        for symbol in self.named.values():
            name, dot, grad = symbol.name.partition(".grad")
            if name in style.called:
                symbol.name = f"{name}_{dot}{grad}"
        self.names = {i: f"{name}_" if name in style.called else name for i, name in self.names.items()}

    def tell(self, fn: Any) -> None:
        """Add the first line of the docstring of a function of this package."""
        doc = (inspect.getdoc(fn) or "").partition("\n")[0].replace("`", "")
        doc = doc.removeprefix("Compute ").removeprefix("Return ")
        if is_package_function(fn) and fn not in SIGNS and doc:
            words = f"{name_of(fn)}({', '.join(inspect.signature(fn).parameters)}): {doc}"
            if words not in self.functions:
                self.functions.append(words)
