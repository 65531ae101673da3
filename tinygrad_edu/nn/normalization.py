"""Layers that keep numbers in bounds: normalisation, with what is learnt to undo it where that is better; and dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import functional as F
from .module import Module
from .parameter import Buffer, Parameter


class BatchNorm(Module):
    """Each channel has mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015); then a weight and a bias, which are learnt.

    Parameters
    ----------
    num_features : int
        Channels: the length of the second axis.
    eps : float
        Added to the variance.
    momentum : float
        How far the running mean and variance go towards those of each batch.
    affine : bool
        Whether there are weight and bias.
    track_running_stats : bool
        Whether evaluation uses the running ones rather than the batch's own.
    """

    axes: tuple[int, ...] = ()

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True,
                 track_running_stats: bool = True, *, dtype: Any = np.float32) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_features), dtype=dtype) if affine else None
        self.running_mean = Buffer(np.zeros(num_features), dtype=dtype) if track_running_stats else None
        self.running_var = Buffer(np.ones(num_features), dtype=dtype) if track_running_stats else None
        self.num_batches_tracked = Buffer(np.array(0)) if track_running_stats else None

    def forward(self, x: Any) -> Any:
        if x.ndim not in self.axes or x.shape[1] != self.num_features:
            raise ValueError(f"{type(self).__name__}({self.num_features}) wants inputs of {' or '.join(map(str, self.axes))} axes, "
                             f"the second of length {self.num_features}; got {x.shape}")
        if self.training and self.num_batches_tracked is not None:
            count = self.num_batches_tracked._own()
            count += 1
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps)

    def extra_repr(self) -> str:
        return str(self.num_features)


class BatchNorm1d(BatchNorm):
    """`BatchNorm` of (N, C) or (N, C, L)."""

    axes = (2, 3)


class BatchNorm2d(BatchNorm):
    """`BatchNorm` of images, (N, C, H, W)."""

    axes = (4,)


class LayerNorm(Module):
    """Each example by itself has mean 0 and variance 1 over its last axes (Ba, Kiros & Hinton 2016)."""

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True, *,
                 dtype: Any = np.float32) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape), dtype=dtype) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Any:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.normalized_shape))


class RMSNorm(Module):
    """Numbers over the root of the mean square of the last axes (Zhang & Sennrich 2019)."""

    def __init__(self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True, *,
                 dtype: Any = np.float32) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.normalized_shape))


class GroupNorm(Module):
    """Each example by itself, in groups of channels (Wu & He 2018)."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, dtype: Any = np.float32) -> None:
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels can't be divided into {num_groups} groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(np.ones(num_channels), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_channels), dtype=dtype) if affine else None

    def forward(self, x: Any) -> Any:
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}"


class Dropout(Module):
    """In training, each number is dropped with probability `p` (Srivastava et al. 2014); see `functional.dropout`."""

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p={p} is out of range; it is a probability")
        self.p = p

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"
