"""Checks of settings, declared once in tables, and used wherever a setting comes from: a call, a group, a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from numbers import Integral, Real
from typing import Any

import numpy as np

Check = Callable[[Any], Any]  # returns the value to keep; a ValueError says what is wrong with it


def check_settings(owner: str, checks: Mapping[str, Check], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that is `given`, with the settings that `checks` names checked and converted."""
    made = dict(given)
    for name, check in checks.items():
        if name not in made:
            raise ValueError(f"{owner}: there is no {name}")
        try:
            made[name] = check(made[name])
        except ValueError as error:
            shown = repr(made[name])
            raise ValueError(f"{owner}: {name}={shown if len(shown) < 80 else shown[:80] + '...'} {error}") from None
    return made


def number(least: float = 0.0, most: float = math.inf, ends: str = "[)") -> Check:
    """Return the check of a number in an interval; `ends` are the brackets by which mathematicians write it."""
    bottom = {"[": "at least", "(": "above"}[ends[0]]
    top = {"]": "at most", ")": "below"}[ends[1]]

    def check(value: Any) -> Any:
        n = as_number(value)
        if n is None:
            raise ValueError(f"is not a number; it must be one {bottom} {least:g}")
        if not ((least < n or (least == n and ends[0] == "[")) and (n < most or (n == most and ends[1] == "]"))):
            raise ValueError(f"is out of range; it must be {bottom} {least:g} and {top} {most:g}")
        return n

    return check


def whole_number(least: int) -> Check:
    """Return the check of a whole number."""

    def check(value: Any) -> int:
        n = as_number(value)
        if n is None or not abs(n) < 2**63 or n != int(n):
            raise ValueError(f"must be a whole number, at least {least}")
        if n < least:
            raise ValueError(f"must be at least {least}")
        return int(n)

    return check


def flag(value: Any) -> bool:
    """Return True or False, and refuse what only counts as one of them: the word "no" would count as true."""
    if isinstance(value, np.ndarray | np.generic) and value.shape == () and value.dtype == bool:
        value = bool(value)
    if not isinstance(value, bool):
        raise ValueError("must be True or False")
    return value


def one_of(*values: Any) -> Check:
    """Return the check of a choice among these values."""

    def check(value: Any) -> Any:
        if not isinstance(value, str | None) or value not in values:
            raise ValueError(f"must be {' or '.join(map(repr, values))}")
        return value

    return check


def every_item(check: Check) -> Check:
    """Return the check of a list whose items must all pass."""

    def check_each(value: Any) -> list[Any]:
        if (
            isinstance(value, str | bytes | Mapping | Set)
            or not isinstance(value, Iterable)
            or getattr(value, "shape", None) == ()
        ):
            raise ValueError("must be a list")
        return [check(item) for item in value]

    return check_each


def each_group(check: Check) -> Check:
    """Return the check of one value for all groups of the optimiser, or a list of one for each."""
    return lambda value: (
        every_item(check)(value) if isinstance(value, list | tuple) or np.ndim(value) == 1 else check(value)
    )


def as_number(value: Any) -> Any:
    """Return a real number as one of Python's, which changes no array's dtype, or None.

    True and False are not numbers.
    """
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value[()]
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return None
    try:
        return int(value) if isinstance(value, Integral) and float(value) < 2**53 else float(value)
    except OverflowError:
        return math.inf
