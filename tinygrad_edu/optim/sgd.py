"""Gradient descent: a step along the negative gradient, the direction of steepest descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..engine.tensor_base import copy_array
from .optimizer import Optimizer, Params
from .settings import flag, number


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, Nesterov's variant and weight decay as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
        The parameters to change, usually ``model.parameters()``; see `Optimizer`.
    lr : float
        The learning rate: how far to go for a gradient of 1.
    momentum : float
        How much of the last step is kept in the next, at least 0 and below 1.
    dampening : float
        How much of the gradient is left out of the momentum.
    weight_decay : float
        How strongly parameters are drawn to 0 (the strength of an L2 penalty).
    nesterov : bool
        Whether to look ahead along the momentum (Nesterov 1983).

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no parameters.

    Notes
    -----
    A step is ``p -= lr * g``. With momentum, it is ``v = momentum * v + (1 - dampening) * g`` and ``p -= lr * v``
    (Sutskever et al. 2013, in PyTorch's form). It makes no new arrays: it writes into the parameters, through a
    scratch array for each.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor(1.0, requires_grad=True)
    >>> descent = optim.SGD([x], lr=0.25)
    >>> for _ in range(3):
    ...     descent.zero_grad()
    ...     (x * x).backward()
    ...     descent.step()
    >>> x.item()
    0.125
    """

    _complex = True
    _checks: ClassVar = {
        "lr": number(),
        "momentum": number(0, 1),
        "dampening": number(0, 1, "[]"),
        "weight_decay": number(),
        "nesterov": flag,
    }
    _memory: ClassVar = {"momentum_buffer": "momentum"}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )

    def _checked(self, owner: str, group: Mapping[str, Any]) -> dict[str, Any]:
        made = super()._checked(owner, group)
        if made["nesterov"] and (not made["momentum"] or made["dampening"]):
            raise ValueError(f"{owner}: nesterov=True needs momentum above 0 and no dampening")
        return made

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        if group["momentum"] or group["weight_decay"]:
            g = direction(weights, g, state, group, scratch)
        if scratch is None:
            return weights - g * group["lr"]
        rate = state.get("_rate")
        if rate is None:
            rate = state["_rate"] = np.empty((), weights.dtype)  # a 0-d array is the quickest factor
        rate[()] = group["lr"]
        np.multiply(g, rate, scratch)
        return np.subtract(weights, scratch, weights)


def direction(weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
    """Return the gradient with weight decay and momentum (Sutskever et al. 2013, in PyTorch's form)."""
    momentum, dampening = group["momentum"], group["dampening"]
    if group["weight_decay"]:
        g = np.add(g, np.multiply(weights, group["weight_decay"], out=scratch), out=scratch)
    if not momentum:
        return g
    v = state.get("momentum_buffer")
    if v is None:
        v = copy_array(g)
    else:
        v *= momentum
        v += np.multiply(g, 1 - dampening, out=scratch) if dampening else g
    state["momentum_buffer"] = v
    if not group["nesterov"]:
        return v
    if scratch is None:
        return g + v * momentum
    ahead = state.get("_ahead")
    if ahead is None:
        ahead = state["_ahead"] = np.empty_like(v)
    return np.add(g, np.multiply(v, momentum, out=ahead), out=ahead)
