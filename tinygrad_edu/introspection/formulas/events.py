"""The events of a computation, as records: every operation, then every vector-Jacobian product of backpropagation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...engine.node import Node
from .explanation import Line
from .symbol import Symbol
from .symbolic_vjp import Answer


@dataclass
class OperationEvent:
    """A forward event: an operation, as a formula of its arguments, with its value."""

    node: Node
    formula: Symbol


@dataclass
class Product:
    """A backward event: the vector-Jacobian product that an operation sends to its argument number `i`."""

    node: Node
    i: int
    coming: Symbol  # the gradient of the operation's result, which is complete by now
    answer: Answer  # the rule's formula, and the same in the shape of the argument
    parts: list[Line]  # the lines that define names in the formula, if it is long
    before: Any  # the gradient that the argument got on other paths, or None
    after: Any  # the gradient with this one added
    known: bool  # whether all these numbers are known, or only their shapes
