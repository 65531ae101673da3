"""Activation functions that saturate, as tanh does, and what is made of such functions.

Where a function has a kink, its derivative there is the slope of the left side, since NumPy's comparison chooses that
side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...docstrings import complete_from
from ...engine.declare import primitive

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def tanh(x: TensorLike) -> Tensor:
    """Compute the hyperbolic tangent, which lies between -1 and 1.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``tanh(x)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.tanh(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.7616,  0.    ,  0.964 ])
    """
    return np.tanh(x)


@complete_from(tanh)
def hardtanh(x: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Clip the input to an interval.

    Parameters
    ----------
    min_val, max_val : float
        The ends of the interval.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``min(max(x, min_val), max_val)``.

    Notes
    -----
    At both ends of the interval the derivative is 0, unlike that of `numpy.clip`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.hardtanh(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-1.,  0.,  1.])
    """
    return np.where(x <= min_val, min_val, np.where(x >= max_val, max_val, x))


@complete_from(tanh)
def hardsigmoid(x: TensorLike) -> Tensor:
    """Compute an approximation of the sigmoid that consists of three straight lines.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``min(max(x / 6 + 1/2, 0), 1)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.hardsigmoid(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([0.3333, 0.5   , 0.8333])
    """
    return hardtanh(x / 6 + 0.5, 0.0, 1.0)


@complete_from(tanh)
def softsign(x: TensorLike) -> Tensor:
    """Compute the softsign, which lies between -1 and 1.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x / (1 + |x|)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.softsign(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.5   ,  0.    ,  0.6667])
    """
    return x / (1 + np.abs(x)) if np.iscomplexobj(x) else softsign_operation(x)


@primitive(lambda g, y, x: g / (1 + np.abs(x)) / (1 + np.abs(x)), name="softsign", elementwise=True)
def softsign_operation(x: Any) -> Any:
    """Return the softsign of real numbers, infinite ones included."""
    if np.iscomplexobj(x):
        raise TypeError("softsign_operation is for real numbers")
    most = float(np.finfo(np.result_type(x, np.float16)).max)
    x = np.clip(x, -most, most)
    return x / (1 + np.abs(x))


@complete_from(tanh)
def logsigmoid(x: TensorLike) -> Tensor:
    """Compute the logarithm of the sigmoid, without taking the logarithm of 0.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``log(sigmoid(x))``, which is always below 0.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.logsigmoid(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-1.3133, -0.6931, -0.1269])
    """
    return -np.logaddexp(-x, 0)


@complete_from(tanh)
def tanhshrink(x: TensorLike) -> Tensor:
    """Compute the difference between the input and its hyperbolic tangent.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x - tanh(x)``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.tanhshrink(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.2384,  0.    ,  1.036 ])
    """
    return x - np.tanh(x) if np.iscomplexobj(x) else tanhshrink_operation(x)


@primitive(lambda g, y, x: g * np.tanh(x) * np.tanh(x), name="tanhshrink", elementwise=True)
def tanhshrink_operation(x: Any) -> Any:
    """Return ``x - tanh(x)`` for real numbers.

    Near 0 the difference would lose its digits. There it is ``x * u / (1 + u)``, by Lambert's continued fraction:
    ``tanh(x) = x / (1 + u)`` with ``u = x² / (3 + x² / (5 + x² / (7 + ...)))``.
    """
    if np.iscomplexobj(x):
        raise TypeError("tanhshrink_operation is for real numbers")
    near = np.clip(x, -1.0, 1.0)
    square = near * near
    u = 17.0
    for odd in range(15, 2, -2):
        u = odd + square / u
    u = square / u
    return np.where(np.abs(x) < 1, near * u / (1 + u), x - np.tanh(x))
