"""Checks of a state before an optimiser continues from it: all come first, so a refused state changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.tensor_base import TensorBase, is_foreign
from .settings import check_settings, number, whole_number

SQUARES = {"exp_avg_sq", "square_avg", "sum"}  # sums and means of squares, whose roots are taken


def groups_in(optimizer: Any, state: Any) -> list[dict[str, Any]]:
    """Return the settings of the groups, and the positions of their parameters, from a `state_dict`."""
    kind = type(optimizer).__name__
    if not isinstance(state, Mapping) or not {"state", "param_groups"} <= state.keys():
        raise ValueError(
            f"{kind}: an optimiser's state is a dict of 'state' and 'param_groups', and this is {what(state)}"
        )
    groups = state["param_groups"]
    if not isinstance(groups, list | tuple) or not all(
        isinstance(group, Mapping) and "params" in group for group in groups
    ):
        raise ValueError(
            f"{kind}: 'param_groups' of the state must be a list of dicts with 'params' in them, not {what(groups)}"
        )
    made = []
    for i, group in enumerate(groups):
        where = f"{kind}: group {i} of the state"
        missing = [name for name in optimizer._settings if name not in group]
        if missing:
            raise ValueError(f"{where} has no {', '.join(missing)}: is it another optimiser's?")
        for name, value in optimizer._others.items():
            if name in group and group[name] != value:
                raise ValueError(f"{where} has {name}={group[name]}, and {kind} steps as with {name}={value}")
        try:
            ids = [whole_number(0)(p) for p in group["params"]]
        except (TypeError, ValueError):
            raise ValueError(
                f"{where}: 'params' must be the numbers of parameters, not {what(group['params'])}"
            ) from None
        made.append({**optimizer._checked(where, group), "params": ids})
        if "initial_lr" in group:  # a schedule's
            made[-1] = check_settings(where, {"initial_lr": number()}, made[-1])
    own, given = ([len(group["params"]) for group in groups] for groups in (optimizer.param_groups, made))
    if own != given:
        raise ValueError(f"{kind}: the state has groups of {given} parameters, and the optimiser has groups of {own}")
    if len({p for group in made for p in group["params"]}) < sum(own):
        raise ValueError(f"{kind}: in the groups of the state, a parameter is given twice")
    return made


def memories_in(optimizer: Any, state: Mapping[str, Any], groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return copies of what is remembered for each parameter."""
    kind, given = type(optimizer).__name__, number_entries(type(optimizer).__name__, state["state"])
    pairs = [(i, group) for group in groups for i in group["params"]]
    strange = sorted(given.keys() - {i for i, _ in pairs})
    if strange:
        raise ValueError(f"{kind}: the state has a parameter {strange[0]}, which its groups don't have")
    return [
        memory_in(kind, optimizer._memory, i, group, p, given.get(i, {}))
        for (i, group), p in zip(pairs, optimizer.params, strict=True)
    ]


def memory_in(
    kind: str, names: Any, i: int, group: Mapping[str, Any], p: Any, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is remembered for `p`, the parameter at position `i`."""
    if names is not None:
        # PyTorch has None for nothing yet
        given = {k: v for k, v in given.items() if v is not None or names.get(k) in (None, True)}
        unknown = sorted(given.keys() - names.keys(), key=str)
        missing = [
            name for name, needed in names.items() if given and name not in given and (needed is True or group[needed])
        ]
        if unknown or missing:
            what_of = f"has {unknown[0]}, which {kind} doesn't use" if unknown else f"has no {missing[0]}"
            raise ValueError(f"{kind}: the state of parameter {i} {what_of}: is it another optimiser's?")
    return {k: entry_in(f"{kind}: {k} of parameter {i}", k, v, p) for k, v in given.items()}


def entry_in(where: str, name: str, value: Any, p: Any) -> Any:
    """Return an array for parameter `p`, in its dtype; or how many steps were made."""
    if name == "step":
        try:
            return whole_number(0)(value)
        except ValueError as error:
            raise ValueError(f"{where} {error}, and is {what(value)}") from None
    value = value._array if isinstance(value, TensorBase) else value
    if is_foreign(value):
        array = value.copy()
    else:
        try:
            array = np.array(value)
        except ValueError:
            raise ValueError(f"{where} is not an array") from None
    if array.dtype.kind not in ("iufc" if p.dtype.kind == "c" else "iuf"):
        raise ValueError(f"{where} must be an array of numbers of {p.dtype}, and is {what(value)}")
    if array.shape != p.shape:
        raise ValueError(f"{where} has shape {array.shape}, and the parameter {p.shape}")
    if name in SQUARES and not is_foreign(array) and p.dtype.kind != "c" and (array < 0).any():
        raise ValueError(f"{where} has numbers below 0, and squares are never below 0")
    return array if array.dtype == p.dtype else array.astype(p.dtype)


def number_entries(kind: str, given: Any) -> dict[int, Any]:
    """Return dicts by the parameters' positions; some file formats have them as strings."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{kind}: 'state' of the state must be a dict, not {what(given)}")
    made: dict[int, Any] = {}
    for key, entries in given.items():
        try:
            i = int(key)
        except (TypeError, ValueError):
            raise ValueError(
                f"{kind}: the keys of 'state' must be the numbers of parameters, and one is {key!r}"
            ) from None
        if i in made:
            raise ValueError(f"{kind}: the state of parameter {i} is given twice")
        if not isinstance(entries, Mapping):
            raise ValueError(f"{kind}: the state of parameter {i} must be a dict, not {what(entries)}")
        made[i] = entries
    return made


def what(x: Any) -> str:
    """Describe, in a few words, a value that should have been something else."""
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype}, of shape {x.shape}"
    return f"a dict with {', '.join(map(str, list(x)[:4])) or 'nothing'}" if isinstance(x, Mapping) else f"{x!r:.80}"
