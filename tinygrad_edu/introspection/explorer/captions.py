"""Captions of steps, in words. The formulas are exact; the words say what to look at."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from ...engine.node import Constant, Leaf, Node
from ...rules import joining
from ...rules.neural import convolution, fused, windows
from ..formulas.notation import SIGNS, is_package_function, name_of
from ..formulas.symbol import values_of
from .local_factor import Factor

MOVED: dict[Any, str] = {
    operator.getitem: "What was taken out gets this gradient; what was left behind had no effect here, and gets 0.",
    np.reshape: "The same numbers in another shape.",
    np.transpose: "Rows were made columns; the gradient's columns are made rows again.",
    np.swapaxes: "Two axes were exchanged; in the gradient they are exchanged back.",
    joining.join: "Each array that was joined gets its own piece of the gradient.",
}


NAMES: dict[Any, str] = {  # where the name in Python is not the one in the field
    fused.masked_nll.fn: "neg. log-likelihood",
    joining.join: "concatenate",
    windows.windows.fn: "sliding windows",
}


def field_name(node: Node) -> str:
    """Return what the field calls an operation: NumPy's function by its name there, our own in words."""
    rule = node.plan.rule
    own = is_package_function(rule.fn)
    return NAMES.get(rule.fn) or (rule.name.replace("_", " ") if own else name_of(rule.fn))


ABOUT: dict[Any, str] = {
    convolution.collect.fn: "The kernel moves over each image. At each place its weights are multiplied with what lies "
    "under it, and added up.",
    windows.windows.fn: "A window moves over each image. What it sees at each place is laid side by side, so that one "
    "function can be taken of it.",
}


def forward(node: Node, names: dict[Node, str]) -> list[str]:
    """Return the captions for an operation that is computed: what it does, and which arguments are broadcast."""
    words, parents = [about(node.plan.rule.fn)], dict.fromkeys(p for p in node.parents if isinstance(p, Node))
    if isinstance(node.plan.rule.fn, np.ufunc):
        words += [
            f"{names[p]}, {of_shape(p.shape)}, is stretched to {node.shape}: each of its numbers is used "
            f"{node.size // max(1, p.size)} times."
            for p in parents
            if p.shape != node.shape and p.size < node.size
        ]
    return [w for w in words if w]


def about(fn: Any) -> str:
    """Return what a function of this package does, which is the first line of its docstring; "" for others."""
    if fn in ABOUT:
        return ABOUT[fn]
    doc = (inspect.getdoc(fn) or "").partition("\n")[0].replace("`", "")
    return doc if is_package_function(fn) and fn not in SIGNS else ""


def backward(node: Node, factor: Factor, me: str, parent: str, stretched: bool) -> str:
    """Return the caption for a rule: what it does to the gradient that comes in."""
    if factor.kind == "same":
        words = f"The local factor is 1: when {parent} grows a little, {me} grows as much."
        return words if stretched else f"{words} So the gradient flows on unchanged."
    if factor.kind == "copied":
        return f"{me} added up many numbers, each with the factor 1. So each of them gets a copy of the gradient."
    if factor.kind == "moved":
        return MOVED.get(node.plan.rule.fn, "No number changes: each goes back to the place that it came from.")
    if factor.kind == "added":
        return (
            "Each number goes back to the place that it came from. What was taken more than once gets several, "
            "and they are added."
        )
    if factor.kind == "product":
        return (
            "Gradient coming in × local factor = gradient flowing on. "
            f"The factor says how fast {me} changes with {parent}."
        )
    if factor.kind in ("left", "right"):
        return (
            f"{me} is a product of matrices, and so is the way back: the gradient, times the other factor. "
            f"That adds up, for every number in {parent}, what it did to each number in {me}."
        )
    return "This rule is more than one product: read its formula with what goes into it."


def explain_fit(said: Any, parent: Node, name: str) -> str:
    """Return the caption for un-broadcasting, if the gradient had to be summed to its argument's shape; else ""."""
    have, want = getattr(said, "shape", ()), parent.shape
    if have == want or isinstance(values_of(said), MultiOutput):
        return ""
    extra = len(have) - len(want)
    axes = [i for i, n in enumerate((1,) * extra + tuple(want)) if n == 1 and (i < extra or have[i] != 1)]
    along = "axis " + str(axes[0]) if len(axes) == 1 else "axes " + ", ".join(map(str, axes))
    times = int(np.prod([have[i] for i in axes], dtype=int))
    return (
        f"Un-broadcasting: {name}, {of_shape(want)}, was stretched to {have}, so each number in it was used "
        f"{times} times. What comes back from all these uses is summed, over {along}."
    )


def explain_sum(name: str) -> str:
    return f"Paths meet: {name} was used more than once, and its effects add up. So do its gradients."


def kind(node: Node, roots: Any) -> str:
    """Return the kind of a node, which the look of its box depends on."""
    if isinstance(node, Leaf):
        return "constant" if isinstance(node, Constant) else "leaf"
    return "result" if node in roots else "operation"


def of_shape(shape: Any) -> str:
    return f"of shape {tuple(shape)}" if shape else "a single number"
