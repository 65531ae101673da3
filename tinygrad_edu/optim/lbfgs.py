"""L-BFGS: steps that know the curvature of the loss, from the last few gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, SupportsFloat, TypeVar

import numpy as np

from .line_search import strong_wolfe
from .loading import groups_in, number_entries, what
from .optimizer import Optimizer, Params
from .settings import number, one_of, whole_number

Loss = TypeVar("Loss", bound=SupportsFloat)


class LBFGS(Optimizer):
    """The limited-memory BFGS optimiser (Nocedal 1980), for a smooth loss over all examples at once, without noise.

    Parameters
    ----------
    params : iterable of Tensor
        The parameters to change, usually ``model.parameters()``, all in one group.
    lr : float
        The length of a step along the direction found. With a line search, the first length that is tried.
    max_iter : int
        The number of iterations in one ``step``.
    tolerance_grad, tolerance_change : float
        Iterations stop if no element of the gradient is larger than the first, or if the loss or the parameters change
        by less than the second.
    history_size : int
        How many of the last steps are remembered.
    line_search_fn : {None, "strong_wolfe"}
        With a line search, steps have a length at which the loss has gone down enough and the slope is small.

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, optim
    >>> x = Tensor([-1.0, 2.0], requires_grad=True)
    >>> lbfgs = optim.LBFGS([x], line_search_fn="strong_wolfe", max_iter=50)
    >>> def closure():
    ...     lbfgs.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> start = lbfgs.step(closure)
    >>> x.data.round(4)
    array([1., 1.])
    """

    _checks: ClassVar = {
        "lr": number(),
        "max_iter": whole_number(1),
        "tolerance_grad": number(),
        "tolerance_change": number(),
        "history_size": whole_number(1),
        "line_search_fn": one_of(None, "strong_wolfe"),
    }

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        max_iter: int = 20,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        self._steps: list[Any] = []  # how the parameters changed, and how the gradient, in the last iterations
        self._bends: list[Any] = []

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Take the first group of parameters, and refuse any other.

        Parameters
        ----------
        group : dict
            The parameters under ``"params"``, and any settings that differ from the optimiser's.

        Raises
        ------
        ValueError
            If there is a group already.
        """
        if self.param_groups:
            raise ValueError("LBFGS has no groups: it moves all parameters together")
        super().add_param_group(group)

    def step(self, closure: Callable[[], Loss] | None = None) -> Loss:  # type: ignore[override]
        """Take up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            A function that calls zero_grad(), computes the loss, calls its backward(), and returns it.

        Returns
        -------
        Tensor or float
            The loss before the step, as `closure` returned it.

        Raises
        ------
        TypeError
            If there is no closure.
        """
        if closure is None:
            raise TypeError(
                "LBFGS computes the loss several times in a step: step(closure) wants a function that "
                "calls zero_grad(), computes the loss, calls its backward(), and returns it"
            )
        group = self.param_groups[0]

        def evaluate(x: Any) -> tuple[float, Any]:
            self._place(x)
            return float(closure()), self._gradient()

        first = closure()
        cost, g, x = float(first), self._gradient(), self._flat([p._array for p in self.params])
        for _ in range(group["max_iter"]):
            if not g.size or np.abs(g).max() <= group["tolerance_grad"]:
                break
            d = self._direction(g)
            slope = d @ g
            if slope > -group["tolerance_change"]:
                break
            t = group["lr"] if self._steps else min(1.0, 1 / np.abs(g).sum()) * group["lr"]
            if group["line_search_fn"]:
                t, new_cost, new_g = strong_wolfe(lambda t: evaluate(x + t * d), d, t, cost, g, slope)  # noqa: B023
            else:
                new_cost, new_g = evaluate(x + t * d)
            self._remember(t * d, new_g - g, group["history_size"])
            x = x + t * d
            change, moved = abs(new_cost - cost), np.abs(t * d).max()
            cost, g = new_cost, new_g
            if change < group["tolerance_change"] or moved <= group["tolerance_change"]:
                break
        self._place(x)
        return first

    def _direction(self, g: Any) -> Any:
        """Return the negative gradient times the approximate inverse Hessian, by the two loops of Nocedal 1980."""
        q = -g
        alphas = []
        for s, y in zip(reversed(self._steps), reversed(self._bends), strict=True):
            alphas.append(s @ q / (y @ s))
            q = q - alphas[-1] * y
        if self._steps:
            s, y = self._steps[-1], self._bends[-1]
            q = q * (s @ y / (y @ y))
        for s, y, alpha in zip(self._steps, self._bends, reversed(alphas), strict=True):
            q = q + s * (alpha - y @ q / (y @ s))
        return q

    def _remember(self, s: Any, y: Any, most: int) -> None:
        if y @ s > 1e-10:  # else the surface does not bend upwards there
            self._steps, self._bends = [*self._steps, s][-most:], [*self._bends, y][-most:]

    # ----------------------------------------------------------- all parameters as one vector, of float64

    def _flat(self, arrays: list[Any]) -> Any:
        return np.concatenate([np.ravel(np.asarray(a, float)) for a in arrays])

    def _gradient(self) -> Any:
        return self._flat([np.zeros(p.shape) if p._grad is None else p._grad._array for p in self.params])

    def _place(self, x: Any) -> None:
        start = 0
        for p in self.params:
            p._own()[...] = x[start : start + p.size].reshape(p.shape)
            start += p.size

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that decides the next steps.

        Returns
        -------
        dict
            ``"state"``, the last steps and the changes of the gradient, and ``"param_groups"``, the settings.
        """
        saved = super().state_dict()
        saved["state"] = {0: {"steps": np.array(self._steps), "bends": np.array(self._bends)}} if self._steps else {}
        return saved

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.

        Raises
        ------
        ValueError
            If the state can't be one of this optimiser. Then nothing has changed.
        """
        groups = groups_in(self, state)
        steps, bends = pairs_in(state, sum(p.size for p in self.params))
        self._take_settings(groups)
        self._steps, self._bends = steps, bends


def pairs_in(state: Mapping[str, Any], n: int) -> tuple[list[Any], list[Any]]:
    """Return how numbers and their gradient changed in the last iterations, by a state: two lists of vectors of `n`."""
    memory = number_entries("LBFGS", state["state"])
    entries = memory.get(0, {})
    if memory.keys() - {0} or entries.keys() not in (set(), {"steps", "bends"}):
        raise ValueError(
            f"LBFGS: the state of parameter 0 must have 'steps' and 'bends', and nothing else, and is {what(entries)}: "
            "is it another optimiser's?"
        )
    steps, bends = (np.array(entries.get(name, np.empty((0, n)))) for name in ("steps", "bends"))
    for name, array in ("steps", steps), ("bends", bends):
        if array.dtype.kind not in "iuf" or array.shape != (len(steps), n):
            raise ValueError(
                f"LBFGS: {name} of the state must be vectors of {n} numbers, as many of them as steps, "
                f"not {what(array)}"
            )
    if not ((steps * bends).sum(1) > 0).all():
        raise ValueError(
            "LBFGS: steps and bends of the state are of a surface that does not bend upwards, or have NaN in them"
        )
    return list(steps.astype(float)), list(bends.astype(float))
