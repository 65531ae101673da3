"""Dropout: in training, some numbers are replaced by 0, at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import functional as F
from .module import Module

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor
    from ..typing import TensorLike


class Dropout(Module):
    """Dropout: in training, some numbers are replaced by 0, at random, and the others scaled up.

    Parameters
    ----------
    p : float
        The probability that a number is dropped, from 0 to 1.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    Notes
    -----
    See Srivastava et al. (2014), and `nn.functional.dropout`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Dropout(0.5).eval()(Tensor([1.0, 2.0])).data
    array([1., 2.])
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p={p} is out of range; it is a probability")
        self.p = p

    def forward(self, x: TensorLike) -> Tensor:
        """Return `x` with some numbers replaced by 0; in evaluation, `x` itself."""
        return F.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}"
