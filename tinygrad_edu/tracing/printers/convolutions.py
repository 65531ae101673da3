"""Lowering of convolutions and pooling: the windows of an image are one view of it; what meets is multiplied."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.neural.convolution import collect, distribute, overlap
from ...rules.neural.windows import fold, windows
from ..tape import TapeLine
from .loops import Read, View
from .lowering import Lowering, bind, lowers
from .moves import move_view, write_at
from .sums import contract

PLACES, KERNEL = "XYZ", "UVW"  # letters for the axes of an image, and for those of a kernel


@lowers(collect)
def convolve(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    w, groups = to.view(call["w"]), call["groups"]
    seen = windows_of(to, to.view(call["x"]), call["size"], w.shape[2:], call)
    n = len(call["size"])
    x = split(to, seen, 1, groups)
    y = contract(to, "NGO" + PLACES[:n], (x, "NGC" + PLACES[:n] + KERNEL[:n]),
                 (split(to, w, 0, groups), "GOC" + KERNEL[:n]))  # fmt: skip
    y = move_view(to, y, lambda a: a.reshape(a.shape[0], -1, *a.shape[3:]))
    if call["bias"] is None:
        return y
    bias = move_view(to, to.view(call["bias"]), lambda a: a.reshape(-1, *(1,) * n))
    return to.map("add", y, bias)


@lowers(overlap)
def correlate(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    y, size, groups = to.view(call["y"]), call["size"], call["groups"]
    n = len(size)
    x = split(to, windows_of(to, to.view(call["x"]), y.shape[2:], size, call), 1, groups)
    w = contract(to, "GOC" + KERNEL[:n], (x, "NGC" + PLACES[:n] + KERNEL[:n]),
                 (split(to, y, 1, groups), "NGO" + PLACES[:n]))  # fmt: skip
    return move_view(to, w, lambda a: a.reshape(-1, *a.shape[2:]))


@lowers(distribute)
def convolve_back(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    y, w, groups = to.view(call["y"]), to.view(call["w"]), call["groups"]
    n = len(call["size"])
    shares = contract(to, "NGC" + PLACES[:n] + KERNEL[:n], (split(to, y, 1, groups), "NGO" + PLACES[:n]),
                      (split(to, w, 0, groups), "GOC" + KERNEL[:n]))  # fmt: skip
    shares = move_view(to, shares, lambda a: a.reshape(a.shape[0], -1, *a.shape[3:]))
    return add_windows(to, shares, call["size"], y.shape[2:], w.shape[2:], call)


@lowers(windows)
def look(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    x, kernel, n = to.view(call["x"]), call["kernel"], len(call["kernel"])
    seen = windows_of(to, x, call["size"], kernel, call, call["fill"])
    return move_view(to, seen, lambda a: np.moveaxis(a, range(-n, 0), range(n)).reshape(-1, *a.shape[:-n]))


@lowers(fold)
def unlook(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    y, kernel, n = to.view(call["y"]), call["kernel"], len(call["kernel"])
    shares = move_view(to, y, lambda a: np.moveaxis(a.reshape(*kernel, *a.shape[1:]), range(n), range(-n, 0)))
    return add_windows(to, shares, call["size"], y.shape[len(y.shape) - n :], kernel, call)


def split(to: Lowering, x: View, axis: int, groups: int) -> View:
    """Return `x` with an axis split into groups."""
    return move_view(to, x, lambda a: a.reshape(*a.shape[:axis], groups, -1, *a.shape[axis + 1 :]))


def windows_of(to: Lowering, x: View, size: Any, kernel: Any, how: dict[str, Any], fill: float = 0) -> View:
    """Return the view of an image's windows, of shape (..., *size, *kernel); what lies beyond the ends is `fill`."""
    n = len(size)
    padded = padded_for(x.shape[-n:], size, kernel, how)
    made = to.new((*x.shape[:-n], *padded), x.dtype)
    if fill:
        to.write(made, fill)
    write_at(to, made, (..., *inside(x.shape[-n:], padded, how)), cropped(to, x, padded, how), "set")
    return windowed(made, size, kernel, how)


def add_windows(to: Lowering, shares: View, size: Any, places: Any, kernel: Any, how: dict[str, Any]) -> View:
    """Return the image to which each window adds its share: the transpose of `windows_of`."""
    n = len(size)
    padded = padded_for(size, places, kernel, how)
    made = to.new((*shares.shape[: -2 * n], *padded), shares.dtype)
    seen = windowed(made, places, kernel, how)
    to.loop(seen.shape, Read(seen.name, seen.start, seen.steps), shares.read(seen.shape), "add")
    part = move_view(to, made, lambda a: a[(..., *inside(size, padded, how))])
    return part if part.shape[-n:] == tuple(size) else grown(to, part, size)


def padded_for(inputs: Any, size: Any, kernel: Any, how: dict[str, Any]) -> tuple[int, ...]:
    """Return the lengths of an image with all that its windows reach: `padding` in front, what is missing behind."""
    axes = zip(inputs, size, kernel, how["stride"], how["padding"], how["dilation"], strict=True)
    return tuple(max(n + b, s * (m - 1) + d * (k - 1) + 1, 1) for n, m, k, s, b, d in axes)


def inside(inputs: Any, padded: Any, how: dict[str, Any]) -> tuple[slice, ...]:
    return tuple(slice(max(b, 0), b + n) for n, b in zip(inputs, how["padding"], strict=True))


def cropped(to: Lowering, x: View, padded: Any, how: dict[str, Any]) -> View:
    """Return the image without what lies in front of its first window, if `padding` is negative."""
    cuts = tuple(slice(max(-b, 0), None) for b in how["padding"])
    return move_view(to, x, lambda a: a[(..., *cuts)])


def grown(to: Lowering, part: View, size: Any) -> View:
    """Return the image with zeros in front, for what no window reached, if `padding` is negative."""
    made = to.new((*part.shape[: -len(size)], *size), part.dtype)
    ends = tuple(slice(m - n, None) for m, n in zip(size, part.shape[-len(size) :], strict=True))
    write_at(to, made, (..., *ends), part, "set")
    return made


def windowed(image: View, size: Any, kernel: Any, how: dict[str, Any]) -> View:
    n = len(size)
    lead, space = image.steps[:-n], image.steps[-n:]
    across = tuple(s * step for s, step in zip(how["stride"], space, strict=True))
    within = tuple(d * step for d, step in zip(how["dilation"], space, strict=True))
    shape = (*image.shape[:-n], *size, *kernel)
    return View(image.name, shape, (*lead, *across, *within), image.start, image.dtype)
