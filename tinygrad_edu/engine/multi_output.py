"""Functions with several results, such as ``np.linalg.eigh``: to the engine they have one result, with parts.

The table and the walk know one output for each operation. So a tuple of arrays is made a single value that has a
shape, a dtype and a sum, as an array has; taking a part of it is indexing, and the transpose of that is placing a
gradient among zeros, by the same two rules that index arrays (`rules.indexing`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Self

import numpy as np


class MultiOutput(tuple[Any, ...]):
    """A tuple of arrays that counts as one value: such tuples are added like arrays, part by part."""

    kind: Any = tuple  # what makes a tuple of the type that the function returned

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(part.shape for part in self)

    @property
    def dtype(self) -> MultiOutputType:
        return multi_output_type(*(part.dtype for part in self))

    def __add__(self, other: Any) -> Self:
        return type(self)(a + b for a, b in zip(self, other, strict=True))

    def copy(self) -> Self:
        return type(self)(part.copy() for part in self)


class MultiOutputType:
    """The dtypes of all parts, in place of a dtype."""

    kind = "f"  # as floating dtypes have it: gradients may flow

    def __init__(self, *dtypes: Any) -> None:
        self.parts = dtypes

    def __repr__(self) -> str:
        return f"({', '.join(map(str, self.parts))})"


multi_output_type = lru_cache(MultiOutputType)  # the same dtypes are the same object


def place_part(part: Any, i: int, shape: Any, dtype: MultiOutputType) -> MultiOutput:
    """Return zeros, but for one part: the transpose of taking that part."""
    zeros = [np.zeros_like(part, t, shape=s) for s, t in zip(shape, dtype.parts, strict=True)]
    return MultiOutput([*zeros[:i], part, *zeros[i + 1 :]])
