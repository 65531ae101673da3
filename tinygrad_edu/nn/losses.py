"""Costs: one number that says how far what came out is from what was wanted."""

from __future__ import annotations

from typing import Any

from ..graph import apply
from ..rules.fused import squared_error
from .module import Module


def same_shape(loss: Module, output: Any, target: Any) -> None:
    """Refuse shapes that merely happen to broadcast, such as (n,) against (n, 1)."""
    a, b = output.shape, target.shape
    if a != b:
        raise ValueError(f"{type(loss).__name__}: the output has shape {a} and the target {b}; they must be equal. "
                         "Reshape one of them: broadcasting would compare every output with every target")


class MSELoss(Module):
    """Mean of the squared differences over all elements, as PyTorch's of this name.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What to make of the squared differences.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.MSELoss()(Tensor([1., 2.]), Tensor([1., 4.])).item()
    2.0
    """

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"MSELoss: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
        self.reduction = reduction

    def forward(self, output: Any, target: Any) -> Any:
        same_shape(self, output, target)
        if self.reduction == "none":
            return (output - target) ** 2
        return apply(squared_error.fn, output, target, output.size if self.reduction == "mean" else 1)

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class SumOfSquaresLoss(Module):
    """The notes' cost: the sum of squared differences of each example, averaged over the examples.

    The first axis counts the examples. For 10 outputs this is 10 times `MSELoss`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.SumOfSquaresLoss()(Tensor([[1., 2.], [0., 0.]]), Tensor([[1., 4.], [0., 2.]])).item()
    4.0
    """

    def forward(self, output: Any, target: Any) -> Any:
        same_shape(self, output, target)
        return apply(squared_error.fn, output, target, output.shape[0] if output.shape else 1)
