"""Random beginnings. Each function fills a parameter in place and returns it, as PyTorch's of the same names do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_rng = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Make all later random initialisation that is given no `rng` of its own reproducible."""
    global _rng
    _rng = np.random.default_rng(seed)


def generator() -> Any:
    """The generator that `manual_seed` seeds."""
    return _rng


def uniform_(p: Any, low: float = 0.0, high: float = 1.0, rng: Any = None) -> Any:
    """Uniform numbers between `low` and `high`."""
    return fill(p, (rng or _rng).uniform(low, high, p.shape))


def normal_(p: Any, mean: float = 0.0, std: float = 1.0, rng: Any = None) -> Any:
    """Normal numbers."""
    return fill(p, (rng or _rng).normal(mean, std, p.shape))


def constant_(p: Any, value: float) -> Any:
    """One number everywhere."""
    return fill(p, value)


def zeros_(p: Any) -> Any:
    """Zeros."""
    return fill(p, 0)


def ones_(p: Any) -> Any:
    """Ones."""
    return fill(p, 1)


def xavier_uniform_(p: Any, gain: float = 1.0, rng: Any = None) -> Any:
    """Uniform, of variance 2 gain² / (fan in + fan out): for sigmoid and tanh (Glorot & Bengio 2010)."""
    bound = gain * math.sqrt(6 / sum(fans(p)))
    return uniform_(p, -bound, bound, rng)


def xavier_normal_(p: Any, gain: float = 1.0, rng: Any = None) -> Any:
    """Normal, of variance 2 gain² / (fan in + fan out) (Glorot & Bengio 2010)."""
    return normal_(p, 0, gain * math.sqrt(2 / sum(fans(p))), rng)


def kaiming_uniform_(p: Any, rng: Any = None) -> Any:
    """Uniform, of variance 2 / fan in: for ReLU (He et al. 2015)."""
    bound = math.sqrt(6 / fans(p)[0])
    return uniform_(p, -bound, bound, rng)


def kaiming_normal_(p: Any, rng: Any = None) -> Any:
    """Normal, of variance 2 / fan in: for ReLU (He et al. 2015)."""
    return normal_(p, 0, math.sqrt(2 / fans(p)[0]), rng)


def fans(p: Any) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input."""
    if p.ndim < 2:
        raise ValueError(f"this initialiser needs a weight of at least two axes, (outputs, inputs, ...); got {p.shape}")
    field = math.prod(p.shape[2:])
    return p.shape[1] * field, p.shape[0] * field


def fill(p: Any, values: Any) -> Any:
    p._own()[...] = values
    return p
