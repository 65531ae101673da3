"""Recurrent layers: one step after the other, each knowing what the ones before left in the state."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor_base import Value
from ..rules.neural.fused import linear, relu, sigmoid
from . import init
from .functional.normalization import dropout
from .module import Module
from .parameter import Parameter


def rnn_step(x: Any, state: Any, w: Any, b: Any, nonlinearity: Any = np.tanh) -> Any:
    """Elman's: the new state is an activation of the input's and the old state's weighted sums. `x` is multiplied already."""
    (h,) = state
    h = nonlinearity(x + linear(h, w, b))
    return (h,)


def gru_step(x: Any, state: Any, w: Any, b: Any) -> Any:
    """Cho et al. 2014: one gate says how much of the state is renewed, another how much of the old the new one sees."""
    (h,) = state
    xr, xz, xn = np.split(x, 3, axis=-1)
    hr, hz, hn = np.split(linear(h, w, b), 3, axis=-1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * hn)
    return ((1 - z) * n + z * h,)


def lstm_step(x: Any, state: Any, w: Any, b: Any) -> Any:
    """Hochreiter & Schmidhuber 1997: a memory with gates for writing, forgetting and reading."""
    h, c = state
    i, f, g, o = np.split(x + linear(h, w, b), 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


class Recurrent(Module):
    """What RNN, GRU and LSTM share: layers of steps through time.

    Parameters
    ----------
    input_size, hidden_size : int
        The length of the input's vectors, and of the state's.
    num_layers : int
        Each layer reads what the one before it wrote.
    bias : bool
    batch_first : bool
        Whether inputs are (N, L, input_size) rather than (L, N, input_size); (L, input_size) without a batch is
        understood by both.
    dropout : float
        Between layers, in training.
    bidirectional : bool
        Whether a second set of layers goes backward in time; the results are joined.
    """

    gates, states = 1, 1  # how many sums a step makes of each state, and how many arrays a state is

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, *, dtype: Any = np.float32, rng: Any = None) -> None:
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(f"{type(self).__name__}: sizes and layers must be at least 1, got {input_size}, {hidden_size}, {num_layers}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        bound = hidden_size**-0.5
        for layer in range(num_layers):
            for end in ("", "_reverse") if bidirectional else ("",):
                n = input_size if layer == 0 else hidden_size * (1 + bidirectional)
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (self.gates * hidden_size, n), "weight_hh": (self.gates * hidden_size, hidden_size)}
                if bias:
                    shapes |= {"bias_ih": (self.gates * hidden_size,), "bias_hh": (self.gates * hidden_size,)}
                for name, shape in shapes.items():
                    p = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
                    setattr(self, f"{name}_l{layer}{end}", p)

    def step(self, x: Any, state: Any, w: Any, b: Any) -> Any:
        """One step of one layer."""
        raise NotImplementedError

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """The last layer's states at all times, and all layers' at the end; `state` is where to begin, zeros unless given."""
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape "
                             f"({'N, L' if self.batch_first else 'L, N'}, {self.input_size}) or (L, {self.input_size}); got {x.shape}")
        batched = x.ndim == 3
        if x.shape[int(batched and self.batch_first)] == 0:
            raise ValueError(f"{type(self).__name__}({self.extra_repr()}): a sequence must have a step at least; got shape {x.shape}")
        x = np.expand_dims(x, 1) if not batched else np.swapaxes(x, 0, 1) if self.batch_first else x
        ways = 1 + self.bidirectional
        begin = self.begin(state, x, ways * self.num_layers, batched)
        ends: list[Any] = []
        for layer in range(self.num_layers):
            if layer:
                x = dropout(x, self.dropout, self.training)
            written = []
            for way, end in enumerate(("", "_reverse")[:ways]):
                w_ih, w_hh, b_ih, b_hh = (getattr(self, f"{name}_l{layer}{end}", None)
                                          for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
                sums = unstacked(linear(x, w_ih, b_ih))  # of all times at once
                now = tuple(s[layer * ways + way] for s in begin)
                outputs = []
                for t in range(len(x))[:: -1 if way else 1]:
                    now = self.step(sums[t], now, w_hh, b_hh)
                    outputs.append(now[0])
                written.append(np.stack(outputs[:: -1 if way else 1]))
                ends.append(now)
            x = written[0] if ways == 1 else np.concatenate(written, -1)
        last = tuple(np.stack(list(s)) for s in zip(*ends, strict=True))
        if not batched:
            x, last = x[:, 0], tuple(s[:, 0] for s in last)
        elif self.batch_first:
            x = np.swapaxes(x, 0, 1)
        return x, last if self.states > 1 else last[0]

    def begin(self, state: Any, x: Any, n: int, batched: bool) -> tuple[Any, ...]:
        """The state to begin with, checked."""
        shape = (n, x.shape[1], self.hidden_size)
        if state is None:
            return (np.zeros(shape, x.dtype),) * self.states
        states = (state,) if isinstance(state, Value | np.ndarray) else tuple(state)
        wanted = shape if batched else (n, self.hidden_size)
        if len(states) != self.states or any(s.shape != wanted for s in states):
            raise ValueError(f"{type(self).__name__}({self.extra_repr()}): the state must be {self.states} of shape {wanted}; "
                             f"got {', '.join(str(s.shape) for s in states)}")
        return states if batched else tuple(np.expand_dims(s, 1) for s in states)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + (f", num_layers={self.num_layers}" if self.num_layers > 1 else "")


def unstacked(x: Any) -> list[Any]:
    """``[x[0], x[1], ...]``, by halves: a gradient then passes through log(L) arrays of `x`'s size, where it would through L."""
    n = len(x)
    return [*unstacked(x[: n // 2]), *unstacked(x[n // 2 :])] if n > 1 else [x[0]] if n else []


class RNN(Recurrent):
    """Elman's network: see `Recurrent`, and `rnn_step`. ``nonlinearity`` is "tanh" or "relu"."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, dtype: Any = np.float32,
                 rng: Any = None) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)

    def step(self, x: Any, state: Any, w: Any, b: Any) -> Any:
        return rnn_step(x, state, w, b, np.tanh if self.nonlinearity == "tanh" else relu)


class GRU(Recurrent):
    """Gated recurrent units: see `Recurrent`, and `gru_step`."""

    gates = 3
    step = staticmethod(gru_step)


class LSTM(Recurrent):
    """Long short-term memory: see `Recurrent`, and `lstm_step`. Its state is a pair."""

    gates, states = 4, 2
    step = staticmethod(lstm_step)


class Cell(Module):
    """One step, to be called by a loop of yours: the parameters of a layer, without its number in their names."""

    gates, states = 1, 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = np.float32, rng: Any = None) -> None:
        self.input_size, self.hidden_size = input_size, hidden_size
        bound = hidden_size**-0.5

        def made(*shape: int) -> Any:
            return init.uniform_(Parameter(np.zeros((self.gates * hidden_size, *shape)), dtype=dtype), -bound, bound, rng)

        self.weight_ih, self.weight_hh = made(input_size), made(hidden_size)
        self.bias_ih: Any = made() if bias else None
        self.bias_hh: Any = made() if bias else None

    def forward(self, x: Any, state: Any = None) -> Any:
        if x.shape[-1] != self.input_size:
            raise ValueError(f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape (..., {self.input_size}), got {x.shape}")
        if state is None:
            state = (np.zeros((*x.shape[:-1], self.hidden_size), x.dtype),) * self.states
        state = (state,) if self.states == 1 and not isinstance(state, tuple) else state
        state = type(self).step(linear(x, self.weight_ih, self.bias_ih), state, self.weight_hh, self.bias_hh)  # type: ignore[attr-defined]
        return state if self.states > 1 else state[0]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"


class RNNCell(Cell):
    """One `rnn_step`."""

    step = staticmethod(rnn_step)


class GRUCell(Cell):
    """One `gru_step`."""

    gates = 3
    step = staticmethod(gru_step)


class LSTMCell(Cell):
    """One `lstm_step`; its state is a pair."""

    gates, states = 4, 2
    step = staticmethod(lstm_step)
