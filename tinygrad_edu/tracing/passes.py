"""Passes that simplify a tape: copy elimination, constant folding, products with one, and faster equivalents."""

from __future__ import annotations

from typing import Any

import numpy as np

from .lines import must_run, read, tracers
from .tape import Tape, TapeLine
from .tracer import Tracer

LIKE = {np.ones_like, np.zeros_like, np.full_like}  # they read only the shape and dtype of their first argument


def tidy(tape: Tape) -> tuple[dict[int, int], dict[int, Any]]:
    """Let lines read the first of several places that hold the same value; the value at a place never changes.

    Returns
    -------
    same : dict from places to places
        The place that is read instead of each copy.
    constants : dict from places to values
        The places that hold the same value in each call.
    """
    same: dict[int, int] = {}
    constants: dict[int, Any] = {}
    for line in tape.lines:
        for tracer in tracers(line):
            tracer.place = same.get(tracer.place, tracer.place)
        source = line.args[0] if line.fn is np.copy else factor_of_one(line, tape, constants)
        if all(place in constants for place in matters(line)) and not must_run(line):
            constants[line.made] = tape.values[line.made]
        elif isinstance(source, Tracer):
            same[line.made] = source.place
    return same, constants


def matters(line: TapeLine) -> list[int]:
    """Return the places of which a line reads more than the shape and dtype."""
    return read(TapeLine(line.made, line.fn, line.args[1:], line.kwargs) if line.fn in LIKE else line)


def factor_of_one(line: TapeLine, tape: Tape, constants: dict[int, Any]) -> Any:
    """Return the other factor, if a line is a product with ones; else None."""
    if line.fn is np.multiply and not line.kwargs:
        for one, other in (line.args, line.args[::-1]):
            if (
                isinstance(one, Tracer)
                and isinstance(other, Tracer)
                and one.place in constants
                and np.all(constants[one.place] == 1)
            ):
                made, value = tape.values[line.made], tape.values[other.place]
                return other if (made.shape, made.dtype) == (value.shape, value.dtype) else None
    return None


def quicker(line: TapeLine) -> TapeLine:
    """Return a line that computes the same faster, where there is one: BLAS adds rows fastest."""
    if line.fn is np.sum and line.kwargs == {"axis": (0,)}:
        (x,) = line.args
        if x.ndim == 2 and x.dtype.kind == "f" and x.size:
            ones = np.ones(len(x), x.dtype)
            ones.flags.writeable = False
            return TapeLine(line.made, np.dot, (ones, x), {})
    return line
