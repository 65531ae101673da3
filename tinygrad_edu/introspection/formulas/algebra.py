"""Algebra of what is read: the factors of products, fractions of fractions as one, and what needs no parentheses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .symbol import Symbol, function, values_of

PRODUCTS = {np.multiply, np.divide, np.matmul}
Factor = tuple[Any, int]  # a formula and its exponent


def is_product(x: Any) -> bool:
    """Return whether `x` is a product or fraction, and ``-x`` is so too if it is written without parentheses.

    ``-a * b`` is the same number as ``-(a * b)``, but ``-a // b`` is not ``-(a // b)``.
    """
    if not is_call_of(x, PRODUCTS):
        return False
    while is_call_of(x, PRODUCTS):
        x = x.args[0]
    return not is_call_of(x, {np.floor_divide, np.remainder})


def arrange_factors(a: Any, b: Any) -> list[Factor]:
    """Return the factors of the product of `a` and `b`: in order, but a number that comes last is first."""
    factors = list_factors(a, b)
    if is_number(factors[-1]) and not any(map(is_number, factors[:-1])):
        factors = [factors[-1], *factors[:-1]]
    found: list[Factor] = []
    for factor in factors:
        if found and isinstance(factor, Symbol) and is_same_formula(factor, found[-1][0]):
            found[-1] = factor, found[-1][1] + 1
        else:
            found.append((factor, 1))
    return found


def list_factors(a: Any, b: Any) -> list[Any]:
    return [*(list_factors(*a.args) if is_call_of(a, {np.multiply}) and not a.kwargs else [a]), b]


def as_one_fraction(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the numerator and the denominator of ``a / b``, where `a` may be a fraction too."""
    while is_call_of(a, {np.divide}):
        a, c = a.args
        b = function(np.multiply, (c, b), {}, max(values_of(c), values_of(b), key=np.ndim))
    return a, b


def begins_with_number(x: Any) -> bool:
    """Return whether `x` is written with a number first, such as ``2 ** a``."""
    while is_call_of(x, {np.power}):
        x = x.args[0]
    return not isinstance(x, Symbol)


def is_number(x: Any) -> bool:
    return isinstance(x, int | float | np.floating | np.integer) and not isinstance(x, bool)


def is_same_formula(a: Any, b: Any) -> bool:
    """Return whether two formulas are the same call of the same symbols, or the same symbol."""
    if a is b or not (isinstance(a, Symbol) and isinstance(b, Symbol)):
        return a is b or (is_number(a) and is_number(b) and bool(a == b))
    return (
        not (a.name or b.name or a.kwargs or b.kwargs)
        and a.fn is b.fn
        and len(a.args) == len(b.args) > 0
        and all(map(is_same_formula, a.args, b.args))
    )


def is_call_of(x: Any, functions: set[Any]) -> bool:
    return is_call(x) and x.fn in functions


def is_call(x: Any) -> bool:
    """Return whether `x` is a function of other formulas, and has no name."""
    return isinstance(x, Symbol) and x.fn is not None and not x.name
