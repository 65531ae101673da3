"""Convolutions, with PyTorch's names for their settings: `stride`, `padding` and so on.

An input may lack the axis of examples, N. Then the output lacks it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ...docstrings import complete_from
from ...rules.neural.convolution import collect, distribute

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike

Lengths: TypeAlias = int | Sequence[int]  # one for all axes, or one for each


def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Lengths = 1,
    padding: Lengths | Literal["same", "valid"] = 0,
    dilation: Lengths = 1,
    groups: int = 1,
) -> Tensor:
    """Compute at each place of an image how well it matches each of some patterns, which are called kernels.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, H, W) or (C, H, W)
        Images with C channels.
    weight : Tensor or ndarray, (O, C / groups, h, w)
        The kernels, one for each channel of the output.
    bias : Tensor or ndarray, (O,), optional
        A number that is added to each channel of the output.
    stride : int or sequence of int
        The distance between neighbouring places, one for all axes or one for each.
    padding : int, sequence of int, "same" or "valid"
        How many zeros are put at each end of an axis. "same" keeps the size of the image; "valid" puts none.
    dilation : int or sequence of int
        The distance between neighbouring points of a kernel.
    groups : int
        In how many groups the channels are divided. Each group of outputs sees only its own group of inputs.

    Returns
    -------
    Tensor, (N, O, H', W') or (O, H', W')
        The matches, sums of products. Lengths are ``(H + 2 * padding - dilation * (h - 1) - 1) // stride + 1``.

    Raises
    ------
    ValueError
        If shapes or settings do not fit each other.

    Notes
    -----
    ``y[n, o, i, j]`` is the sum of ``x[n, c, i * stride + a * dilation, j * stride + b * dilation] * weight[o, c, a,
    b]`` over c, a and b: a correlation, since the kernel is not turned round. See LeCun et al. (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> image = np.array([[0., 0., 1., 1.]] * 3)
    >>> edges = np.array([[-1., 1.]] * 3)
    >>> nn.functional.conv2d(image[None], edges[None, None])
    array([[[0., 3., 0.]]])
    """
    return convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@complete_from(conv2d)
def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Lengths = 1,
    padding: Lengths | Literal["same", "valid"] = 0,
    dilation: Lengths = 1,
    groups: int = 1,
) -> Tensor:
    """Compute at each place of a sequence how well it matches each of some patterns, which are called kernels.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, L) or (C, L)
        Sequences with C channels.
    weight : Tensor or ndarray, (O, C / groups, l)
        The kernels, one for each channel of the output.

    Returns
    -------
    Tensor, (N, O, L') or (O, L')
        The matches, sums of products. Lengths are ``(L + 2 * padding - dilation * (l - 1) - 1) // stride + 1``.

    Notes
    -----
    This is `conv2d` along one axis.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.conv1d(np.array([[0., 0., 1., 1.]]), np.array([[[-1., 1.]]]))
    array([[0., 1., 0.]])
    """
    return convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Lengths = 1,
    padding: Lengths = 0,
    output_padding: Lengths = 0,
    groups: int = 1,
    dilation: Lengths = 1,
) -> Tensor:
    """Compute the transposed convolution: each pixel adds a pattern, times its own value, to a larger image.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, H, W) or (C, H, W)
        Images with C channels.
    weight : Tensor or ndarray, (C, O / groups, h, w)
        The patterns, one for each channel of the input.
    bias : Tensor or ndarray, (O,), optional
        A number that is added to each channel of the output.
    stride : int or sequence of int
        The distance between the patterns of neighbouring pixels, one for all axes or one for each.
    padding : int or sequence of int
        How much is cut off at each end of an axis.
    output_padding : int or sequence of int
        How much longer the output is at its end. (With a stride, `conv2d` gives the same length for several inputs, and
        this chooses among them.)
    groups : int
        In how many groups the channels are divided. Each group of inputs adds only to its own group of outputs.
    dilation : int or sequence of int
        The distance between neighbouring points of a pattern.

    Returns
    -------
    Tensor, (N, O, H', W') or (O, H', W')
        The sums. Lengths are ``(H - 1) * stride - 2 * padding + dilation * (h - 1) + output_padding + 1``.

    Raises
    ------
    ValueError
        If shapes or settings do not fit each other.

    Notes
    -----
    This is the vector-Jacobian product of `conv2d` with respect to its input. See Dumoulin & Visin (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.conv_transpose2d(np.array([[[1., 2.]]]), np.ones((1, 1, 2, 2)), stride=2)
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """
    return convolve_transposed(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@complete_from(conv_transpose2d)
def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Lengths = 1,
    padding: Lengths = 0,
    output_padding: Lengths = 0,
    groups: int = 1,
    dilation: Lengths = 1,
) -> Tensor:
    """Compute the transposed convolution along one axis: each number adds a pattern, times itself, to the output.

    Parameters
    ----------
    input : Tensor or ndarray, (N, C, L) or (C, L)
        Sequences with C channels.
    weight : Tensor or ndarray, (C, O / groups, l)
        The patterns, one for each channel of the input.

    Returns
    -------
    Tensor, (N, O, L') or (O, L')
        The sums. Lengths are ``(L - 1) * stride - 2 * padding + dilation * (l - 1) + output_padding + 1``.

    Notes
    -----
    This is `conv_transpose2d` along one axis.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn
    >>> nn.functional.conv_transpose1d(np.array([[1., 2.]]), np.ones((1, 1, 2)), stride=2)
    array([[1., 1., 2., 2.]])
    """
    return convolve_transposed(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


# ------------------------------------------------------------------------------- along one axis or two


def convolve(
    name: str, axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """Return the convolution along one axis or two; `name` is for error messages."""
    check_shapes(name, axes, x, weight, groups, transposed=False)
    kernel, single = weight.shape[2:], x.ndim == axes + 1
    stride, dilation = per_axis(name, "stride", stride, axes), per_axis(name, "dilation", dilation, axes)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]  # from a pattern's first point to its last
    before, around = resolve_padding(name, padding, stride, reach, axes)
    size = tuple((n + p - r - 1) // s + 1
                 for n, p, r, s in zip(x.shape[-axes:], around, reach, stride, strict=True))  # fmt: skip
    if min(size) < 1:
        raise ValueError(
            f"{name}: a kernel that reaches over {tuple(r + 1 for r in reach)} is larger than the padded input, of "
            f"{tuple(n + p for n, p in zip(x.shape[-axes:], around, strict=True))}"
        )
    check_bias(name, bias, len(weight))
    y = collect(x[None] if single else x, weight, bias, size, stride, before, dilation, groups)
    return y[0] if single else y


def convolve_transposed(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    """Return the transposed convolution along one axis or two; `name` is for error messages."""
    check_shapes(name, axes, x, weight, groups, transposed=True)
    kernel, single = weight.shape[2:], x.ndim == axes + 1
    stride, dilation = per_axis(name, "stride", stride, axes), per_axis(name, "dilation", dilation, axes)
    padding, more = (
        per_axis(name, "padding", padding, axes, 0),
        per_axis(name, "output_padding", output_padding, axes, 0),
    )
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise ValueError(f"{name}: output_padding={more} must be smaller than stride={stride} or dilation={dilation}")
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + m + 1
        for n, s, p, d, k, m in zip(x.shape[-axes:], stride, padding, dilation, kernel, more, strict=True)
    )
    if min(size) < 1:
        raise ValueError(
            f"{name}: nothing would be left, an output of lengths {size}; the padding, {padding}, is too large"
        )
    check_bias(name, bias, weight.shape[1] * groups)
    y = distribute(x[None] if single else x, weight, size, stride, padding, dilation, groups)
    if bias is not None:
        y = y + np.reshape(bias, (-1,) + (1,) * axes)
    return y[0] if single else y


def check_shapes(name: str, axes: int, x: Any, weight: Any, groups: int, transposed: bool) -> None:
    """Raise an error for shapes that don't fit the groups or each other."""
    letters = "C, H, W" if axes == 2 else "C, L"
    if x.ndim not in (axes + 1, axes + 2) or weight.ndim != axes + 2:
        raise ValueError(
            f"{name} wants an input of shape (N, {letters}) or ({letters}) and a weight of {axes + 2} axes; "
            f"got {x.shape} and {weight.shape}"
        )
    if groups < 1 or len(weight) % groups:
        raise ValueError(f"{name}: a weight of shape {weight.shape} can't be divided into {groups} groups")
    channels = len(weight) if transposed else weight.shape[1] * groups
    if x.shape[-axes - 1] != channels:
        raise ValueError(
            f"{name}: a weight of shape {weight.shape} in {groups} group{'s' * (groups > 1)} wants {channels} "
            f"channels; the input has shape {x.shape}"
        )


def check_bias(name: str, bias: Any, channels: int) -> None:
    """Raise an error for a bias of another shape than (channels,)."""
    if bias is not None and bias.shape != (channels,):
        raise ValueError(
            f"{name}: bias must have shape {(channels,)}, a number for each output channel; it has shape {bias.shape}"
        )


def per_axis(name: str, what: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """Return a setting as a number for each axis; refuse anything but whole numbers of at least `least`."""
    numbers = (value,) * axes if np.ndim(value) == 0 else tuple(value)
    if len(numbers) == 1:
        numbers *= axes
    if len(numbers) != axes or not all(isinstance(n, int | np.integer) and n >= least for n in numbers):
        raise ValueError(f"{name}: {what} must be a whole number of at least {least}, or {axes} of them; got {value!r}")
    return tuple(map(int, numbers))


def resolve_padding(
    name: str, padding: Any, stride: Any, reach: list[int], axes: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how many zeros are put before each axis, and how many at its two ends together."""
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(
                f"{name}: padding='same' keeps the size, and stride={stride} does not; they exclude each other"
            )
        return tuple(r // 2 for r in reach), tuple(reach)
    padding = per_axis(name, "padding", 0 if padding == "valid" else padding, axes, 0)
    return padding, tuple(2 * p for p in padding)
