"""Layers whose neurons all look for the same patterns, each in a place of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Convolution(Module):
    """What the layers below share.

    Parameters
    ----------
    in_channels, out_channels : int
        Of the input and of the output.
    kernel_size : int or tuple
        How large the patterns are.
    stride, padding, dilation, groups
        See `functional.conv2d`.
    bias : bool
        Whether each output channel has a bias.
    dtype : dtype
        Of the parameters; float32 unless told otherwise.
    rng : numpy.random.Generator, optional
        Where the random weights come from; see `manual_seed`.

    Notes
    -----
    Weights and biases begin uniform within ±1/sqrt(n), where n is how many numbers are added up, as PyTorch's do.
    """

    axes = 0
    transposed = False

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
                 groups: int = 1, bias: bool = True, *, dtype: Any = np.float32, rng: Any = None) -> None:  # fmt: skip
        name = type(self).__name__
        if in_channels < 1 or out_channels < 1:
            raise ValueError(f"{name}({in_channels}, {out_channels}): a layer needs at least one channel before and after it")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: {in_channels} and {out_channels} channels can't be divided into {groups} groups")
        kernel = F.convolution.each(name, "kernel_size", kernel_size, self.axes)
        self.in_channels, self.out_channels, self.kernel_size, self.groups = in_channels, out_channels, kernel, groups
        self.stride, self.padding, self.dilation = stride, padding, dilation
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *kernel)
        bound = math.prod(shape[1:]) ** -0.5
        self.weight = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_channels), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, x: Any) -> Any:
        self.check(x)
        function = (F.conv1d, F.conv2d)[self.axes - 1]
        return function(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def check(self, x: Any) -> None:
        shape = np.shape(x)
        if len(shape) not in (self.axes + 1, self.axes + 2) or shape[-self.axes - 1] != self.in_channels:
            wanted = f"{self.in_channels}, {'H, W' if self.axes == 2 else 'L'}"
            raise ValueError(f"{type(self).__name__}({self.extra_repr()}) wants inputs of shape (N, {wanted}) or ({wanted}), got {shape}")

    def extra_repr(self) -> str:
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
        told = {k: getattr(self, k, v) for k, v in usual.items() if getattr(self, k, v) != v}
        return ", ".join([f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}",
                          *(f"{k}={v!r}" for k, v in told.items()), *(["bias=False"] if self.bias is None else [])])  # fmt: skip


class Conv1d(Convolution):
    """Patterns along a line: (N, in_channels, L) to (N, out_channels, L').

    Attributes
    ----------
    weight : Parameter, (out_channels, in_channels / groups, k)
    bias : Parameter, (out_channels,), or None
    """

    axes = 1


class Conv2d(Convolution):
    """Patterns in images: (N, in_channels, H, W) to (N, out_channels, H', W').

    Attributes
    ----------
    weight : Parameter, (out_channels, in_channels / groups, h, w)
    bias : Parameter, (out_channels,), or None
    """

    axes = 2


class ConvTranspose(Convolution):
    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
                 groups: int = 1, bias: bool = True, dilation: Any = 1, *, dtype: Any = np.float32, rng: Any = None) -> None:  # fmt: skip
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype=dtype, rng=rng)
        self.output_padding = output_padding

    def forward(self, x: Any) -> Any:
        self.check(x)
        function = (F.conv_transpose1d, F.conv_transpose2d)[self.axes - 1]
        return function(x, self.weight, self.bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation)


class ConvTranspose1d(ConvTranspose):
    """Patterns laid down along a line; see `functional.conv_transpose1d`.

    Attributes
    ----------
    weight : Parameter, (in_channels, out_channels / groups, k)
    bias : Parameter, (out_channels,), or None
    """

    axes = 1


class ConvTranspose2d(ConvTranspose):
    """Patterns laid down in images; see `functional.conv_transpose2d`.

    Attributes
    ----------
    weight : Parameter, (in_channels, out_channels / groups, h, w)
    bias : Parameter, (out_channels,), or None
    """

    axes = 2
