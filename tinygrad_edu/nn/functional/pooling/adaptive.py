"""Pooling with a given number of windows, whose size depends on the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ....docstrings import complete_from
from ..convolution import per_axis
from .sliding import check_input

if TYPE_CHECKING:
    from ....tensor.tensor import Tensor
    from ....typing import TensorLike


def adaptive_avg_pool2d(input: TensorLike, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Compute the means of a given number of windows, which cover the image.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, H, W) or (C, H, W)
        Images with C channels, of floating-point numbers.
    output_size : int, None, or sequence of these
        How many windows there are, one number for all axes or one for each. None means as many as there are pixels.

    Returns
    -------
    Tensor, (N, C, H', W') or (C, H', W')
        The means; the last axes have the lengths `output_size`.

    Raises
    ------
    TypeError
        If the numbers are not real floating-point numbers.
    ValueError
        If shapes or settings do not fit each other.

    Notes
    -----
    Of n pixels, window i of m begins at ``floor(i * n / m)`` and ends before ``ceil((i + 1) * n / m)``. Neighbouring
    windows may share a pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.adaptive_avg_pool2d(np.arange(16.).reshape(1, 4, 4), 1)
    array([[[7.5]]])
    """
    return adaptive_avg("adaptive_avg_pool2d", 2, input, output_size)


@complete_from(adaptive_avg_pool2d)
def adaptive_avg_pool1d(input: TensorLike, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Compute the means of a given number of windows along one axis.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, L) or (C, L)
        Sequences with C channels, of floating-point numbers.

    Returns
    -------
    Tensor, (N, C, L') or (C, L')
        The means; the last axis has the length `output_size`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.adaptive_avg_pool1d(np.array([[1., 5., 2., 0.]]), 2)
    array([[3., 1.]])
    """
    return adaptive_avg("adaptive_avg_pool1d", 1, input, output_size)


@complete_from(adaptive_avg_pool2d)
def adaptive_max_pool2d(input: TensorLike, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Compute the largest numbers of a given number of windows, which cover the image.

    Returns
    -------
    Tensor, (N, C, H', W') or (C, H', W')
        The maxima; the last axes have the lengths `output_size`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.adaptive_max_pool2d(np.arange(16.).reshape(1, 4, 4), 1)
    array([[[15.]]])
    """
    rows, columns = adaptive_windows("adaptive_max_pool2d", 2, input, output_size)
    (rows, row_valid), (columns, column_valid) = map(window_indices, (rows, columns))
    taken = input[..., rows[:, None, :, None], columns[None, :, None, :]]
    valid = row_valid[:, None, :, None] & column_valid[None, :, None, :]
    return np.max(np.where(valid, taken, -np.inf).astype(input.dtype), (-2, -1))


def adaptive_avg(name: str, axes: int, x: Any, output_size: Any) -> Any:
    """Return the means of as many windows as are wanted, along one axis or two."""
    for i, edges in enumerate(adaptive_windows(name, axes, x, output_size)):
        n = x.shape[i - axes]
        shares = np.array([[(a <= k < b) / (b - a) for a, b in edges] for k in range(n)], x.dtype)
        last = i - axes == -1
        x = np.matmul(x if last else np.swapaxes(x, i - axes, -1), shares)
        x = x if last else np.swapaxes(x, i - axes, -1)
    return x


def adaptive_windows(name: str, axes: int, x: Any, output_size: Any) -> list[list[tuple[int, int]]]:
    """Return for each axis where each window begins and ends."""
    check_input(name, axes, x)
    wanted = (output_size,) * axes if output_size is None or np.ndim(output_size) == 0 else tuple(output_size)
    lengths = x.shape[-axes:]
    if len(wanted) == axes:
        wanted = tuple(n if m is None else m for m, n in zip(wanted, lengths, strict=True))
    wanted = per_axis(name, "output_size", wanted, axes)
    return [[(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for m, n in zip(wanted, lengths, strict=True)]


def window_indices(edges: list[tuple[int, int]]) -> tuple[Any, Any]:
    """Return the indices of each window, a row for each, all of equal length; and a mask of those that belong to it."""
    longest = max(b - a for a, b in edges)
    indices = np.array([[min(a + k, b - 1) for k in range(longest)] for a, b in edges])
    return indices, np.array([[k < b - a for k in range(longest)] for a, b in edges])
