"""Schedules along half a cosine: CosineAnnealingLR, and OneCycleLR."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from ..optimizer import Optimizer
from ..settings import each_group, number, whole_number
from .schedule import Schedule, check_lengths, of_group


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


def interpolate_cosine(a: float, b: float, part: float) -> float:
    """Return the number at this part of the way from `a` to `b`, along half a cosine."""
    return b + (a - b) * (1 + math.cos(math.pi * part)) / 2
