"""Gradient descent: a step along the negative gradient, the direction of steepest descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..value import Value, copied, is_foreign


class SGD:
    """Stochastic gradient descent, with momentum, Nesterov's variant and weight decay as in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor
        What to change, usually ``model.parameters()``.
    lr : float
        The rate: how far to go for a gradient of 1.
    momentum : float
        How much of the last step is kept in the next; 0 to below 1.
    dampening : float
        How much of the gradient is left out of the momentum.
    weight_decay : float
        How strongly parameters are drawn to 0 (an L2 penalty).
    nesterov : bool
        Look ahead along the momentum.

    Raises
    ------
    ValueError
        For rates and factors out of range, and for no parameters.

    Notes
    -----
    A step makes no new arrays: it writes into the parameters, through a scratch array for each (two for Nesterov's variant).

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

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        if isinstance(params, Value) or not isinstance(params, Iterable):
            advice = "[x]" if isinstance(params, Value) else "model.parameters()"
            raise TypeError(f"SGD takes a list of Tensors, got {type(params).__name__}: did you mean {advice}?")
        self.params = list(params)
        check(self.params)
        for name, value, top in (("lr", lr, np.inf), ("momentum", momentum, 1), ("dampening", dampening, 1 + 1e-15),
                                 ("weight_decay", weight_decay, np.inf)):
            if not 0 <= value < top:
                raise ValueError(f"SGD: {name}={value} is out of range; it must be at least 0 and below {top:g}")
        if nesterov and (not momentum or dampening):
            raise ValueError("SGD: nesterov=True needs momentum above 0 and no dampening")
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov = weight_decay, nesterov
        self._velocity: list[Any] = [None] * len(self.params)
        self._ahead = [scratch_for(p) for p in self.params] if nesterov else []
        self._scratch = [scratch_for(p) for p in self.params]
        self._rates: list[Any] = []  # 0-d arrays of the parameters' dtypes: the quickest factors
        self._lr: float | None = None

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next backward() does not add to them."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Go one step down, by the gradients that backward() left; parameters without one stay."""
        if self.lr != self._lr:
            self._rates, self._lr = [np.array(self.lr, p.dtype) for p in self.params], self.lr
        plain = not (self.momentum or self.weight_decay)
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            g, scratch, weights = p.grad._array, self._scratch[i], p._own()
            if type(weights) is not np.ndarray or (type(g) is not np.ndarray and is_foreign(g)):
                scratch = None  # another library's arrays, perhaps not to be written to
            if not plain:
                g = self._direction(i, g, weights, scratch)
            if scratch is None:
                p._array = weights - g * self.lr
            else:
                np.multiply(g, self._rates[i], scratch)
                np.subtract(weights, scratch, weights)

    def _direction(self, i: int, g: Any, weights: Any, scratch: Any) -> Any:
        """The gradient with decay and momentum: Sutskever et al. 2013, in PyTorch's form."""
        if self.weight_decay:
            g = np.add(g, np.multiply(weights, self.weight_decay, out=scratch), out=scratch)
        if not self.momentum:
            return g
        v = self._velocity[i]
        if v is None:
            v = copied(g)
        else:
            v *= self.momentum
            v += np.multiply(g, 1 - self.dampening, out=scratch) if self.dampening else g
        self._velocity[i] = v
        if not self.nesterov:
            return v
        ahead = np.multiply(v, self.momentum, out=None if scratch is None else self._ahead[i])
        return np.add(g, ahead, out=None if scratch is None else ahead)

    def __repr__(self) -> str:
        return f"SGD({len(self.params)} parameters, lr={self.lr}, momentum={self.momentum})"


def scratch_for(p: Any) -> Any:
    """An array to compute in; none for the arrays of other libraries, which may not be there to be written to."""
    return None if is_foreign(p._array) else np.empty_like(p._array)


def check(params: list[Any]) -> None:
    """Refuse what can't be optimised."""
    if not params:
        raise ValueError("there are no parameters to optimise: does the model hold Parameters in its attributes?")
    for p in params:
        if not isinstance(p, Value):
            raise TypeError(f"optimisers take Tensors, got {type(p).__name__}: did you mean model.parameters()?")
        if p._node is None or p._node.parents:
            raise ValueError(f"an optimiser changes leaves that require gradients; this is not one: {p!r}")
    if len({id(p) for p in params}) < len(params):
        raise ValueError("a parameter is given twice")
