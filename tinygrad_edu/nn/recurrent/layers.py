"""Recurrent layers, which read a sequence step by step and carry a state from each step to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...docstrings import complete_from
from ...engine.tensor_base import TensorBase
from ...rules.neural.fused import linear, relu
from ...typing import numpy
from .. import init
from ..functional.dropout import dropout
from ..module import Module
from ..parameter import Parameter
from .steps import gru_step, lstm_step, rnn_step

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...tensor.tensor import Tensor


class Recurrent(Module):
    """The base of RNN, GRU and LSTM: layers of steps through time.

    Parameters
    ----------
    input_size : int
        The length of the input's vectors.
    hidden_size : int
        The length of the state's vectors.
    num_layers : int
        How many layers there are. Each reads the outputs of the one before it.
    nonlinearity : {"tanh", "relu"}
        The activation.
    bias : bool
        Whether weighted sums have biases.
    batch_first : bool
        Whether inputs have the shape (N, L, input_size) rather than (L, N, input_size). Both understand (L,
        input_size), a single sequence.
    dropout : float
        The probability that a number between two layers is dropped in training.
    bidirectional : bool
        Whether a second set of layers goes backward in time. The outputs of both are concatenated.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0 : Parameter, (gates * hidden_size, input_size) and (gates * hidden_size, hidden_size)
        The weights of the first layer, for the input and for the state. Other layers have other numbers; names of the
        backward direction end in ``_reverse``.
    bias_ih_l0, bias_hh_l0 : Parameter, (gates * hidden_size,)
        The biases.

    Raises
    ------
    ValueError
        If a size is not at least 1.
    """

    gates, states = 1, 1  # weighted sums for each number of the state; arrays that make a state

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(
                f"{type(self).__name__}: sizes and layers must be at least 1, got {input_size}, {hidden_size}, "
                f"{num_layers}"
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        bound = hidden_size**-0.5
        for layer in range(num_layers):
            for end in ("", "_reverse") if bidirectional else ("",):
                n = input_size if layer == 0 else hidden_size * (1 + bidirectional)
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (self.gates * hidden_size, n),
                    "weight_hh": (self.gates * hidden_size, hidden_size),
                }
                if bias:
                    shapes |= {"bias_ih": (self.gates * hidden_size,), "bias_hh": (self.gates * hidden_size,)}
                for name, shape in shapes.items():
                    p = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
                    setattr(self, f"{name}_l{layer}{end}", p)

    def step(self, x: Any, state: Any, w: Any, b: Any) -> Any:
        """Return the new state after one step of one layer."""
        raise NotImplementedError

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return the outputs at all times, and the state at the end.

        Parameters
        ----------
        x : Tensor or ndarray, (L, N, input_size), or (N, L, input_size) if `batch_first`, or (L, input_size)
            The sequences, L steps long.
        state : Tensor or ndarray, (num_layers * directions, N, hidden_size), optional
            The state at the beginning: zeros by default. That of an LSTM is a pair of these.

        Returns
        -------
        outputs : Tensor, (L, N, directions * hidden_size), or with the axes of `x`
            The last layer's outputs.
        state : Tensor, (num_layers * directions, N, hidden_size)
            The state of all layers at the end; that of an LSTM is a pair of these.

        Raises
        ------
        ValueError
            If shapes do not fit, or a sequence is empty.
        """
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape "
                f"({'N, L' if self.batch_first else 'L, N'}, {self.input_size}) or (L, {self.input_size}); "
                f"got {x.shape}"
            )
        batched = x.ndim == 3
        if x.shape[int(batched and self.batch_first)] == 0:
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}): a sequence must have at least one step; "
                f"got shape {x.shape}"
            )
        y: Any = numpy.expand_dims(x, 1) if not batched else numpy.swapaxes(x, 0, 1) if self.batch_first else x
        ways = 1 + self.bidirectional
        begin = self.begin(state, y, ways * self.num_layers, batched)
        ends: list[Any] = []
        for layer in range(self.num_layers):
            if layer:
                y = dropout(y, self.dropout, self.training)
            written = []
            for way, end in enumerate(("", "_reverse")[:ways]):
                w_ih: Any
                w_ih, w_hh, b_ih, b_hh = (
                    getattr(self, f"{name}_l{layer}{end}", None)
                    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                )
                sums = linear(y, w_ih, b_ih)  # for all times at once
                now = tuple(s[layer * ways + way] for s in begin)
                outputs = []
                for t in range(len(y))[:: -1 if way else 1]:
                    now = self.step(sums[t], now, w_hh, b_hh)
                    outputs.append(now[0])
                written.append(np.stack(outputs[:: -1 if way else 1]))
                ends.append(now)
            y = written[0] if ways == 1 else np.concatenate(written, -1)
        last = tuple(np.stack(list(s)) for s in zip(*ends, strict=True))
        if not batched:
            y, last = y[:, 0], tuple(s[:, 0] for s in last)
        elif self.batch_first:
            y = np.swapaxes(y, 0, 1)
        return y, last if self.states > 1 else last[0]

    def begin(self, state: Any, x: Any, n: int, batched: bool) -> tuple[Any, ...]:
        """Return the state at the beginning; refuse other shapes."""
        shape = (n, x.shape[1], self.hidden_size)
        if state is None:
            return (np.zeros(shape, x.dtype),) * self.states
        states = (state,) if isinstance(state, TensorBase | np.ndarray) else tuple(state)
        wanted = shape if batched else (n, self.hidden_size)
        if len(states) != self.states or any(s.shape != wanted for s in states):
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}): the state must be {self.states} of shape {wanted}; "
                f"got {', '.join(str(s.shape) for s in states)}"
            )
        return states if batched else tuple(np.expand_dims(s, 1) for s in states)

    def extra_repr(self) -> str:
        """Return the sizes, and the number of layers if there are several."""
        return f"{self.input_size}, {self.hidden_size}" + (
            f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        )


@complete_from(Recurrent)
class RNN(Recurrent):
    """A simple recurrent network: at each time, a layer of the input and of the state of the time before.

    Notes
    -----
    ``h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh)``. See Elman (1990). Weights and biases begin uniform
    within ``±1 / sqrt(hidden_size)``, as PyTorch's do.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> outputs, state = nn.RNN(3, 4)(Tensor(np.zeros((7, 2, 3))))
    >>> outputs.shape, state.shape
    ((7, 2, 4), (1, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng
        )

    def step(self, x: Any, state: Any, w: Any, b: Any) -> Any:
        """Return the new state after one step of one layer."""
        return rnn_step(x, state, w, b, np.tanh if self.nonlinearity == "tanh" else relu)


@complete_from(Recurrent)
class GRU(Recurrent):
    """Gated recurrent units: gates say how much of the state stays, and how much of it the new value sees.

    Notes
    -----
    See Cho et al. (2014), and `nn.recurrent.gru_step` for the formulas. There are 3 gates: r, z and n. Weights and
    biases begin uniform within ``±1 / sqrt(hidden_size)``, as PyTorch's do.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> outputs, state = nn.GRU(3, 4)(Tensor(np.zeros((7, 2, 3))))
    >>> outputs.shape, state.shape
    ((7, 2, 4), (1, 2, 4))
    """

    gates = 3
    step = staticmethod(gru_step)


@complete_from(Recurrent)
class LSTM(Recurrent):
    """Long short-term memory: gates say what is written to a memory, kept in it, and read from it. Its state is a pair.

    Notes
    -----
    See Hochreiter & Schmidhuber (1997), and `nn.recurrent.lstm_step` for the formulas. There are 4 gates: i, f, g and
    o. Weights and biases begin uniform within ``±1 / sqrt(hidden_size)``, as PyTorch's do.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> outputs, (h, c) = nn.LSTM(3, 4)(Tensor(np.zeros((7, 2, 3))))
    >>> outputs.shape, h.shape
    ((7, 2, 4), (1, 2, 4))
    """

    gates, states = 4, 2
    step = staticmethod(lstm_step)
