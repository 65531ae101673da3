"""Rules of products of vectors, `vecdot`, `matvec`, `cross`, and of `kron`: matrix or plain products, rearranged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.declare import composite
from ..complex import conjugate
from ..shapes import array

# -------------------------------------------------------------------------- matmul, vecdot, matvec, vecmat
# These come with axes=: for each argument, and for the result, which axes its vectors or matrices lie along.


@composite(np.matmul)
def matmul(x1: Any, x2: Any, *, axes: Any) -> Any:
    first, second, *result = (axis if isinstance(axis, tuple) else (axis,) for axis in axes)
    product = np.matmul(last(x1, first, len(first)), last(x2, second, len(second)))
    return np.moveaxis(product, range(-len(result[0]), 0), result[0]) if result else product


def last(x: Any, axes: Any, ndim: int) -> Any:
    """Return `x` with these axes at the end."""
    axes = axes if isinstance(axes, tuple) else (axes,)
    if len(axes) != ndim:
        raise ValueError(f"axes={axes} names {len(axes)} axes where there are {ndim}")
    return np.moveaxis(array(x), axes, range(-ndim, 0))


@composite(np.vecdot)
def vecdot(x1: Any, x2: Any, *, axis: int = -1, axes: Any = None, keepdims: bool = False) -> Any:
    first, second, *_ = axes or (axis, axis)
    row, column = last(x1, first, 1)[..., None, :], last(x2, second, 1)[..., None]
    product = np.matmul(conjugate(row), column)[..., 0]
    return np.moveaxis(product, -1, axes[2] if len(axes or ()) > 2 else first) if keepdims else product[..., 0]


def matvec(x1: Any, x2: Any, *, axes: Any = ((-2, -1), -1, -1)) -> Any:
    first, second, result = axes
    return np.moveaxis(np.matmul(last(x1, first, 2), last(x2, second, 1)[..., None])[..., 0], -1, result)


def vecmat(x1: Any, x2: Any, *, axes: Any = (-1, (-2, -1), -1)) -> Any:
    first, second, result = axes
    return np.moveaxis(np.matmul(conjugate(last(x1, first, 1))[..., None, :], last(x2, second, 2))[..., 0, :], -1, result)


if hasattr(np, "matvec"):  # NumPy 2.2
    composite(np.matvec)(matvec)
    composite(np.vecmat)(vecmat)

# -------------------------------------------------------------------------------- cross, kron


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(array(a), axisa, -1), np.moveaxis(array(b), axisb, -1)
    if (a.shape[-1], b.shape[-1]) != (3, 3):  # vectors in the plane: some versions of NumPy warn, some refuse
        np.cross(np.zeros(a.shape[-1]), np.zeros(b.shape[-1]))
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (x if x.shape[-1] == 3 else np.pad(x, ((0, 0),) * (x.ndim - 1) + ((0, 1),)) for x in (a, b))
    left, right = [1, 2, 0], [2, 0, 1]
    product = a[..., left] * b[..., right] - a[..., right] * b[..., left]
    return np.moveaxis(product, -1, normalize_axis_index(axisc, product.ndim))


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    ndim = max(a.ndim, b.ndim)
    a, b = (np.reshape(x, (1,) * (ndim - x.ndim) + x.shape) for x in (a, b))
    blocks = np.expand_dims(a, tuple(range(1, 2 * ndim, 2))) * np.expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    return np.reshape(blocks, tuple(n * m for n, m in zip(a.shape, b.shape, strict=True)))
