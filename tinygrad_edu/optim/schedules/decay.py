"""Schedules that multiply the learning rate by a power, a straight line, or any function of the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ..optimizer import Optimizer
from ..settings import as_number, every_item, number, whole_number
from .schedule import Schedule, check_lengths, of_group


class LambdaLR(Schedule):
    """A schedule that multiplies the initial learning rate by a function of the step.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    lr_lambda : callable, or list of callable
        A function of the step, counted from 0, that returns a factor of at least 0: one for all groups, or one for
        each. Functions are not saved with the state.

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
                "LambdaLR: lr_lambda must be a function of the step, or a list of one for each group, "
                f"not {lr_lambda!r}"
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
