"""The local factor of a rule: what it multiplies the incoming gradient by, or else whether it only moves its numbers.

This is not declared anywhere, but read off the rule's formula: if the gradient `g` passes through nothing but products
and quotients, the rest of the formula is the factor.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.sparse_gradient import is_basic
from ...rules import indexing, joining
from ...rules.shapes import cast
from ..formulas.symbol import Symbol, values_of

MOVES = {np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.roll, np.flip,
         operator.getitem, indexing.scatter, joining.join}  # fmt: skip
COPIES = {np.broadcast_to, np.expand_dims, np.reshape}  # they only copy or reshape: the factor stays the same
TURNS = {np.expand_dims, np.reshape}  # except that these matter if the factor has other axes than the gradient
CHOICES = {np.where, joining.choose}
PRODUCTS = {np.matmul, np.dot}


@dataclass
class Factor:
    """The way in which a rule's answer comes from the gradient `g`.

    Attributes
    ----------
    kind : str
        "same", "copied" or "moved" if no number changes; "added" if several numbers may get to one place; "product" if
        each number is multiplied by one of the factor; "left" or "right" if the answer is a matrix product with the
        factor on that side; and "function" for anything else.
    factor
        The local factor, if there is one.
    coming
        The gradient as it is multiplied by the factor, if it was moved or got other axes before.
    """

    kind: str
    factor: Any = None
    coming: Any = None


def factor_of(d: Any, g: Any) -> Factor:
    """Return the way in which the formula `d` comes from the symbol `g`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.introspection.explorer.local_factor import factor_of
    >>> from tinygrad_edu.introspection.formulas.symbol import Symbol
    >>> g, y, w = (Symbol(np.ones((2, 2)), name) for name in "gyw")
    >>> factor_of(g * y * (1 - y), g)
    Factor(kind='product', factor=y * (1 - y), coming=None)
    >>> factor_of(g @ w.T, g)
    Factor(kind='right', factor=w.T, coming=g)
    """
    if not isinstance(d, Symbol) or not uses(d, g):
        return Factor("function")
    if d is g:
        return Factor("same")
    if is_made_of(d, g, MOVES):
        return Factor("added" if adds(d, g) else "moved")
    factor = divide_by_gradient(d, g)
    if is_one(factor):
        return Factor("copied")
    if factor is not None:
        return Factor("product", factor, None if is_number(factor) else spread_gradient(d, g))
    while d.fn in COPIES | {np.reshape, cast} and not d.kwargs:
        d = d.args[0]
    if d.fn in PRODUCTS and not d.kwargs and min(np.ndim(values_of(a)) for a in d.args) > 0:
        a, b = d.args
        if is_made_of(a, g, MOVES) and not uses(b, g):
            return Factor("right", b, a)
        if is_made_of(b, g, MOVES) and not uses(a, g):
            return Factor("left", a, b)
    return Factor("function")


def divide_by_gradient(d: Any, g: Any) -> Any:
    """Return `d` without its factor `g`; None if `g` is not a factor of it."""
    if d is g:
        return 1
    if not isinstance(d, Symbol):
        return 0 if np.isscalar(d) and d == 0 else None
    if d.fn is None or d.kwargs:
        return None
    args = d.args
    if d.fn is np.multiply:
        i = 0 if uses(args[0], g) else 1
        rest = None if uses(args[1 - i], g) else divide_by_gradient(args[i], g)
        if rest is None or is_one(rest):
            return None if rest is None else args[1 - i]
        return np.multiply(rest, args[1]) if i == 0 else np.multiply(args[0], rest)
    if d.fn is np.divide and not uses(args[1], g):
        rest = divide_by_gradient(args[0], g)
        return None if rest is None else np.divide(rest, args[1])
    if d.fn is np.negative:
        rest = divide_by_gradient(args[0], g)
        return None if rest is None else -rest
    if d.fn in CHOICES and not uses(args[0], g):
        rest = [divide_by_gradient(a, g) for a in args[1:]]
        return None if not rest or any(r is None for r in rest) else np.where(args[0], *rest)
    if d.fn not in COPIES | {cast}:
        return None
    rest = divide_by_gradient(args[0], g)
    if rest is None or is_number(rest) or d.fn not in TURNS:
        return rest
    return d.fn(rest, *args[1:]) if np.shape(values_of(rest)) == np.shape(values_of(args[0])) else None


def spread_gradient(d: Any, g: Any) -> Any:
    """Return `g` with the axes that it gets on its way into `d`, to be multiplied by the rest; None if it gets none."""
    turned = g
    turns = []
    while d is not g:
        if d.fn in TURNS:
            turns.append(d)
        d = next(a for a in d.args if isinstance(a, Symbol) and uses(a, g))
    for turn in reversed(turns):
        turned = turn.fn(turned, *turn.args[1:])
    return None if turned is g else turned


def is_number(factor: Any) -> bool:
    return np.ndim(values_of(factor)) == 0


def is_one(factor: Any) -> bool:
    return type(factor) is int and factor == 1


def is_made_of(d: Any, g: Any, functions: set[Any]) -> bool:
    """Return whether `d` is `g` after nothing but calls of `functions`."""
    while d is not g:
        if not isinstance(d, Symbol) or d.fn not in functions:
            return False
        d = d.args[0]
    return True


def adds(d: Any, g: Any) -> bool:
    """Return whether several numbers of `g` may have been added in one place, since an array as index may repeat it."""
    while d is not g:
        if d.fn is indexing.scatter and not is_basic(values_of(d.args[1])):
            return True
        d = d.args[0]
    return False


def uses(d: Any, g: Any) -> bool:
    """Return whether `g` occurs in the formula `d`."""
    waiting, seen = [d], set()
    while waiting:
        d = waiting.pop()
        if d is g:
            return True
        if isinstance(d, Symbol) and d not in seen:
            seen.add(d)
            waiting += [*d.args, *d.kwargs.values()]
        elif isinstance(d, tuple | list):
            waiting += d
    return False
