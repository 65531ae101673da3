"""Keeping gradients from being too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..replay.afterwards import waiting
from ..value import Value, is_foreign


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> float:
    """Scale all gradients down together, so that their norm, as one long vector, is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensors
        Those without a gradient are passed over.
    max_norm : float
    norm_type : float
        The p of the p-norm; ``inf`` for the largest magnitude.
    error_if_nonfinite : bool
        Whether a norm that is NaN or infinite is an error.

    Returns
    -------
    float
        The norm before.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> optim.clip_grad_norm_([x], 1.0)
    5.0
    >>> x.grad.data.round(4)
    array([0.6, 0.8])
    """
    gradients = gradients_of(parameters)
    norms = [np.linalg.norm(np.ravel(g._array), norm_type) for g in gradients if g.size]
    total: Any = np.linalg.norm(np.stack(norms).astype(np.float64), norm_type) if norms else np.float64(0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(f"clip_grad_norm_: the norm of the gradients is {total}")
    scale = np.minimum(max_norm / (total + 1e-6), 1)  # NaN, if the norm is
    written_down = waiting() is not None and is_foreign(total)  # by `capture`: no number may be looked at
    if written_down or scale != 1:
        for g in gradients:
            g._array = g._own() * scale.astype(g.dtype)
    return total if written_down else float(total)


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Bound every element of the gradients to between ``-clip_value`` and ``clip_value``."""
    for g in gradients_of(parameters):
        g._array = np.clip(g._array, -clip_value, clip_value)


def gradients_of(parameters: Any) -> list[Any]:
    parameters = [parameters] if isinstance(parameters, Value) else parameters
    if not isinstance(parameters, Iterable):
        raise TypeError(f"parameters are wanted, and {type(parameters).__name__} is none: did you mean model.parameters()?")
    return [p.grad for p in parameters if p.grad is not None]
