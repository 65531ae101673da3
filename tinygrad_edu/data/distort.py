"""Image augmentation: digits that are shifted, rotated, noisy, or no digits at all.

A network that knows its test images well may fail with these, which look as easy to us.

Images are floating arrays of shape (N, side * side), as `mnist` returns them, or (N, rows, columns).
The result is a fresh array of the same shape and dtype.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..validation import as_array


def shift(images: ArrayLike, dx: int, dy: int) -> NDArray[Any]:
    """Move images by whole pixels; zeros come in at the edges.

    Parameters
    ----------
    images : array_like, shape (N, side * side) or (N, rows, columns), floating
        The images, each with numbers from 0 to 1.
    dx, dy : int
        How far to the right, and how far down. Negative numbers mean to the left, and up.

    Returns
    -------
    ndarray
        A fresh array of the images' shape and dtype.

    Raises
    ------
    TypeError, ValueError
        If the images are not floating, or have neither shape.

    Examples
    --------
    >>> shift([[[1., 2.], [3., 4.]]], dx=1, dy=0)
    array([[[0., 1.],
            [0., 3.]]])
    """
    flat, stack = _stack(images)
    moved = np.zeros_like(stack)
    to_rows, from_rows = _overlap(stack.shape[1], operator.index(dy))
    to_columns, from_columns = _overlap(stack.shape[2], operator.index(dx))
    moved[:, to_rows, to_columns] = stack[:, from_rows, from_columns]
    return moved.reshape(flat.shape)


def rotate(images: ArrayLike, degrees: float) -> NDArray[Any]:
    """Turn images about their centres, counter-clockwise; zeros come in at the corners.

    Parameters
    ----------
    images : array_like, shape (N, side * side) or (N, rows, columns), floating
        The images, each with numbers from 0 to 1.
    degrees : float
        The angle. Negative numbers mean clockwise.

    Returns
    -------
    ndarray
        A fresh array of the images' shape and dtype, interpolated bilinearly.

    Raises
    ------
    TypeError, ValueError
        If the images are not floating, or have neither shape, or the angle is not finite.

    Examples
    --------
    >>> rotate([[[1., 2.], [3., 4.]]], 90)
    array([[[2., 4.],
            [1., 3.]]])
    """
    flat, stack = _stack(images)
    if not math.isfinite(degrees):
        raise ValueError(f"degrees must be a finite number, not {degrees}")
    _, rows, columns = stack.shape
    # Each pixel of the result asks: where was I before the turn? Measured from the centre, right and down.
    right, down = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Rounded, so that quarter turns, where cos should be 0 but is 6e-17, hit pixels exactly.
    x = np.round(right * cos - down * sin + (columns - 1) / 2, 9)
    y = np.round(right * sin + down * cos + (rows - 1) / 2, 9)
    left, top = np.floor(x), np.floor(y)
    # That place lies among four pixels: the nearer one is, the more it counts. Outside is a border of zeros.
    bordered = np.pad(stack, ((0, 0), (1, 1), (1, 1)))
    turned = np.zeros_like(stack)
    for row, row_weight in (top, 1 - (y - top)), (top + 1, y - top):
        for column, column_weight in (left, 1 - (x - left)), (left + 1, x - left):
            r = np.clip(row, -1, rows).astype(np.intp) + 1
            c = np.clip(column, -1, columns).astype(np.intp) + 1
            turned += bordered[:, r, c] * (row_weight * column_weight).astype(stack.dtype)
    return turned.reshape(flat.shape)


def noise(images: ArrayLike, strength: float, rng: np.random.Generator | int) -> NDArray[Any]:
    """Add Gaussian noise to every pixel, and clip to [0, 1].

    Parameters
    ----------
    images : array_like, shape (N, side * side) or (N, rows, columns), floating
        The images, each with numbers from 0 to 1.
    strength : float
        The standard deviation of the noise, at least 0.
    rng : numpy.random.Generator, or int
        The generator of the noise, or a seed for it.

    Returns
    -------
    ndarray
        A fresh array of the images' shape and dtype.

    Raises
    ------
    TypeError, ValueError
        If the images are not floating, or have neither shape, or the strength is negative or not finite.

    Examples
    --------
    >>> noise(np.full((1, 4), 0.5), 0.1, rng=0).round(2)
    array([[0.61, 0.36, 0.46, 0.42]])
    """
    flat, _ = _stack(images)
    if not 0 <= strength < math.inf:
        raise ValueError(f"strength must be a finite number, at least 0, not {strength}")
    noisy = np.random.default_rng(rng).standard_normal(flat.shape, np.float32).astype(flat.dtype, copy=False)
    noisy *= flat.dtype.type(strength)
    noisy += flat
    return np.clip(noisy, 0, 1, out=noisy)


def static(n: int, rng: np.random.Generator | int, side: int = 28) -> NDArray[np.float32]:
    """Make images of nothing, like a screen without a signal: each pixel uniform in [0, 1).

    Parameters
    ----------
    n : int
        The number of images.
    rng : numpy.random.Generator, or int
        The generator of the pixels, or a seed for it.
    side : int
        The number of rows, and of columns, of an image.

    Returns
    -------
    ndarray, shape (n, side * side), float32
        The images.

    Examples
    --------
    >>> static(3, rng=0).shape
    (3, 784)
    """
    return np.random.default_rng(rng).random((n, side * side), np.float32)


def _stack(images: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the images as they came, and as (N, rows, columns)."""
    array = as_array(images, "images")
    if array.dtype.kind != "f":
        raise TypeError(f"images must be floating numbers in [0, 1], not {array.dtype}; divide pixels by 255 first")
    if array.ndim == 3:
        return array, array
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if array.ndim != 2 or side * side != array.shape[1]:
        raise ValueError(
            f"images of shape {array.shape} are neither (N, rows, columns) nor (N, side * side): "
            "reshape a single image to (1, rows, columns)"
        )
    return array, array.reshape(len(array), side, side)


def _overlap(length: int, step: int) -> tuple[slice, slice]:
    """Return the parts of `length` places that stay inside after a step: where they go to, and where they come from."""
    step = max(-length, min(length, step))
    forward, back = max(step, 0), max(-step, 0)
    return slice(forward, length - back), slice(back, length - forward)
