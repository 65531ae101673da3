"""Writing numbers into a parameter, as all initialisers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor

P = TypeVar("P", bound="Tensor")  # a function returns its own argument, usually a Parameter


def fill(p: P, values: Any) -> P:
    """Write numbers into a parameter and return it."""
    p._own()[...] = values
    return p
