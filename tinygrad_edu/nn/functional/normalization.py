"""Normalisation: numbers are shifted and scaled to mean 0 and variance 1, over some of the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...docstrings import complete_from
from ...engine.tensor_base import to_arrays
from .dropout import dropout as dropout  # where functions pickled earlier are looked for

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def standardise(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    """Return the input, shifted and scaled to mean 0 and variance 1 over some axes."""
    d = x - np.mean(x, axes, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axes, keepdims=True) + eps)


def scale_and_shift(x: Any, weight: Any, bias: Any) -> Any:
    """Return ``x * weight + bias``, where None stands for 1 and 0."""
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def layer_norm(
    x: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Compute layer normalisation: the last axes of each example get mean 0 and variance 1.

    Parameters
    ----------
    x : Tensor or ndarray, (..., normalized_shape)
        The input: floating-point numbers.
    normalized_shape : int or sequence of int
        The lengths of the last axes.
    weight : Tensor or ndarray, normalized_shape, optional
        What the normalised numbers are multiplied by.
    bias : Tensor or ndarray, normalized_shape, optional
        What is added to them.
    eps : float
        A small number that is added to the variance, against division by 0.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``(x - mean) / sqrt(variance + eps) * weight + bias``.

    Raises
    ------
    ValueError
        If the last axes of `x` have other lengths.

    Notes
    -----
    See Ba, Kiros & Hinton (2016).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.layer_norm(Tensor([[1.0, 3.0], [0.0, 8.0]]), 2).data.round(2)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    axes = last_axes("layer_norm", x, normalized_shape)
    return scale_and_shift(standardise(x, axes, eps), weight, bias)


@complete_from(layer_norm)
def rms_norm(
    x: TensorLike, normalized_shape: int | Sequence[int], weight: TensorLike | None = None, eps: float | None = None
) -> Tensor:
    """Compute the input divided by the root of the mean square of its last axes.

    Parameters
    ----------
    eps : float, optional
        A small number that is added to the mean square, against division by 0. By default it is the distance from 1 to
        the next number of x's dtype.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x / sqrt(mean(x**2) + eps) * weight``.

    Notes
    -----
    See Zhang & Sennrich (2019).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.rms_norm(Tensor([[1.0, 7.0], [5.0, 5.0]]), 2).data.round(2)
    array([[0.2, 1.4],
           [1. , 1. ]])
    """
    axes = last_axes("rms_norm", x, normalized_shape)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return scale_and_shift(x / np.sqrt(np.mean(x * x, axes, keepdims=True) + eps), weight, None)


def group_norm(
    x: TensorLike, num_groups: int, weight: TensorLike | None = None, bias: TensorLike | None = None, eps: float = 1e-5
) -> Tensor:
    """Compute group normalisation: each group of channels of each example gets mean 0 and variance 1.

    Parameters
    ----------
    x : Tensor or ndarray, (N, C, ...)
        The input with C channels: floating-point numbers.
    num_groups : int
        In how many groups the channels are divided.
    weight : Tensor or ndarray, (C,), optional
        What the normalised numbers are multiplied by.
    bias : Tensor or ndarray, (C,), optional
        What is added to them.
    eps : float
        A small number that is added to the variance, against division by 0.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``(x - mean) / sqrt(variance + eps) * weight + bias``.

    Raises
    ------
    ValueError
        If the channels can't be divided into that many groups.

    Notes
    -----
    See Wu & He (2018).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.group_norm(Tensor([[1.0, 3.0, 0.0, 8.0]]), 2).data.round(2)
    array([[-1.,  1., -1.,  1.]])
    """
    n, c, *rest = x.shape
    if c % num_groups:
        raise ValueError(f"group_norm: {c} channels can't be divided into {num_groups} groups")
    groups = np.reshape(x, (n, num_groups, -1))
    y = np.reshape(standardise(groups, (-1,), eps), x.shape)
    per_channel = (1, c) + (1,) * len(rest)
    return scale_and_shift(
        y,
        weight if weight is None else np.reshape(weight, per_channel),
        bias if bias is None else np.reshape(bias, per_channel),
    )


@complete_from(group_norm)
def batch_norm(
    x: TensorLike,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Compute batch normalisation: each channel gets mean 0 and variance 1 over all examples.

    Parameters
    ----------
    x : Tensor or ndarray, (N, C) or (N, C, ...)
        The input with C channels: floating-point numbers.
    running_mean, running_var : Tensor, (C,), or None
        The averages of earlier batches. Under `training` they are changed in place; otherwise they are used in place of
        the batch's own mean and variance.
    training : bool
        Whether to use the mean and the variance of this batch.
    momentum : float
        How far the running averages move towards those of this batch: 0 leaves them, 1 replaces them.

    Raises
    ------
    ValueError
        If there is only one number for each channel under `training`.

    Notes
    -----
    See Ioffe & Szegedy (2015). The running variance is the unbiased one, whose sum is divided by n - 1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.batch_norm(Tensor([[1.0, 0.0], [3.0, 8.0]]), None, None, training=True).data.round(2)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    axes = (0, *range(2, x.ndim))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    if training or running_mean is None:
        n = math.prod(x.shape[i] for i in axes)
        if n < 2 and training:
            raise ValueError(
                "batch_norm: more than one number for each channel is needed in training; "
                f"the input has shape {x.shape}"
            )
        mean = np.mean(x, axes, keepdims=True)
        d = x - mean
        var = np.mean(d * d, axes, keepdims=True)
        if training and running_mean is not None:
            for running, now in (
                (running_mean, np.reshape(to_arrays(mean), -1)),
                (running_var, np.reshape(to_arrays(var), -1) * (n / (n - 1))),
            ):
                array = running._own()
                array += momentum * (now - array)
    else:
        d, var = x - np.reshape(to_arrays(running_mean), shape), np.reshape(to_arrays(running_var), shape)
    y = d / np.sqrt(var + eps)
    return scale_and_shift(
        y, weight if weight is None else np.reshape(weight, shape), bias if bias is None else np.reshape(bias, shape)
    )


def normalize(x: TensorLike, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide vectors by their lengths, so that they have length 1.

    Parameters
    ----------
    x : Tensor or ndarray, any shape
        The input: floating-point numbers.
    p : float
        The order of the norm, as for `numpy.linalg.norm`.
    axis : int
        The axis along which the vectors lie.
    eps : float
        The smallest length to divide by, against division by 0.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x / max(norm(x), eps)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.normalize(Tensor([[3.0, 4.0], [0.0, 2.0]])).data
    array([[0.6, 0.8],
           [0. , 1. ]])
    """
    return x / np.maximum(np.linalg.norm(x, p, axis, keepdims=True), eps)


def last_axes(name: str, x: Any, shape: Any) -> tuple[int, ...]:
    """Return the axes to normalise over, counted from the end; raise an error if their lengths are not `shape`."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ValueError(f"{name}: the input's last axes must be {shape}; it has shape {x.shape}")
    return tuple(range(-len(shape), 0))
