"""What LaTeX and MathML have in common: formulas as one writes them by hand, which need not be computed again."""

from __future__ import annotations

from typing import Any

import numpy as np

from .algebra import arrange_factors, as_one_fraction, begins_with_number, is_call, is_call_of, is_number
from .notation import ATOM, COMPARE, MULTIPLY
from .settings import without_usual
from .symbol import values_of
from .text import Text, Written


class Mathematics(Text):
    """A writer of formulas as mathematics."""

    def row(self, *parts: str) -> str:
        """Return parts of a formula as one."""
        raise NotImplementedError

    def sign(self, text: str) -> str:
        """Return a sign of Python's as that of mathematics; "" between a number and what it multiplies."""
        raise NotImplementedError

    def quotient(self, above: str, below: str) -> str:
        """Return a fraction."""
        raise NotImplementedError

    depth = 0  # how many formulas there are around the one that is being written

    def written(self, x: Any) -> Written:
        """Return the formula `x`.

        Only where nothing else happens is it said that an array gets other axes, or copies.
        """
        if is_call_of(x, PLUMBING) and (self.depth or (is_call(x.args[0]) and not is_call_of(x.args[0], PLUMBING))):
            return self.written(x.args[0])
        self.depth += 1
        try:
            return super().written(x)
        finally:
            self.depth -= 1

    def prefix(self, sign: str, x: Any) -> Written:
        text, binding = super().prefix(sign, x)
        return self.row(self.sign(sign) + text.removeprefix(sign)), binding

    def product(self, a: Any, b: Any) -> Written:
        """Return a product: a number stands in front, or in front of its factor; equal factors are a power."""
        factors = arrange_factors(a, b)
        if len(factors) == 1:
            return self.power(*factors[0])
        (first, exponent), *others = factors
        parts = [self.write(first, MULTIPLY) if exponent == 1 else self.power(first, exponent)[0]]
        is_array, is_coefficient = np.ndim(values_of(first)) > 0, is_number(first)
        for factor, exponent in others:
            both = is_array and np.ndim(values_of(factor)) > 0
            parts += [
                self.sign("" if is_coefficient and not self.begins_with_number(factor) else "*" if both else "·"),
                self.right(factor, MULTIPLY + 1) if exponent == 1 else self.power(factor, exponent)[0],
            ]
            is_array, is_coefficient = is_array or np.ndim(values_of(factor)) > 0, is_number(factor)
        return self.row(*parts), MULTIPLY

    def infix(self, sign: str, binding: int, a: Any, b: Any) -> Written:
        left = binding + (binding == COMPARE)
        return self.row(self.write(a, left), self.sign(sign), self.right(b, binding + 1)), binding

    def right(self, x: Any, least: int) -> str:
        """Return what stands right of a sign."""
        return self.write(x, least)

    def begins_with_number(self, x: Any) -> bool:
        """Return whether `x` is written with a number first, so that no other number can stand before it."""
        return begins_with_number(x)

    def fraction(self, a: Any, b: Any) -> Written:
        return self.quotient(*map(self.write, as_one_fraction(a, b))), MULTIPLY

    def square(self, x: Any) -> Written:
        return self.power(x, 2)

    def settings(self, fn: Any, named: dict[str, Any]) -> dict[str, Any]:
        return without_usual(fn, super().settings(fn, named))

    def swapaxes(self, x: Any, axis1: Any, axis2: Any) -> Written:
        return self.transpose(x) if {axis1, axis2} == {-1, -2} else self.call("swapaxes", x, axis1, axis2)

    def cast(self, x: Any, dtype: Any) -> Written:
        """Return a number as it is if it stays one, since all of them are reals."""
        return self.written(x) if np.dtype(dtype).kind in "fc" else self.call(np.dtype(dtype).name, x)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Written:
        self.called.add(name)
        kwargs = {k: v for k, v in kwargs.items() if k not in DETAILS}
        args = args[1:] if name in SLOPES else args
        return self.row(self.function(name) + self.parentheses(self.arguments(args, kwargs))), ATOM

    def function(self, name: str) -> str:
        """Return the name of a function."""
        raise NotImplementedError


PLUMBING = {np.reshape, np.expand_dims, np.squeeze, np.broadcast_to}
SLOPES = {"tanh_slope", "sigmoid_slope"}  # derivatives of functions, whose values they take first
DETAILS = {"keepdims", "dtype"}  # keywords that say how an array is made, and not what is in it
