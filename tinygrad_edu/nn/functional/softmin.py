"""Softmin: probabilities that are large where the input is small. Softmax is in `rules.neural.fused`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...rules.neural.fused import softmax

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def softmin(x: TensorLike, axis: int = -1) -> Tensor:
    """Compute probabilities that are large where the input is small.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
    axis : int
        The axis along which the results add up to 1.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``softmax(-x, axis)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.softmin(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([0.7054, 0.2595, 0.0351])
    """
    return softmax(-x, axis)
