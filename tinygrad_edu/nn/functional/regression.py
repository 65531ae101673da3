"""Losses of numbers: how far the outputs are from the targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...docstrings import complete_from
from ...rules.complex import squared_length
from ...rules.neural.fused import refuse_complex, squared_error
from .agreement import as_loss_array, peek, reduce_losses, refuse_other_numbers, require_same_shape, takes_mean
from .rectifying import is_one

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike
    from .agreement import Reduction


def mse_loss(input: TensorLike, target: TensorLike, reduction: Reduction = "mean") -> Tensor:
    """Compute the mean squared error.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The network's outputs: real numbers.
    target : Tensor or array_like, the shape of `input`
        The wanted numbers.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of all losses, their sum, or all of them.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss. For an element it is ``(input - target)**2``.

    Raises
    ------
    ValueError
        If the shapes are not equal.
    TypeError
        If the numbers are complex.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0])).item()
    2.0
    """
    input, target = require_same_shape("mse_loss", input, target)
    if reduction == "none":
        refuse_complex("mse_loss", difference := input - target)
        return difference**2
    return squared_error(input, target, input.size if takes_mean("mse_loss", reduction) else 1)


@complete_from(mse_loss)
def l1_loss(input: TensorLike, target: TensorLike, reduction: Reduction = "mean") -> Tensor:
    """Compute the mean absolute error.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The network's outputs.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss. For an element it is ``|input - target|``.

    Raises
    ------
    ValueError
        If the shapes are not equal.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.l1_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0])).item()
    1.0
    """
    input, target = require_same_shape("l1_loss", input, target)
    return reduce_losses("l1_loss", np.abs(input - target), reduction)


@complete_from(l1_loss)
def huber_loss(input: TensorLike, target: TensorLike, reduction: Reduction = "mean", delta: float = 1.0) -> Tensor:
    """Compute the Huber loss: squared differences near 0, absolute ones further out, where outliers lie.

    Parameters
    ----------
    delta : float
        The difference from which on the loss is a straight line; above 0.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss.

    Raises
    ------
    ValueError
        If the shapes are not equal, or `delta` is not above 0.

    Notes
    -----
    With ``d = |input - target|``, the loss of an element is ``d**2 / 2`` where d is below delta, elsewhere
    ``delta * (d - delta / 2)`` (Huber 1964).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.huber_loss(Tensor([0.5, 4.0]), Tensor([0.0, 0.0])).item()
    1.8125
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta={delta} must be above 0: up to there, differences are squared")
    return compute_huber(delta, "huber_loss", input, target, reduction)


@complete_from(huber_loss)
def smooth_l1_loss(input: TensorLike, target: TensorLike, reduction: Reduction = "mean", beta: float = 1.0) -> Tensor:
    """Compute the smooth absolute error: `huber_loss` divided by its threshold.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The network's outputs.
    beta : float
        The difference from which on the loss is a straight line. With 0 the loss is `l1_loss`.

    Raises
    ------
    ValueError
        If the shapes are not equal, or `beta` is below 0.

    Notes
    -----
    With ``d = |input - target|``, the loss of an element is ``d**2 / (2 * beta)`` where d is below beta, elsewhere
    ``d - beta / 2`` (Girshick 2015).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.smooth_l1_loss(Tensor([0.5, 4.0]), Tensor([0.0, 0.0])).item()
    1.8125
    """
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta={beta} must not be negative: up to there, differences are squared")
    if beta == 0:
        return l1_loss(input, target, reduction)
    loss = compute_huber(beta, "smooth_l1_loss", input, target, reduction)
    return loss if is_one(beta) else loss / beta


def compute_huber(delta: float, name: str, input: Any, target: Any, reduction: str) -> Any:
    """Return `delta` times the absolute differences, with a parabola in place of the corner at 0."""
    input, target = require_same_shape(name, input, target)
    d = input - target
    size = np.abs(d)
    near = size < delta
    parabola = 0.5 * squared_length(np.where(near, d, 0))  # squares of larger differences might be infinite
    line = size - 0.5 * delta
    return reduce_losses(name, np.where(near, parabola, line if is_one(delta) else delta * line), reduction)


def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of normal distributions whose mean and variance a network gives.

    Parameters
    ----------
    input : Tensor or array_like, (N, ...)
        The means.
    target : Tensor or array_like, the shape of `input`
        The numbers that were observed.
    var : Tensor or array_like
        The variances, not negative: in the shape of `input`, in that shape with a last axis of length 1, without the
        last axis, or one number for all.
    full : bool
        Whether to add the constant, ``log(2 * pi) / 2``.
    eps : float
        The smallest variance; smaller ones are replaced by it.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of all losses, their sum, or all of them.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss.

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative, or `eps` is not above 0.

    Notes
    -----
    The loss of an element is ``(log(var) + (input - target)**2 / var) / 2`` (Nix & Weigend 1994).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.gaussian_nll_loss(Tensor([0.0, 1.0]), Tensor([2.0, 1.0]), Tensor([1.0, 1.0])).item()
    1.0
    """
    input, target = require_same_shape("gaussian_nll_loss", input, target)
    if not eps > 0:
        raise ValueError(f"gaussian_nll_loss: eps={eps} must be above 0: it prevents a division by a variance of 0")
    var = np.maximum(check_variances(var, input), eps)
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduce_losses("gaussian_nll_loss", losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def check_variances(var: Any, input: Any) -> Any:
    """Return the variances in a shape that broadcasts to the means'; refuse other shapes and negative numbers."""
    var = as_loss_array(var) if hasattr(var, "shape") else np.asarray(var, input.dtype)
    refuse_other_numbers(
        "gaussian_nll_loss: a variance is never negative. Let the network give its logarithm, and take np.exp of that "
        "(or softplus)",
        ~(peek(var) < 0),
    )
    if var.ndim and var.ndim == input.ndim - 1 and var.shape == input.shape[:-1]:
        return np.expand_dims(var, -1)
    if var.shape not in ((), input.shape, (*input.shape[:-1], 1)):
        raise ValueError(
            f"gaussian_nll_loss: for an output of shape {input.shape}, the variance must be of that shape, "
            f"or with a last axis of length 1, or without the last axis; it has shape {var.shape}"
        )
    return var
