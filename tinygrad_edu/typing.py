"""Names for what functions take, for editors and type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from .tensor.tensor import Tensor

TensorLike: TypeAlias = "Tensor | ArrayLike"
"""Whatever can be computed with: a Tensor, an array, a number, or nested lists of numbers."""
