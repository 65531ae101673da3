"""Schedules: how the learning rate changes during training, under PyTorch's names.

A schedule gives a factor for each step, on the learning rate that each group of the optimiser began with. Call its
``step()`` after the optimiser's: after each epoch, or each batch, whichever its numbers count. Several schedules on one
optimiser are several factors, and so is anything else that changes the rate: each continues from the rate that it finds.
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
from .settings import as_number, check_settings, each_group, every_item, number, whole_number


class LambdaLR(Schedule):
    """A schedule that multiplies the initial learning rate by a function of the step.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    lr_lambda : callable, or list of callable
        A function of the step, counted from 0, that returns a factor of at least 0: one for all groups, or one for each.
        Functions are not saved with the state.

    Raises
    ------
    TypeError
        If `lr_lambda` is not a function, or a list of functions.
    ValueError
        If the function doesn't return a number.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=0.5)
    >>> schedule = optim.LambdaLR(sgd, lambda step: 1 / (1 + step))
    >>> schedule.step()
    >>> sgd.lr
    0.25
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]
    ) -> None:
        self.lr_lambda: Any = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else lr_lambda
        if not all(map(callable, self.lr_lambda if isinstance(self.lr_lambda, list) else [self.lr_lambda])):
            raise TypeError(
                f"LambdaLR: lr_lambda must be a function of the step, or a list of one for each group, not {lr_lambda!r}"
            )
        super().__init__(optimizer)

    def _rate(self, i: int, initial: float) -> float:
        check_lengths(self, "lr_lambda")
        factor = of_group(self, "lr_lambda", i)(self.last_epoch)
        n = as_number(factor)
        if n is None:
            raise ValueError(
                f"LambdaLR: the function returned {factor!r} for step {self.last_epoch}, which is not a number"
            )
        return initial * float(n)


class StepLR(Schedule):
    """A schedule that multiplies the learning rate by `gamma` after every `step_size` steps.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    step_size : int
        The number of steps with the same learning rate.
    gamma : float
        The factor, at least 0.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = optim.StepLR(sgd, step_size=2, gamma=0.5)
    >>> for _ in range(5):
    ...     print(sgd.lr, end=" ")
    ...     schedule.step()
    1.0 1.0 0.5 0.5 0.25
    """

    _checks: ClassVar = {"step_size": whole_number(1), "gamma": number()}
    step_size: int
    gamma: float

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, step_size=step_size, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(Schedule):
    """A schedule that multiplies the learning rate by `gamma` at each of the `milestones`.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    milestones : list of int
        The steps, counted from 0.
    gamma : float
        The factor, at least 0.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = optim.MultiStepLR(sgd, [1, 3], gamma=0.5)
    >>> for _ in range(5):
    ...     print(sgd.lr, end=" ")
    ...     schedule.step()
    1.0 0.5 0.5 0.25 0.25
    """

    _checks: ClassVar = {"milestones": every_item(whole_number(0)), "gamma": number()}
    milestones: list[int]
    gamma: float

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer, milestones=milestones, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma ** sum(self.last_epoch >= m for m in self.milestones)


class ExponentialLR(Schedule):
    """A schedule that multiplies the learning rate by `gamma` at every step.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    gamma : float
        The factor, at least 0.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = optim.ExponentialLR(sgd, gamma=0.5)
    >>> for _ in range(4):
    ...     print(sgd.lr, end=" ")
    ...     schedule.step()
    1.0 0.5 0.25 0.125
    """

    _checks: ClassVar = {"gamma": number()}
    gamma: float

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, gamma=gamma)

    def _rate(self, i: int, initial: float) -> float:
        return initial * self.gamma**self.last_epoch


class LinearLR(Schedule):
    """A schedule that changes the learning rate along a straight line, for a warm-up.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    start_factor, end_factor : float
        The factors on the initial learning rate at the first step, and from step `total_iters` on.
    total_iters : int
        The number of steps in which it changes.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> warm_up = optim.LinearLR(sgd, start_factor=0.25, total_iters=3)
    >>> for _ in range(5):
    ...     print(sgd.lr, end=" ")
    ...     warm_up.step()
    0.25 0.5 0.75 1.0 1.0
    """

    _checks: ClassVar = {"start_factor": number(), "end_factor": number(), "total_iters": whole_number(1)}
    start_factor: float
    end_factor: float
    total_iters: int

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        super().__init__(optimizer, start_factor=start_factor, end_factor=end_factor, total_iters=total_iters)

    def _rate(self, i: int, initial: float) -> float:
        done = min(self.last_epoch, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * done)


class CosineAnnealingLR(Schedule):
    """Cosine annealing (Loshchilov & Hutter 2017): the learning rate goes down to `eta_min` along half a cosine.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    T_max : int
        The number of steps to the smallest learning rate. After that, it goes up again.
    eta_min : float
        The smallest learning rate.

    Notes
    -----
    At step `t` it is ``eta_min + (initial - eta_min) * (1 + cos(pi * t / T_max)) / 2``, as in PyTorch.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = optim.CosineAnnealingLR(sgd, T_max=4)
    >>> for _ in range(5):
    ...     print(f"{sgd.lr:.2f}", end=" ")
    ...     schedule.step()
    1.00 0.85 0.50 0.15 0.00
    """

    _checks: ClassVar = {"T_max": whole_number(1), "eta_min": number()}
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
    """The one-cycle schedule (Smith & Topin 2018): the learning rate goes up to `max_lr`, and then down to nearly 0.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    max_lr : float, or list of float
        The largest learning rate: one for all groups, or one for each. It is a rate, not a factor: the optimiser's own
        learning rate doesn't matter.
    total_steps : int
        The number of steps of the whole cycle.
    pct_start : float
        The fraction of the steps in which the rate goes up.
    div_factor, final_div_factor : float
        The first learning rate is ``max_lr / div_factor``, and the last one ``max_lr / div_factor / final_div_factor``.

    Raises
    ------
    ValueError
        If a setting is out of range, or there are more than `total_steps` steps.

    Notes
    -----
    Both ways go along half a cosine, as in PyTorch.

    Examples
    --------
    >>> from tinygrad_edu import nn, optim
    >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = optim.OneCycleLR(sgd, max_lr=1.0, total_steps=4, pct_start=0.5)
    >>> for _ in range(4):
    ...     print(f"{sgd.lr:.6f}", end=" ")
    ...     schedule.step()
    0.040000 1.000000 0.500002 0.000004
    """

    _checks: ClassVar = {
        "max_lr": each_group(number()),
        "total_steps": whole_number(1),
        "pct_start": number(0, 1, "[]"),
        "div_factor": number(0, math.inf, "()"),
        "final_div_factor": number(0, math.inf, "()"),
    }
    _absolute = True
    total_steps: int
    pct_start: float
    div_factor: float
    final_div_factor: float

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        super().__init__(
            optimizer,
            max_lr=max_lr,
            total_steps=total_steps,
            pct_start=pct_start,
            div_factor=div_factor,
            final_div_factor=final_div_factor,
        )

    def _rate(self, i: int, initial: float) -> float:
        if self.last_epoch > self.total_steps:  # the one call after the last step is forgiven
            raise ValueError(f"OneCycleLR: this is step {self.last_epoch + 1}, and total_steps is {self.total_steps}")
        check_lengths(self, "max_lr")
        highest = of_group(self, "max_lr", i)
        first = highest / self.div_factor
        top, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if self.last_epoch <= top:
            return interpolate_cosine(first, highest, self.last_epoch / top if top else 1.0)
        return interpolate_cosine(
            highest,
            first / self.final_div_factor,
            min((self.last_epoch - top) / (end - top), 1.0) if end > top else 1.0,
        )


class SequentialLR(Schedule):
    """A schedule that uses several schedules, one after the other.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    schedulers : list of schedules
        Schedules of the same optimiser. This one takes their steps; each begins where it takes over.
        `ReduceLROnPlateau`, whose step takes a number, can't be among them.
    milestones : list of int
        The steps at which the next schedule takes over, in rising order: one fewer than there are schedules.

    Raises
    ------
    TypeError
        If one of `schedulers` is not such a schedule.
    ValueError
        If the schedules belong to another optimiser, or `milestones` don't fit.

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

    _checks: ClassVar = {"milestones": every_item(whole_number(1))}
    milestones: list[int]

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]) -> None:
        self.schedulers = list(schedulers)
        for schedule in self.schedulers:
            if not isinstance(schedule, Schedule):
                raise TypeError(
                    f"SequentialLR takes schedules whose step() takes nothing, and got {type(schedule).__name__}"
                )
        check_milestones(
            check_settings("SequentialLR", self._checks, {"milestones": milestones})["milestones"], len(self.schedulers)
        )
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
        """Return everything to save of this schedule and the ones in it.

        Returns
        -------
        dict
            The state of this schedule, and under ``"schedulers"`` the list of the others' states.
        """
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def _restored(self, state: Any) -> tuple[Any, list[float]]:
        saved = state.get("schedulers") if isinstance(state, Mapping) else None
        if not isinstance(saved, list | tuple) or len(saved) != len(self.schedulers):
            raise ValueError(f"SequentialLR: the state must have the states of {len(self.schedulers)} schedules")
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
    """Raise an error if these are not milestones between `n` schedules."""
    if not n:
        raise ValueError("SequentialLR: there are no schedules")
    if len(milestones) != n - 1:
        raise ValueError(f"SequentialLR: {n} schedules need {n - 1} milestones, got {len(milestones)}")
    if any(a >= b for a, b in pairwise(milestones)):
        raise ValueError(f"SequentialLR: milestones={milestones} must rise")


def interpolate_cosine(a: float, b: float, part: float) -> float:
    """Return the number at this part of the way from `a` to `b`, along half a cosine."""
    return b + (a - b) * (1 + math.cos(math.pi * part)) / 2
