"""Windows for pooling: `windows` copies sliding windows out of an array (unfold, im2col), and `fold` adds them back.

They are each other's transpose: a number that several windows read gets the sum of their gradients. The largest number
of each window is then ``np.max`` over the first axis, with its own rule: equal numbers share evenly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.atomic import atomic
from ...engine.declare import primitive
from .convolution import Lengths, crossings, meetings, writable


@primitive(
    lambda g, y, x, kernel, size, fill, *how: fold(g, kernel, x.shape[x.ndim - len(size) :], *how),  # type: ignore[has-type]
    name="unfold",
)
@atomic
def windows(x: Any, kernel: Lengths, size: Lengths, fill: float, stride: Lengths, padding: Lengths, dilation: Lengths) -> Any:
    """Return the windows of a pooling: along a new first axis, an array for each place in them, of the numbers there.

    There are `size` windows. Where one reaches beyond the ends of `x`, the number is `fill`.
    """
    lead, space = x.shape[: x.ndim - len(size)], x.shape[x.ndim - len(size) :]
    out = writable(np.full_like(x, fill, order="C", shape=(*kernel, *lead, *size)))
    for at, inputs, outputs in crossings(meetings(space, size, kernel, stride, padding, dilation)):
        out[at][(..., *outputs)] = x[(..., *inputs)]
    return out.reshape(math.prod(kernel), *lead, *size)


@primitive(lambda g, x, y, kernel, size, *how: windows(g, kernel, y.shape[y.ndim - len(size) :], 0, *how))
@atomic
def fold(y: Any, kernel: Lengths, size: Lengths, stride: Lengths, padding: Lengths, dilation: Lengths) -> Any:
    """Return windows added up, each where it was taken from, in an array whose last axes have the lengths `size`."""
    lead, space = y.shape[1 : y.ndim - len(size)], y.shape[y.ndim - len(size) :]
    y = y.reshape(*kernel, *lead, *space)
    out: Any = writable(np.zeros_like(y, order="C", shape=(*lead, *size)))
    for at, inputs, outputs in crossings(meetings(size, space, kernel, stride, padding, dilation)):
        out[(..., *inputs)] += y[at][(..., *outputs)]
    return out
