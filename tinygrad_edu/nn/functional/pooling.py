"""Pooling: images made smaller, by the largest or the mean of each window. Equally large numbers share the gradient.

An input may lack the axis of examples, N; then so does the output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor_base import bare
from ...rules.neural.windows import windows
from .convolution import each


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """`max_pool2d` along one axis."""
    return max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The largest number of each window.

    Parameters
    ----------
    input : (N, C, H, W) or (C, H, W)
    kernel_size : int or pair
        How large the windows are.
    stride : int or pair, optional
        How far apart; `kernel_size` unless given, so that they touch.
    padding : int or pair
        How far they begin before the image. No number is ever chosen from there.
    dilation : int or pair
        How far apart the points of a window are.
    ceil_mode : bool
        Whether a last window that fits only in part counts too.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.nn.functional import max_pool2d
    >>> max_pool2d(np.arange(16.).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True
) -> Any:
    """`avg_pool2d` along one axis."""
    return avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window; see `max_pool2d`.

    The zeros of the padding count, unless ``count_include_pad=False``; or the sum is divided by `divisor_override`.
    """
    return avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """`adaptive_avg_pool2d` along one axis."""
    return adaptive_avg("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Means of as many windows as are wanted, a number or a pair; None for as many as there are pixels."""
    return adaptive_avg("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_max_pool2d(input: Any, output_size: Any) -> Any:
    """The largest numbers of as many windows as are wanted; see `adaptive_avg_pool2d`."""
    rows, columns = bins("adaptive_max_pool2d", 2, input, output_size)
    (rows, row_valid), (columns, column_valid) = map(members, (rows, columns))
    taken = input[..., rows[:, None, :, None], columns[None, :, None, :]]
    valid = row_valid[:, None, :, None] & column_valid[None, :, None, :]
    return np.max(np.where(valid, taken, -np.inf).astype(input.dtype), (-2, -1))


# ------------------------------------------------------------------------------------ along any axes


def max_pool(name: str, axes: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> Any:
    kernel, size, *how = places(name, axes, x, kernel, stride, padding, dilation, ceil)
    return np.max(windows(x, kernel, size, -np.inf, *how), 0)


def avg_pool(
    name: str, axes: int, x: Any, kernel: Any, stride: Any, padding: Any, ceil: bool, padding_counts: bool, divisor: int | None
) -> Any:
    kernel, size, *how = places(name, axes, x, kernel, stride, padding, 1, ceil)
    total = np.sum(windows(x, kernel, size, 0, *how), 0)
    if divisor is not None:
        return total / divisor
    stride, before, _ = how
    shares = 1
    for axis, (n, k, m, s, p) in enumerate(zip(x.shape[-axes:], kernel, size, stride, before, strict=True)):
        start, extra = np.arange(m) * s - p, p if padding_counts else 0
        length = np.minimum(start + k, n + extra) - np.maximum(start, -extra)
        shares = shares * length.reshape((-1,) + (1,) * (axes - axis - 1))
    return total / np.asarray(shares).astype(x.dtype)


def places(
    name: str, axes: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> tuple[tuple[int, ...], ...]:
    """Kernel, output lengths, stride, padding, dilation, as numbers for each axis."""
    check(name, axes, x)
    kernel = each(name, "kernel_size", kernel, axes)
    stride = kernel if stride is None else each(name, "stride", stride, axes)
    padding, dilation = each(name, "padding", padding, axes, 0), each(name, "dilation", dilation, axes)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(f"{name}: padding={padding} is more than half of kernel_size={kernel}: some windows would be empty")
    size = []
    for n, k, s, p, d in zip(x.shape[-axes:], kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        m = (room + (s - 1 if ceil else 0)) // s + 1
        size.append(m - 1 if ceil and (m - 1) * s >= n + p else m)  # a window must begin before the end
    if min(size) < 1:
        raise ValueError(f"{name}: kernel_size={kernel} is larger than the input, of shape {x.shape}")
    return kernel, tuple(size), stride, padding, dilation


def adaptive_avg(name: str, axes: int, x: Any, output_size: Any) -> Any:
    for i, edges in enumerate(bins(name, axes, x, output_size)):
        n = x.shape[i - axes]
        shares = np.array([[(a <= k < b) / (b - a) for a, b in edges] for k in range(n)], x.dtype)
        x = np.swapaxes(np.matmul(np.swapaxes(x, i - axes, -1), shares), i - axes, -1)
    return x


def bins(name: str, axes: int, x: Any, output_size: Any) -> list[list[tuple[int, int]]]:
    """For each axis, where each window begins and ends; neighbours may share a pixel."""
    check(name, axes, x)
    wanted = (output_size,) * axes if output_size is None or np.ndim(output_size) == 0 else tuple(output_size)
    lengths = x.shape[-axes:]
    if len(wanted) == axes:
        wanted = tuple(n if m is None else m for m, n in zip(wanted, lengths, strict=True))
    wanted = each(name, "output_size", wanted, axes)
    return [[(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for m, n in zip(wanted, lengths, strict=True)]


def members(edges: list[tuple[int, int]]) -> tuple[Any, Any]:
    """The indices of each window, a row for each; and which of a row belong to it."""
    longest = max(b - a for a, b in edges)
    indices = np.array([[min(a + k, b - 1) for k in range(longest)] for a, b in edges])
    return indices, np.array([[k < b - a for k in range(longest)] for a, b in edges])


def check(name: str, axes: int, x: Any) -> None:
    letters = "C, H, W" if axes == 2 else "C, L"
    if np.ndim(x) not in (axes + 1, axes + 2):
        raise ValueError(f"{name} wants an input of shape (N, {letters}) or ({letters}), got {np.shape(x)}")
    if bare(x).dtype.kind != "f":
        raise TypeError(f"{name} wants real floating-point numbers, got {x.dtype}")
