"""What the results of transforms look like: their types for type checkers, their names and docstrings for readers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from ..tensor.tensor import Tensor
from .trace import require_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

P = ParamSpec("P")
Result = TypeVar("Result", covariant=True)
Function = Callable[..., Any]
OfTensor = Callable[Concatenate[Tensor, P], Any]


class Derivative(Protocol[P, Result]):
    """A function of the same parameters as the one it was made from, for type checkers."""

    def __call__(
        self, x: Tensor | NDArray[Any] | np.number[Any] | complex, /, *args: P.args, **kwargs: P.kwargs
    ) -> Result: ...


def name_after(what: str, f: Function) -> Callable[[Function], Function]:
    """Return the decorator that gives a function made from `f` its name and docstring."""
    require_function(what, f)
    return wraps(f, updated=())
