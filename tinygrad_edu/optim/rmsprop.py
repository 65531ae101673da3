"""RMSprop: gradients divided by the root of their running mean square."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .optimizer import Optimizer, Params, add_decay
from .settings import flag, number


class RMSprop(Optimizer):
    """The RMSprop optimiser (Tieleman & Hinton 2012), as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
        The parameters to change, usually ``model.parameters()``; see `Optimizer`.
    lr : float
        The learning rate.
    alpha : float
        How much of the running mean of squares is kept at each step.
    eps : float
        A small number added to the denominator.
    weight_decay : float
        The strength of an L2 penalty, which is added to the gradient.
    momentum : float
        How much of the last step is kept in the next, at least 0 and below 1.
    centered : bool
        Whether the square of the running mean is subtracted from the mean of squares, which gives the variance.

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no parameters.

    Notes
    -----
    For a gradient ``g``, each step computes ``v = alpha * v + (1 - alpha) * g**2`` and
    ``p -= lr * g / (sqrt(v) + eps)``.

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

    _checks: ClassVar = {
        "lr": number(),
        "alpha": number(0, 1),
        "eps": number(),
        "weight_decay": number(),
        "momentum": number(0, 1),
        "centered": flag,
    }
    _memory: ClassVar = {"step": True, "square_avg": True, "grad_avg": "centered", "momentum_buffer": "momentum"}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
            },
        )

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        alpha = group["alpha"]
        g = add_decay(g, weights, state, group, scratch)
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
