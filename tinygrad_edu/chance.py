"""The generator that random beginnings and dropout draw from, if they are given none of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

_rng = np.random.default_rng()
_stand_in: ContextVar[Any] = ContextVar("tinygrad_edu generator", default=None)


def manual_seed(seed: int) -> None:
    """Make all later random initialisation and dropout that is given no `rng` of its own reproducible."""
    global _rng
    _rng = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """The generator that `manual_seed` seeds."""
    return _stand_in.get() or seeded()


def seeded() -> np.random.Generator:
    """The same, whatever stands in for it."""
    return _rng


@contextmanager
def drawn_again(state: Any) -> Iterator[None]:
    """Within, the same is drawn as was after ``generator().bit_generator.state`` was `state`; then it goes on as if nothing had been."""
    bits = generator().bit_generator
    now, bits.state = bits.state, state
    try:
        yield
    finally:
        bits.state = now


@contextmanager
def drawing_from(stand_in: Any) -> Iterator[None]:
    """Within, something else stands in for the generator."""
    token = _stand_in.set(stand_in)
    try:
        yield
    finally:
        _stand_in.reset(token)
