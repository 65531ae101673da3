"""Rules of `np.pad` and its modes: padding with numbers, with elements, and with statistics of elements.

The axes are padded in turn, as in NumPy, so that the corners are made of the padding of the axes before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.masked_gradient import REARRANGED
from ..engine.table import RULES
from ..engine.tensor_base import to_arrays, wrap
from .indexing import along
from .shapes import array, to

STATISTICS: dict[str, Callable[..., Any]] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}
SETTINGS: dict[str, dict[str, Any]] = {  # each mode's own keywords, with their defaults
    "constant": {"constant_values": 0}, "linear_ramp": {"end_values": 0}, "empty": {},
    **{mode: {"stat_length": None} for mode in STATISTICS},
    "edge": {}, "wrap": {}, "reflect": {"reflect_type": "even"}, "symmetric": {"reflect_type": "even"},
}  # fmt: skip


def pad_zeros(a: Any, width: tuple[tuple[int, int], ...]) -> Any:
    """Return `a` padded with zeros: the transpose of slicing."""
    return np.pad(a, width)


rule(pad_zeros, lambda g, y, a, width: g[tuple(slice(w[0], n - w[1]) for w, n in zip(width, g.shape))], name="pad")
RULES[pad_zeros].lets_through = REARRANGED


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if array.dtype.kind not in "fc":  # integers have no gradients, and NumPy rounds them in its own way
        return wrap(np.pad(to_arrays(array), to_arrays(pad_width), mode, **to_arrays(kwargs)))
    if mode not in SETTINGS:
        raise NotImplementedError(f"pad: mode {mode!r} has no derivative rule; there is one for {', '.join(SETTINGS)}")
    if kwargs.keys() - SETTINGS[mode].keys():
        raise ValueError(f"pad: mode {mode!r} does not take {', '.join(kwargs.keys() - SETTINGS[mode].keys())}")
    width = widths(pad_width, array.ndim)
    (setting,) = {**SETTINGS[mode], **kwargs}.values() or (0,)
    if not width:
        return np.copy(array)
    if mode == "empty" or (mode == "constant" and type(setting) in (int, float) and not setting):
        return apply(pad_zeros, array, width)
    if mode == "constant" or mode == "linear_ramp" or mode in STATISTICS:
        return pad_made(array, width, mode, setting)
    return pad_elements(array, width, mode, odd=setting == "odd")


def widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    """Return for each axis the widths before and after."""
    if isinstance(pad_width, dict):
        given = {axis % ndim: pair if np.ndim(pair) else (pair, pair) for axis, pair in pad_width.items()}
        pad_width = [given.get(axis, (0, 0)) for axis in range(ndim)] or 0
    pairs = np.broadcast_to(to_arrays(pad_width), (ndim, 2))
    if pairs.dtype.kind not in "iu":
        raise TypeError(f"pad: the width must be whole numbers, not {pad_width!r}")
    if np.any(pairs < 0):
        raise ValueError(f"pad: the width can't be negative, as in {pad_width!r}")
    return tuple(map(tuple, pairs.tolist()))


# ------------------------------------------------------------------------ with computed numbers


def pad_made(a: Any, width: tuple[tuple[int, int], ...], mode: str, setting: Any) -> Any:
    """Return `a` padded with computed numbers. `setting` broadcasts to (axes, 2), a value for each end of each axis."""
    settings = np.broadcast_to(array(setting), (a.ndim, 2))
    for axis, (before, after) in enumerate(width):
        if not before and not after:
            continue
        if mode != "constant" and not a.shape[axis]:
            raise ValueError(f"pad: axis {axis} is empty; there is nothing to make a padding of in mode {mode!r}")
        left = front(a, axis, before, mode, settings[axis, 0])
        right = np.flip(front(np.flip(a, axis), axis, after, mode, settings[axis, 1]), axis)
        a = to(np.concatenate([left, a, right], axis), a.dtype)
    return a


def front(a: Any, axis: int, n: int, mode: str, setting: Any) -> Any:
    """Return the `n` elements that come before the first."""
    if mode == "linear_ramp":
        return np.linspace(setting, a[along(axis, 0)], n, endpoint=False, axis=axis)
    if mode in STATISTICS:
        if setting is not None and setting < (mode in ("maximum", "minimum")):
            raise ValueError(f"pad: there is no {mode} of {setting} elements")
        setting = STATISTICS[mode](a[along(axis, slice(setting))], axis, keepdims=True)
    return np.broadcast_to(setting, (*a.shape[:axis], n, *a.shape[axis + 1 :]))


# -------------------------------------------------------------------------------- with elements


def pad_elements(a: Any, width: tuple[tuple[int, int], ...], mode: Any, odd: bool = False) -> Any:
    """Return `a` padded with its elements: repeated, wrapped, or mirrored; if `odd`, mirrored in value too."""
    for axis, pair in enumerate(width):
        padded = np.take(a, np.pad(np.arange(a.shape[axis]), pair, mode), axis)
        a = tilt(a, padded, axis, pair, mode) if odd and a.shape[axis] > 1 else padded
    return a


def tilt(a: Any, mirrored: Any, axis: int, pair: tuple[int, int], mode: str) -> Any:
    """Return mirrored elements, alternately mirrored in value too; each further length rises by the rise of `a`."""
    n = a.shape[axis]
    place = np.arange(-pair[0], n + pair[1])
    length = np.where((place >= 0) & (place < n), 0, place // (n - (mode == "reflect")))
    length = length.astype(a.dtype).reshape((-1,) + (1,) * (a.ndim - axis - 1))
    first, last = a[along(axis, slice(0, 1))], a[along(axis, slice(-1, None))]
    return np.where(length % 2 == 1, first + last - mirrored, mirrored) + length * (last - first)
