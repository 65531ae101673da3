"""Rules of Fourier transforms. Each is a symmetric matrix, ``exp(-2πi jk/n)``, and so its own transpose.

So the rule of `fft` is `fft`. In the real transforms half of the spectrum stands for all of it: each frequency for its
mirror image too. The first, 0, and the last, if `n` is even, are their own mirror images. The transpose counts
frequencies accordingly, once or twice.
Transforms along several axes are made of these, one after the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from .complex import conjugate

# ------------------------------------------------------------------------------------ one axis

rule(np.fft.fft,   lambda g, y, a, n=None, axis=-1, norm=None: cut_or_pad(np.fft.fft(g, None, axis, norm), a.shape, axis))
rule(np.fft.ifft,  lambda g, y, a, n=None, axis=-1, norm=None: cut_or_pad(np.fft.ifft(g, None, axis, norm), a.shape, axis))

rule(np.fft.rfft,  lambda g, y, a, n=None, axis=-1, norm=None: rfft_rule(g, a.shape, n, axis, norm))
rule(np.fft.irfft, lambda g, y, a, n=None, axis=-1, norm=None: irfft_rule(g, a.shape, axis, norm))


def rfft_rule(g: Any, shape: Any, n: Any, axis: int, norm: Any) -> Any:
    n = shape[axis] if n is None else n
    return cut_or_pad(np.fft.hfft(g / times(n, g, axis), n, axis, norm), shape, axis)


def irfft_rule(g: Any, shape: Any, axis: int, norm: Any) -> Any:
    spectrum = np.fft.ihfft(g, None, axis, norm)
    return cut_or_pad(spectrum * times(g.shape[axis], spectrum, axis), shape, axis)


def times(n: int, spectrum: Any, axis: int) -> Any:
    """Return how often each frequency of a real transform of length `n` occurs: 1, 2, 2, ..., and 1 if n is even."""
    k = np.arange(n // 2 + 1)
    counts = np.where((k == 0) | (2 * k == n), 1, 2).astype(np.finfo(spectrum.dtype).dtype)
    return np.expand_dims(counts, tuple(range(1, spectrum.ndim - axis % spectrum.ndim)))


def cut_or_pad(x: Any, shape: Any, axis: int) -> Any:
    """Return `x`, cut off or padded with zeros to the length that `shape` has along `axis`."""
    axis, want = axis % x.ndim, shape[axis]
    if (have := x.shape[axis]) > want:
        return x[(slice(None),) * axis + (slice(want),)]
    return np.pad(x, [(0, (want - have) * (i == axis)) for i in range(x.ndim)]) if have < want else x


SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return np.fft.irfft(conjugate(a), n, axis, SWAPPED.get(norm, norm))


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return np.conjugate(np.fft.rfft(a, n, axis, SWAPPED.get(norm, norm)))


# --------------------------------------------------------------------------------- several axes


def in_turn(transform: Any, default: Any = None) -> Any:
    """Return the complex transform along several axes, made of that along one."""

    def body(a: Any, s: Any = None, axes: Any = default, norm: Any = None) -> Any:
        for n, axis in reversed(plan(a, s, axes)):
            a = transform(a, n, axis, norm)
        return a

    return body


def real_first(default: Any = None) -> Any:
    """Return the real transform along several axes: along the last of them, then complex ones along the others."""

    def body(a: Any, s: Any = None, axes: Any = default, norm: Any = None) -> Any:
        *others, (n, axis) = plan(a, s, axes)
        a = np.fft.rfft(a, n, axis, norm)
        for n, axis in reversed(others):
            a = np.fft.fft(a, n, axis, norm)
        return a

    return body


def real_last(default: Any = None) -> Any:
    """Return the inverse of the real transform along several axes."""

    def body(a: Any, s: Any = None, axes: Any = default, norm: Any = None) -> Any:
        *others, (last, final) = plan(a, s, axes)
        for n, axis in others:
            a = np.fft.ifft(a, n, axis, norm)
        return np.fft.irfft(a, None if s is None else last, final, norm)

    return body


def plan(a: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    """Return the length and the axis of each transform in turn; a length is that of `a` if `s` is None or has -1."""
    axes = range(-len(a.shape if s is None else s), 0) if axes is None else axes
    s = [-1] * len(axes) if s is None else s
    if len(s) != len(axes):
        raise ValueError(f"a transform along {len(axes)} axes can't have {len(s)} lengths")
    return [(a.shape[axis] if n == -1 else n, axis) for n, axis in zip(s, axes)]


composite(np.fft.fftn)(in_turn(np.fft.fft))
composite(np.fft.fft2)(in_turn(np.fft.fft, (-2, -1)))
composite(np.fft.ifftn)(in_turn(np.fft.ifft))
composite(np.fft.ifft2)(in_turn(np.fft.ifft, (-2, -1)))
composite(np.fft.rfftn)(real_first())
composite(np.fft.rfft2)(real_first((-2, -1)))
composite(np.fft.irfftn)(real_last())
composite(np.fft.irfft2)(real_last((-2, -1)))

# ------------------------------------------------------------------------------------ shifts


def roll_half(x: Any, axes: Any, sign: int) -> Any:
    """Return `x` rolled along each axis by half its length, forwards or backwards."""
    axes = tuple(range(x.ndim)) if axes is None else (axes,) if np.ndim(axes) == 0 else tuple(axes)
    return np.roll(x, tuple(sign * (x.shape[i] // 2) for i in axes), axes)


composite(np.fft.fftshift)(lambda x, axes=None: roll_half(x, axes, 1))
composite(np.fft.ifftshift)(lambda x, axes=None: roll_half(x, axes, -1))
