"""Costs of numbers: how far they are from what was wanted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...rules.complex import squared_length
from ...rules.neural.fused import refuse_complex, squared_error
from .agreement import as_array, mean_wanted, reduced, refuse_other_numbers, same_shape, seen


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Squared differences."""
    input, target = same_shape("mse_loss", input, target)
    if reduction == "none":
        refuse_complex("mse_loss", difference := input - target)
        return difference**2
    return squared_error(input, target, input.size if mean_wanted("mse_loss", reduction) else 1)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute differences."""
    input, target = same_shape("l1_loss", input, target)
    return reduced("l1_loss", np.abs(input - target), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Squares near 0, and straight lines from `delta` on, a number above 0: outliers pull no harder than that (Huber 1964)."""
    if not delta > 0:
        raise ValueError(f"huber_loss: delta={delta} must be above 0: up to there, differences are squared")
    return rounded_at(delta, "huber_loss", input, target, reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """`huber_loss` over `beta`; for a `beta` of 0, which it approaches, `l1_loss`."""
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta={beta} must not be negative: up to there, differences are squared")
    if beta == 0:
        return l1_loss(input, target, reduction)
    return rounded_at(beta, "smooth_l1_loss", input, target, reduction) / beta


def rounded_at(delta: float, name: str, input: Any, target: Any, reduction: str) -> Any:
    """Absolute differences, times `delta`, whose corner at 0 is a parabola."""
    input, target = same_shape(name, input, target)
    d = input - target
    size = np.abs(d)
    near = size < delta
    parabola = 0.5 * squared_length(np.where(near, d, 0))  # further out, squares might be infinite
    return reduced(name, np.where(near, parabola, delta * (size - 0.5 * delta)), reduction)


def gaussian_nll_loss(input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> Any:
    """The surprise at `target`, of a normal distribution with mean `input` and variance `var`.

    Parameters
    ----------
    input, target : (N, ...), equal shapes
    var : of that shape, or with a last axis of length 1, or without the last axis; or a number
        Variances, none below 0.
    full : bool
        Whether the constant, half the logarithm of 2 pi, is added.
    eps : float
        What variances are at least taken to be.
    reduction : {"mean", "sum", "none"}
    """
    input, target = same_shape("gaussian_nll_loss", input, target)
    if not eps > 0:
        raise ValueError(f"gaussian_nll_loss: eps={eps} must be above 0: it keeps from dividing by a variance of 0")
    var = np.maximum(variances(var, input), eps)
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduced("gaussian_nll_loss", losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def variances(var: Any, input: Any) -> Any:
    """In a shape that meets the means'."""
    var = as_array(var) if hasattr(var, "shape") else np.asarray(var, input.dtype)
    refuse_other_numbers("gaussian_nll_loss: a variance is never negative. Let the network give its logarithm, and take np.exp of that "
                         "(or softplus)", ~(seen(var) < 0))
    if var.ndim and var.ndim == input.ndim - 1 and var.shape == input.shape[:-1]:
        return np.expand_dims(var, -1)
    if var.shape not in ((), input.shape, (*input.shape[:-1], 1)):
        raise ValueError(f"gaussian_nll_loss: for an output of shape {input.shape}, the variance must be of that shape, or with a last axis "
                         f"of length 1, or without the last axis; it has shape {var.shape}")
    return var
