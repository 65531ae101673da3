"""MaskedGradient: a gradient that knows where it is zero because nothing was taken from there.

``np.where(x > 0, np.sqrt(x), 0)`` takes nothing of the square root at 0. So what goes back to the root is 0 there, and
the root's slope there is infinite; their product is NaN. But a branch that was not taken has no influence: its gradient
is 0. So what `where`, maxima and indices send back carries its mask along. An elementwise rule is linear in the
gradient: where nothing came in, nothing goes out, whatever the rule computes. A zero that merely occurs has no mask,
and 0 times infinity is then NaN, as it should be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .masking import where_or_zero, zero_where
from .tensor_base import TensorBase, to_arrays

# Kinds of rules that let a mask through: unchanged; moved as the gradient is; or by taking a MaskedGradient themselves.
ELEMENTWISE, REARRANGED, AWARE = "elementwise", "rearranged", "aware"


class MaskedGradient:
    """A gradient that is 0 wherever `mask` is False; both have the same shape."""

    __slots__ = ("array", "dtype", "mask", "shape")

    def __init__(self, array: Any, mask: Any) -> None:
        self.array, self.mask, self.shape, self.dtype = array, mask, array.shape, array.dtype

    def __add__(self, other: Any) -> Any:
        if type(other) is MaskedGradient:
            return MaskedGradient(self.array + other.array, self.mask | other.mask)
        return other + self if hasattr(other, "pieces") else self.array + other

    def __radd__(self, other: Any) -> Any:
        return other + self.array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute with the array alone: a sum with an array has no mask, since all elements of that count."""
        if ufunc is np.conjugate:
            return MaskedGradient(np.conjugate(self.array), self.mask)
        return getattr(ufunc, method)(*map(densify, inputs), **kwargs)

    def whole(self) -> Any:
        """Return the gradient as an array."""
        return self.array


def take_where(mask: Any, g: Any) -> Any:
    """Return the gradient of an argument that was taken where `mask` is True: `g` there, and 0 elsewhere."""
    return with_mask(where_or_zero(mask, g), lambda: as_booleans(to_arrays(mask)))


def take_where_not(mask: Any, g: Any) -> Any:
    """Return the gradient of an argument that was taken where `mask` is False: `g` there, and 0 elsewhere."""
    return with_mask(zero_where(mask, g), lambda: ~as_booleans(to_arrays(mask)))


def with_mask(g: Any, mask: Any) -> Any:
    """Return `g` with the mask that `mask()` computes; without one, if it is a formula or another library's array."""
    array = g._array if isinstance(g, TensorBase) else g
    if not (type(array) is np.ndarray or isinstance(array, np.generic) or hasattr(type(array), "__as_one__")):
        return g
    truth = mask()
    return MaskedGradient(g, truth if truth.shape == g.shape else np.broadcast_to(truth, g.shape))


def as_booleans(mask: Any) -> Any:
    return mask if hasattr(mask, "dtype") and mask.dtype.kind == "b" else np.not_equal(mask, 0)


def split_mask(g: Any, how: str | None) -> tuple[Any, Any]:
    """Return a gradient as an array, and its mask, if it has one that a rule of the kind `how` lets through."""
    mask = g.mask if how else None
    return g.whole(), None if type(mask) is np.ndarray and mask.all() else mask


def pass_through(how: str | None, vjp: Any, mask: Any, g: Any, y: Any, args: Any, kwargs: Any) -> Any:
    """Return what a rule computes for a gradient with a mask, with the mask that this gradient has in turn."""
    if how == AWARE:
        return vjp(MaskedGradient(g, mask), y, *args, **kwargs)
    if how == REARRANGED:
        d, moved = vjp(g, y, *args, **kwargs), vjp(mask, y, *args, **kwargs)
        if hasattr(d, "pieces"):
            return d.masked(moved)
        if isinstance(moved, tuple):
            return d  # several parts, only some of which are zero
        return MaskedGradient(densify(d), as_booleans(densify(moved)))
    with np.errstate(all="ignore"):  # NaNs where nothing was taken are replaced, and no reason to warn
        d = vjp(g, y, *args, **kwargs)
    if type(d) is MaskedGradient:
        d, mask = d.array, d.mask & mask
    if d is g:
        return MaskedGradient(d, mask)
    return MaskedGradient(where_or_zero(mask, d), mask) if d.shape == mask.shape else d


def densify(g: Any) -> Any:
    """Return a gradient as an array, or as a Tensor."""
    return g.whole() if hasattr(type(g), "whole") else g
