"""The random number generator (RNG) of initialization and dropout, unless they are given another one.

Each thread has its own generator, and so has each forked process: two that shared a state would draw the same numbers,
or depend on who comes first. All belong to one family: the thread that calls `manual_seed` has the seed's own
generator, and the others its children.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import local
from typing import Any

import numpy as np

_family: Any = np.random.default_rng().bit_generator.seed_seq
_unborn: list[Any] = []  # the family of a process that is being forked
_mine = local()
_stand_in: ContextVar[Any] = ContextVar("tinygrad_edu generator", default=None)


def manual_seed(seed: int) -> None:
    """Make all later random initialisation and dropout that is given no `rng` of its own reproducible.

    Parameters
    ----------
    seed : int
        Any whole number that is not negative. Equal seeds give equal numbers.

    Notes
    -----
    Other threads, and processes forked later, draw other numbers: those of the seed's children, in the order in which
    they begin to draw.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_edu as tg
    >>> tg.manual_seed(0)
    >>> first = tg.nn.Linear(2, 1)
    >>> tg.manual_seed(0)
    >>> bool(np.all(first.weight.data == tg.nn.Linear(2, 1).weight.data))
    True
    """
    global _family
    rng = np.random.default_rng(seed)
    _family = rng.bit_generator.seed_seq
    _mine.rng, _mine.family = rng, _family


def generator() -> np.random.Generator:
    """Return this thread's generator, or its stand-in."""
    return _stand_in.get() or own_generator()


def own_generator() -> np.random.Generator:
    """Return this thread's generator, even if it has a stand-in."""
    if getattr(_mine, "family", None) is not (family := _family):
        _mine.rng, _mine.family = np.random.default_rng(family.spawn(1)[0]), family
    return _mine.rng  # type: ignore[no-any-return]


@contextmanager
def draw_again(state: Any) -> Iterator[None]:
    """Return a context in which the numbers drawn after `state` are drawn again; its end restores the generator."""
    bits = generator().bit_generator
    if not isinstance(bits, np.random.BitGenerator):  # the stand-in of a recording, which records draws itself
        now, bits.state = bits.state, state
        try:
            yield
        finally:
            bits.state = now
        return
    again = getattr(np.random, state["bit_generator"])(0)
    again.state = state
    with drawing_from(np.random.Generator(again)):
        yield


@contextmanager
def drawing_from(stand_in: Any) -> Iterator[None]:
    """Return a context in which something else stands in for the generator."""
    before = _stand_in.get()
    try:
        _stand_in.set(stand_in)
        yield
    finally:
        _stand_in.set(before)


def name_child() -> None:
    """Prepare a fork, so that two forked processes get two different children of the seed."""
    _unborn[:] = _family.spawn(1)


def be_child() -> None:
    """Become that child, in the forked process."""
    global _family
    _family = _unborn[0]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=name_child, after_in_child=be_child)
