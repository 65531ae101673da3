"""Convolutional layers, which look for the same patterns in all places. What they compute is in `nn.functional`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..docstrings import complete_from
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike
    from .functional.convolution import Lengths


class Convolution(Module):
    """The base of the convolutional layers.

    Parameters
    ----------
    in_channels, out_channels : int
        The numbers of channels of the input and of the output.
    kernel_size : int or sequence of int
        The size of the patterns, which are called kernels: one number for all axes, or one for each.
    stride : int or sequence of int
        The distance between neighbouring places.
    padding : int, sequence of int, "same" or "valid"
        How many zeros are put at each end of an axis. "same" keeps the size of the image; "valid" puts none.
    dilation : int or sequence of int
        The distance between neighbouring points of a kernel.
    groups : int
        In how many groups the channels are divided. Each group of outputs sees only its own group of inputs.
    bias : bool
        Whether each output channel has a bias.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If shapes or settings do not fit each other.

    Notes
    -----
    Weights and biases begin uniform within ``±1 / sqrt(n)``, where n is how many numbers are added up, as PyTorch's do.
    """

    axes = 0
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Lengths,
        stride: Lengths = 1,
        padding: Lengths | Literal["same", "valid"] = 0,
        dilation: Lengths = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        if in_channels < 1 or out_channels < 1:
            raise ValueError(
                f"{name}({in_channels}, {out_channels}): a layer needs at least one channel before and after it"
            )
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: {in_channels} and {out_channels} channels can't be divided into {groups} groups")
        kernel = F.convolution.per_axis(name, "kernel_size", kernel_size, self.axes)
        self.in_channels, self.out_channels, self.kernel_size, self.groups = in_channels, out_channels, kernel, groups
        self.stride, self.padding, self.dilation = stride, padding, dilation
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *kernel)
        bound = math.prod(shape[1:]) ** -0.5
        self.weight = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_channels), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, x: TensorLike) -> Tensor:
        """Return the convolution of `x`, with the bias added."""
        self.check(x)
        function: Any = (F.conv1d, F.conv2d)[self.axes - 1]
        return function(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)  # type: ignore[no-any-return]

    def check(self, x: Any) -> None:
        """Raise an error for an input of another shape."""
        shape = np.shape(x)
        if len(shape) not in (self.axes + 1, self.axes + 2) or shape[-self.axes - 1] != self.in_channels:
            wanted = f"{self.in_channels}, {'H, W' if self.axes == 2 else 'L'}"
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape (N, {wanted}) or ({wanted}), "
                f"got {shape}"
            )

    def extra_repr(self) -> str:
        """Return the channels, and the settings that are not the usual ones."""
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
        unusual = {k: getattr(self, k, v) for k, v in usual.items() if getattr(self, k, v) != v}
        return ", ".join(
            [
                f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}",
                *(f"{k}={v!r}" for k, v in unusual.items()),
                *(["bias=False"] if self.bias is None else []),
            ]
        )


@complete_from(Convolution)
class Conv1d(Convolution):
    """Patterns along a sequence: (N, in_channels, L) to (N, out_channels, L').

    Attributes
    ----------
    weight : Parameter, (out_channels, in_channels / groups, l)
        The kernels, one for each output channel.
    bias : Parameter, (out_channels,), or None
        A number that is added to each output channel.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Conv1d(3, 5, kernel_size=3)(Tensor(np.zeros((1, 3, 8)))).shape
    (1, 5, 6)
    """

    axes = 1


@complete_from(Convolution)
class Conv2d(Convolution):
    """Patterns in images: (N, in_channels, H, W) to (N, out_channels, H', W').

    Attributes
    ----------
    weight : Parameter, (out_channels, in_channels / groups, h, w)
        The kernels, one for each output channel.
    bias : Parameter, (out_channels,), or None
        A number that is added to each output channel.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Conv2d(3, 5, kernel_size=3)(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 5, 6, 4)
    """

    axes = 2


@complete_from(Convolution)
class ConvTranspose(Convolution):
    """The base of the transposed convolutions.

    Parameters
    ----------
    stride : int or sequence of int
        The distance between the patterns of neighbouring pixels.
    padding : int or sequence of int
        How much is cut off at each end of an axis.
    output_padding : int or sequence of int
        How much longer the output is at its end.
    groups : int
        In how many groups the channels are divided. Each group of inputs adds only to its own group of outputs.
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Lengths,
        stride: Lengths = 1,
        padding: Lengths = 0,
        output_padding: Lengths = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Lengths = 1,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype=dtype, rng=rng
        )
        self.output_padding = output_padding

    def forward(self, x: TensorLike) -> Tensor:
        """Return the transposed convolution of `x`, with the bias added."""
        self.check(x)
        function: Any = (F.conv_transpose1d, F.conv_transpose2d)[self.axes - 1]
        settings = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return function(x, self.weight, self.bias, *settings)  # type: ignore[no-any-return]


@complete_from(ConvTranspose)
class ConvTranspose1d(ConvTranspose):
    """Patterns that are added up to a longer sequence: (N, in_channels, L) to (N, out_channels, L').

    Attributes
    ----------
    weight : Parameter, (in_channels, out_channels / groups, l)
        The patterns, one for each input channel.
    bias : Parameter, (out_channels,), or None
        A number that is added to each output channel.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.ConvTranspose1d(3, 5, kernel_size=3)(Tensor(np.zeros((1, 3, 8)))).shape
    (1, 5, 10)
    """

    axes = 1


@complete_from(ConvTranspose)
class ConvTranspose2d(ConvTranspose):
    """Patterns that are added up to a larger image: (N, in_channels, H, W) to (N, out_channels, H', W').

    Attributes
    ----------
    weight : Parameter, (in_channels, out_channels / groups, h, w)
        The patterns, one for each input channel.
    bias : Parameter, (out_channels,), or None
        A number that is added to each output channel.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.ConvTranspose2d(3, 5, kernel_size=3)(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 5, 10, 8)
    """

    axes = 2
