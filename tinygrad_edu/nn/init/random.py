"""Initial values drawn at random, uniformly or normally."""

from __future__ import annotations

import numpy as np

from ...docstrings import complete_from
from ...rng import generator
from .fill import P, fill


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
