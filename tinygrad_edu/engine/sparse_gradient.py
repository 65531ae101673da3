"""SparseGradient: a gradient that arrives in pieces, each for a few places of an array.

A loop that reads ``x[0]``, ``x[1]``, ... sends back as many gradients as there are numbers in x, each of x's size and
all of it zeros but one. Added up as they come, n of them cost n * n. So a piece stays a piece, beside its place, until
the sum is wanted as an array; then all are put into one. To the walk, this is one more thing that can be added.
"""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import Any, Self

import numpy as np

from .atomic import atomic
from .masked_gradient import MaskedGradient, densify

FEW = 1000  # numbers in pieces that are allowed in any case


class SparseGradient:
    """An array, or zeros, and pieces that are still to be added to it."""

    __slots__ = ("array", "dtype", "pieces", "shape", "waiting")

    def __init__(
        self, array: Any, pieces: list[tuple[Any, Any]], waiting: int, shape: tuple[int, ...], dtype: Any
    ) -> None:
        self.array, self.pieces, self.shape, self.dtype = array, pieces, shape, dtype
        self.waiting = waiting  # how many numbers there are in the pieces

    def __iadd__(self, other: Any) -> Self:
        array, pieces = (other.array, other.pieces) if isinstance(other, SparseGradient) else (other, [])
        if array is not None:
            self.array = array if self.array is None else self.array + array
        if pieces:
            self.pieces += pieces
            self.waiting += other.waiting
            if self.waiting > max(prod(self.shape), FEW):  # kept any longer, they would take more memory than their sum
                total, mask = self.whole(), self.mask
                self.array, self.pieces, self.waiting = total if mask is None else MaskedGradient(total, mask), [], 0
        return self

    def __add__(self, other: Any) -> SparseGradient:
        total = SparseGradient(self.array, [*self.pieces], self.waiting, self.shape, self.dtype)
        total += other
        return total

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is np.add and method == "__call__":  # array + self, and array += self
            return self + inputs[0]
        return getattr(ufunc, method)(*map(densify, inputs), **kwargs)

    def whole(self) -> Any:
        """Return the sum as a new array."""
        pieces = ((index, densify(piece)) for index, piece in self.pieces)
        return gather_pieces(densify(self.array), self.shape, self.dtype, *chain.from_iterable(pieces))

    copy = densify

    @property
    def mask(self) -> Any:
        """The places that have a piece, as booleans; None if the sum has a whole array in it."""
        if self.array is not None and type(self.array) is not MaskedGradient:
            return None
        masks = ((index, piece.mask if type(piece) is MaskedGradient else True) for index, piece in self.pieces)
        return gather_pieces(
            None if self.array is None else self.array.mask, self.shape, np.dtype(bool), *chain.from_iterable(masks)
        )

    def masked(self, other: SparseGradient) -> Self:
        """Give the only piece a mask, which is the only piece of `other`, and return the gradient."""
        [(index, piece)], [(_, mask)] = self.pieces, other.pieces
        self.pieces = [(index, MaskedGradient(piece, mask))]
        return self


@atomic
def gather_pieces(array: Any, shape: tuple[int, ...], dtype: Any, *pieces: Any) -> Any:
    """Return a copy of `array` (zeros if None) with `pieces` added: an index, what belongs there, an index, ..."""
    out = np.zeros(shape, dtype) if array is None else np.array(array, order="C")
    for index, piece in zip(pieces[::2], pieces[1::2], strict=True):
        if not is_basic(index):
            np.add.at(out, index, piece)
        elif type(part := out[index]) is np.ndarray:  # a view
            np.add(part, piece, part)
        else:
            out[index] = part + piece
    return out


def is_basic(index: Any) -> bool:
    """Say whether an index has only integers, slices, None and Ellipsis, so that it names no place twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        (isinstance(i, int | slice | np.integer) and not isinstance(i, bool)) or i is None or i is Ellipsis
        for i in parts
    )
