"""Random operations in a captured function: where dropout draws numbers, the program draws new ones in each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ..rng import drawing_from, own_generator
from .errors import CaptureError
from .tape import Tape
from .tracer import Tracer


class Draws:
    """The random generator of a function while it is recorded: each draw is written on the tape.

    `checkpoint` sets the generator back, to draw the same numbers a second time. Then the earlier results are given
    again.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.made: list[Tracer] = []
        self.state = 0  # how many draws there were

    @property
    def bit_generator(self) -> Draws:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not callable(getattr(own_generator(), name)):
            raise AttributeError(f"capture: {name} of a generator can't be recorded")

        def draw(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("out") is not None or name == "shuffle":
                raise CaptureError(
                    f"capture: {name} of a generator writes into an array here, which can't be "
                    "recorded; let it return a new one"
                )
            if self.state == len(self.made):
                made = self.tape.do(drawing_function(name), args, kwargs)
                if not isinstance(made, Tracer):
                    raise CaptureError(
                        f"capture: {name} of a generator doesn't return an array here, and can't be "
                        "recorded; draw an array, as in random((3, 2)), or for a single number "
                        "random(())"
                    )
                self.made.append(made)
            self.state += 1
            return self.made[self.state - 1]

        return draw


@cache
def drawing_function(name: str) -> Callable[..., Any]:
    """Return a function that draws by the generator's method `name`, always the same function, marked as a draw."""

    def draw(*args: Any, **kwargs: Any) -> Any:
        return getattr(own_generator(), name)(*args, **kwargs)

    draw.__name__ = name
    draw.is_draw = True  # type: ignore[attr-defined]
    return draw


@contextmanager
def record_draws(tape: Tape) -> Iterator[Draws]:
    """Record draws on the tape; afterwards, restore the generator as if nothing had been drawn."""
    draws, bits = Draws(tape), own_generator().bit_generator
    state = bits.state
    try:
        with drawing_from(draws):
            yield draws
    finally:
        bits.state = state
    if own_generator().bit_generator is not bits:
        raise CaptureError(
            "capture: the function calls manual_seed(), and would draw the same each time; call it outside"
        )
