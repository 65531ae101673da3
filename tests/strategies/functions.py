"""Calls of the operations that functions of functions are made of."""

from functools import partial

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu import apply, capture
from tinygrad_edu.func.rematerialization import checkpoint, pack_arrays, recompute
from tinygrad_edu.func.trace import fresh_input
from tinygrad_edu.tracing.workspace import replay_result

from .cases import Case, broadcastable, numbers, several, shape


def packed(*arrays):
    """Several arrays made one value, and taken apart again."""
    return list(apply(pack_arrays, *arrays))


kept_as_one = checkpoint(lambda a, b: (np.sin(a) * b, np.sum(a)))


def replay(a, b):
    """What a program gives that was recorded for other numbers."""
    captured = capture(lambda a, b: (np.sin(a) * b, np.sum(a)))
    captured(a * 2, b)
    return captured(a, b)


STRATEGIES = {
    fresh_input.fn: shape().flatmap(numbers).map(lambda a: Case(fresh_input.fn, (a,))),
    pack_arrays: st.lists(shape(), min_size=1, max_size=3).flatmap(several).map(
        lambda arrays: Case(partial(packed), arrays, where=tuple(range(len(arrays))))),
    recompute: broadcastable().flatmap(several).map(lambda ab: Case(partial(kept_as_one), ab, where=(0, 1))),
    replay_result: broadcastable().flatmap(several).map(lambda ab: Case(partial(replay), ab, where=(0, 1))),
}  # fmt: skip
