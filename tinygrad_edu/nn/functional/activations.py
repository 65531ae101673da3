"""Activation functions: a neuron's output as a function of its weighted sum.

Where a function has a kink, its derivative there is the slope of the left side, since NumPy's comparison chooses that side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...engine.declare import primitive
from ...rules.bells import down_sigmoid, down_tanh
from ...rules.neural.erf import erfc, gauss
from ...rules.neural.fused import sigmoid, softmax

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


STRAIGHT = 1e3  # above it, softplus(x) is x
# above it, exp(-x) is 0 and a sigmoid is constant; with inputs clipped there, infinity times 0 does not occur
FLAT = 800.0


def clip_flat(x: Any) -> Any:
    """Return the input, clipped to where a sigmoid changes."""
    return np.clip(x, -FLAT, FLAT)


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


def gelu(x: TensorLike, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """Compute the Gaussian error linear unit.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
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


def is_one(factor: Any) -> bool:
    """Return whether a setting is the number 1, by which nothing need be multiplied; a Tensor never is."""
    return type(factor) in (int, float) and bool(factor == 1)


def softplus(x: TensorLike, beta: float = 1.0) -> Tensor:
    """Compute the softplus, a smooth rectifier.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
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


def logsigmoid(x: TensorLike) -> Tensor:
    """Compute the logarithm of the sigmoid, without taking the logarithm of 0.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Compute the exponential linear unit.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
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


def selu(x: TensorLike) -> Tensor:
    """Compute the scaled exponential linear unit, which keeps signals at mean 0 and variance 1.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def relu6(x: TensorLike) -> Tensor:
    """Compute the rectifier that stops growing at 6.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def hardtanh(x: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Clip the input to an interval.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.
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


def hardsigmoid(x: TensorLike) -> Tensor:
    """Compute an approximation of the sigmoid that consists of three straight lines.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def hardswish(x: TensorLike) -> Tensor:
    """Compute an approximation of `silu` that needs no exponential.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def mish(x: TensorLike) -> Tensor:
    """Compute the mish activation.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def softsign(x: TensorLike) -> Tensor:
    """Compute the softsign, which lies between -1 and 1.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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


def tanhshrink(x: TensorLike) -> Tensor:
    """Compute the difference between the input and its hyperbolic tangent.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

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
