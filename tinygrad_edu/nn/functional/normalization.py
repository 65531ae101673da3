"""Keeping numbers in bounds: normalisation over some of the axes; and dropping some at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.tensor_base import bare
from ...rng import generator


def standardise(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    """Mean 0 and variance 1 over some axes."""
    d = x - np.mean(x, axes, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axes, keepdims=True) + eps)


def scaled(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def layer_norm(x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each example by itself, over the last axes (Ba, Kiros & Hinton 2016)."""
    axes = last_axes("layer_norm", x, normalized_shape)
    return scaled(standardise(x, axes, eps), weight, bias)


def rms_norm(x: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """Over the root of the mean square of the last axes (Zhang & Sennrich 2019)."""
    axes = last_axes("rms_norm", x, normalized_shape)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return scaled(x / np.sqrt(np.mean(x * x, axes, keepdims=True) + eps), weight, None)


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each example by itself, over groups of channels, the second axis (Wu & He 2018)."""
    n, c, *rest = x.shape
    if c % num_groups:
        raise ValueError(f"group_norm: {c} channels can't be divided into {num_groups} groups")
    groups = np.reshape(x, (n, num_groups, -1))
    y = np.reshape(standardise(groups, (-1,), eps), x.shape)
    per_channel = (1, c) + (1,) * len(rest)
    return scaled(y, weight if weight is None else np.reshape(weight, per_channel), bias if bias is None else np.reshape(bias, per_channel))


def batch_norm(
    x: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel, the second axis, over all examples (Ioffe & Szegedy 2015).

    In training, by the batch's own mean and variance, and the running ones (buffers) take a step towards these; otherwise by
    the running ones.
    """
    axes = (0, *range(2, x.ndim))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    if training or running_mean is None:
        n = math.prod(x.shape[i] for i in axes)
        if n < 2 and training:
            raise ValueError(f"batch_norm: more than one number for each channel is needed in training; the input has shape {x.shape}")
        mean = np.mean(x, axes, keepdims=True)
        d = x - mean
        var = np.mean(d * d, axes, keepdims=True)
        if training and running_mean is not None:
            for running, now in ((running_mean, np.reshape(bare(mean), -1)), (running_var, np.reshape(bare(var), -1) * (n / (n - 1)))):
                array = running._own()
                array += momentum * (now - array)
    else:
        d, var = x - np.reshape(bare(running_mean), shape), np.reshape(bare(running_var), shape)
    y = d / np.sqrt(var + eps)
    return scaled(y, weight if weight is None else np.reshape(weight, shape), bias if bias is None else np.reshape(bias, shape))


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Any:
    """In training, each number is dropped with probability `p`, and the others grow by 1 / (1 - p) (Srivastava et al. 2014).

    Which ones is decided by the generator of ``manual_seed``.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p={p} is out of range; it is a probability")
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0
    kept = generator().random(x.shape, np.float32) >= p  # half the bits are enough, in half the time
    return x * np.multiply(kept, 1 / (1 - p), dtype=x.dtype)


def normalize(x: Any, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Any:
    """Vectors of length 1."""
    return x / np.maximum(np.linalg.norm(x, p, axis, keepdims=True), eps)


def last_axes(name: str, x: Any, shape: Any) -> tuple[int, ...]:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ValueError(f"{name}: the input's last axes must be {shape}; it has shape {x.shape}")
    return tuple(range(-len(shape), 0))
