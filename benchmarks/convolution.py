"""One layer of convolutions, forward and backward, with the gradients of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def ours(**shape: Any) -> Callable[[], Any]:
    from tinygrad_edu import Tensor, reuse_memory
    from tinygrad_edu.nn.functional import conv2d

    reuse_memory()
    *arrays, g = data(**shape)
    tensors = [Tensor(a, requires_grad=True) for a in arrays]

    def step() -> None:
        for t in tensors:
            t.grad = None
        conv2d(*tensors, padding="same").backward(g)

    return step


def pytorch(**shape: Any) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    *tensors, g = map(torch.tensor, data(**shape))
    for t in tensors:
        t.requires_grad_()

    def step() -> None:
        for t in tensors:
            t.grad = None
        torch.nn.functional.conv2d(*tensors, padding="same").backward(g)

    return step


def data(batch: int, channels: tuple[int, int], kernel: int, size: int = 28) -> list[Any]:
    """Images, weights, bias, and a gradient of the output."""
    rng, (into, out) = np.random.default_rng(0), channels
    shapes = (batch, into, size, size), (out, into, kernel, kernel), (out,), (batch, out, size, size)
    return [rng.normal(size=s).astype(np.float32) for s in shapes]
