"""Isolation: run a function while it is recorded or compared, and leave everything around it as it was."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from threading import get_ident
from typing import Any

import numpy as np

from ..engine.backward import backpropagate
from ..engine.node import Leaf, Node
from ..engine.traversal import is_tracked, subgraph
from ..func.rematerialization import conjugate_all
from ..pytree import flatten
from ..rng import draw_again
from .equivalence import alike
from .errors import CaptureError
from .reachability import Reached
from .twins import put_back

_recording: ContextVar[bool] = ContextVar("tinygrad_edu recording", default=False)
is_recording = _recording.get


def walk_isolated(
    ends: list[Any], seeds: list[Any], wanted: list[Any], record: bool = False, keep: bool = True
) -> dict[Any, Any]:
    """Return gradients by node, unconjugated as within a walk, without hooks or warnings: perhaps nobody wants them."""
    if not ends:
        return {}
    with np.errstate(all="ignore"):
        pairs = [(y._node, conjugate_all(g)) for y, g in zip(ends, seeds, strict=True)]
        return {node: conjugate_all(g) for node, g in backpropagate(pairs, wanted, keep, record, partial=True).items()}


@contextmanager
def record_isolated() -> Iterator[None]:
    """Let captured functions that are called within run as plain functions, and so become part of the recording."""
    token = _recording.set(True)
    try:
        yield
    finally:
        put_back(_recording, token)


@contextmanager
def require_unchanged(around: Reached) -> Iterator[None]:
    """Raise if the function changes an optimiser's settings or draws from a user's generator; restore them first."""
    settings = [(group, dict(group)) for optimiser in around.optimisers for group in optimiser.param_groups]
    memories = [(optimiser.state, p, d) for optimiser in around.optimisers for p, d in optimiser.state.items()]
    states = [(g.bit_generator, g.bit_generator.state) for g in around.generators]
    seen = f"_seen {get_ident()}"  # another thread may be here too
    names = [{k for k in [*d] if not k.startswith("_")} or {seen} for _, _, d in memories]
    for (_, _, d), there in zip(memories, names, strict=True):
        if seen in there:
            d[seen] = True  # a mark that is gone if the function clears the state
    try:
        yield
    finally:
        kept = [memory.get(p) is d and there <= d.keys() for (memory, p, d), there in zip(memories, names, strict=True)]
        for _, _, d in memories:
            d.pop(seen, None)
    same = [
        group.keys() == was.keys() and all(group[k] is v or alike(group[k], v) for k, v in was.items())
        for group, was in settings
    ]
    if not all(kept) or not all(same):
        for group, was in settings:
            group.update(was)
        raise CaptureError(
            "capture: the function changes an optimiser's settings or state, such as its learning rate; "
            "do so outside, or let a schedule do it"
        )
    for bits, state in states:
        if pickle.dumps(bits.state) != pickle.dumps(state):
            bits.state = state
            raise CaptureError(
                "capture: random numbers are drawn here from a generator of your own, and a recording "
                "would repeat the same numbers each time; draw them outside, and pass them as arguments"
            )


def same_draws(chance: Any) -> AbstractContextManager[None]:
    """Return a context in which the generator starts from the state `chance`, and so draws the same numbers again."""
    return nullcontext() if chance is None else draw_again(chance)


def spent(y: Any, start: int) -> bool:
    """Return whether backward() has released what the graph of `y` saved, in the nodes that were made since `start`."""
    return any(type(node) is Node and node.saved is None for node in subgraph([y], start)[0])


def leaves_behind(value: Any, start: int, known: list[Any]) -> list[Any]:
    """Return the tensors outside that a value was computed from, besides those `known`."""
    found = []
    for node in subgraph(
        [y for y in flatten(value)[0] if is_tracked(y)], start, [x._node for x in known if is_tracked(x)]
    )[1]:
        tensor = node.tensor() if isinstance(node, Leaf) else None
        if tensor is None:
            raise CaptureError(
                f"capture: the function uses a tensor that was computed outside, {node}, and capture "
                "can't find where the function has it from: pass it as an argument"
            )
        found.append(tensor)
    return found


def numpy_array_of(t: Any) -> Any:
    """Return the array of a tensor, which must be NumPy's."""
    if not isinstance(t._array, np.ndarray | np.generic):
        raise CaptureError(f"capture is for NumPy's arrays; here is one of type {type(t._array).__name__}")
    return t._array
