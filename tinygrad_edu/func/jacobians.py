"""The Jacobian of a trace, row by row (vector-Jacobian products) or column by column (Jacobian-vector products)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor_base import TensorBase
from ..pytree import flatten
from ..rules.shapes import to
from ..tensor.tensor import Tensor
from .trace import Trace


def partial_derivatives(trace: Trace) -> list[list[Any]]:
    """Return the Jacobian's block for each output and input, computed in the way that takes fewer walks."""
    outputs, inputs = (sum(x.size for x in end) for end in (trace.outputs, trace.inputs))
    return jacobian_by_rows(trace) if outputs <= inputs else jacobian_by_columns(trace)


def jacobian_by_rows(trace: Trace) -> list[list[Any]]:
    """Compute the Jacobian row by row, by pulling back unit vectors at the outputs."""
    table = []
    for k, y in enumerate(trace.outputs):
        pulled = [flatten(trace.pull(units(trace.outputs, k, i)))[0] for i in range(y.size)]
        table.append([stack_block([row[j] for row in pulled], y, x, x.dtype) for j, x in enumerate(trace.inputs)])
    return table


def jacobian_by_columns(trace: Trace) -> list[list[Any]]:
    """Compute the Jacobian column by column, by pushing unit vectors at the inputs forward; then exchange the axes."""
    table: list[list[Any]] = [[] for _ in trace.outputs]
    for k, x in enumerate(trace.inputs):
        pushed = [flatten(trace.push(units(trace.inputs, k, i)))[0] for i in range(x.size)]
        for j, y in enumerate(trace.outputs):
            turned = stack_block([column[j] for column in pushed], x, y, x.dtype)
            table[j].append(np.transpose(turned, (*range(x.ndim, turned.ndim), *range(x.ndim))))
    return table


def units(places: list[Any], k: int, i: int) -> list[Any]:
    """Return zeros like each place, with a 1 as element `i` of place `k`."""
    vectors = [np.zeros_like(x._array) if isinstance(x, TensorBase) else np.zeros(x.shape, x.dtype) for x in places]
    vectors[k][np.unravel_index(i, places[k].shape)] = 1
    return vectors


def stack_block(parts: list[Any], outer: Any, inner: Any, dtype: Any) -> Any:
    """Stack the vectors along the axes of `outer`."""
    shape = outer.shape + inner.shape
    return to(np.reshape(np.stack(parts), shape), dtype) if parts else Tensor(np.zeros(shape, dtype))
