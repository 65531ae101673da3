"""Dropout: some numbers are replaced by 0, at random, and the others scaled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...rng import generator

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def dropout(x: TensorLike, p: float = 0.5, training: bool = True) -> Tensor:
    """Replace some numbers by 0, at random, and scale the others up, so that the expected value stays.

    Parameters
    ----------
    x : Tensor or ndarray, any shape
        The input: floating-point numbers.
    p : float
        The probability that a number is dropped, from 0 to 1.
    training : bool
        Whether to do so. Otherwise the input is returned as it is.

    Returns
    -------
    Tensor, of x's shape and dtype
        0 with probability `p`, elsewhere ``x / (1 - p)``.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    Notes
    -----
    See Srivastava et al. (2014). The random numbers come from the generator that `manual_seed` seeds.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> y = nn.functional.dropout(Tensor(np.ones(100)), p=0.75)
    >>> bool(np.all((y.data == 0) | (y.data == 4)))
    True
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p={p} is out of range; it is a probability")
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0
    kept = generator().random(x.shape, np.float32) >= p  # half the bits are enough, in half the time
    return x * np.multiply(kept, 1 / (1 - p), dtype=x.dtype)
