"""A schedule that lowers the learning rate when the loss stops improving."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, SupportsFloat

from ..deferral import Deferrable
from ..optimizer import Optimizer
from ..settings import as_number, check_settings, each_group, number, one_of, whole_number
from .schedule import an_optimiser, check_lengths, of_group, only


class ReduceLROnPlateau(Deferrable):
    """A schedule that lowers the learning rate when a number has stopped improving, as in PyTorch.

    The number is usually the loss on unseen examples. After more than `patience` steps without improvement, the
    learning rate is multiplied by `factor`.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    mode : {"min", "max"}
        Whether smaller or larger numbers are better.
    factor : float
        The factor, between 0 and 1.
    patience : int
        How many steps without improvement are accepted.
    threshold : float
        How large an improvement must be, as a fraction of the best number.
    cooldown : int
        The number of steps after a reduction that don't count.
    min_lr : float, or list of float
        The smallest learning rate: one for all groups, or one for each.

    Raises
    ------
    TypeError
        If `optimizer` is not an optimiser.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=0.5)
    >>> plateau = optim.ReduceLROnPlateau(sgd, factor=0.5, patience=1)
    >>> for loss in 3.0, 2.0, 2.0, 2.0:
    ...     plateau.step(loss)
    >>> sgd.lr
    0.25
    """

    _checks: ClassVar = {
        "mode": one_of("min", "max"),
        "factor": number(0, 1, "()"),
        "patience": whole_number(0),
        "threshold": number(),
        "cooldown": whole_number(0),
        "min_lr": each_group(number()),
    }

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
    ) -> None:
        self.optimizer = an_optimiser(self, optimizer)
        self.mode: str
        self.factor: float
        self.patience: int
        self.threshold: float
        self.cooldown: int
        vars(self).update(
            check_settings(
                type(self).__name__,
                self._checks,
                {
                    "mode": mode,
                    "factor": factor,
                    "patience": patience,
                    "threshold": threshold,
                    "cooldown": cooldown,
                    "min_lr": min_lr,
                },
            )
        )
        check_lengths(self, "min_lr")
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_steps = self.resting = 0

    def step(self, metrics: SupportsFloat) -> None:
        """Advance by one step.

        Parameters
        ----------
        metrics : float or Tensor
            The number now, such as the loss on unseen examples.
        """
        now = float(metrics)
        if self._is_better(now):
            self.best, self.bad_steps = now, 0
        else:
            self.bad_steps += 1
        if self.resting:
            self.resting, self.bad_steps = self.resting - 1, 0
        if self.bad_steps > self.patience:
            for i, group in enumerate(self.optimizer.param_groups):
                lowered = max(group["lr"] * self.factor, of_group(self, "min_lr", i))
                group["lr"] = min(group["lr"], lowered)  # which may be below the minimum already
            self.resting, self.bad_steps = self.cooldown, 0

    def _is_better(self, now: float) -> bool:
        least = self.threshold * abs(self.best) if math.isfinite(self.best) else 0.0
        return now < self.best - least if self.mode == "min" else now > self.best + least

    def state_dict(self) -> dict[str, Any]:
        """Return everything to save of the schedule. The learning rates are in the optimiser's state.

        Returns
        -------
        dict
            The settings, the best number, and the steps since.
        """
        return {name: getattr(self, name) for name in (*self._checks, *COUNTS)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.

        Raises
        ------
        ValueError
            If the state can't be one of this schedule. Then nothing has changed.
        """
        twin = copy.copy(self)
        vars(twin).update(only(type(self).__name__, {**self._checks, **COUNTS}, state))
        check_lengths(twin, "min_lr")
        vars(self).update(vars(twin))


def any_number(value: Any) -> float:
    """Return a number that may be infinite, but not NaN."""
    n = as_number(value)
    if n is None or math.isnan(n):
        raise ValueError("is not a number")
    return float(n)


COUNTS = {"best": any_number, "bad_steps": whole_number(0), "resting": whole_number(0)}
