"""Noticing a forgotten `zero_grad`: a second step by a gradient that was added to what the first step went by.

Whoever forgets it once forgets it in every step, so the first two tell, and one parameter is enough. A gradient that is
there still, and is being added to, may be meant (another network's, whose gradients nobody looks at); one that was
set to zero in place is none of the first step's any more. So it is noted when backward() adds to the very numbers that
the first step used, and it is a mistake only when the second step uses the sum.
"""

from __future__ import annotations

import warnings
from typing import Any
from weakref import ref

import numpy as np

from ..engine.tensor_base import Value


class Watch:
    """Over the smallest parameter, from an optimiser's first step to its second."""

    def __init__(self) -> None:
        self.of: Any = None  # the parameter
        self.added = False  # whether backward() has added to its gradient, as it was used by the first step

    def after_step(self, params: list[Any]) -> Watch | None:
        """What to watch further, if anything."""
        if self.of is not None:
            parameter = self.of()
            if parameter is not None:
                parameter._node.note(before_adding=None)
                if self.added and parameter._grad is self.grad():
                    warnings.warn(MESSAGE, stacklevel=4)
            return None
        used = [p for p in params if isinstance(p._grad, Value) and type(p._grad._array) is np.ndarray]
        if used:
            self.leave_note(min(used, key=lambda p: int(p.size)))
        return self

    def __reduce__(self) -> tuple[type[Watch], tuple[()]]:
        """Of a copy, the watch begins anew: the copy's parameters are others."""
        return Watch, ()

    def leave_note(self, parameter: Any) -> None:
        """For `backward`, in the parameter's leaf: what to call when it adds to a gradient that is there already."""
        self.of, self.grad, values = ref(parameter), ref(parameter._grad), parameter._grad._array.copy()

        def note(tensor: Any) -> None:
            same: bool = tensor._grad is self.grad()
            self.added = same and np.array_equal(tensor._grad._array, values)

        parameter._node.note(before_adding=note)


MESSAGE = (
    "this step goes along the sum of two gradients: of one that the step before has used already, and of one that backward() "
    "has added since. Call zero_grad() before each backward(); or filter this warning, if that is what you want"
)
