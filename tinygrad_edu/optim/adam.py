"""Adam: each parameter gets a learning rate of its own, by the size that its gradients have had."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..docstrings import complete_from
from .optimizer import Optimizer, Params, add_decay
from .settings import every_item, number


def pair(betas: Any) -> tuple[float, float]:
    """Return the two decay rates, each at least 0 and below 1."""
    try:
        first, second = every_item(number(0, 1))(betas)
    except ValueError:
        raise ValueError("is out of range; it must be two numbers, both at least 0 and below 1") from None
    return first, second


class Adam(Optimizer):
    """The Adam optimiser: adaptive moment estimation (Kingma & Ba 2015), as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
        The parameters to change, usually ``model.parameters()``; see `Optimizer`.
    lr : float
        The learning rate: about how far each parameter goes in a step.
    betas : pair of float
        How much of the running mean, and of the running mean of squares, is kept at each step.
    eps : float
        A small number added to the denominator.
    weight_decay : float
        The strength of an L2 penalty, which is added to the gradient; see `AdamW` for the other kind.

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no parameters.

    Notes
    -----
    A step goes along the running mean ``m`` of the gradients, divided by the root of the running mean ``v`` of their
    squares: ``p -= lr * m / (sqrt(v) + eps)``. Both means begin at 0, and are first divided by ``1 - beta**t`` at step
    ``t`` to make up for that.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> adam = optim.Adam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> adam.step()
    >>> x.data.round(6)
    array([  0.5, -99.5])
    """

    _checks: ClassVar = {"lr": number(), "betas": pair, "eps": number(), "weight_decay": number()}
    _memory: ClassVar = {"step": True, "exp_avg": True, "exp_avg_sq": True}
    _others: ClassVar = {"maximize": False, "amsgrad": False, "decoupled_weight_decay": False}
    _decoupled = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if self._decoupled:
            weights *= 1 - lr * group["weight_decay"]
        else:
            g = add_decay(g, weights, state, group, scratch)
        if not state.get("step"):
            state["step"], state["exp_avg"], state["exp_avg_sq"] = 0, np.zeros_like(weights), np.zeros_like(weights)
        state["step"] += 1
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean *= beta1
        mean += np.multiply(g, 1 - beta1, out=scratch)
        square *= beta2
        s = np.multiply(g, g, out=scratch)
        s *= 1 - beta2
        square += s
        state["exp_avg"], state["exp_avg_sq"] = mean, square
        s = np.sqrt(square, out=scratch)
        s /= math.sqrt(1 - beta2 ** state["step"])  # both means began at 0, and are too small at first
        s += group["eps"]
        s = np.divide(mean, s, out=scratch)
        s *= lr / (1 - beta1 ** state["step"])
        weights -= s
        return weights


@complete_from(Adam)
class AdamW(Adam):
    """The AdamW optimiser: Adam with decoupled weight decay (Loshchilov & Hutter 2019), as in PyTorch.

    Parameters
    ----------
    weight_decay : float
        Before each step, parameters are multiplied by ``1 - lr * weight_decay``.

    Notes
    -----
    The weight decay is a step of its own, not part of the gradient. So Adam's denominator doesn't weaken it for
    parameters with large gradients.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> optim.AdamW(model.parameters(), lr=0.01)
    AdamW(2 parameters, lr=0.01, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01)
    """

    _others: ClassVar = {**Adam._others, "decoupled_weight_decay": True}
    _decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
