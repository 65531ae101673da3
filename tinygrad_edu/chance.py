"""The generator that random beginnings and dropout draw from, if they are given none of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_rng = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Make all later random initialisation and dropout that is given no `rng` of its own reproducible."""
    global _rng
    _rng = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """The generator that `manual_seed` seeds."""
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
