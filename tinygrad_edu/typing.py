"""Type aliases for arguments of functions, for editors and type checkers; and NumPy as functions of Tensors."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

if TYPE_CHECKING:
    from .tensor.tensor import Tensor

TensorLike: TypeAlias = "Tensor | ArrayLike"
"""Anything to compute with: a Tensor, an array, a number, or nested lists of numbers."""

Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
"""An axis, several, or None for all."""

Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
"""A length, or one for each axis."""

Place: TypeAlias = "SupportsIndex | slice | EllipsisType | TensorLike | None"
Index: TypeAlias = "Place | tuple[Place, ...]"
"""An index, between square brackets: a place, or one for each axis."""

Out: TypeAlias = "Tensor | NDArray[Any] | None"
"""An array or Tensor to write the result into, or None for a new one."""

Dtype: TypeAlias = DTypeLike | None
"""A dtype, or None for the one that NumPy chooses."""

Order: TypeAlias = Literal["C", "F", "A", "K"]
"""The order of an array in memory."""

Kind: TypeAlias = Literal["quicksort", "heapsort", "mergesort", "stable"]
"""A way to sort."""

Mode: TypeAlias = Literal["raise", "wrap", "clip"]
"""The meaning of indices beyond the ends."""

numpy: Any = np
"""NumPy itself, for programs that are type-checked. Its own stubs know arrays only, and refuse ``np.mean(tensor)``."""


class Keepdims(TypedDict, total=False):
    """Keywords of NumPy's reductions."""

    keepdims: bool


class Where(Keepdims, total=False):
    """Keywords of reductions that can leave numbers out."""

    where: TensorLike


class Initial(Where, total=False):
    """Keywords of reductions that can start from a number."""

    initial: TensorLike


class Spread(Where, total=False):
    """Keywords of variances and standard deviations."""

    mean: TensorLike
    correction: float


class Layout(TypedDict, total=False):
    """Keywords of `reshape`."""

    order: Order
    copy: bool | None
