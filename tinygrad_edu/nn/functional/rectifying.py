"""Activation functions that pass on positive inputs, and little of negative ones: the rectifier's relatives.

Where a function has a kink, its derivative there is the slope of the left side, since NumPy's comparison chooses that
side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...docstrings import complete_from
from .saturating import hardtanh

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def leaky_relu(x: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """Compute the leaky rectifier.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
    negative_slope : float
        The slope below 0.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x`` where it is above 0, elsewhere ``negative_slope * x``.

    Notes
    -----
    See Maas, Hannun & Ng (2013).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.leaky_relu(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.01,  0.  ,  2.  ])
    """
    return np.where(x > 0, x, negative_slope * x)


def prelu(x: TensorLike, weight: TensorLike) -> Tensor:
    """Compute the leaky rectifier whose slope is learnt.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
    weight : Tensor or array_like, (1,) or (C,)
        The slope below 0: one for all numbers, or one for each channel. Channels are the second axis of `x`.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x`` where it is above 0, elsewhere ``weight * x``.

    Raises
    ------
    ValueError
        If there are several slopes, and their number is not the number of channels.

    Notes
    -----
    See He et al. (2015).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.prelu(Tensor([-1.0, 0.0, 2.0]), Tensor([0.25])).data.round(4)
    array([-0.25,  0.  ,  2.  ])
    """
    if (n := np.size(weight)) > 1:
        if n != x.shape[min(1, x.ndim - 1)]:
            raise ValueError(
                f"prelu: there are slopes for {n} channels, the second axis, and the input has shape {x.shape}"
            )
        weight = np.reshape(weight, (-1,) + (1,) * (x.ndim - 2))
    return np.where(x > 0, x, weight * x)


@complete_from(leaky_relu)
def relu6(x: TensorLike) -> Tensor:
    """Compute the rectifier that stops growing at 6.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``min(max(x, 0), 6)``.

    Notes
    -----
    See Krizhevsky (2010).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.relu6(Tensor([-1.0, 2.0, 9.0])).data.round(4)
    array([0., 2., 6.])
    """
    return hardtanh(x, 0.0, 6.0)


@complete_from(leaky_relu)
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Compute the exponential linear unit.

    Parameters
    ----------
    alpha : float
        The function approaches ``-alpha`` for large negative inputs.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x`` where it is above 0, elsewhere ``alpha * (exp(x) - 1)``.

    Notes
    -----
    See Clevert, Unterthiner & Hochreiter (2016).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.elu(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.6321,  0.    ,  2.    ])
    """
    curve = np.expm1(np.where(x > 0, 0, x))
    return np.where(x > 0, x, curve if is_one(alpha) else alpha * curve)


@complete_from(leaky_relu)
def selu(x: TensorLike) -> Tensor:
    """Compute the scaled exponential linear unit, which keeps signals at mean 0 and variance 1.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``1.0507 * elu(x, 1.6733)``, with more digits.

    Notes
    -----
    See Klambauer et al. (2017).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.selu(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-1.1113,  0.    ,  2.1014])
    """
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


@complete_from(leaky_relu)
def softplus(x: TensorLike, beta: float = 1.0) -> Tensor:
    """Compute the softplus, a smooth rectifier.

    Parameters
    ----------
    beta : float
        How sharp the bend at 0 is. For large values the function approaches `relu`.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``log(1 + exp(beta * x)) / beta``, which is always above 0.

    Notes
    -----
    See Dugas et al. (2001).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.softplus(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([0.3133, 0.6931, 2.1269])
    """
    if is_one(beta):
        return np.logaddexp(x, 0)
    y = np.logaddexp(beta * x, 0) / beta
    return y if beta <= 1 else np.where(x > STRAIGHT, x, y)  # further out, `beta * x` might be infinite


STRAIGHT = 1e3  # above it, softplus(x) is x


def is_one(factor: Any) -> bool:
    """Return whether a setting is the number 1, by which nothing need be multiplied; a Tensor never is."""
    return type(factor) in (int, float) and bool(factor == 1)
