"""Names for what functions take, and NumPy as Tensors know it, for editors and type checkers."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

if TYPE_CHECKING:
    from .tensor import Tensor

TensorLike: TypeAlias = "Tensor | ArrayLike"
"""Whatever can be computed with: a Tensor, an array, a number, or nested lists of numbers."""

Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
"""An axis, several, or None for all."""

Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
"""A length, or one for each axis."""

Place: TypeAlias = "SupportsIndex | slice | EllipsisType | TensorLike | None"
Index: TypeAlias = "Place | tuple[Place, ...]"
"""What may stand between square brackets."""

Out: TypeAlias = "Tensor | NDArray[Any] | None"
"""Where NumPy shall put the result."""

Dtype: TypeAlias = DTypeLike | None
"""A dtype, or None for the one that NumPy chooses."""

Order: TypeAlias = Literal["C", "F", "A", "K"]
"""How an array lies in memory."""

Kind: TypeAlias = Literal["quicksort", "heapsort", "mergesort", "stable"]
"""How to sort."""

Mode: TypeAlias = Literal["raise", "wrap", "clip"]
"""What indices beyond the ends mean."""

numpy: Any = np
"""NumPy itself, for programs that are type-checked: its stubs know of arrays only, and so refuse ``np.mean(tensor)``.

>>> from tinygrad_edu import Tensor
>>> from tinygrad_edu.typing import numpy as np
>>> np.mean(Tensor([1., 2.]))
Tensor(1.5, shape=(), dtype=float64)
"""


class Keepdims(TypedDict, total=False):
    """What NumPy's reductions take by name."""

    keepdims: bool


class Where(Keepdims, total=False):
    """The same, of those that can leave numbers out."""

    where: TensorLike


class Initial(Where, total=False):
    """The same, of those that can start from a number."""

    initial: TensorLike


class Spread(Where, total=False):
    """The same, of variances."""

    mean: TensorLike
    correction: float


class Layout(TypedDict, total=False):
    """What `reshape` takes by name."""

    order: Order
    copy: bool | None
