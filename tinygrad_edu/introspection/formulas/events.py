"""What happens in a computation, as records: every operation, then every vector-Jacobian product of the walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...engine.node import Node
from .explanation import Line
from .symbol import Symbol
from .symbolic_vjp import Answer


@dataclass
class Operation:
    """Forward: an operation, as a formula of its arguments with the value that it had."""

    node: Node
    formula: Symbol


@dataclass
class Product:
    """Backward: what the rule of an operation gives its argument number `i`."""

    node: Node
    i: int
    coming: Symbol  # the gradient of the operation's result, which is complete by now
    answer: Answer  # what the rule says, and the same in the shape of the argument
    parts: list[Line]  # what names in the formula stand for, if it is long
    before: Any  # the gradient that the argument got on other paths, or None
    after: Any  # and with this one added
    known: bool  # whether all these numbers are known, or only their shapes
