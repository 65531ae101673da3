"""Algebra of what is read: which products need no sign or parentheses, and fractions of fractions as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .symbol import Symbol, function, values_of

PRODUCTS = {np.multiply, np.divide, np.matmul}


def is_product(x: Any) -> bool:
    """Return whether `x` is a product or fraction, and ``-x`` is so too if it is written without parentheses.

    ``-a * b`` is the same number as ``-(a * b)``, but ``-a // b`` is not ``-(a // b)``.
    """
    if not is_call_of(x, PRODUCTS):
        return False
    while is_call_of(x, PRODUCTS):
        x = x.args[0]
    return not is_call_of(x, {np.floor_divide, np.remainder})


def is_coefficient(a: Any, b: Any) -> bool:
    """Return whether the product of `a` and `b` needs no sign, since `a` ends with a number and `b` begins with none."""
    last = a.args[1] if is_call_of(a, {np.multiply}) else a
    while is_call_of(b, {np.power}):
        b = b.args[0]
    return (
        isinstance(last, int | float | np.floating | np.integer)
        and isinstance(b, Symbol)
        and not is_call_of(b, PRODUCTS)
    )


def as_one_fraction(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the numerator and the denominator of ``a / b``, where `a` may be a fraction too."""
    while is_call_of(a, {np.divide}):
        a, c = a.args
        b = function(np.multiply, (c, b), {}, max(values_of(c), values_of(b), key=np.ndim))
    return a, b


def is_same(a: Any, b: Any) -> bool:
    """Return whether two formulas are the same call of the same symbols, or the same symbol."""
    if a is b or not (isinstance(a, Symbol) and isinstance(b, Symbol)):
        return a is b or (np.isscalar(a) and np.isscalar(b) and bool(a == b))
    return (
        not (a.name or b.name or a.kwargs or b.kwargs)
        and a.fn is b.fn
        and len(a.args) == len(b.args) > 0
        and all(map(is_same, a.args, b.args))
    )


def is_call_of(x: Any, functions: set[Any]) -> bool:
    return isinstance(x, Symbol) and not x.name and x.fn in functions
