"""The warning about a forgotten `zero_grad`: the second step uses the first step's gradient again, as part of a sum.

Whoever forgets it once forgets it in every step, so two steps tell, and one parameter is enough. To add to an old
gradient may be intended (in another network, say, whose gradients nobody looks at); and a gradient that was set to zero
in place is no longer the first step's. So backward() only notes that it has added to the very numbers that the first
step used. It is a mistake when the second step uses the sum.
"""

from __future__ import annotations

import warnings
from typing import Any
from weakref import ref

import numpy as np

from ..engine.tensor_base import TensorBase


class Watch:
    """A watch over the smallest parameter, from an optimiser's first step to its second."""

    def __init__(self) -> None:
        self.of: Any = None  # the parameter
        self.added = False  # whether backward() has added to its gradient, as it was used by the first step

    def after_step(self, params: list[Any]) -> Watch | None:
        """Warn, if there is reason to; return the watch if it goes on."""
        if self.of is not None:
            parameter = self.of()
            if parameter is not None:
                parameter._node.note(before_adding=None)
                if self.added and parameter._grad is self.grad():
                    warnings.warn(MESSAGE, stacklevel=4)
            return None
        used = [p for p in params if isinstance(p._grad, TensorBase) and type(p._grad._array) is np.ndarray]
        if used:
            self.leave_note(min(used, key=lambda p: int(p.size)))
        return self

    def __reduce__(self) -> tuple[type[Watch], tuple[()]]:
        """Pickle a fresh watch: a copy has other parameters."""
        return Watch, ()

    def leave_note(self, parameter: Any) -> None:
        """Tell `backward`, in the parameter's leaf, what to call when it adds to a gradient that is there already."""
        self.of, self.grad, values = ref(parameter), ref(parameter._grad), parameter._grad._array.copy()

        def note(tensor: Any) -> None:
            same: bool = tensor._grad is self.grad()
            self.added = same and np.array_equal(tensor._grad._array, values)

        parameter._node.note(before_adding=note)


MESSAGE = (
    "this step goes along the sum of two gradients: one that the step before has used already, and one that backward() "
    "has added since. Call zero_grad() before each backward(); or filter this warning, if that is what you want"
)
