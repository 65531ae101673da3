"""Small classification problems: points in the plane that belong to classes.

Each function returns ``x``, float32 of shape (n, 2), and ``labels``, int64 of shape (n,), in random order.
"""

from __future__ import annotations

import math
import operator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..docstrings import complete_from

Seed: TypeAlias = "int | np.random.Generator | None"  # in quotes: NumPy loads its generators when they are first needed
Points = tuple[NDArray[np.float32], NDArray[np.int64]]


def two_moons(n: int = 200, noise: float = 0.1, seed: Seed = None) -> Points:
    """Draw points on two half circles, each with an end inside the other: no straight line divides them.

    Parameters
    ----------
    n : int
        The number of points. Classes have equally many, up to one.
    noise : float
        The standard deviation of the noise that is added to each coordinate, at least 0.
    seed : int or numpy.random.Generator, optional
        The seed, or the generator. By default, every call returns other points.

    Returns
    -------
    x : ndarray, shape (n, 2), float32
        The points, in random order.
    labels : ndarray, shape (n,), int64
        The class of each point, counted from 0.

    Raises
    ------
    ValueError
        If `n` or `noise` is negative.

    Examples
    --------
    >>> x, labels = two_moons(100, seed=0)
    >>> x.shape, x.dtype, np.bincount(labels)
    ((100, 2), dtype('float32'), array([50, 50]))
    """
    rng, labels = begin_points(n, 2, seed)
    angle = rng.uniform(0, math.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    return add_noise_to_points(np.where(labels[:, None] == 0, upper, lower), labels, noise, rng)


@complete_from(two_moons)
def circles(n: int = 200, noise: float = 0.1, seed: Seed = None, classes: int = 2) -> Points:
    """Draw points on circles around one centre. Class 0 has radius 1; the others are smaller by equal steps.

    Parameters
    ----------
    classes : int
        The number of classes, at least 1.

    Raises
    ------
    ValueError
        If `n` or `noise` is negative, or there is no class.

    Examples
    --------
    >>> x, labels = circles(4, noise=0, seed=0)
    >>> np.hypot(*x.T)[labels.argsort()].round(6)
    array([1. , 1. , 0.5, 0.5], dtype=float32)
    """
    rng, labels = begin_points(n, classes, seed)
    return add_noise_to_points(polar(1 - labels / classes, rng.uniform(0, math.tau, n)), labels, noise, rng)


@complete_from(circles)
def spirals(n: int = 200, noise: float = 0.02, seed: Seed = None, classes: int = 2, turns: float = 1.0) -> Points:
    """Draw points on spiral arms around one centre, out to radius 1.

    Parameters
    ----------
    turns : float
        How often an arm winds around the centre.

    Examples
    --------
    >>> x, labels = spirals(300, seed=0, classes=3)
    >>> np.bincount(labels)
    array([100, 100, 100])
    """
    rng, labels = begin_points(n, classes, seed)
    radius = np.sqrt(rng.uniform(0.01, 1, n))  # as many points on each piece of an arm, about, as it is long
    return add_noise_to_points(polar(radius, math.tau * (turns * radius + labels / classes)), labels, noise, rng)


@complete_from(circles)
def blobs(n: int = 200, noise: float = 0.5, seed: Seed = None, classes: int = 3) -> Points:
    """Draw round clouds of points, whose centres lie on a circle of radius 2, the first at the right.

    Examples
    --------
    >>> x, labels = blobs(400, seed=0, classes=4)
    >>> x[labels == 2].mean(0).round()  # the third of four: at the left
    array([-2., -0.], dtype=float32)
    """
    rng, labels = begin_points(n, classes, seed)
    return add_noise_to_points(polar(np.full(n, 2.0), math.tau * labels / classes), labels, noise, rng)


@complete_from(two_moons)
def xor(n: int = 200, noise: float = 0.0, seed: Seed = None) -> Points:
    """Draw points in the square from -1 to 1: class 1 where the coordinates have different signs, else class 0.

    Examples
    --------
    >>> x, labels = xor(100, seed=0)
    >>> bool(np.all((x[:, 0] * x[:, 1] < 0) == labels))
    True
    """
    rng, labels = begin_points(n, 2, seed)
    sizes, signs = rng.uniform(0.03, 1, (n, 2)), rng.choice([-1, 1], n)
    return add_noise_to_points(sizes * np.stack([signs, signs * (1 - 2 * labels)], 1), labels, noise, rng)


# ------------------------------------------------------------------------------------- what the problems share


def begin_points(n: int, classes: int, seed: Seed) -> tuple[np.random.Generator, NDArray[np.int64]]:
    """Return the generator, and labels in random order."""
    n, classes = operator.index(n), operator.index(classes)
    if n < 0 or classes < 1:
        raise ValueError(f"n={n} points of {classes} classes can't be made; there must be at least one class")
    rng = np.random.default_rng(seed)
    return rng, rng.permutation(np.arange(n, dtype=np.int64) % classes)


def polar(radius: Any, angle: Any) -> Any:
    """Return points at these distances from the centre, in these directions, counter-clockwise from the right."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def add_noise_to_points(x: Any, labels: NDArray[np.int64], noise: float, rng: np.random.Generator) -> Points:
    """Return the points with noise added."""
    return (x + blur(noise, x.shape, rng)).astype(np.float32), labels


def blur(noise: float, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return normally distributed noise of this standard deviation."""
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise must be a finite number, at least 0, not {noise}")
    return noise * rng.standard_normal(shape)
