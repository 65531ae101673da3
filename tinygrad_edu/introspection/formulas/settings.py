"""Settings of calls: which arguments are written by name, and which say nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from types import NoneType
from typing import Any

import numpy as np

from ...engine.table import parameters
from ...rules.neural import convolution, windows


def by_keyword(fn: Callable[..., Any], args: tuple[Any, ...], is_array: Callable[[Any], bool]) -> tuple[Any, Any]:
    """Return the arguments of a call as they are written: settings, and axes with what follows them, as keywords."""
    names = parameters(fn)
    first = SETTINGS.get(fn, names.index("axis") if "axis" in names else len(args))
    if len(args) > len(names) or any(map(is_array, args[first:])):
        return args, {}
    return args[:first], dict(zip(names[first:], args[first:], strict=False))


def without_defaults(fn: Callable[..., Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a call that differ from those that the function has by itself."""
    usual = defaults(fn)
    return {k: v for k, v in settings.items() if not (k in usual and type(v) is type(usual[k]) and v == usual[k])}


def without_usual(fn: Callable[..., Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Return those of a function's settings that say something: neither what follows from the shapes, nor steps of 1.

    What is the same for all axes is said once.
    """
    if fn not in SETTINGS:
        return settings
    usual: dict[str, Any] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    if kernel := settings.get("kernel"):
        usual["stride"] = kernel  # windows that touch
    unusual = {
        k: v for k, v in settings.items() if k not in DERIVED and not (k in usual and np.all(np.equal(v, usual[k])))
    }
    return {k: v[0] if isinstance(v, tuple) and len({*v}) == 1 else v for k, v in unusual.items()}


@lru_cache(maxsize=256)
def defaults(fn: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of a function's parameters that are None, numbers or texts."""
    try:
        given = inspect.signature(fn).parameters.items()
    except (TypeError, ValueError):
        return {}
    return {k: p.default for k, p in given if isinstance(p.default, NoneType | bool | int | float | str)}


SETTINGS = {
    convolution.collect.fn: 3,
    convolution.distribute.fn: 2,
    convolution.overlap.fn: 2,
    windows.windows.fn: 1,
    windows.fold.fn: 1,
}  # functions by how many arrays come before their settings
DERIVED = {"size", "fill"}  # settings that follow from the others
