"""Small regression problems: numbers that depend on a number.

Each function returns ``x`` and ``y``, both float32 of shape (n, 1), columns as `nn.Linear` and the losses want them,
with x uniform from -1 to 1.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..docstrings import complete_from
from .points import Seed, blur

Column = NDArray[np.float32]


def line(
    n: int = 100, noise: float = 0.1, seed: Seed = None, slope: float = 2.0, intercept: float = -0.5
) -> tuple[Column, Column]:
    """Draw points near a straight line, y = slope x + intercept.

    Parameters
    ----------
    n : int
        The number of points.
    noise : float
        The standard deviation of the noise that is added to y, at least 0.
    seed : int or numpy.random.Generator, optional
        The seed, or the generator. By default, every call returns other points.
    slope, intercept : float
        The numbers of the line.

    Returns
    -------
    x, y : ndarray, shape (n, 1), float32
        The coordinates; x is uniform from -1 to 1.

    Raises
    ------
    ValueError
        If `noise` is negative or not finite.

    Examples
    --------
    >>> x, y = line(3, noise=0, seed=0)
    >>> bool(np.allclose(y, 2 * x - 0.5))
    True
    """
    x, rng = sample_places(n, seed)
    return add_noise(x, slope * x + intercept, noise, rng)


@complete_from(line)
def sine(n: int = 100, noise: float = 0.1, seed: Seed = None, waves: float = 1.0) -> tuple[Column, Column]:
    """Draw points near a sine, y = sin(π waves x).

    Parameters
    ----------
    waves : float
        The number of waves between -1 and 1.

    Examples
    --------
    >>> x, y = sine(3, noise=0, seed=0)
    >>> bool(np.allclose(y, np.sin(np.pi * x), atol=1e-6))
    True
    """
    x, rng = sample_places(n, seed)
    return add_noise(x, np.sin(math.pi * waves * x), noise, rng)


def sample_places(n: int, seed: Seed) -> tuple[Any, np.random.Generator]:
    """Return the places x, and the generator."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (operator.index(n), 1)), rng


def add_noise(x: Any, y: Any, noise: float, rng: np.random.Generator) -> tuple[Column, Column]:
    """Return the points with noise added to y."""
    return x.astype(np.float32), (y + blur(noise, y.shape, rng)).astype(np.float32)
