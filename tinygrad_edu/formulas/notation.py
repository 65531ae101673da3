"""Which functions mathematics has a sign for: the method of a `Style` that writes each, and what it is told."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules.joining import choose
from ..rules.shapes import cast
from ..table import RULES

COMPARE, OR, AND, ADD, MULTIPLY, UNARY, POWER, ATOM = range(1, 9)  # what binds more comes later, as in Python

SIGNS: dict[Any, tuple[Any, ...]] = {
    np.add:           ("infix", "+", ADD),
    np.subtract:      ("infix", "-", ADD),
    np.multiply:      ("product",),
    np.matmul:        ("infix", "@", MULTIPLY),
    np.divide:        ("fraction",),
    np.power:         ("power",),
    operator.pow:     ("power",),
    np.negative:      ("minus",),
    np.equal:         ("infix", "==", COMPARE),
    np.not_equal:     ("infix", "!=", COMPARE),
    np.less:          ("infix", "<", COMPARE),
    np.less_equal:    ("infix", "<=", COMPARE),
    np.greater:       ("infix", ">", COMPARE),
    np.greater_equal: ("infix", ">=", COMPARE),
    np.bitwise_and:   ("infix", "&", AND),
    np.bitwise_or:    ("infix", "|", OR),
    np.absolute:      ("absolute",),
    np.sqrt:          ("root",),
    np.exp:           ("exponential",),
    np.conjugate:     ("conjugate",),
    np.where:         ("cases",),
    choose:           ("cases",),
    np.sum:           ("sum",),
    np.transpose:     ("transpose",),
    np.swapaxes:      ("swapaxes",),
    operator.getitem: ("index",),
    cast:             ("cast",),
}  # fmt: skip


def name_of(fn: Callable[..., Any]) -> str:
    """What a function without a sign is called."""
    rule = RULES.get(fn)
    return rule.name if rule else getattr(fn, "__name__", repr(fn))
