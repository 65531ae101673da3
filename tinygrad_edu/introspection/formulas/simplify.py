"""Simplification of formulas: what has no effect is left out, and signs are pulled in front. No number changes by it.

Rules of derivatives are general, so their formulas have parts such as ``x ** 1`` and ``0 - x``. Only what is exact in
floating-point arithmetic is simplified, but for the sign of a zero: so ``(a * b) / b`` stays as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...pytree import flatten
from ...rules.shapes import cast
from .algebra import is_call
from .symbol import Symbol, function


def simplify(x: Any) -> Any:
    """Return the formula `x` without what has no effect in it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.introspection.formulas.simplify import simplify
    >>> from tinygrad_edu.introspection.formulas.symbol import Symbol
    >>> g, x = Symbol(np.ones(3), "g"), Symbol(np.ones(3), "x")
    >>> simplify(1 * g * 2 * x**1 + -g * (0 - x.T.T))
    g * 2 * x + g * x
    """
    done: dict[Symbol, Any] = {}

    def visit(x: Any) -> Any:
        if not is_call(x):
            return x
        if x not in done:
            leaves, rebuild = flatten((x.args, x.kwargs))
            shorter = [visit(leaf) if isinstance(leaf, Symbol) else leaf for leaf in leaves]
            same = all(a is b for a, b in zip(shorter, leaves, strict=True))
            done[x] = reduce_call(x if same else made_of(x, *rebuild(shorter)))
        return done[x]

    return visit(x)


def made_of(x: Symbol, args: Any, kwargs: Any) -> Symbol:
    assert x.fn is not None
    return function(x.fn, args, kwargs, x.value)


def without_effect(x: Any) -> Any:
    """Return what `x` is, if it is a call that has no effect, such as ``1 * v``; else `x`, as its author wrote it."""
    shorter = simplify(x)
    return x if is_call(shorter) else shorter


def reduce_call(x: Any) -> Any:
    """Return a call whose arguments are simple already, as simple as it gets."""
    while is_call(x) and x.fn in STEPS and (x.fn in KEEP_KEYWORDS or not x.kwargs):
        shorter = STEPS[x.fn](x, *x.args)
        if shorter is None or shorter.shape != x.shape or shorter.dtype != x.dtype:
            break
        x = shorter
    return x


def simplest_call(fn: Callable[..., Any], of: Symbol, *args: Any, **kwargs: Any) -> Any:
    """Return a call that has the same value as `of`, as simple as it gets."""
    return reduce_call(function(fn, args, kwargs, of.value))


def equals_number(x: Any, n: int) -> bool:
    """Return whether `x` is the single number `n`, and no symbol."""
    return isinstance(x, int | float | np.number) and not isinstance(x, bool) and bool(x == n)


def without_sign(x: Any) -> Any:
    """Return the positive number or the formula of which `x` is the negative; None if it is not written as one."""
    if isinstance(x, int | float | np.floating) and not isinstance(x, bool):
        return -x if x < 0 else None
    return x.args[0] if is_call(x) and x.fn is np.negative else None


# ------------------------------------------------------------------------------------ arithmetic
# Each step returns a simpler formula of the same value, or None.


def simplify_sum(x: Symbol, a: Any, b: Any) -> Any:
    if equals_number(b, 0) or equals_number(a, 0):
        return as_symbol(a if equals_number(b, 0) else b)
    if (c := without_sign(b)) is not None:
        return simplest_call(np.subtract, x, a, c)
    if isinstance(a, Symbol) and (c := without_sign(a)) is not None:
        return simplest_call(np.subtract, x, b, c)
    return None


def simplify_difference(x: Symbol, a: Any, b: Any) -> Any:
    if equals_number(b, 0):
        return as_symbol(a)
    if equals_number(a, 0):
        return simplest_call(np.negative, x, b)
    return None if (c := without_sign(b)) is None else simplest_call(np.add, x, a, c)


def simplify_product(x: Symbol, a: Any, b: Any) -> Any:
    for one, other in ((b, a), (a, b)):
        is_power = is_call(one) and one.fn in POWERS and equals_number(one.args[1], 0)
        if (equals_number(one, 1) or is_power) and isinstance(other, Symbol) and other.shape == x.shape:
            return other
    return signs_in_front(x, a, b)


def simplify_quotient(x: Symbol, a: Any, b: Any) -> Any:
    return as_symbol(a) if equals_number(b, 1) else signs_in_front(x, a, b)


def signs_in_front(x: Symbol, a: Any, b: Any) -> Any:
    """Return the negative of a product or quotient whose sign is that of one of its parts."""
    if x.dtype.kind not in "fc":
        return None
    if (c := without_sign(a)) is not None:
        return simplest_call(np.negative, x, call_of(x.fn, c, b))
    return None if (c := without_sign(b)) is None else simplest_call(np.negative, x, call_of(x.fn, a, c))


def call_of(fn: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a call with a value of its own, as simple as it gets."""
    with np.errstate(all="ignore"):
        value = fn(*(a.value if isinstance(a, Symbol) else a for a in args), **kwargs)
    return reduce_call(function(fn, args, kwargs, value))


def simplify_negative(x: Symbol, a: Any) -> Any:
    if x.dtype.kind not in "fc" or not is_call(a):
        return None
    if a.fn is np.negative:
        return a.args[0]
    return simplest_call(np.subtract, x, *a.args[::-1]) if a.fn is np.subtract else None


def simplify_power(x: Symbol, a: Any, b: Any) -> Any:
    return as_symbol(a) if equals_number(b, 1) else None


def simplify_total(x: Symbol, a: Any, *axis: Any) -> Any:
    """Return the negative of the sum of what `a` is the negative of."""
    if x.kwargs.keys() - {"axis", "keepdims"} or x.dtype.kind not in "fc" or not is_call(a) or a.fn is not np.negative:
        return None
    return simplest_call(np.negative, x, call_of(np.sum, a.args[0], *axis, **x.kwargs))


def simplify_unequal(x: Symbol, a: Any, b: Any) -> Any:
    """Return ``isnan(a)``: only what is no number differs from itself."""
    return simplest_call(np.isnan, x, a) if a is b and isinstance(a, Symbol) and a.dtype.kind in "fc" else None


def as_symbol(x: Any) -> Any:
    return x if isinstance(x, Symbol) else None


# ------------------------------------------------------------------------------- shapes and dtypes


def simplify_shape(x: Symbol, a: Any, *how: Any) -> Any:
    """Return `a` if its shape stays as it is; and only the last of two calls of reshape."""
    if not isinstance(a, Symbol) or a.shape == x.shape:
        return as_symbol(a)
    if x.fn is np.reshape and is_call(a) and a.fn is np.reshape and not a.kwargs:
        return simplest_call(np.reshape, x, a.args[0], *how)
    return None


def simplify_order(x: Symbol, a: Any, *how: Any) -> Any:
    """Return what a transpose undoes, or changes nothing of."""
    order = order_of_axes(x)
    if order == sorted(order):
        return as_symbol(a)
    if is_call(a) and a.fn in ORDERS and not a.kwargs and [order_of_axes(a)[i] for i in order] == sorted(order):
        return as_symbol(a.args[0])
    return None


def order_of_axes(x: Symbol) -> list[int]:
    """Return for each axis of a transpose which one of its argument's it is."""
    return list(x.fn(np.empty(range(x.ndim)), *x.args[1:]).shape)  # type: ignore[misc]


def simplify_cast(x: Symbol, a: Any, dtype: Any) -> Any:
    return as_symbol(a)  # if the dtype changes, reduce_call doesn't take it


POWERS = {np.power, operator.pow}
ORDERS = {np.transpose, np.swapaxes, np.moveaxis}
KEEP_KEYWORDS = {np.sum}
STEPS: dict[Any, Callable[..., Any]] = {
    np.add: simplify_sum,
    np.subtract: simplify_difference,
    np.multiply: simplify_product,
    np.divide: simplify_quotient,
    np.negative: simplify_negative,
    np.not_equal: simplify_unequal,
    np.sum: simplify_total,
    **dict.fromkeys(POWERS, simplify_power),
    **dict.fromkeys((np.reshape, np.squeeze, np.expand_dims, np.broadcast_to), simplify_shape),
    **dict.fromkeys(ORDERS, simplify_order),
    cast: simplify_cast,
}  # fmt: skip
