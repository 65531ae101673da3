"""Loading a state: all of it or nothing, and no number that differs from the saved one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.tensor_base import as_own_array, to_arrays


def load_state(kind: str, own: Mapping[str, Any], state: Mapping[str, Any], strict: bool) -> None:
    """Copy the arrays of `state` into the tensors `own`, by name; see `Module.load_state_dict`."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{kind}.load_state_dict takes a dict of names and arrays, got {type(state).__name__}: write "
            "load(path) for a file, or other.state_dict() for a module"
        )
    missing, surplus = [k for k in own if k not in state], [k for k in state if k not in own]
    misfit = f"state does not fit {kind}: missing {missing}, unexpected {surplus}" + remedy(own, state)
    if strict and (missing or surplus):
        raise KeyError(misfit)
    if own and len(missing) == len(own):
        warnings.warn(f"nothing was loaded: {misfit}", UserWarning, stacklevel=3)
    arrays = {k: convert_entry(kind, k, state[k], p) for k, p in own.items() if k in state}
    wrong = [f"{k}: {a.shape} for {own[k].shape}" for k, a in arrays.items() if a.shape != own[k].shape]
    if wrong:
        raise ValueError(f"state does not fit {kind}: shapes differ, {'; '.join(wrong)}")
    refuse_torn_ties(kind, own, arrays)
    targets = {k: own[k]._own() for k in arrays}
    for k, target in targets.items():
        if isinstance(target, np.ndarray) and not target.flags.writeable:
            raise ValueError(f"{kind}: {k} shares an array that is read-only, and can't be loaded into")
    for k in targets:
        own[k]._own()[...] = arrays[k]


def convert_entry(kind: str, name: str, value: Any, p: Any) -> Any:
    """Return a copy of an entry in the parameter's dtype; refuse numbers that the dtype can't represent, but round."""
    try:
        array = as_own_array(to_arrays(value))
    except (TypeError, ValueError) as error:
        raise ValueError(f"state does not fit {kind}: {name} is not an array of numbers: {error}") from error
    if array.dtype == p.dtype:
        return array
    if array.dtype.kind not in "biufc":
        raise ValueError(
            f"state does not fit {kind}: {name} is not an array of numbers; "
            f"could not convert {array.dtype} to {p.dtype}"
        )
    if array.dtype.kind == "c" and p.dtype.kind != "c":
        raise ValueError(
            f"state does not fit {kind}: {name} is {array.dtype} for {p.dtype}, and would lose its imaginary part"
        )
    with np.errstate(all="ignore"):
        cast = array.astype(p.dtype)
        same = np.isfinite(cast) | ~np.isfinite(array) if p.dtype.kind in "fc" else cast == array
    if not np.all(same):
        raise ValueError(
            f"state does not fit {kind}: {name} is {array.dtype}, and holds numbers that {p.dtype} can't represent"
        )
    return cast


def refuse_torn_ties(kind: str, own: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Raise an error for two different arrays that belong to one shared parameter."""
    first: dict[int, str] = {}
    for k, array in arrays.items():
        other = first.setdefault(id(own[k]), k)
        if other != k and not np.array_equal(arrays[other], array, equal_nan=array.dtype.kind in "fc"):
            raise ValueError(
                f"state does not fit {kind}: {other} and {k} are one parameter here, and have different numbers there"
            )


def remedy(own: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Return advice about names that don't fit."""
    if any(k in state for k in own):
        return " (strict=False loads the names that fit)"
    for k, nested in state.items():
        if isinstance(nested, Mapping) and any(name in nested for name in own):
            return f" (state[{k!r}] would fit)"
    if prefix := common_prefix(state, own):
        return f" (all names begin with {prefix!r}: give {{k.removeprefix({prefix!r}): v for k, v in state.items()}})"
    if prefix := common_prefix(own, state):
        return f" (they lack {prefix!r} at the beginning: give {{{prefix!r} + k: v for k, v in state.items()}})"
    return " (it belongs to another network: no name occurs in both)"


def common_prefix(longer: Mapping[str, Any], shorter: Mapping[str, Any]) -> str:
    """Return the prefix that turns some of the shorter names into longer ones, and that all of these have; or ""."""
    names = [k for k in longer if isinstance(k, str)]
    for name in shorter if names else ():
        prefix = names[0].removesuffix(name)
        if prefix != names[0] and prefix and all(k.startswith(prefix) for k in names):
            return prefix
    return ""
