"""Schedules: how the rate changes as learning goes on, under PyTorch's names.

A schedule is a factor for each step, on the rate that each group of the optimiser began with. Call its ``step()``
after the optimiser's: after each epoch, or each batch, whichever its numbers count. Several schedules on one optimiser
are several factors, and so is what else changes the rate: each goes on from the rate that it finds.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .schedule import Schedule, check_lengths, of_group
from .settings import as_number, checked, each, items, number, whole


class LambdaLR(Schedule):
    """The initial rate times a function of the step.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of one for each group
        From the step, counted from 0, to a factor that is at least 0. Functions are not saved with the state.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=0.5)
    >>> schedule = optim.LambdaLR(sgd, lambda step: 1 / (1 + step))
    >>> schedule.step()
    >>> sgd.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]) -> None:
        self.lr_lambda: Any = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else lr_lambda
        if not all(map(callable, self.lr_lambda if isinstance(self.lr_lambda, list) else [self.lr_lambda])):
            raise TypeError(f"LambdaLR: lr_lambda must be a function of the step, or a list of one for each group, not {lr_lambda!r}")
        super().__init__(optimizer)

    def _rate(self, i: int, initial: float) -> float:
        check_lengths(self, "lr_lambda")
        factor = of_group(self, "lr_lambda", i)(self.last_epoch)
        n = as_number(factor)
        if n is None:
            raise ValueError(f"LambdaLR: the function gave {factor!r} for step {self.last_epoch}, which is no number")
        return initial * float(n)


class StepLR(Schedule):
    """Times `gamma` after every `step_size` steps."""

    _checks: ClassVar = {"step_size": whole(1), "gamma": number()}
    step_size: int
    gamma: float

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, step_size=step_size, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(Schedule):
    """Times `gamma` at each of the `milestones`."""

    _checks: ClassVar = {"milestones": items(whole(0)), "gamma": number()}
    milestones: list[int]
    gamma: float

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer, milestones=milestones, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma ** sum(self.last_epoch >= m for m in self.milestones)


class ExponentialLR(Schedule):
    """Times `gamma` at every step."""

    _checks: ClassVar = {"gamma": number()}
    gamma: float

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma**self.last_epoch


class LinearLR(Schedule):
    """Warm-up: from `start_factor` of the rate to `end_factor` of it in `total_iters` steps, and then no more change."""

    _checks: ClassVar = {"start_factor": number(), "end_factor": number(), "total_iters": whole(1)}
    start_factor: float
    end_factor: float
    total_iters: int

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        super().__init__(optimizer, start_factor=start_factor, end_factor=end_factor, total_iters=total_iters)

    def _rate(self, i: int, initial: float) -> float:
        done = min(self.last_epoch, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * done)


class CosineAnnealingLR(Schedule):
    """Down to `eta_min` in `T_max` steps, along half a cosine (Loshchilov & Hutter 2017); and up again, if it goes on."""

    _checks: ClassVar = {"T_max": whole(1), "eta_min": number()}
    T_max: int
    eta_min: float

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer, T_max=T_max, eta_min=eta_min)

    def _rate(self, i: int, initial: float) -> float:
        return self.eta_min + (initial - self.eta_min) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2

    def _onwards(self, now: float, old: float, new: float) -> float:
        if self.eta_min <= new < old:  # what others have made of the rate comes down to eta_min too, as in PyTorch
            return self.eta_min + (now - self.eta_min) * ((new - self.eta_min) / (old - self.eta_min))
        return super()._onwards(now, old, new)


class OneCycleLR(Schedule):
    """Up to `max_lr` and down to nearly nothing, both along half a cosine, in `total_steps` steps (Smith & Topin 2018).

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float, or list of one for each group
        These are rates, not factors: those of the optimiser don't matter.
    total_steps : int
    pct_start : float
        Which part of the steps goes up.
    div_factor, final_div_factor : float
        The first rate is ``max_lr / div_factor``, the last one that over ``final_div_factor``.
    """

    _checks: ClassVar = {"max_lr": each(number()), "total_steps": whole(1), "pct_start": number(0, 1, "[]"),
                         "div_factor": number(0, math.inf, "()"), "final_div_factor": number(0, math.inf, "()")}
    _absolute = True
    total_steps: int
    pct_start: float
    div_factor: float
    final_div_factor: float

    def __init__(self, optimizer: Optimizer, max_lr: float | Sequence[float], total_steps: int, pct_start: float = 0.3,
                 div_factor: float = 25.0, final_div_factor: float = 1e4) -> None:
        super().__init__(optimizer, max_lr=max_lr, total_steps=total_steps, pct_start=pct_start, div_factor=div_factor,
                         final_div_factor=final_div_factor)

    def _rate(self, i: int, initial: float) -> float:
        if self.last_epoch > self.total_steps:  # the one call after the last step is forgiven
            raise ValueError(f"OneCycleLR: this is step {self.last_epoch + 1}, and total_steps is {self.total_steps}")
        check_lengths(self, "max_lr")
        highest = of_group(self, "max_lr", i)
        first = highest / self.div_factor
        top, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if self.last_epoch <= top:
            return between(first, highest, self.last_epoch / top if top else 1.0)
        return between(highest, first / self.final_div_factor, min((self.last_epoch - top) / (end - top), 1.0) if end > top else 1.0)


class SequentialLR(Schedule):
    """One schedule after the other; `milestones` are the steps at which the next takes over.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of schedules of this optimiser
        It takes their steps; they begin where they take over. None that waits for a number, as `ReduceLROnPlateau` does.
    milestones : list of int
        One fewer, and rising.

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

    _checks: ClassVar = {"milestones": items(whole(1))}
    milestones: list[int]

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]) -> None:
        self.schedulers = list(schedulers)
        for schedule in self.schedulers:
            if not isinstance(schedule, Schedule):
                raise TypeError(f"SequentialLR takes schedules whose step() takes nothing, and got {type(schedule).__name__}")
        check_milestones(checked("SequentialLR", self._checks, {"milestones": milestones})["milestones"], len(self.schedulers))
        if any(schedule.optimizer is not optimizer for schedule in self.schedulers):
            raise ValueError("SequentialLR: the schedules must be made with the same optimiser as this one")
        for i, group in enumerate(optimizer.param_groups):  # as if they had not begun
            rate, initial = group["lr"], group["initial_lr"]
            for schedule in {id(s): s for s in self.schedulers}.values():
                before, after = schedule._began[i]
                rate = rate * (before / after) if after else 0.0
            group["lr"] = initial if not rate or math.isclose(rate, initial, rel_tol=1e-12) else rate
        super().__init__(optimizer, milestones=milestones)

    def _rate(self, i: int, initial: float) -> float:
        n = sum(self.last_epoch >= m for m in self.milestones)
        current = self.schedulers[n]
        current.last_epoch = self.last_epoch - (self.milestones[n - 1] if n else 0)
        return current._rate(i, initial)

    def _meet_new_groups(self) -> None:
        for schedule in self.schedulers:
            schedule._meet_new_groups()
        super()._meet_new_groups()

    def state_dict(self) -> dict[str, Any]:
        """What to save of it, and of all its schedules."""
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def _restored(self, state: Any) -> tuple[Any, list[float]]:
        saved = state.get("schedulers") if isinstance(state, Mapping) else None
        if not isinstance(saved, list | tuple) or len(saved) != len(self.schedulers):
            raise ValueError(f"SequentialLR: the state must be that of {len(self.schedulers)} schedules, one after the other")
        other = copy.copy(self)
        other.schedulers = [schedule._restored(one)[0] for schedule, one in zip(self.schedulers, saved, strict=True)]
        twin, rates = Schedule._restored(other, {k: v for k, v in state.items() if k != "schedulers"})
        check_milestones(twin.milestones, len(self.schedulers))
        return twin, rates

    def _become(self, twin: Any) -> None:
        for schedule, other in zip(self.schedulers, twin.schedulers, strict=True):
            schedule._become(other)
        twin.schedulers = self.schedulers
        super()._become(twin)


def check_milestones(milestones: list[int], n: int) -> None:
    """Between `n` schedules."""
    if not n:
        raise ValueError("SequentialLR: there are no schedules")
    if len(milestones) != n - 1:
        raise ValueError(f"SequentialLR: {n} schedules need {n - 1} milestones, got {len(milestones)}")
    if any(a >= b for a, b in pairwise(milestones)):
        raise ValueError(f"SequentialLR: milestones={milestones} must rise")


def between(a: float, b: float, part: float) -> float:
    """From `a` to `b` along half a cosine."""
    return b + (a - b) * (1 + math.cos(math.pi * part)) / 2
