"""The base of all schedules: how they set learning rates, work beside each other, and continue from a saved state."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from ..deferral import Deferrable
from ..optimizer import Optimizer
from ..settings import Check, as_number, check_settings, every_item, number, whole_number


class Schedule(Deferrable):
    """The base of all schedules. A subclass says in ``_rate(i, initial)`` the learning rate of group `i` now.

    "Now" is step ``self.last_epoch``, counted from 0. The group has that rate as long as nobody else changes it. If
    another schedule or you have changed it, the rate that is there is multiplied by the new result of ``_rate`` over
    its last one. So two schedules on one optimiser are two factors.

    Parameters
    ----------
    optimizer : Optimizer
        The optimiser whose learning rates change.
    **settings
        The settings, which are checked and become attributes.
    """

    _checks: ClassVar[Mapping[str, Check]] = {}  # which values the settings may have
    _absolute = False  # whether the first rate replaces what was there

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        self.optimizer = an_optimiser(self, optimizer)
        vars(self).update(check_settings(type(self).__name__, self._checks, settings))
        self.last_epoch = 0
        found = self.get_last_lr()
        self.base_lrs = [group.get("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self._alone = found if self._absolute else self.base_lrs  # the rates, if nobody else had changed them
        self._set()
        self._began = list(zip(found, self.get_last_lr(), strict=True))
        for group, base in zip(optimizer.param_groups, self.base_lrs, strict=True):
            group["initial_lr"] = base

    def step(self) -> None:
        """Advance by one step: set the learning rates of the next epoch or batch."""
        self._meet_new_groups()
        self.last_epoch += 1
        try:
            self._set()
        except BaseException:
            self.last_epoch -= 1
            raise

    def get_last_lr(self) -> list[float]:
        """Return the learning rates now.

        Returns
        -------
        list of float
            One learning rate for each group of the optimiser.
        """
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self) -> None:
        """Set the rates of this step: of all groups or, after an error, of none."""
        alone = [self._good(i, self._rate(i, base)) for i, base in enumerate(self.base_lrs)]
        rates = [
            self._good(i, new if now == old or not old else self._onwards(now, old, new))
            for i, (now, old, new) in enumerate(zip(self.get_last_lr(), self._alone, alone, strict=True))
        ]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._alone = alone

    def _rate(self, i: int, initial: float) -> float:
        raise NotImplementedError

    def _onwards(self, now: float, old: float, new: float) -> float:
        """Return the next rate of a group that has rate `now`; the schedule alone would go from `old` to `new`."""
        return now * (new / old)

    def _good(self, i: int, rate: Any) -> float:
        n = as_number(rate)
        if n is None or not 0 <= n < math.inf:
            raise ValueError(
                f"{type(self).__name__}: the rate of group {i} would be {rate!r} at step {self.last_epoch}; "
                "rates are numbers that are at least 0, and finite"
            )
        return float(n)

    def _meet_new_groups(self) -> None:
        """Take in groups that were added since the last step: they begin with the rate that they have."""
        for i, group in enumerate(self.optimizer.param_groups[len(self.base_lrs) :], len(self.base_lrs)):
            base = group.setdefault("initial_lr", group["lr"])
            self._alone = [*self._alone, self._good(i, self._rate(i, base))]
            self.base_lrs = [*self.base_lrs, base]

    # ----------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return everything to save of the schedule.

        Returns
        -------
        dict
            The settings (except functions), the number of steps, and the learning rates.
        """
        return {
            **{name: getattr(self, name) for name in self._checks},
            "last_epoch": self.last_epoch,
            "base_lrs": list(self.base_lrs),
            "lrs": self.get_last_lr(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`: the optimiser's learning rates become what they were.

        Parameters
        ----------
        state : dict
            The result of `state_dict`, of a schedule of the same kind.

        Raises
        ------
        ValueError
            If the state can't be one of this schedule. Then nothing has changed.
        """
        twin, rates = self._restored(state)
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._become(twin)

    def _become(self, twin: Any) -> None:
        vars(self).update(vars(twin))

    def _restored(self, state: Any) -> tuple[Any, list[float]]:
        """Return a copy of this schedule that continues from the state, and the rates; change nothing yet."""
        kind, n = type(self).__name__, len(self.optimizer.param_groups)
        lists = {"base_lrs": every_item(number()), "lrs": every_item(number())}
        found = only(kind, {**self._checks, "last_epoch": whole_number(0), **lists}, state)
        for name in lists:
            if len(found[name]) != n:
                raise ValueError(
                    f"{kind}: {name} of the state belong to {len(found[name])} groups, and the optimiser has {n}"
                )
        rates = found.pop("lrs")
        twin = copy.copy(self)
        vars(twin).update(found)
        twin._alone = [twin._good(i, twin._rate(i, base)) for i, base in enumerate(twin.base_lrs)]
        return twin, rates


def an_optimiser(schedule: Any, optimizer: Any) -> Any:
    """Return the optimiser, or raise an error if it isn't one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(schedule).__name__} takes an optimiser first, and got {type(optimizer).__name__}")
    return optimizer


def only(kind: str, checks: Mapping[str, Check], state: Any) -> dict[str, Any]:
    """Return the checked entries of a state, which must have all these names and no others."""
    if not isinstance(state, Mapping):
        raise ValueError(f"{kind}: a state is a dict, and this is a {type(state).__name__}")
    missing, unknown = checks.keys() - state.keys(), state.keys() - checks.keys()
    if missing or unknown:
        what = f"has no {', '.join(sorted(missing))}" if missing else f"has {', '.join(sorted(map(str, unknown)))}"
        raise ValueError(f"{kind}: the state {what}: is it another schedule's?")
    return check_settings(f"{kind}: in the state", checks, state)


def of_group(schedule: Any, name: str, i: int) -> Any:
    """Return a setting for group `i`, where there may be one for each."""
    value = getattr(schedule, name)
    return value[i] if isinstance(value, list) else value


def check_lengths(schedule: Any, *names: str) -> None:
    """Raise an error if a setting is a list that doesn't have one item for each group."""
    n = len(schedule.optimizer.param_groups)
    for name in names:
        value = getattr(schedule, name)
        if isinstance(value, list) and len(value) != n:
            raise ValueError(
                f"{type(schedule).__name__}: {name} is a list of {len(value)}, and the optimiser has {n} groups; "
                "it must be one for all, or a list of one for each"
            )
