"""Labels of boxes: numbers, shapes and arguments of operations, as escaped HTML-like text."""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.node import Node
from ...engine.table import parameters
from ..formulas.settings import SETTINGS, without_usual
from ..gradient_flow import gradient_norm

MOST = 6  # the most elements of which the numbers are shown
LONGEST = 40  # the most characters in a name
WIDEST = 64  # the most characters in a line of numbers
INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "floor_divide": "//",
    "remainder": "%",
    "matmul": "@",
}
NOISE = {"edges"}  # arguments that follow from the others


def html_label(
    title: str,
    detail: str = "",
    lines: Iterable[str] = (),
    grads: Iterable[str] = (),
    pictures: Iterable[str] = (),
    color: str = "",
) -> str:
    """Return the label of a box: a bold title and details, lines for the value and the gradient, and pictures below."""
    head = f"<B>{escape_label(title)}</B>" + (f" {escape_label(detail)}" if detail else "")
    rest = [f'<FONT POINT-SIZE="10">{escape_label(line, WIDEST)}</FONT>' for line in lines if line]
    rest += [f'<FONT POINT-SIZE="10" COLOR="{color}">{escape_label(line, WIDEST)}</FONT>' for line in grads if line]
    text = "<BR/>".join([head, *rest])
    if not (cells := "".join(pictures)):
        return f"<{text}>"
    beneath = f'<TABLE BORDER="0" CELLSPACING="3" CELLPADDING="0"><TR>{cells}</TR></TABLE>'
    rows = f"<TR><TD>{text}</TD></TR><TR><TD>{beneath}</TD></TR>"
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>'


def attribute(text: str) -> str:
    """Return text escaped for an attribute between double quotes."""
    return escape_label(text, 200)


@lru_cache(maxsize=4096)
def escape_label(text: str, longest: int = LONGEST) -> str:
    """Return text that is shown literally: no markup, no escape sequences, nothing invisible, and not too long."""
    visible = text[: longest + 1]
    if not visible.isprintable():
        visible = "".join(
            c if c.isprintable() or c in JOINERS else c.encode("unicode_escape").decode() for c in visible
        )
    if len(visible) > longest:
        visible = visible[: longest - 1] + "…"
    return html.escape(visible.replace("\\", "\\\\"))  # Graphviz reads \N, \G and others even here


JOINERS = "\u200c\u200d"  # invisible, but some scripts need them

# ------------------------------------------------------------------------------------------ numbers


def value_lines(array: Any) -> tuple[str, ...]:
    """Return the numbers of a small array, row by row, or the shape and dtype of any other array."""
    if isinstance(array, np.ndarray | np.generic) and 0 < array.size <= MOST and array.ndim <= 2:
        if array.ndim < 2:
            return (format_row(array.tolist()),)
        rows = [format_row(r) for r in array.tolist()]
        if len(rows[0].split(",")) == 1:  # a column needs less space as a row of rows
            numbers = format_row([number for (number,) in array.tolist()])[1:-1].split(", ")
            return (f"[[{'], ['.join(numbers)}]]",)
        return tuple("[["[i > 0 :].rjust(2) + r[1:] + ("]" if i == len(rows) - 1 else ",") for i, r in enumerate(rows))
    return (describe_shape(array),)


def format_row(values: Any) -> str:
    """Return a number or a list of numbers as text, with fewer digits if there is no room for more."""
    if type(values) is not list:
        return format_number(values)
    for digits in (4, 3, 2):
        text = "[" + ", ".join(format_number(v, digits) for v in values) + "]"
        if len(text) < LONGEST:
            break
    return text


def format_number(v: Any, digits: int = 4) -> str:
    """Return a number as text with this many significant digits; integers in full."""
    return str(v) if isinstance(v, int) else f"{v:.{digits}g}"


def describe_shape(of: Any) -> str:
    """Return the shape and dtype of an array or node as text."""
    return f"{tuple(of.shape) or 'scalar'} {of.dtype}"


def gradient_text(grad: Any) -> str:
    """Return the numbers of a small gradient as text, or the norm of a larger one; its shape is its tensor's."""
    if isinstance(grad, np.ndarray | np.generic) and grad.size <= MOST and grad.ndim < 2:
        return "grad " + value_lines(grad)[0]
    size = gradient_norm(grad)
    return f"grad {describe_shape(grad)}" if size is None else f"grad, norm {format_number(size)}"


# ---------------------------------------------------------------------------------------- arguments


def operation(node: Node) -> str:
    """Return the name of an operation, or its sign, after a number that stands before it: ``1 -``."""
    if node.name not in INFIX or len(node.parents) != 2:
        return node.name
    first = node.parents[0]
    return INFIX[node.name] if has_box(first) else f"{argument(first)} {INFIX[node.name]}"


def arguments(node: Node) -> str:
    """Return the arguments of an operation that are not arrays, as text: 2 after ``**``, ``axis=1``, ``[0, :]``."""
    plain = [(i, p) for i, p in enumerate(node.parents) if not has_box(p)]
    if node.name in INFIX and len(node.parents) == 2:
        return ", ".join(argument(p) for i, p in plain if i)
    names = rule_argument_names(node)
    given = [(names[i] if i < len(names) else "", p) for i, p in plain] + list(node.kwargs.items())
    if node.plan.rule.fn in SETTINGS:
        given = list(without_usual(node.plan.rule.fn, dict(given)).items())
    return ", ".join(argument(v) if not k else f"[{index(v)}]" if k == "index" else f"{k}={argument(v)}"
                     for k, v in given if v is not None and k not in NOISE)  # fmt: skip


def has_box(parent: Any) -> bool:
    """Return whether an argument has a box of its own; numbers and settings are written in the operation's box."""
    return isinstance(parent, Node) or (isinstance(parent, np.ndarray) and parent.ndim > 0)


def rule_argument_names(node: Node) -> tuple[str, ...]:
    """Return the names of arguments in the derivative rules, after `g` and `y`; names of settings from the function."""
    if node.plan.rule.fn in SETTINGS:
        return parameters(node.plan.rule.fn)
    for _, vjp in node.plan.vjps:
        code = getattr(vjp, "__code__", None)
        if code is not None and code.co_argcount > 2:
            return tuple(code.co_varnames[2 : code.co_argcount])
    return ()


def argument(v: Any) -> str:
    """Return a number or a setting as one would type it."""
    if isinstance(v, np.generic) or (isinstance(v, np.ndarray) and v.ndim == 0):
        v = v.item()
    if isinstance(v, float | complex):
        return repr(v) if len(repr(v)) <= 6 else format_number(v)
    if isinstance(v, np.ndarray | Node):
        return f"array{list(v.shape)}"
    if isinstance(v, type | np.dtype):
        return np.dtype(v).name if isinstance(v, np.dtype) else v.__name__
    if isinstance(v, tuple):
        return "(" + ", ".join(map(argument, v)) + ("," if len(v) == 1 else "") + ")"
    if isinstance(v, slice):
        parts = ["" if p is None else argument(p) for p in (v.start, v.stop, v.step)]
        return ":".join(parts if parts[2] else parts[:2])
    return "..." if v is Ellipsis else getattr(v, "__name__", "") or repr(v)


def index(v: Any) -> str:
    """Return an index as it stands between the brackets."""
    return ", ".join(map(argument, v)) if isinstance(v, tuple) else argument(v)
