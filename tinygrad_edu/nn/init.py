"""Initialisation of parameters. Each function fills a parameter in place and returns it, as PyTorch's functions of the same names do.

Weights of layers have the shape (outputs, inputs, ...). The "fan in" is how many inputs each output has, the "fan out" how many
outputs each input has.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from ..rng import generator, manual_seed
from .docstrings import complete_from

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "manual_seed",
           "normal_", "ones_", "orthogonal_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"]  # fmt: skip

P = TypeVar("P", bound="Tensor")  # a function returns its own argument, usually a Parameter


def uniform_(p: P, low: float = 0.0, high: float = 1.0, rng: np.random.Generator | None = None) -> P:
    """Fill a parameter with uniformly distributed numbers.

    Parameters
    ----------
    p : Tensor, any shape
        The parameter, which is changed in place.
    low, high : float
        The ends of the interval.
    rng : numpy.random.Generator, optional
        The source of the random numbers. By default it is the one that `manual_seed` seeds.

    Returns
    -------
    Tensor
        The parameter itself.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> w = nn.init.uniform_(nn.Parameter([[0, 0, 0], [0, 0, 0]]), -1, 1)
    >>> bool((abs(w.data) <= 1).all())
    True
    """
    return fill(p, (rng or generator()).uniform(low, high, p.shape))


@complete_from(uniform_)
def normal_(p: P, mean: float = 0.0, std: float = 1.0, rng: np.random.Generator | None = None) -> P:
    """Fill a parameter with normally distributed numbers.

    Parameters
    ----------
    mean, std : float
        The mean and the standard deviation.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.normal_(nn.Parameter([[0, 0, 0], [0, 0, 0]]), std=0.02).shape
    (2, 3)
    """
    return fill(p, (rng or generator()).normal(mean, std, p.shape))


@complete_from(uniform_)
def constant_(p: P, value: float) -> P:
    """Fill a parameter with one number.

    Parameters
    ----------
    value : float
        The number.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.constant_(nn.Parameter([0, 0]), 0.5).data.tolist()
    [0.5, 0.5]
    """
    return fill(p, value)


@complete_from(uniform_)
def zeros_(p: P) -> P:
    """Fill a parameter with zeros.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.zeros_(nn.Parameter([1, 2])).data.tolist()
    [0.0, 0.0]
    """
    return fill(p, 0)


@complete_from(uniform_)
def ones_(p: P) -> P:
    """Fill a parameter with ones.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.ones_(nn.Parameter([0, 0])).data.tolist()
    [1.0, 1.0]
    """
    return fill(p, 1)


@complete_from(uniform_)
def trunc_normal_(
    p: P,
    mean: float = 0.0,
    std: float = 1.0,
    low: float = -2.0,
    high: float = 2.0,
    rng: np.random.Generator | None = None,
) -> P:
    """Fill a parameter with normally distributed numbers that lie in an interval.

    Parameters
    ----------
    mean, std : float
        The mean and the standard deviation, before the ends are cut off.
    low, high : float
        The ends of the interval. Numbers outside are drawn again.

    Raises
    ------
    ValueError
        If hardly any numbers lie in the interval.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> w = nn.init.trunc_normal_(nn.Parameter([[0, 0, 0], [0, 0, 0]]))
    >>> bool((abs(w.data) <= 2).all())
    True
    """
    draw = (rng or generator()).normal
    values = np.asarray(draw(mean, std, p.shape))
    for _ in range(1000):
        outside = (values < low) | (values > high)
        if not outside.any():
            return fill(p, values)
        values[outside] = draw(mean, std, np.count_nonzero(outside))
    raise ValueError(
        f"trunc_normal_: hardly any numbers of mean {mean} and deviation {std} lie between {low} and {high}"
    )


@complete_from(uniform_)
def eye_(p: P) -> P:
    """Fill a matrix with ones on the diagonal and zeros elsewhere, so that a layer passes on its inputs.

    Parameters
    ----------
    p : Tensor, (outputs, inputs)
        The parameter, which is changed in place.

    Raises
    ------
    ValueError
        If there are not two axes.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.eye_(nn.Parameter([[0, 0], [0, 0]])).data.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if p.ndim != 2:
        raise ValueError(f"eye_ is for matrices; got {p.shape}")
    return fill(p, np.eye(p.shape[0], p.shape[1]))


@complete_from(uniform_)
def dirac_(p: P, groups: int = 1) -> P:
    """Fill the weight of a convolution so that it passes on its input: each kernel has a 1 in the middle of its own channel.

    Parameters
    ----------
    p : Tensor, (O, C, ...), of 3 to 5 axes
        The parameter, which is changed in place.
    groups : int
        In how many groups the channels are divided.

    Raises
    ------
    ValueError
        If the shape does not fit, or the outputs can't be divided into that many groups.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.dirac_(nn.Conv1d(2, 2, 3).weight).data.astype(int).tolist()
    [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
    """
    if not 3 <= p.ndim <= 5 or p.shape[0] % groups:
        raise ValueError(
            f"dirac_ is for weights (O, C, ...) of convolutions, O a multiple of groups={groups}; got {p.shape}"
        )
    values = np.zeros(p.shape)
    each, middle = p.shape[0] // groups, tuple(n // 2 for n in p.shape[2:])
    for group in range(groups):
        for k in range(min(each, p.shape[1])):
            values[(group * each + k, k, *middle)] = 1
    return fill(p, values)


@complete_from(uniform_)
def xavier_uniform_(p: P, gain: float = 1.0, rng: np.random.Generator | None = None) -> P:
    """Fill a weight with uniformly distributed numbers, in the way that suits sigmoid and tanh.

    Parameters
    ----------
    p : Tensor, (outputs, inputs, ...)
        The parameter, which is changed in place.
    gain : float
        A factor that depends on the activation; see `calculate_gain`.

    Raises
    ------
    ValueError
        If there are fewer than two axes.

    Notes
    -----
    The variance is ``2 * gain**2 / (fan in + fan out)``. See Glorot & Bengio (2010).

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> w = nn.init.xavier_uniform_(nn.Parameter([[0, 0, 0], [0, 0, 0]]))  # within sqrt(6 / (3 + 2))
    >>> bool((abs(w.data) <= 1.0955).all())
    True
    """
    bound = gain * math.sqrt(6 / sum(fans(p)))
    return uniform_(p, -bound, bound, rng)


@complete_from(xavier_uniform_)
def xavier_normal_(p: P, gain: float = 1.0, rng: np.random.Generator | None = None) -> P:
    """Fill a weight with normally distributed numbers, in the way that suits sigmoid and tanh.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.xavier_normal_(nn.Parameter([[0, 0, 0], [0, 0, 0]])).shape
    (2, 3)
    """
    return normal_(p, 0, gain * math.sqrt(2 / sum(fans(p))), rng)


@complete_from(uniform_)
def kaiming_uniform_(
    p: P,
    a: float = 0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: np.random.Generator | None = None,
) -> P:
    """Fill a weight with uniformly distributed numbers, in the way that suits ReLU.

    Parameters
    ----------
    p : Tensor, (outputs, inputs, ...)
        The parameter, which is changed in place.
    a : float
        The slope of the activation below 0, if it is a leaky ReLU.
    mode : {"fan_in", "fan_out"}
        Whether signals keep their size on the way forward, or gradients on the way back.
    nonlinearity : str
        The name of the activation, as for `calculate_gain`.

    Raises
    ------
    ValueError
        If there are fewer than two axes, or no such mode or activation.

    Notes
    -----
    The variance is ``gain**2 / fan``; by default the gain is that of ReLU, √2. See He et al. (2015).

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> w = nn.init.kaiming_uniform_(nn.Parameter([[0, 0, 0], [0, 0, 0]]))  # within sqrt(6 / 3)
    >>> bool((abs(w.data) <= 1.4143).all())
    True
    """
    bound = math.sqrt(3) * he_deviation("kaiming_uniform_", p, a, mode, nonlinearity)
    return uniform_(p, -bound, bound, rng)


@complete_from(kaiming_uniform_)
def kaiming_normal_(
    p: P,
    a: float = 0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: np.random.Generator | None = None,
) -> P:
    """Fill a weight with normally distributed numbers, in the way that suits ReLU.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.kaiming_normal_(nn.Parameter([[0, 0, 0], [0, 0, 0]])).shape
    (2, 3)
    """
    return normal_(p, 0, he_deviation("kaiming_normal_", p, a, mode, nonlinearity), rng)


@complete_from(uniform_)
def orthogonal_(p: P, gain: float = 1.0, rng: np.random.Generator | None = None) -> P:
    """Fill a weight with a random orthogonal matrix.

    Parameters
    ----------
    p : Tensor, (outputs, inputs, ...)
        The parameter, which is changed in place.
    gain : float
        The length of the rows, or of the columns if there are fewer of these.

    Raises
    ------
    ValueError
        If there are fewer than two axes.

    Notes
    -----
    The rows, or the columns if there are fewer of these, are at right angles to each other. All axes but the first count as
    one. See Saxe et al. (2014). All such matrices are equally likely (Mezzadri 2007).

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> w = nn.init.orthogonal_(nn.Parameter([[0, 0, 0], [0, 0, 0]]))
    >>> (w.data @ w.data.T).round(3) + 0
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    fans(p)  # raises an error for vectors
    rows, columns = p.shape[0], math.prod(p.shape[1:])
    q, r = np.linalg.qr((rng or generator()).normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))
    return fill(p, gain * (q if rows >= columns else q.T).reshape(p.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights must be larger so that signals keep their size through an activation.

    Parameters
    ----------
    nonlinearity : str
        "linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", or the name of a convolution, such as "conv2d".
    param : float, optional
        The slope of a leaky ReLU below 0. By default it is 0.01.

    Returns
    -------
    float
        The factor, also called gain.

    Raises
    ------
    ValueError
        If the activation is not known.

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


def he_deviation(name: str, p: Any, a: float, mode: str, nonlinearity: str) -> float:
    """Return the standard deviation of He's initialisation."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(p)[mode == "fan_out"])


def fans(p: Any) -> tuple[int, int]:
    """Return how many inputs each output has, and how many outputs each input has."""
    if p.ndim < 2:
        raise ValueError(f"this initialiser needs a weight of at least two axes, (outputs, inputs, ...); got {p.shape}")
    field = math.prod(p.shape[2:])
    return p.shape[1] * field, p.shape[0] * field


def fill(p: P, values: Any) -> P:
    """Write numbers into a parameter and return it."""
    p._own()[...] = values
    return p
