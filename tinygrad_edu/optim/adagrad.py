"""Adagrad: gradients divided by the root of the sum of all their squares."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .optimizer import Optimizer, Params, add_decay
from .settings import number


class Adagrad(Optimizer):
    """The Adagrad optimiser (Duchi, Hazan & Singer 2011), as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
        The parameters to change, usually ``model.parameters()``; see `Optimizer`.
    lr : float
        The learning rate: how far each parameter goes in its first step.
    lr_decay : float
        The learning rate of step `t` (counted from 0) is ``lr / (1 + t * lr_decay)``.
    weight_decay : float
        The strength of an L2 penalty, which is added to the gradient.
    initial_accumulator_value : float
        The sum of squares to begin with.
    eps : float
        A small number added to the denominator.

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no parameters.

    Notes
    -----
    For a gradient ``g``, each step computes ``s += g**2`` and ``p -= lr * g / (sqrt(s) + eps)``. So parameters whose
    gradients are rarely large keep a large rate.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([1.0], requires_grad=True)
    >>> adagrad = optim.Adagrad([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> adagrad.step()
    >>> round(x.item(), 6)
    0.5
    """

    _checks: ClassVar = dict.fromkeys(("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), number())
    _memory: ClassVar = {"step": True, "sum": True}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
            },
        )

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        g = add_decay(g, weights, state, group, scratch)
        if "sum" not in state:
            state["step"], state["sum"] = 0, np.full_like(weights, group["initial_accumulator_value"])
        state["step"] += 1
        total = state["sum"]
        total += np.multiply(g, g, out=scratch)
        state["sum"] = total
        s = np.sqrt(total, out=scratch)
        s += group["eps"]
        s = np.divide(g, s, out=scratch)
        s *= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        weights -= s
        return weights
