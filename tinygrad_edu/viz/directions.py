"""Directions in the space of all weights, as long vectors: the mathematics of `landscape`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .observe import array_of


def flatten_weights(state: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
    """Return all weights of a state, one behind the other."""
    missing = [name for name in parameters if name not in state]
    if missing:
        raise ValueError(
            f"a state must hold all parameters, as model.state_dict() does; this one lacks {', '.join(missing)}"
        )
    parts = [array_of(state[name]) for name in parameters]
    for part, (name, p) in zip(parts, parameters.items(), strict=True):
        if part.shape != p.shape:
            raise ValueError(f"{name} has shape {part.shape} in this state, and {p.shape} in the model")
    return np.concatenate([part.ravel() for part in parts]).astype(float)


def write_weights(weights: Any, parameters: Mapping[str, Any]) -> None:
    """Write a long vector into the parameters."""
    start = 0
    for p in parameters.values():
        p._own()[...] = weights[start : start + p.size].reshape(p.shape)
        start += p.size


def as_directions(given: Any, parameters: Mapping[str, Any], passed: Any, seed: int) -> tuple[Any, tuple[str, str]]:
    """Return two directions, as long as filters or of unit length, as an array (2, weights), and their names."""
    if isinstance(given, str) and given == "random":
        rng = np.random.default_rng(seed)
        return np.array([random(parameters, rng) for _ in range(2)]), ("a random direction", "another")
    if isinstance(given, str) and given == "path":
        if len(passed) < 3:
            raise ValueError("directions='path' needs a path of three states or more: path=[model.state_dict(), ...]")
        return principal(passed), ("first principal direction", "second")
    if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != 2:
        raise ValueError(
            f"directions are 'random', 'path', or a pair, such as ('0.weight[3, 7]', '0.bias[3]'); got {given!r}"
        )
    first, second = given
    pair = np.array([one_direction(first, parameters), one_direction(second, parameters)])
    if np.linalg.matrix_rank(pair) < 2:
        raise ValueError("the two directions are the same, or one is zero: they span no plane")
    return pair, tuple(f"change of {d}" if isinstance(d, str) else f"direction {i}" for i, d in enumerate(given))  # type: ignore[return-value]


def random(parameters: Mapping[str, Any], rng: Any) -> Any:
    """Return a random direction.

    The part of each neuron or filter is as long as its weights; all biases count as one filter.
    """
    parts = []
    for p in parameters.values():
        weights = p.data.astype(float).reshape(len(p) if p.ndim > 1 else 1, -1)
        step = rng.standard_normal(weights.shape)
        step *= np.linalg.norm(weights, axis=1, keepdims=True) / np.linalg.norm(step, axis=1, keepdims=True)
        parts.append(step.ravel())
    return np.concatenate(parts)


def principal(passed: Any) -> Any:
    """Return the two directions of unit length along which the path varies most, as seen from the model."""
    _, _, directions = np.linalg.svd(passed, full_matrices=False)
    pair = directions[:2]
    return pair * np.where(pair @ passed[0] < 0, -1, 1)[:, None]  # either sign would do: the path begins at the right


def one_direction(given: Any, parameters: Mapping[str, Any]) -> Any:
    """Return a direction, given by the name of a weight or by arrays of its parts."""
    if isinstance(given, str):
        match = re.fullmatch(r"\s*([\w.]+?)\s*(?:\[([-\d,\s]*)\])?\s*", given)
        name = match[1] if match else given
        if match is None or name not in parameters:
            raise ValueError(f"there is no parameter {name!r}; there are {', '.join(parameters)}")
        index = tuple(int(i) for i in (match[2] or "").split(",") if i.strip())
        shape = parameters[name].shape
        if len(index) != len(shape) or any(not -n <= i < n for i, n in zip(index, shape, strict=False)):
            raise ValueError(f"{given!r} is not a single weight: {name} has shape {shape}")
        unit = np.zeros(shape)
        unit[index] = 1.0
        given = {name: unit}
    if not isinstance(given, Mapping):
        raise ValueError(
            f"a direction is the name of a weight, or a mapping from names of parameters to arrays; got {given!r}"
        )
    unknown = [name for name in given if name not in parameters]
    if unknown:
        raise ValueError(f"a direction names parameters that are not there: {', '.join(unknown)}")
    return flatten_weights({name: given.get(name, np.zeros(p.shape)) for name, p in parameters.items()}, parameters)
