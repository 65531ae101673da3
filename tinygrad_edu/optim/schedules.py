"""Schedules: how the rate changes as learning goes on, under PyTorch's names.

A schedule is a factor for each step, on the rate that each group of the optimiser began with. Call its ``step()``
after the optimiser's: after each epoch, or each batch, whichever its numbers count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..replay.afterwards import Patient
from .optimizer import Optimizer


class Schedule(Patient):
    """The base: ``_rate(initial)`` says the rate of a group at step ``self.last_epoch``, counted from 0."""

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__} takes an optimiser first, and got {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self.last_epoch = 0
        self._set()

    def step(self) -> None:
        """One step on."""
        self.last_epoch += 1
        self._set()

    def get_last_lr(self) -> list[float]:
        """The rates of the groups, now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self) -> None:
        for group, initial in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._rate(initial)

    def _rate(self, initial: float) -> float:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """What to save of it."""
        return {k: v for k, v in vars(self).items() if isinstance(v, int | float | list | str | None) and k != "optimizer"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        vars(self).update(state)
        self._set()


class LambdaLR(Schedule):
    """The initial rate times a function of the step.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=0.5)
    >>> schedule = optim.LambdaLR(sgd, lambda step: 1 / (1 + step))
    >>> schedule.step()
    >>> sgd.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        return initial * self.lr_lambda(self.last_epoch)


class StepLR(Schedule):
    """Times `gamma` after every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = positive(self, "step_size", step_size), gamma
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        return initial * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(Schedule):
    """Times `gamma` at each of the `milestones`."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        self.milestones, self.gamma = list(milestones), gamma
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        return initial * self.gamma ** sum(self.last_epoch >= m for m in self.milestones)


class ExponentialLR(Schedule):
    """Times `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        return initial * self.gamma**self.last_epoch


class LinearLR(Schedule):
    """Warm-up: from `start_factor` of the rate to `end_factor` of it in `total_iters` steps, and then no more change."""

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = positive(self, "total_iters", total_iters)
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        done = min(self.last_epoch, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * done)


class CosineAnnealingLR(Schedule):
    """Down to `eta_min` in `T_max` steps, along half a cosine (Loshchilov & Hutter 2017); and up again, if it goes on."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = positive(self, "T_max", T_max), eta_min
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        return self.eta_min + (initial - self.eta_min) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2


class OneCycleLR(Schedule):
    """Up to `max_lr` and down to nearly nothing, both along half a cosine, in `total_steps` steps (Smith & Topin 2018).

    Parameters
    ----------
    max_lr : float
    total_steps : int
    pct_start : float
        Which part of the steps goes up.
    div_factor, final_div_factor : float
        The first rate is ``max_lr / div_factor``, the last one that over ``final_div_factor``.
    """

    def __init__(self, optimizer: Optimizer, max_lr: float, total_steps: int, pct_start: float = 0.3, div_factor: float = 25.0,
                 final_div_factor: float = 1e4) -> None:
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start={pct_start} is out of range; it is a part of the steps, from 0 to 1")
        self.max_lr, self.total_steps = max_lr, positive(self, "total_steps", total_steps)
        self.pct_start, self.div_factor, self.final_div_factor = pct_start, div_factor, final_div_factor
        super().__init__(optimizer)

    def _rate(self, initial: float) -> float:
        if self.last_epoch > self.total_steps:  # the one call after the last step is forgiven
            raise ValueError(f"OneCycleLR: this is step {self.last_epoch + 1}, and total_steps is {self.total_steps}")
        first = self.max_lr / self.div_factor
        top, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if self.last_epoch <= top:
            return between(first, self.max_lr, self.last_epoch / top if top else 1.0)
        return between(self.max_lr, first / self.final_div_factor, min((self.last_epoch - top) / (end - top), 1.0))


class SequentialLR(Patient):
    """One schedule after the other; `milestones` are the steps at which the next takes over.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> warm_up = optim.LinearLR(sgd, 0.25, total_iters=3)
    >>> schedule = optim.SequentialLR(sgd, [warm_up, optim.ExponentialLR(sgd, 0.5)], [3])
    >>> for _ in range(5):
    ...     print(sgd.lr, end=" ")
    ...     schedule.step()
    0.25 0.5 0.75 1.0 0.5
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"SequentialLR: {len(schedulers)} schedules need {len(schedulers) - 1} milestones, got {len(milestones)}")
        self.optimizer, self.schedulers, self.milestones = optimizer, list(schedulers), list(milestones)
        self.last_epoch = 0
        self.schedulers[0]._set()

    def step(self) -> None:
        """One step on."""
        self.last_epoch += 1
        i = sum(self.last_epoch >= m for m in self.milestones)
        current = self.schedulers[i]
        current.last_epoch = self.last_epoch - (self.milestones[i - 1] if i else 0)
        current._set()

    def get_last_lr(self) -> list[float]:
        """The rates of the groups, now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What to save of it."""
        return {"last_epoch": self.last_epoch, "schedulers": [s.state_dict() for s in self.schedulers]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.last_epoch = state["last_epoch"] - 1
        for schedule, saved in zip(self.schedulers, state["schedulers"], strict=True):
            schedule.load_state_dict(saved)
        self.step()


class ReduceLROnPlateau(Patient):
    """Times `factor` when a number, usually the cost on unseen examples, has not improved for `patience` steps.

    Parameters
    ----------
    mode : {"min", "max"}
        Which way is better.
    factor : float
    patience : int
        How many steps without improvement are borne.
    threshold : float
        Improvement counts from this fraction of the best number on.
    cooldown : int
        Steps after a reduction in which none are counted.
    min_lr : float
    """

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
                 cooldown: int = 0, min_lr: float = 0.0) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode must be 'min' or 'max', not {mode!r}")
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor={factor} is out of range; it must be between 0 and 1")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.cooldown, self.min_lr = threshold, cooldown, min_lr
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_steps = self.resting = 0

    def step(self, metrics: Any) -> None:
        """One step on, after which the number is `metrics`."""
        now = float(metrics)
        better = now < self.best * (1 - self.threshold) if self.mode == "min" else now > self.best * (1 + self.threshold)
        if better:
            self.best, self.bad_steps = now, 0
        else:
            self.bad_steps += 1
        if self.resting:
            self.resting, self.bad_steps = self.resting - 1, 0
        if self.bad_steps > self.patience:
            for group in self.optimizer.param_groups:
                group["lr"] = max(group["lr"] * self.factor, self.min_lr)
            self.resting, self.bad_steps = self.cooldown, 0

    state_dict = Schedule.state_dict

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        vars(self).update(state)


def between(a: float, b: float, part: float) -> float:
    """From `a` to `b` along half a cosine."""
    return b + (a - b) * (1 + math.cos(math.pi * part)) / 2


def positive(schedule: Any, name: str, n: int) -> int:
    if n < 1:
        raise ValueError(f"{type(schedule).__name__}: {name}={n} must be at least 1")
    return n
