"""Loop tiling: elementwise operations on long arrays are done strip by strip, so that results stay in the cache.

An array of a million numbers has left the cache when the next operation reads it, and fetching it again takes longer
than computing with it. So such operations are done together: all of them on the first strip, then all of them on the
next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .tape import TapeLine
from .tracer import Tracer

STRIP = 16384  # numbers; 64 kB of float32
LONG = 8 * STRIP  # tiling pays from this size on


def strips(*arrays: Any) -> Iterator[list[Any]]:
    """Yield views of the arrays' first numbers, then of their next, for a program to read and write.

    The first array is as long as any. An array that is one strip long is a buffer, and given again each time.
    """
    flat = [array.reshape(-1) for array in arrays]
    for i in range(0, flat[0].size, STRIP):
        n = min(STRIP, flat[0].size - i)
        yield [array[:n] if array.size == STRIP else array[i : i + n] for array in flat]


def arrange_lines(
    order: Sequence[int], lines: Mapping[int, TapeLine], values: Sequence[Any], read: Callable[[TapeLine], list[int]]
) -> list[list[int]]:
    """Return the lines in groups; lines of a group are done together, in strips.

    A line joins the latest group of its shape, unless it reads the result of a later group. Other lines are alone.
    """
    groups: list[list[int]] = []
    turn: dict[int, int] = {}  # the group of each line
    latest: dict[tuple[int, ...], int] = {}  # for each shape, the group that can still be joined
    for place in order:
        line = lines[place]
        after = max((turn[p] for p in read(line) if p in turn), default=-1)
        shape = values[place].shape if in_strips(line, values) else None
        if shape in latest and latest[shape] >= after:
            turn[place] = latest[shape]
            groups[latest[shape]].append(place)
            continue
        turn[place] = len(groups)
        groups.append([place])
        if shape is not None:
            latest[shape] = turn[place]
    return groups


def in_strips(line: TapeLine, values: Sequence[Any]) -> bool:
    """Return whether a line can be computed strip by strip, and is long enough for it."""
    made = values[line.made]
    if (
        not isinstance(line.fn, np.ufunc)
        or line.fn.nout > 1
        or line.fn.signature
        or line.kwargs
        or np.size(made) < LONG
    ):
        return False
    arrays = [values[a.place] if isinstance(a, Tracer) else a for a in line.args]
    return all(
        np.ndim(a) == 0 or (isinstance(a, np.ndarray) and a.shape == made.shape and a.flags.c_contiguous)
        for a in [made, *arrays]
    )
