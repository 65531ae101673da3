"""Chains of operations, forward and backward: what one operation costs at each size."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

LENGTH = 60  # operations in a chain over arrays


def ours(
    size: int, kind: str, length: int = LENGTH, reuse: bool = True, wrapped: Any = lambda f: f
) -> Callable[[], Any]:
    from tinygrad_edu import Tensor, reuse_memory

    if reuse:
        reuse_memory()
    x = Tensor(np.full(size, 0.5, np.float32) if size > 1 else 0.5, requires_grad=True)

    def differentiate() -> Any:
        x.grad = None
        y = run(kind, x, np.tanh, length).sum()
        y.backward()
        return y

    return wrapped(differentiate)  # type: ignore[no-any-return]


def captured(size: int, kind: str, length: int = LENGTH) -> Callable[[], Any]:
    from tinygrad_edu import capture

    return ours(size, kind, length, wrapped=capture)


def pytorch(size: int, kind: str, length: int = LENGTH) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    x = torch.full((size,), 0.5) if size > 1 else torch.tensor(0.5, dtype=torch.float64)
    x.requires_grad_()

    def step() -> None:
        x.grad = None
        run(kind, x, torch.tanh, length).sum().backward()

    return step


def run(kind: str, x: Any, tanh: Any, length: int) -> Any:
    """A chain of `length` operations of a kind, on Tensors of either library."""
    y = x
    if kind == "multiply, add":
        for _ in range(length // 2):
            y = y * 0.999
            y = y + 0.001
    elif kind == "by a tensor":
        for _ in range(length):
            y = y * x
    else:
        for _ in range(length):
            y = tanh(y)
    return y


def million(library: str, n: int = 1_000_000) -> dict[str, float]:
    """A chain of `n` operations on one number: microseconds and bytes an operation."""
    import resource

    if library == "ours":
        from tinygrad_edu import Tensor

        x: Any = Tensor(0.5, requires_grad=True)
    else:
        import torch

        torch.set_num_threads(1)
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    (x * 1.0001).backward()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    y = x
    for _ in range(n):
        y = y * 1.0000001
    middle = time.perf_counter()
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    y.backward()
    end = time.perf_counter()
    return {"forward": (middle - start) / n * 1e6, "backward": (end - middle) / n * 1e6, "bytes": size * 1024 / n}
