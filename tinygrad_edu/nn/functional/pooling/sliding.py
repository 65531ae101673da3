"""Pooling with windows of a given size, which slide over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....docstrings import complete_from
from ....engine.tensor_base import to_arrays
from ....rules.neural.windows import windows
from ..convolution import per_axis

if TYPE_CHECKING:
    from ....tensor.tensor import Tensor
    from ....typing import TensorLike
    from ..convolution import Lengths


def max_pool2d(
    input: TensorLike,
    kernel_size: Lengths,
    stride: Lengths | None = None,
    padding: Lengths = 0,
    dilation: Lengths = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Compute the largest number of each window.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, H, W) or (C, H, W)
        Images with C channels, of floating-point numbers.
    kernel_size : int or sequence of int
        The size of the windows, one for all axes or one for each.
    stride : int or sequence of int, optional
        The distance between neighbouring windows. By default it is `kernel_size`, so that they touch.
    padding : int or sequence of int
        How far the first window begins before the image, and the last may end after it. Nothing is chosen from there.
    dilation : int or sequence of int
        The distance between neighbouring points of a window.
    ceil_mode : bool
        Whether a last window counts that lies in the image only in part.

    Returns
    -------
    Tensor, (N, C, H', W') or (C, H', W')
        The maxima. Lengths are ``(H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``.

    Raises
    ------
    TypeError
        If the numbers are not real floating-point numbers.
    ValueError
        If shapes or settings do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.max_pool2d(np.arange(16.).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


@complete_from(max_pool2d)
def max_pool1d(
    input: TensorLike,
    kernel_size: Lengths,
    stride: Lengths | None = None,
    padding: Lengths = 0,
    dilation: Lengths = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Compute the largest number of each window along one axis.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, L) or (C, L)
        Sequences with C channels, of floating-point numbers.

    Returns
    -------
    Tensor, (N, C, L') or (C, L')
        The maxima. Lengths are ``(L + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.max_pool1d(np.array([[1., 5., 2., 0.]]), 2)
    array([[5., 2.]])
    """
    return max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


@complete_from(max_pool2d)
def avg_pool2d(
    input: TensorLike,
    kernel_size: Lengths,
    stride: Lengths | None = None,
    padding: Lengths = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Compute the mean of each window.

    Parameters
    ----------
    padding : int or sequence of int
        How many zeros are put at each end of an axis.
    count_include_pad : bool
        Whether these zeros count when the sum is divided.
    divisor_override : int, optional
        The number by which the sums are divided, rather than by how many numbers a window holds.

    Returns
    -------
    Tensor, (N, C, H', W') or (C, H', W')
        The means. Lengths are ``(H + 2 * padding - kernel_size) // stride + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.avg_pool2d(np.arange(16.).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@complete_from(avg_pool2d)
def avg_pool1d(
    input: TensorLike,
    kernel_size: Lengths,
    stride: Lengths | None = None,
    padding: Lengths = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Compute the mean of each window along one axis.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, L) or (C, L)
        Sequences with C channels, of floating-point numbers.

    Returns
    -------
    Tensor, (N, C, L') or (C, L')
        The means. Lengths are ``(L + 2 * padding - kernel_size) // stride + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.avg_pool1d(np.array([[1., 5., 2., 0.]]), 2)
    array([[3., 1.]])
    """
    return avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def max_pool(name: str, axes: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> Any:
    """Return the largest number of each window, along one axis or two; `name` is for error messages."""
    kernel, size, *how = arrange_windows(name, axes, x, kernel, stride, padding, dilation, ceil)
    return np.max(windows(x, kernel, size, -np.inf, *how), 0)


def avg_pool(
    name: str,
    axes: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil: bool,
    padding_counts: bool,
    divisor: int | None,
) -> Any:
    """Return the mean of each window, along one axis or two."""
    kernel, size, *how = arrange_windows(name, axes, x, kernel, stride, padding, 1, ceil)
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


def arrange_windows(
    name: str, axes: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> tuple[tuple[int, ...], ...]:
    """Return kernel sizes, output lengths, strides, paddings and dilations, a number for each axis."""
    check_input(name, axes, x)
    kernel = per_axis(name, "kernel_size", kernel, axes)
    stride = kernel if stride is None else per_axis(name, "stride", stride, axes)
    padding, dilation = per_axis(name, "padding", padding, axes, 0), per_axis(name, "dilation", dilation, axes)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(
            f"{name}: padding={padding} is more than half of kernel_size={kernel}: some windows would be empty"
        )
    size = []
    for n, k, s, p, d in zip(x.shape[-axes:], kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        m = (room + (s - 1 if ceil else 0)) // s + 1
        size.append(m - 1 if ceil and (m - 1) * s >= n + p else m)  # a window must begin before the end
    if min(size) < 1:
        raise ValueError(f"{name}: kernel_size={kernel} is larger than the input, of shape {x.shape}")
    return kernel, tuple(size), stride, padding, dilation


def check_input(name: str, axes: int, x: Any) -> None:
    """Raise an error for an input of other axes or dtypes."""
    letters = "C, H, W" if axes == 2 else "C, L"
    if np.ndim(x) not in (axes + 1, axes + 2):
        raise ValueError(f"{name} wants an input of shape (N, {letters}) or ({letters}), got {np.shape(x)}")
    if to_arrays(x).dtype.kind != "f":
        raise TypeError(f"{name} wants real floating-point numbers, got {x.dtype}")
