"""The formulas of recurrent networks: one step, from an old state to the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...rules.neural.fused import linear, sigmoid
from ...typing import numpy

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


def rnn_step(
    x: Tensor, state: tuple[Tensor, ...], w: Tensor, b: Tensor | None, nonlinearity: Any = np.tanh
) -> tuple[Tensor, ...]:
    """Compute one step of a simple recurrent network.

    Parameters
    ----------
    x : Tensor, (N, hidden)
        The weighted sums of the step's inputs.
    state : tuple of Tensor
        The old state ``(h,)``, (N, hidden).
    w : Tensor, (hidden, hidden)
        The weights of the state.
    b : Tensor, (hidden,), or None
        The biases of the state's weighted sums.
    nonlinearity : callable
        The activation.

    Returns
    -------
    tuple of Tensor
        The new state.

    Notes
    -----
    ``h' = tanh(x + w @ h + b)``. See Elman (1990).
    """
    (h,) = state
    h = nonlinearity(x + linear(h, w, b))
    return (h,)


def gru_step(x: Tensor, state: tuple[Tensor, ...], w: Tensor, b: Tensor | None) -> tuple[Tensor, ...]:
    """Compute one step of a gated recurrent unit.

    Parameters
    ----------
    x : Tensor, (N, 3 * hidden)
        The weighted sums of the step's inputs, for the gates r, z and the new value n.
    state : tuple of Tensor
        The old state ``(h,)``, (N, hidden).
    w : Tensor, (3 * hidden, hidden)
        The weights of the state.
    b : Tensor, (3 * hidden,), or None
        The biases of the state's weighted sums.

    Returns
    -------
    tuple of Tensor
        The new state.

    Notes
    -----
    Gate z says how much of the state stays. Gate r says how much of the old state the new value sees::

        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        n = tanh(x_n + r * h_n)
        h' = (1 - z) * n + z * h

    See Cho et al. (2014).
    """
    (h,) = state
    xr, xz, xn = numpy.split(x, 3, axis=-1)
    hr, hz, hn = numpy.split(linear(h, w, b), 3, axis=-1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * hn)
    return ((1 - z) * n + z * h,)


def lstm_step(x: Tensor, state: tuple[Tensor, ...], w: Tensor, b: Tensor | None) -> tuple[Tensor, ...]:
    """Compute one step of a long short-term memory.

    Parameters
    ----------
    x : Tensor, (N, 4 * hidden)
        The weighted sums of the step's inputs, for the gates i, f, the new value g and the gate o.
    state : tuple of Tensor
        The old state ``(h, c)``: the output and the memory, (N, hidden) each.
    w : Tensor, (4 * hidden, hidden)
        The weights of the state.
    b : Tensor, (4 * hidden,), or None
        The biases of the state's weighted sums.

    Returns
    -------
    tuple of Tensor
        The new state.

    Notes
    -----
    Gates i, f and o say how much is written to the memory, kept in it, and read from it::

        c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h' = sigmoid(o) * tanh(c')

    See Hochreiter & Schmidhuber (1997); the gate f is by Gers, Schmidhuber & Cummins (2000).
    """
    h, c = state
    i, f, g, o = numpy.split(x + linear(h, w, b), 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
