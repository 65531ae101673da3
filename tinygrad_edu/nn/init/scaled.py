"""Initial weights that keep the size of signals on their way through layers: Xavier, Kaiming, and orthogonal."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ...docstrings import complete_from
from ...rng import generator
from .fill import P, fill
from .gain import calculate_gain
from .random import normal_, uniform_


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
    The rows, or the columns if there are fewer of these, are at right angles to each other. All axes but the first
    count as one. See Saxe et al. (2014). All such matrices are equally likely (Mezzadri 2007).

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
