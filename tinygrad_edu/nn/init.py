"""Random beginnings. Each function fills a parameter in place and returns it, as PyTorch's of the same names do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..rng import generator, manual_seed

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "manual_seed",
           "normal_", "ones_", "orthogonal_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"]  # fmt: skip


def uniform_(p: Any, low: float = 0.0, high: float = 1.0, rng: Any = None) -> Any:
    """Uniform numbers between `low` and `high`."""
    return fill(p, (rng or generator()).uniform(low, high, p.shape))


def normal_(p: Any, mean: float = 0.0, std: float = 1.0, rng: Any = None) -> Any:
    """Normal numbers."""
    return fill(p, (rng or generator()).normal(mean, std, p.shape))


def constant_(p: Any, value: float) -> Any:
    """One number everywhere."""
    return fill(p, value)


def zeros_(p: Any) -> Any:
    """Zeros."""
    return fill(p, 0)


def ones_(p: Any) -> Any:
    """Ones."""
    return fill(p, 1)


def trunc_normal_(p: Any, mean: float = 0.0, std: float = 1.0, low: float = -2.0, high: float = 2.0, rng: Any = None) -> Any:
    """Normal numbers, those outside `low` and `high` drawn again."""
    draw = (rng or generator()).normal
    values = np.asarray(draw(mean, std, p.shape))
    for _ in range(1000):
        outside = (values < low) | (values > high)
        if not outside.any():
            return fill(p, values)
        values[outside] = draw(mean, std, np.count_nonzero(outside))
    raise ValueError(f"trunc_normal_: hardly any numbers of mean {mean} and deviation {std} lie between {low} and {high}")


def eye_(p: Any) -> Any:
    """Ones on the diagonal of a matrix, zeros elsewhere: a layer that passes on what it gets."""
    if p.ndim != 2:
        raise ValueError(f"eye_ is for matrices; got {p.shape}")
    return fill(p, np.eye(*p.shape))


def dirac_(p: Any, groups: int = 1) -> Any:
    """The same of a convolution: each kernel is 1 at the middle of its own channel."""
    if not 3 <= p.ndim <= 5 or p.shape[0] % groups:
        raise ValueError(f"dirac_ is for weights (O, C, ...) of convolutions, O a multiple of groups={groups}; got {p.shape}")
    values = np.zeros(p.shape)
    each, middle = p.shape[0] // groups, tuple(n // 2 for n in p.shape[2:])
    for group in range(groups):
        for k in range(min(each, p.shape[1])):
            values[(group * each + k, k, *middle)] = 1
    return fill(p, values)


def xavier_uniform_(p: Any, gain: float = 1.0, rng: Any = None) -> Any:
    """Uniform, of variance 2 gain² / (fan in + fan out): for sigmoid and tanh (Glorot & Bengio 2010)."""
    bound = gain * math.sqrt(6 / sum(fans(p)))
    return uniform_(p, -bound, bound, rng)


def xavier_normal_(p: Any, gain: float = 1.0, rng: Any = None) -> Any:
    """Normal, of variance 2 gain² / (fan in + fan out) (Glorot & Bengio 2010)."""
    return normal_(p, 0, gain * math.sqrt(2 / sum(fans(p))), rng)


def kaiming_uniform_(p: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Any = None) -> Any:
    """Uniform, of variance gain² / fan: for ReLU, of gain √2, if nothing else is said (He et al. 2015).

    Parameters
    ----------
    a : float
        The slope of the activation below 0, if it is a leaky ReLU.
    mode : {"fan_in", "fan_out"}
        Whether the signals shall keep their size, or their gradients.
    nonlinearity : str
        See `calculate_gain`.
    """
    bound = math.sqrt(3) * deviation("kaiming_uniform_", p, a, mode, nonlinearity)
    return uniform_(p, -bound, bound, rng)


def kaiming_normal_(p: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Any = None) -> Any:
    """Normal, of the same variance as `kaiming_uniform_`."""
    return normal_(p, 0, deviation("kaiming_normal_", p, a, mode, nonlinearity), rng)


def orthogonal_(p: Any, gain: float = 1.0, rng: Any = None) -> Any:
    """Rows at right angles and of length `gain`, or columns if there are fewer of these (Saxe et al. 2014).

    All axes but the first count as one. The matrix is as likely to be any as any other (Mezzadri 2007).
    """
    fans(p)  # refuses vectors
    rows, columns = p.shape[0], math.prod(p.shape[1:])
    q, r = np.linalg.qr((rng or generator()).normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))
    return fill(p, gain * (q if rows >= columns else q.T).reshape(p.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must be larger for signals to keep their size through an activation.

    Examples
    --------
    >>> from tinygrad_edu.nn.init import calculate_gain
    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"the gain of {nonlinearity!r} is not known; known are leaky_relu, {', '.join(GAINS)}")
    return GAINS[nonlinearity]


GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4,
         **dict.fromkeys([f"conv{turned}{n}d" for turned in ("", "_transpose") for n in (1, 2)], 1.0)}  # fmt: skip


def deviation(name: str, p: Any, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(p)[mode == "fan_out"])


def fans(p: Any) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input."""
    if p.ndim < 2:
        raise ValueError(f"this initialiser needs a weight of at least two axes, (outputs, inputs, ...); got {p.shape}")
    field = math.prod(p.shape[2:])
    return p.shape[1] * field, p.shape[0] * field


def fill(p: Any, values: Any) -> Any:
    p._own()[...] = values
    return p
