"""Convolutions as layers compute them: what to PyTorch are `stride`, `padding` and so on, as numbers for each axis.

An input may lack the axis of examples, N; then so does the output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.neural.convolution import collect, distribute


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """`conv2d` along one axis: (N, C, L) and (O, C / groups, k)."""
    return convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """At each place of an image, how well what is there goes with each of some patterns.

    Parameters
    ----------
    input : (N, C, H, W) or (C, H, W)
        Images of C channels.
    weight : (O, C / groups, h, w)
        The patterns, one for each channel of the output.
    bias : (O,), optional
    stride : int or pair
        How far apart the places are.
    padding : int, pair, "same" or "valid"
        How many zeros are put at each end; "same" keeps the size, "valid" means none.
    dilation : int or pair
        How far apart the points of a pattern are.
    groups : int
        Channels are divided into that many groups, each of which sees only itself.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.nn.functional import conv2d
    >>> image = np.array([[0., 0., 1., 1.]] * 3)
    >>> edges = np.array([[-1., 1.]] * 3)
    >>> conv2d(image[None], edges[None, None])
    array([[[0., 3., 0.]]])
    """
    return convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1,
    dilation: Any = 1,
) -> Any:  # fmt: skip
    """`conv_transpose2d` along one axis: (N, C, L) and (C, O / groups, k)."""
    return transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1,
    dilation: Any = 1,
) -> Any:  # fmt: skip
    """Each pixel lays down a pattern, times itself: the derivative of `conv2d`, used to make images larger.

    Parameters
    ----------
    input : (N, C, H, W) or (C, H, W)
    weight : (C, O / groups, h, w)
        A pattern for each channel of the input.
    bias : (O,), optional
    stride : int or pair
        How far apart the patterns are laid.
    padding : int or pair
        How much is cut off at each end.
    output_padding : int or pair
        How much longer the output is at its end: several lengths make `conv2d` outputs of the same length.
    groups : int
    dilation : int or pair
    """
    return transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


# ----------------------------------------------------------------------------------- along any axes


def convolution(
    name: str, axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    check(name, axes, x, weight, groups, weight.shape[1] * groups, len(weight) if weight.ndim else 0)
    kernel, single = weight.shape[2:], x.ndim == axes + 1
    stride, dilation = each(name, "stride", stride, axes), each(name, "dilation", dilation, axes)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]  # from a pattern's first point to its last
    before, around = ends(name, padding, stride, reach, axes)
    size = tuple((n + p - r - 1) // s + 1
                 for n, p, r, s in zip(x.shape[-axes:], around, reach, stride, strict=True))  # fmt: skip
    if min(size) < 1:
        raise ValueError(f"{name}: a kernel that reaches over {tuple(r + 1 for r in reach)} is larger than the padded input, of "
                         f"{tuple(n + p for n, p in zip(x.shape[-axes:], around, strict=True))}")
    check_bias(name, bias, len(weight))
    y = collect(x[None] if single else x, weight, bias, size, stride, before, dilation, groups)
    return y[0] if single else y


def transposed(
    name: str, axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Any:
    check(name, axes, x, weight, groups, len(weight), len(weight))
    kernel, single = weight.shape[2:], x.ndim == axes + 1
    stride, dilation = each(name, "stride", stride, axes), each(name, "dilation", dilation, axes)
    padding, more = each(name, "padding", padding, axes, 0), each(name, "output_padding", output_padding, axes, 0)
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise ValueError(f"{name}: output_padding={more} must be smaller than stride={stride} or dilation={dilation}")
    size = tuple((n - 1) * s - 2 * p + d * (k - 1) + m + 1
                 for n, s, p, d, k, m in zip(x.shape[-axes:], stride, padding, dilation, kernel, more, strict=True))  # fmt: skip
    if min(size) < 1:
        raise ValueError(f"{name}: nothing would be left, an output of lengths {size}; the padding, {padding}, is too large")
    check_bias(name, bias, weight.shape[1] * groups)
    y = distribute(x[None] if single else x, weight, size, stride, padding, dilation, groups)
    if bias is not None:
        y = y + np.reshape(bias, (-1,) + (1,) * axes)
    return y[0] if single else y


def check(name: str, axes: int, x: Any, weight: Any, groups: int, channels: int, divided: int) -> None:
    letters = "C, H, W" if axes == 2 else "C, L"
    if x.ndim not in (axes + 1, axes + 2) or weight.ndim != axes + 2:
        raise ValueError(f"{name} wants an input of shape (N, {letters}) or ({letters}) and a weight of {axes + 2} axes; "
                         f"got {x.shape} and {weight.shape}")
    if groups < 1 or divided % groups:
        raise ValueError(f"{name}: a weight of shape {weight.shape} can't be divided into {groups} groups")
    if x.shape[-axes - 1] != channels:
        raise ValueError(f"{name}: a weight of shape {weight.shape} in {groups} group{'s' * (groups > 1)} wants {channels} channels; "
                         f"the input has shape {x.shape}")


def check_bias(name: str, bias: Any, channels: int) -> None:
    if bias is not None and bias.shape != (channels,):
        raise ValueError(f"{name}: a bias for each of {channels} output channels is wanted, got shape {bias.shape}")


def each(name: str, what: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """A number for each axis."""
    numbers = (value,) * axes if np.ndim(value) == 0 else tuple(value)
    if len(numbers) == 1:
        numbers *= axes
    if len(numbers) != axes or not all(isinstance(n, int | np.integer) and n >= least for n in numbers):
        raise ValueError(f"{name}: {what} must be a whole number of at least {least}, or {axes} of them; got {value!r}")
    return tuple(map(int, numbers))


def ends(name: str, padding: Any, stride: Any, reach: list[int], axes: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many zeros before each axis, and at both of its ends together."""
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(f"{name}: padding='same' keeps the size, and stride={stride} does not; they exclude each other")
        return tuple(r // 2 for r in reach), tuple(reach)
    padding = each(name, "padding", 0 if padding == "valid" else padding, axes, 0)
    return padding, tuple(2 * p for p in padding)
