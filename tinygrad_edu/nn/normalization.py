"""Normalisation layers, with weights and biases that can undo it where that is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..docstrings import complete_from
from . import functional as F
from .dropout import Dropout as Dropout  # where models pickled earlier look for it
from .module import Module
from .parameter import Buffer, Parameter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike


class BatchNorm(Module):
    """The base of the batch normalisation layers: each channel gets mean 0 and variance 1 over the batch.

    Parameters
    ----------
    num_features : int
        The number of channels: the length of the second axis.
    eps : float
        A small number that is added to the variance, against division by 0.
    momentum : float
        How far the running mean and variance move towards those of each batch: 0 leaves them, 1 replaces them.
    affine : bool
        Whether there are weights and biases.
    track_running_stats : bool
        Whether evaluation uses running averages rather than the batch's own mean and variance.
    dtype : dtype
        The dtype of parameters and buffers.

    Attributes
    ----------
    weight, bias : Parameter, (num_features,), or None
        What the normalised numbers are multiplied by, and what is added to them. They begin as 1 and 0.
    running_mean, running_var : Buffer, (num_features,), or None
        Averages over the batches of the training.
    num_batches_tracked : Buffer, (), or None
        How many batches there were.

    Notes
    -----
    See Ioffe & Szegedy (2015), and `nn.functional.batch_norm`.
    """

    axes: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_features), dtype=dtype) if affine else None
        self.running_mean = Buffer(np.zeros(num_features), dtype=dtype) if track_running_stats else None
        self.running_var = Buffer(np.ones(num_features), dtype=dtype) if track_running_stats else None
        self.num_batches_tracked = Buffer(np.array(0)) if track_running_stats else None

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` normalised; in training, the running averages change."""
        if x.ndim not in self.axes or x.shape[1] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}({self.num_features}) wants inputs of {' or '.join(map(str, self.axes))} axes, "
                f"the second of length {self.num_features}; got {x.shape}"
            )
        if self.training and self.num_batches_tracked is not None:
            count = self.num_batches_tracked._own()
            count += 1
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps
        )

    def extra_repr(self) -> str:
        """Return the number of channels."""
        return str(self.num_features)


@complete_from(BatchNorm)
class BatchNorm1d(BatchNorm):
    """Batch normalisation of vectors or sequences, (N, C) or (N, C, L): each channel gets mean 0 and variance 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> y = nn.BatchNorm1d(3)(Tensor(np.arange(6.0).reshape(2, 3)))
    >>> y.data.round(2)
    array([[-1., -1., -1.],
           [ 1.,  1.,  1.]])
    """

    axes = (2, 3)


@complete_from(BatchNorm)
class BatchNorm2d(BatchNorm):
    """Batch normalisation of images, of shape (N, C, H, W): each channel gets mean 0 and variance 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.BatchNorm2d(3)(Tensor(np.zeros((2, 3, 8, 6)))).shape
    (2, 3, 8, 6)
    """

    axes = (4,)


class LayerNorm(Module):
    """Layer normalisation: the last axes of each example get mean 0 and variance 1.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of the last axes.
    eps : float
        A small number that is added to the variance, against division by 0.
    elementwise_affine : bool
        Whether there are weights, and biases too unless ``bias=False``.
    bias : bool
        Whether there are biases.
    dtype : dtype
        The dtype of the parameters.

    Attributes
    ----------
    weight, bias : Parameter, normalized_shape, or None
        What the normalised numbers are multiplied by, and what is added to them. They begin as 1 and 0.

    Notes
    -----
    See Ba, Kiros & Hinton (2016), and `nn.functional.layer_norm`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.LayerNorm(2)(Tensor([[1.0, 3.0], [0.0, 8.0]])).data.round(2)
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape), dtype=dtype) if elementwise_affine and bias else None

    def forward(self, x: TensorLike) -> Tensor:
        """Return `x` normalised."""
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the lengths of the last axes."""
        return ", ".join(map(str, self.normalized_shape))


class RMSNorm(Module):
    """Root-mean-square normalisation: numbers are divided by the root of the mean square of the last axes.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of the last axes.
    eps : float, optional
        A small number that is added to the mean square, against division by 0. By default it is the distance from 1 to
        the next number of the input's dtype.
    elementwise_affine : bool
        Whether there are weights.
    dtype : dtype
        The dtype of the weights.

    Attributes
    ----------
    weight : Parameter, normalized_shape, or None
        What the normalised numbers are multiplied by. They begin as 1.

    Notes
    -----
    See Zhang & Sennrich (2019), and `nn.functional.rms_norm`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.RMSNorm(2)(Tensor([[1.0, 7.0], [5.0, 5.0]])).data.round(2)
    array([[0.2, 1.4],
           [1. , 1. ]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype) if elementwise_affine else None

    def forward(self, x: TensorLike) -> Tensor:
        """Return `x` divided by the root of its mean square."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return the lengths of the last axes."""
        return ", ".join(map(str, self.normalized_shape))


class GroupNorm(Module):
    """Group normalisation: each group of channels of each example gets mean 0 and variance 1.

    Parameters
    ----------
    num_groups : int
        In how many groups the channels are divided.
    num_channels : int
        The number of channels: the length of the second axis.
    eps : float
        A small number that is added to the variance, against division by 0.
    affine : bool
        Whether there are weights and biases.
    dtype : dtype
        The dtype of the parameters.

    Attributes
    ----------
    weight, bias : Parameter, (num_channels,), or None
        What the normalised numbers are multiplied by, and what is added to them. They begin as 1 and 0.

    Raises
    ------
    ValueError
        If the channels can't be divided into that many groups.

    Notes
    -----
    See Wu & He (2018), and `nn.functional.group_norm`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.GroupNorm(2, 4)(Tensor([[1.0, 3.0, 0.0, 8.0]])).data.round(2)
    array([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels can't be divided into {num_groups} groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(np.ones(num_channels), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_channels), dtype=dtype) if affine else None

    def forward(self, x: TensorLike) -> Tensor:
        """Return `x` normalised."""
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the numbers of groups and channels."""
        return f"{self.num_groups}, {self.num_channels}"
