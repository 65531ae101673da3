"""Notation: the functions that mathematics has a sign for, with the method of `text.Text` that writes each."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from ...engine.table import RULES
from ...rules import joining, padding, polynomials, products
from ...rules.shapes import cast

COMPARE, OR, AND, ADD, MULTIPLY, UNARY, POWER, ATOM = range(1, 9)  # precedence, weakest first, as in Python


def several(*parts: Any) -> MultiOutput:
    """Return several arrays as one value."""
    return MultiOutput(parts)


SIGNS: dict[Any, tuple[Any, ...]] = {
    np.add:                  ("infix", "+", ADD),
    np.subtract:             ("infix", "-", ADD),
    np.multiply:             ("product",),
    np.matmul:               ("infix", "@", MULTIPLY),
    np.dot:                  ("dot",),
    np.divide:               ("fraction",),
    np.floor_divide:         ("infix", "//", MULTIPLY),
    np.remainder:            ("infix", "%", MULTIPLY),
    np.power:                ("power",),
    operator.pow:            ("power",),
    np.square:               ("square",),
    np.negative:             ("prefix", "-"),
    np.positive:             ("prefix", "+"),
    np.invert:               ("prefix", "~"),
    np.equal:                ("infix", "==", COMPARE),
    np.not_equal:            ("infix", "!=", COMPARE),
    np.less:                 ("infix", "<", COMPARE),
    np.less_equal:           ("infix", "<=", COMPARE),
    np.greater:              ("infix", ">", COMPARE),
    np.greater_equal:        ("infix", ">=", COMPARE),
    np.bitwise_and:          ("infix", "&", AND),
    np.bitwise_or:           ("infix", "|", OR),
    np.absolute:             ("absolute",),
    np.floor:                ("rounded", "floor"),
    np.ceil:                 ("rounded", "ceil"),
    np.sqrt:                 ("root",),
    np.exp:                  ("exponential",),
    np.conjugate:            ("conjugate",),
    np.where:                ("cases",),
    joining.choose:          ("cases",),
    joining.join:            ("joined",),
    np.sum:                  ("sum",),
    np.transpose:            ("transpose",),
    np.swapaxes:             ("swapaxes",),
    operator.getitem:        ("index",),
    cast:                    ("cast",),
    several:                 ("several",),
    products.contract:       ("call", "einsum"),  # from here on, this package's forms of NumPy's functions
    padding.pad_zeros:       ("call", "pad"),
    polynomials.convolution: ("call", "convolve"),
    polynomials.polynomial:  ("call", "polyval"),
}  # fmt: skip


def name_of(fn: Callable[..., Any]) -> str:
    """Return the name of a function in formulas: the one in Python, or the one that its author gave its rule.

    This package's forms of NumPy's functions are called differently, and so have names of their own in formulas.
    """
    name = getattr(fn, "__name__", None) or type(fn).__name__
    rule = RULES.get(fn)
    if rule and not (is_package_function(fn) and is_reserved(rule.name)):
        name = rule.name
    module = (getattr(fn, "__module__", None) or "").removeprefix("numpy.")
    other = getattr(np, name, fn)  # np.diagonal is not np.linalg.diagonal
    return f"{module}.{name}" if module in ("linalg", "fft") and callable(other) and other is not fn else name


def is_reserved(name: str) -> bool:
    """Return whether a name means something else in formulas, or can't be called."""
    return not name.isidentifier() or any(hasattr(module, name) for module in (np, np.linalg, np.fft))


def is_package_function(fn: Callable[..., Any]) -> bool:
    """Return whether this package defines `fn`."""
    return (getattr(fn, "__module__", None) or "").startswith("tinygrad_edu.")
