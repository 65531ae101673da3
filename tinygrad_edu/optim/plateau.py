"""Lowering the rate when nothing improves any more."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .deferral import Patient
from .optimizer import Optimizer
from .schedule import an_optimiser, check_lengths, of_group, only
from .settings import as_number, checked, each, number, one_of, whole


class ReduceLROnPlateau(Patient):
    """Times `factor` when a number, usually the cost on unseen examples, has not improved for `patience` steps.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Which way is better.
    factor : float
        Between 0 and 1.
    patience : int
        How many steps without improvement are borne.
    threshold : float
        Improvement counts from this fraction of the best number on.
    cooldown : int
        Steps after a reduction in which none are counted.
    min_lr : float, or list of one for each group
        Rates are not reduced to less.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=0.5)
    >>> plateau = optim.ReduceLROnPlateau(sgd, factor=0.5, patience=1)
    >>> for cost in 3.0, 2.0, 2.0, 2.0:
    ...     plateau.step(cost)
    >>> sgd.lr
    0.25
    """

    _checks: ClassVar = {"mode": one_of("min", "max"), "factor": number(0, 1, "()"), "patience": whole(0), "threshold": number(),
                         "cooldown": whole(0), "min_lr": each(number())}

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
                 cooldown: int = 0, min_lr: float | Sequence[float] = 0.0) -> None:
        self.optimizer = an_optimiser(self, optimizer)
        self.mode: str
        self.factor: float
        self.patience: int
        self.threshold: float
        self.cooldown: int
        vars(self).update(checked(type(self).__name__, self._checks, {
            "mode": mode, "factor": factor, "patience": patience, "threshold": threshold, "cooldown": cooldown, "min_lr": min_lr}))
        check_lengths(self, "min_lr")
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_steps = self.resting = 0

    def step(self, metrics: Any) -> None:
        """One step on, after which the number is `metrics`."""
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
        """What to save of it: its settings, the best number, and the steps since. The rates are the optimiser's."""
        return {name: getattr(self, name) for name in (*self._checks, *COUNTS)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`; one that can't be is a ValueError, and changes nothing."""
        twin = copy.copy(self)
        vars(twin).update(only(type(self).__name__, {**self._checks, **COUNTS}, state))
        check_lengths(twin, "min_lr")
        vars(self).update(vars(twin))


def any_number(value: Any) -> float:
    n = as_number(value)
    if n is None or math.isnan(n):
        raise ValueError("is no number")
    return float(n)


COUNTS = {"best": any_number, "bad_steps": whole(0), "resting": whole(0)}
