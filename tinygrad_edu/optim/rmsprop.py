"""RMSprop: gradients over the root of their running mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from .optimizer import Optimizer, decayed
from .settings import flag, number


class RMSprop(Optimizer):
    """Gradients over the root of the running mean of their squares (Tieleman & Hinton 2012), as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
    lr : float
    alpha : float
        How much of the mean square is kept at each step.
    eps, weight_decay, momentum : float
    centered : bool
        Whether the squared running mean is taken off the mean square: the variance.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([1.0], requires_grad=True)
    >>> rmsprop = optim.RMSprop([x], lr=0.01)
    >>> (x * x).sum().backward()
    >>> rmsprop.step()
    >>> round(x.item(), 6)
    0.9
    """

    _checks: ClassVar = {"lr": number(), "alpha": number(0, 1), "eps": number(), "weight_decay": number(), "momentum": number(0, 1),
                         "centered": flag}
    _memory: ClassVar = {"step": True, "square_avg": True, "grad_avg": "centered", "momentum_buffer": "momentum"}

    def __init__(self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum,
                                  "centered": centered})

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        alpha = group["alpha"]
        g = decayed(g, weights, state, group, scratch)
        if "square_avg" not in state:
            state["step"], state["square_avg"] = 0, np.zeros_like(weights)
        state["step"] += 1
        square = state["square_avg"]
        square *= alpha
        s = np.multiply(g, g, out=scratch)
        s *= 1 - alpha
        square += s
        state["square_avg"] = square
        if group["centered"]:
            mean = state["grad_avg"] if "grad_avg" in state else np.zeros_like(weights)
            mean *= alpha
            mean += np.multiply(g, 1 - alpha, out=scratch)
            state["grad_avg"] = mean
            s = np.multiply(mean, mean, out=scratch)
            s = np.sqrt(np.subtract(square, s, out=scratch), out=scratch)
        else:
            s = np.sqrt(square, out=scratch)
        s += group["eps"]
        s = np.divide(g, s, out=scratch)
        if group["momentum"]:
            v = state["momentum_buffer"] if "momentum_buffer" in state else np.zeros_like(weights)
            v *= group["momentum"]
            v += s
            state["momentum_buffer"] = v
            s = np.multiply(v, group["lr"], out=scratch)
        else:
            s *= group["lr"]
        weights -= s
        return weights
