"""Activation functions that multiply a number by a gate between 0 and 1: silu, gelu, mish, glu."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...docstrings import complete_from
from ...engine.declare import primitive
from ...rules.bells import down_sigmoid, down_tanh
from ...rules.neural.erf import erfc, gauss
from ...rules.neural.fused import sigmoid
from .rectifying import softplus
from .saturating import hardsigmoid

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


@primitive(lambda g, y, x: silu_rule(g, x, sigmoid(x)), elementwise=True)
def silu(x: TensorLike) -> Tensor:
    """Compute the sigmoid linear unit, also called swish.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x * sigmoid(x)``.

    Notes
    -----
    See Elfwing, Uchibe & Doya (2018), and Ramachandran, Zoph & Le (2017).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.silu(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.2689,  0.    ,  1.7616])
    """
    return np.maximum(x, -FLAT) * sigmoid(x)


def silu_rule(g: Any, x: Any, s: Any) -> Any:
    """Return the derivative of `silu` times `g`; `s` is ``sigmoid(x)``."""
    return g * s + down_sigmoid(g * clip_flat(x), s, x)


@complete_from(silu)
def gelu(x: TensorLike, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """Compute the Gaussian error linear unit.

    Parameters
    ----------
    approximate : {"none", "tanh"}
        Whether to compute the probability exactly, or with an approximation that uses tanh.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x * P(X <= x)``, where X is a standard normal number.

    Raises
    ------
    ValueError
        If `approximate` is neither "none" nor "tanh".

    Notes
    -----
    The probability is ``(1 + erf(x / sqrt(2))) / 2``, and its approximation
    ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``. See Hendrycks & Gimpel (2016).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.gelu(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.1587,  0.    ,  1.9545])
    """
    if approximate == "tanh":
        z = np.clip(x, -25.0, 25.0)
        return np.maximum(x, -25.0) * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z))
    if approximate != "none":
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
    return normal_gate(x)


@primitive(
    lambda g, y, x: g * (0.5 * erfc(x * -math.sqrt(0.5)) - gauss(x * math.sqrt(0.5), 1) / (2 * math.sqrt(math.pi))),
    name="gelu",
    elementwise=True,
)
def normal_gate(x: Any) -> Any:
    """Return ``x`` times the probability that a standard normal number is below `x`."""
    return 0.5 * np.maximum(x, -50.0) * erfc(x * -math.sqrt(0.5))


@complete_from(silu)
def hardswish(x: TensorLike) -> Tensor:
    """Compute an approximation of `silu` that needs no exponential.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x * hardsigmoid(x)``.

    Notes
    -----
    See Howard et al. (2019).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.hardswish(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.3333,  0.    ,  1.6667])
    """
    return np.maximum(x, -3.0) * hardsigmoid(x)


@complete_from(silu)
def mish(x: TensorLike) -> Tensor:
    """Compute the mish activation.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x * tanh(softplus(x))``.

    Notes
    -----
    See Misra (2019).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.mish(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([-0.3034,  0.    ,  1.944 ])
    """
    return mish_operation(x)


@primitive(lambda g, y, x: mish_rule(g, x, softplus(x)), name="mish", elementwise=True)
def mish_operation(x: Any) -> Any:
    """Return ``x * tanh(softplus(x))``."""
    return np.maximum(x, -FLAT) * np.tanh(softplus(x))


def mish_rule(g: Any, x: Any, s: Any) -> Any:
    """Return the derivative of `mish` times `g`; `s` is ``softplus(x)``."""
    t = np.tanh(s)
    return g * t + down_tanh(g * clip_flat(x) * sigmoid(x), t, s)


def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """Compute the gated linear unit: one half of the input, times the sigmoid of the other half.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
    axis : int
        The axis that is halved.

    Returns
    -------
    Tensor, of x's dtype
        ``a * sigmoid(b)``, where `a` and `b` are the halves of `x`. The axis is half as long.

    Raises
    ------
    ValueError
        If the length of the axis is odd.

    Notes
    -----
    See Dauphin et al. (2017).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.glu(Tensor([1.0, 2.0, 0.0, 3.0])).data.round(4)
    array([0.5   , 1.9051])
    """
    if x.shape[axis] % 2:
        raise ValueError(f"glu: axis {axis} of shape {x.shape} can't be halved")
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


# above it, exp(-x) is 0 and a sigmoid is constant; with inputs clipped there, infinity times 0 does not occur
FLAT = 800.0


def clip_flat(x: Any) -> Any:
    """Return the input, clipped to where a sigmoid changes."""
    return np.clip(x, -FLAT, FLAT)
