"""Questions about the lines of a tape: what they read, and whether they must run."""

from __future__ import annotations

from typing import Any

import numpy as np

from .tape import Tape, TapeLine
from .tracer import Tracer


def tracers(nest: Any) -> list[Tracer]:
    """Return the Tracers in a line, or in its arguments."""
    if isinstance(nest, Tracer):
        return [nest]
    if isinstance(nest, TapeLine):
        nest = nest.args, nest.kwargs
    elif isinstance(nest, slice):
        nest = nest.start, nest.stop, nest.step
    elif isinstance(nest, dict):
        nest = tuple(nest.values())
    return [tracer for part in nest for tracer in tracers(part)] if isinstance(nest, list | tuple) else []


def read(line: TapeLine) -> list[int]:
    """Return the places on the tape that a line reads."""
    return [tracer.place for tracer in tracers(line)]


def places_behind(tape: Tape, places: list[int]) -> set[int]:
    """Return `places` and all places that they are computed from, and those of lines that must run."""
    found = {*places, *(line.made for line in tape.lines if must_run(line))}
    for line in reversed(tape.lines):
        if line.made in found:
            found.update(read(line))
    return found


def is_turned(line: TapeLine) -> bool:
    """Return whether a line is ``x.T``."""
    return line.fn is np.transpose and len(line.args) == 1 and not line.kwargs


def is_check(line: TapeLine) -> bool:
    """Return whether a line computes nothing, and only checks its arguments."""
    return getattr(line.fn, "is_check", False)


def must_run(line: TapeLine) -> bool:
    """Return whether a line must run even if nobody reads its result, because it is a check or draws random numbers."""
    return is_check(line) or getattr(line.fn, "is_draw", False)
