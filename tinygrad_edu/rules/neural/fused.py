"""Fused operations of networks: `sigmoid`, `relu`, `linear`, `softmax`, `squared_error`, one operation each for speed.

They are in the same table as NumPy's functions, declared by the decorator that you can use too. They compute with
arrays; their annotations are for the caller, who gives Tensors and gets Tensors.
"""

# mypy: disable-error-code="no-any-return, return-value, arg-type"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine.declare import primitive
from ...engine.masked_gradient import take_where
from ..arithmetic import require_order
from ..bells import down_sigmoid
from ..products import rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ...engine.tensor_base import TensorBase
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike

# The largest number whose exponential is finite, and 1, as 0-d arrays of each dtype: the quickest constants.
LIMITS: dict[str, Any] = {t: (np.array(np.log(np.finfo(t).max) - 1, t), np.array(1, t)) for t in "efdg"}
NUMBERS = 80.0, 1.0  # for integers


@primitive(lambda g, y, x: down_sigmoid(g, y, x), elementwise=True)
def sigmoid(x: TensorBase | ArrayLike) -> Tensor:
    """Compute the logistic function, ``1 / (1 + exp(-x))``, which lies between 0 and 1.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: floating-point numbers.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``1 / (1 + exp(-x))``.

    Notes
    -----
    It is computed as ``e / (1 + e)`` with ``e = exp(x)``, where `x` is clipped. So it is exact for large negative
    numbers too, and never overflows.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, sigmoid
    >>> sigmoid(Tensor([-1000., 0., 1000.]))
    Tensor([0. , 0.5, 1. ], shape=(3,), dtype=float64)
    """
    limit, one = LIMITS.get(x.dtype.char, NUMBERS) if hasattr(x, "dtype") else NUMBERS
    e: Any = np.minimum(x, limit if type(x) is ndarray else float(limit))  # other libraries' arrays take only numbers
    if type(e) is not ndarray:
        e = np.exp(e)
        return e / (e + 1)
    np.exp(e, e)  # in place: the array is ours
    return np.divide(e, e + one, e)


@primitive(lambda g, y, x: take_where(y > 0, require_order(g)), elementwise=True)
def relu(x: TensorBase | ArrayLike) -> Tensor:
    """Compute the rectifier, ``max(x, 0)``, element by element.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input: real numbers.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``max(x, 0)``.

    Notes
    -----
    The derivative at 0 is 0. See Nair & Hinton (2010).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, relu
    >>> relu(Tensor([-1.0, 0.0, 2.0])).data
    array([0., 0., 2.])
    """
    return np.maximum(x, 0)


@primitive(
    lambda g, y, x, weight, bias=None: rows(g).dot(weight).reshape(x.shape),
    lambda g, y, x, weight, bias=None: rows(g).T.dot(rows(x)),
    lambda g, y, x, weight, bias=None: g,
)
def linear(x: Tensor | NDArray[Any], weight: Tensor | NDArray[Any], bias: Tensor | NDArray[Any] | None = None) -> Tensor:
    """Compute weighted sums of the last axis, ``x @ weight.T + bias``: a fully connected layer.

    Parameters
    ----------
    x : Tensor or ndarray, (..., inputs)
        The input.
    weight : Tensor or ndarray, (outputs, inputs)
        The weights of each output, a row for each.
    bias : Tensor or ndarray, (outputs,), optional
        A number that is added to each output.

    Returns
    -------
    Tensor, (..., outputs)
        The weighted sums.

    Raises
    ------
    ValueError
        If `x` is a single number, or the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, linear
    >>> linear(Tensor([1.0, 2.0]), np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([0.0, 0.5])).data
    array([11. ,  2.5])
    """
    if x.ndim == 0:
        raise ValueError("linear: a single number has no axis of inputs")
    if x.ndim <= 2:
        dot: Any = ndarray.dot if type(x) is ndarray is type(weight) else np.dot  # slower, but asks other libraries
        y = dot(x, weight.T)
    else:  # one large product, not a loop over small ones
        y = np.dot(rows(x), weight.T).reshape(x.shape[:-1] + weight.shape[:1])
    if bias is None:
        return y
    if y.dtype == bias.dtype:
        y += bias
        return y
    return y + bias


def center(g: Any, weights: Any, axis: int) -> Any:
    """Return `g` less `weights` times its sum: the part that keeps the sum of the outputs at 1."""
    return g - weights * np.sum(g, axis, keepdims=True)


@primitive(lambda g, y, x, axis=-1: center(g * y, y, axis))
def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Compute probabilities from any numbers: ``exp(x)``, divided by its sum along an axis.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input, also called logits: floating-point numbers.
    axis : int
        The axis along which the results add up to 1.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``exp(x) / sum(exp(x))``, computed without overflow.

    Notes
    -----
    See Bridle (1990).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, softmax
    >>> softmax(Tensor([0.0, 0.0, 2.0])).data.round(4)
    array([0.1065, 0.1065, 0.787 ])
    """
    e = np.exp(x - np.max(x, axis, keepdims=True))
    return e / np.sum(e, axis, keepdims=True)


@primitive(lambda g, y, x, axis=-1: center(g, np.exp(y), axis))
def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Compute the logarithm of `softmax`, without overflow and without the logarithm of 0.

    Parameters
    ----------
    x : Tensor or array_like, any shape
        The input, also called logits: floating-point numbers.
    axis : int
        The axis along which the exponentials of the results add up to 1.

    Returns
    -------
    Tensor, of x's shape and dtype
        ``x - log(sum(exp(x)))``.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, log_softmax
    >>> log_softmax(Tensor([0.0, 0.0, 2.0])).data.round(4)
    array([-2.2395, -2.2395, -0.2395])
    """
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


@primitive(lambda g, y, logs, chosen, share: take_where(chosen, -g / share), name="nll_loss")
def masked_nll(logs: Any, chosen: Any, share: Any) -> Any:
    """Return the negative log-likelihood (after log_softmax, the cross entropy): minus the sum of `logs` at `chosen`, over `share`.

    `chosen` is a mask, and `share` a single number.
    """
    return -np.sum(np.where(chosen, logs, 0)) / share


@primitive(
    lambda g, y, a, b, divisor=1: g * (2 / divisor) * (a - b),
    lambda g, y, a, b, divisor=1: g * (-2 / divisor) * (a - b),
)
def squared_error(a: TensorLike, b: TensorLike, divisor: float = 1) -> Tensor:
    """Compute the sum of the squared differences of two arrays, divided by a number.

    Parameters
    ----------
    a, b : Tensor or array_like, equal shapes
        Real numbers. One of them may be a single number.
    divisor : float
        The number to divide by.

    Returns
    -------
    Tensor, ()
        ``sum((a - b)**2) / divisor``.

    Raises
    ------
    ValueError
        If the shapes are not equal.
    TypeError
        If the numbers are complex.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, squared_error
    >>> squared_error(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]), 2).item()
    2.0
    """
    shape, other = getattr(a, "shape", ()), getattr(b, "shape", ())
    if shape != other and shape and other:
        raise ValueError(f"squared_error: shapes {shape} and {other} must be equal, else each number would be compared "
                         "with all of the others: reshape one of them, or take np.sum((a - b) ** 2) if you intend that")
    d = np.subtract(a, b).reshape(-1)
    refuse_complex("squared_error", d)
    return d.dot(d) / divisor


def refuse_complex(name: str, differences: Any) -> None:
    """Raise an error for complex numbers: their squares are complex, and measure no error."""
    if differences.dtype.kind == "c":
        raise TypeError(f"{name}: complex numbers have complex squares, which measure no error; "
                        "add up the squared lengths, np.sum(np.real(d * np.conj(d))) for d = a - b")
