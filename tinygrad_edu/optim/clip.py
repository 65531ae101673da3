"""Gradient clipping: gradients that are too large are made smaller."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.tensor_base import TensorBase, is_foreign
from .deferral import deferred_calls
from .settings import check_settings, number

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients down together, so that their norm, as one long vector, is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        The parameters whose ``.grad`` is scaled. Parameters without a gradient are skipped.
    max_norm : float
        The largest norm allowed, at least 0.
    norm_type : float
        The p of the p-norm, above 0; ``inf`` for the largest magnitude.
    error_if_nonfinite : bool
        Whether a gradient that is NaN or infinite somewhere is an error. If not, there is a warning, and the result is
        PyTorch's: a norm that is NaN makes all gradients NaN, an infinite one makes finite gradients 0.

    Returns
    -------
    float
        The norm before scaling. No power on the way to it overflows.

    Raises
    ------
    ValueError
        If there are no parameters (a generator gives them only once), or a limit is below 0.
    RuntimeError
        If the norm is NaN or infinite, and `error_if_nonfinite`.

    Notes
    -----
    Gradients are multiplied by ``max_norm / (norm + 1e-6)``, if that is below 1 (Pascanu, Mikolov & Bengio 2013).

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
    gradients = gradients_of(parameters, "clip_grad_norm_")
    limits = {"max_norm": max_norm, "norm_type": norm_type}
    limits = check_settings(
        "clip_grad_norm_", {"max_norm": number(0, np.inf, "[]"), "norm_type": number(0, np.inf, "(]")}, limits
    )
    arrays = [g._array for g in gradients if g.size]
    if not arrays:
        return 0.0
    written_down = deferred_calls() is not None and is_foreign(arrays[0])  # by `capture`: no number may be looked at
    unit, units = norm_of(arrays, limits["norm_type"], written_down)
    if (error_if_nonfinite or not written_down) and not np.isfinite(units):
        if error_if_nonfinite:
            raise RuntimeError(f"clip_grad_norm_: the norm of the gradients is {units}")
        warnings.warn(
            f"clip_grad_norm_: the norm of the gradients is {units}, and can't be brought to {max_norm}; "
            "debug() finds where this begins, and error_if_nonfinite=True refuses it",
            stacklevel=2,
        )
    with np.errstate(all="ignore"):
        total, big = unit * units, np.maximum(unit, 1.0)
        scale = np.minimum(limits["max_norm"] / big / (units * (unit / big) + 1e-6 / big), 1)  # NaN, if the norm is
        if written_down or scale != 1:
            for g in {id(g): g for g in gradients}.values():
                g._array = scale_gradient(g._own(), scale)
    return total if written_down else float(total)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every element of the gradients to the range from ``-clip_value`` to ``clip_value``.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        The parameters whose ``.grad`` is clipped. Parameters without a gradient are skipped.
    clip_value : float
        The largest magnitude allowed, at least 0.

    Raises
    ------
    ValueError
        If there are no parameters (a generator gives them only once), or the limit is below 0.
    TypeError
        If a gradient is complex: complex numbers have no order.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([3.0, -0.5], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.clip_grad_value_([x], 2.0)
    >>> x.grad.data
    array([ 2., -1.])
    """
    gradients = gradients_of(parameters, "clip_grad_value_")
    bound = check_settings("clip_grad_value_", {"clip_value": number(0, np.inf, "[]")}, {"clip_value": clip_value})[
        "clip_value"
    ]
    if any(g.dtype.kind == "c" for g in gradients):
        raise TypeError("clip_grad_value_: complex numbers have no order; clip_grad_norm_ takes them")
    for g in gradients:
        most = min(bound, float(np.finfo(g.dtype).max)) if np.isfinite(bound) else bound
        g._array = np.clip(g._array, -most, most)


def gradients_of(parameters: Any, caller: str) -> list[Any]:
    """Return the gradients of the parameters that have one, each once."""
    parameters = [parameters] if isinstance(parameters, TensorBase) else parameters
    if not isinstance(parameters, Iterable):
        raise TypeError(f"{caller} takes parameters, got {type(parameters).__name__}: did you mean model.parameters()?")
    given = {id(p): p for p in parameters}.values()
    for p in given:
        if not isinstance(p, TensorBase):
            raise TypeError(f"{caller} takes Tensors, got {type(p).__name__}: did you mean model.parameters()?")
    if not given:
        raise ValueError(
            f"{caller}: there are no parameters. A generator such as model.parameters() gives them once: "
            "call it again, or make it a list"
        )
    return [p._grad for p in given if p._grad is not None]


def norm_of(arrays: list[Any], p: float, written_down: bool) -> tuple[Any, Any]:
    """Return the p-norm of all arrays as one long vector, as a unit and a number of units.

    No power on the way over- or underflows.
    """
    safe = p == np.inf or (p <= 4 and all(a.dtype.char in "efF" for a in arrays))  # double precision holds these powers
    arrays = [widen(a) for a in arrays]
    with np.errstate(all="ignore"):
        norm = joint_norm(arrays, p, written_down)
        if safe or (not written_down and LEAST ** (1 / max(p, 1)) < norm < np.inf):
            return np.float64(1), norm
        largest = joint_norm(arrays, np.inf, written_down)
        unit = np.where((largest > 0) & (largest < np.inf), largest, 1.0)
        return unit, joint_norm([a / unit for a in arrays], p, written_down)


def joint_norm(arrays: list[Any], p: float, written_down: bool) -> Any:
    """Return the p-norm of all arrays as one long vector."""
    norm: Any = np.linalg.norm(np.stack([np.linalg.norm(np.ravel(a), p) for a in arrays]), p)
    return norm if written_down else np.float64(norm)


def scale_gradient(g: Any, scale: Any) -> Any:
    """Return the gradient times a number that is perhaps too small for its dtype."""
    if is_foreign(scale) or scale < 1e-4:
        return (widen(g) * scale).astype(g.dtype)
    return g * scale.astype(g.dtype)


def widen(a: Any) -> Any:
    """Return the array in double precision at least."""
    return a.astype(WIDE[a.dtype.char]) if a.dtype.char in WIDE else a


WIDE = {"e": np.float64, "f": np.float64, "F": np.complex128}
# sums of less than this may lack some of their terms
LEAST = float(np.finfo(np.float64).tiny / np.finfo(np.float64).eps)
