"""SequentialLR: a schedule of schedules, one after the other."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from ..optimizer import Optimizer
from ..settings import check_settings, every_item, whole_number
from .schedule import Schedule


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
