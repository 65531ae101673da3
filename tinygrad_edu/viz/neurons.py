"""A network as columns of neurons: found by calling it and listening to its Linear layers.

The neurons of a column are the inputs of the next layer, as they arrive there, after any activation; the last column is
the network's output. So it doesn't matter how the network is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..engine.modes import enable_grad
from ..engine.node import Node
from ..engine.tensor_base import TensorBase
from ..engine.traversal import ancestors
from ..nn.layers import Linear
from ..nn.module import Module
from .observe import array_of, as_constant, hook_modules, leave_untouched


@dataclass
class Columns:
    """A network's layers of connections, and the activations of the neurons between, one column more than layers."""

    layers: list[Linear]
    values: list[Any]  # arrays of (examples, neurons); None if it was not called
    begins: bool = True  # whether the first column is the network's input, and not the output of other layers

    @property
    def widths(self) -> list[int]:
        """The number of neurons in each column."""
        return [self.layers[0].in_features, *(layer.out_features for layer in self.layers)]


def columns(model: Module, x: Any) -> Columns:
    """Return the columns of a network, with their activations for the examples `x`, if it is not None."""
    linears = [m for m in model.modules() if isinstance(m, Linear)]
    if not linears:
        raise ValueError(
            f"network draws the neurons of Linear layers, and this {type(model).__name__} has none; "
            "viz.weights and viz.activations show convolutions, and draw() any computation"
        )
    if x is None:
        return Columns(chain(linears), [None] * (len(linears) + 1))
    calls: list[tuple[Linear, Any, Any]] = []
    with leave_untouched(model), enable_grad(), hook_modules(linears, lambda m, args, y: calls.append((m, args[0], y))):
        output = network_output(model, x, linears[0].in_features)
    if not calls:
        raise ValueError(
            f"this {type(model).__name__} has Linear layers, but calls none: network draws those that are called"
        )
    layers = chain([layer for layer, _, _ in calls])
    for (_, _, before), (layer, after, _) in pairwise(calls):
        if isinstance(before, TensorBase) and before._node is not None and not comes_from(after, before._node):
            raise no_chain(f"{layer!r} is not given what comes out of the Linear layer before it")
    end = output if np.shape(output) == np.shape(calls[-1][2]) else calls[-1][2]
    given, first = array_of(x), array_of(calls[0][1])
    begins = given.size == first.size and np.array_equal(
        np.ravel(given).astype(first.dtype), np.ravel(first), equal_nan=True
    )
    return Columns(layers, [as_rows(v) for v in (*(x for _, x, _ in calls), end)], begins)


def network_output(model: Module, x: Any, inputs: int) -> Any:
    """Return the network's output; errors say how to reshape the examples."""
    given = as_constant(x, model)
    try:
        return model(given)
    except ValueError as error:
        if given.size and given.size % inputs == 0:
            error.add_note(f"if these are examples of {inputs} numbers each, try x.reshape(-1, {inputs})")
        raise


def chain(layers: list[Linear]) -> list[Linear]:
    """Return the layers, if each has as many outputs as the next has inputs."""
    for a, b in pairwise(layers):
        if a.out_features != b.in_features:
            raise no_chain(f"{a!r} is followed by {b!r}")
    return layers


def no_chain(why: str) -> ValueError:
    return ValueError(
        f"network draws layers that follow each other, and here {why}; draw() shows any computation, and "
        "viz.network(part, ...) a part of a network"
    )


def comes_from(value: Any, ancestor: Node) -> bool:
    """Say whether `value` was computed from the result of an operation."""
    node = getattr(value, "_node", None)
    return node is not None and ancestor in ancestors([node], ancestor.order)


def as_rows(values: Any) -> Any:
    """Return activations as (examples, neurons)."""
    array = array_of(values)
    if array.ndim > 2:
        raise ValueError(
            f"network draws one vector of neurons for each example, and a Linear layer of this model works on arrays "
            f"of shape {array.shape}; viz.activations shows these"
        )
    return np.atleast_2d(array)
