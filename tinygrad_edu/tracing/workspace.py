"""Workspaces: the buffers of a replayed program, and the operation that a replay is to the engine.

A program writes into buffers of its own, and its backward reads what its forward left there. So each call has a
workspace to itself until its graphs are released or dropped; then the next call gets it. This is done when Python frees
the workspace, since nobody holds it any more, in whatever thread held it last.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any

import numpy as np

from ..engine.declare import rule
from ..engine.masked_gradient import AWARE, MaskedGradient, densify
from ..engine.table import RULES
from ..engine.tensor_base import TensorBase, to_arrays
from .errors import CaptureError

IDLE = 4  # so many sets of functions, with their buffers, are kept for later calls


class Functions:
    """A program's functions `forward` and `backward`, with buffers of their own."""

    __slots__ = ("backwards", "forward", "lock")

    def __init__(self, program: Callable[[], Any]) -> None:
        self.forward, self.backwards = program()
        self.lock = Lock()  # two threads may walk back through one call


class Workspace:
    """The functions, buffers and results of one call."""

    __slots__ = ("chance", "functions", "recording", "walks", "ys")

    def __init__(self, recording: Any, chance: Any = None) -> None:
        self.recording = recording
        try:
            self.functions = recording.idle.pop()
        except IndexError:
            self.functions = Functions(recording.program)
        self.ys: Any = None  # the results of forward
        self.walks: dict[int, ThreadWalk] = {}  # by thread
        self.chance = chance  # the generator's state, where random numbers were drawn

    def __del__(self) -> None:
        if len(self.recording.idle) < IDLE:
            self.recording.idle.append(self.functions)

    def find(self, result: int, g: Any, inputs: tuple[Any, ...]) -> list[Any]:
        """Return the gradients of all inputs with respect to one result."""
        if isinstance(densify(g), TensorBase) or any(isinstance(x, TensorBase) for x in inputs):  # higher derivatives
            return self.recording.again(result, g, inputs, self.chance)  # type: ignore[no-any-return]
        with self.functions.lock:
            found = list(self.functions.backwards[result](densify(g), *inputs))
        # Perhaps from a masked place, which only f itself can tell.
        if type(g) is MaskedGradient and not all(np.isfinite(d).all() for d in found):
            return [to_arrays(d) for d in self.recording.again(result, g, inputs, self.chance)]
        return found


class ThreadWalk:
    """One thread's walk back through a call: the gradient it came with, for which result, and the gradients found."""

    __slots__ = ("asked", "found", "g", "result")

    def __init__(self, g: Any, result: int, found: list[Any]) -> None:
        self.g, self.result, self.found, self.asked = g, result, found, 0


def replay_result(work: tuple[Workspace, int], *inputs: Any) -> Any:
    """Return one result of a call. The first that is asked for computes them all."""
    space, result = work
    if space.ys is None:
        space.ys = space.functions.forward(*inputs)
    return space.ys[result]


def replay_vjp(i: int) -> Callable[..., Any]:
    """Return the vector-Jacobian product (vjp) of argument `i`.

    The first that a walk asks for computes the gradients of all arguments. The walk asks for each, from first to last.
    """

    def vjp(g: Any, y: Any, work: tuple[Workspace, int], *inputs: Any) -> Any:
        if type(work) is not tuple:  # a formula is asked for
            raise CaptureError(
                "a captured function has no formula but its program: see its .source, or compute under watch()"
            )
        space, result = work
        array = g.array if type(g) is MaskedGradient else g
        walk = space.walks.get(get_ident())
        if walk is None or walk.g is not array or i <= walk.asked or walk.result != result:
            walk = space.walks[get_ident()] = ThreadWalk(array, result, space.find(result, g, inputs))
        walk.asked = i
        turn = space.recording.turns[result][i - 1]
        d, walk.found[turn] = walk.found[turn], None
        return d

    return vjp


rule(replay_result, each=replay_vjp, name="captured")
RULES[replay_result].lets_through = AWARE
