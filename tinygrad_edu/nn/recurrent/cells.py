"""Recurrent cells: one step of a recurrent layer, for a loop of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...docstrings import complete_from
from ...rules.neural.fused import linear
from .. import init
from ..module import Module
from ..parameter import Parameter
from .steps import gru_step, lstm_step, rnn_step

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...tensor.tensor import Tensor


class Cell(Module):
    """The base of the cells: one step of a layer, for a loop of your own.

    Parameters
    ----------
    input_size : int
        The length of the input's vectors.
    hidden_size : int
        The length of the state's vectors.
    bias : bool
        Whether weighted sums have biases.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter, (gates * hidden_size, input_size) and (gates * hidden_size, hidden_size)
        The weights of the input, and of the state.
    bias_ih, bias_hh : Parameter, (gates * hidden_size,), or None
        The biases.

    Notes
    -----
    Weights and biases begin uniform within ``±1 / sqrt(hidden_size)``, as PyTorch's do.
    """

    gates, states = 1, 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.input_size, self.hidden_size = input_size, hidden_size
        bound = hidden_size**-0.5

        def make(*shape: int) -> Any:
            return init.uniform_(
                Parameter(np.zeros((self.gates * hidden_size, *shape)), dtype=dtype), -bound, bound, rng
            )

        self.weight_ih, self.weight_hh = make(input_size), make(hidden_size)
        self.bias_ih: Any = make() if bias else None
        self.bias_hh: Any = make() if bias else None

    def forward(self, x: Tensor, state: Any = None) -> Any:
        """Return the new state.

        Parameters
        ----------
        x : Tensor or ndarray, (N, input_size)
            The inputs of this step.
        state : Tensor or ndarray, (N, hidden_size), optional
            The old state: zeros by default. That of an LSTM is a pair of these.

        Returns
        -------
        Tensor, (N, hidden_size)
            The new state; that of an LSTM is a pair of these.
        """
        if x.shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape (..., {self.input_size}), "
                f"got {x.shape}"
            )
        if state is None:
            state = (np.zeros((*x.shape[:-1], self.hidden_size), x.dtype),) * self.states
        state = (state,) if self.states == 1 and not isinstance(state, tuple) else state
        state = type(self).step(linear(x, self.weight_ih, self.bias_ih), state, self.weight_hh, self.bias_hh)  # type: ignore[attr-defined]
        return state if self.states > 1 else state[0]

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.input_size}, {self.hidden_size}"


@complete_from(Cell)
class RNNCell(Cell):
    """One step of an RNN, for a loop of your own.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.RNNCell(3, 4)(Tensor(np.zeros((2, 3)))).shape
    (2, 4)
    """

    step = staticmethod(rnn_step)


@complete_from(Cell)
class GRUCell(Cell):
    """One step of a GRU, for a loop of your own.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.GRUCell(3, 4)(Tensor(np.zeros((2, 3)))).shape
    (2, 4)
    """

    gates = 3
    step = staticmethod(gru_step)


@complete_from(Cell)
class LSTMCell(Cell):
    """One step of an LSTM, whose state is a pair, for a loop of your own.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> h, c = nn.LSTMCell(3, 4)(Tensor(np.zeros((2, 3))))
    >>> h.shape
    (2, 4)
    """

    gates, states = 4, 2
    step = staticmethod(lstm_step)
