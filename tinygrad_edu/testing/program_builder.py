"""The builder of random programs: the lines drawn so far, and their values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .program import NAMES

MOST = 4.0  # magnitude, and
LARGEST = 48  # number of elements: larger values are divided, or not computed at all


class Draft:
    """A program while it is drawn: its lines, the values of all names, and methods to draw more lines.

    The arguments are x0, x1, ...; results are t0, t1, ...; a line that is tried out computes y.
    """

    def __init__(self, draw: st.DrawFn, inputs: list[Any], dtypes: list[Any]) -> None:
        self.draw, self.inputs, self.dtypes = draw, inputs, dtypes
        self.values = {f"x{i}": x for i, x in enumerate(inputs)}
        self.unused = list(self.values)
        self.lines: list[str] = []

    @property
    def outputs(self) -> list[str]:
        """The results that no line has used."""
        return [name for name in self.unused if name.startswith("t")]

    def among(self, options: Any) -> Any:
        """Draw one of these."""
        return options[self.draw(below(len(options)))]

    def order(self, options: Any) -> tuple[Any, ...]:
        """Draw an order of all of these."""
        return tuple(self.draw(st.permutations(options)))

    def pick(self, fits: Callable[[Any], Any] = lambda x: True) -> Any:
        """Draw the name of a value, often one of the newest or an unused one; None if none fits."""
        names = [name for name, x in self.values.items() if fits(x)]
        often = [name for name in self.unused if name in names]
        return self.among([*names, *names[-3:], *often]) if names else None

    def try_out(self, *lines: str) -> Any:
        """Return the `y` that these lines compute; None if it is not fit for use."""
        scope = {**NAMES, **self.values}
        try:
            with np.errstate(all="ignore"):
                exec("\n".join(lines), scope)
        except (ValueError, IndexError):  # shapes that don't fit each other
            return None
        y: Any = scope["y"]
        return y if 0 < y.size <= LARGEST and y.ndim < 5 and np.isfinite(y).all() else None

    def add(self, expression: str, *operands: str, then: str = "") -> bool:
        """Add a line for this expression, and perhaps one that changes its value; return whether it was added."""
        if any(name is None for name in operands):
            return False
        line, then = "y = " + expression.format(*operands), then.format("y", *operands)
        y = self.try_out(line, then)
        if y is None:
            return False
        if (most := float(np.abs(y).max())) > MOST:
            scale = 2.0 ** math.ceil(math.log2(most / MOST))  # a power of two: exact
            line, then = (line, then + f"; y = y / {scale}") if then else (f"y = ({line[4:]}) / {scale}", "")
            y = y / scale
        name = f"t{len(self.values) - len(self.inputs)}"
        self.lines += [re.sub(r"\by\b", name, part) for whole in (line, then) if whole for part in whole.split("; ")]
        self.values[name] = y
        self.unused = [n for n in self.unused if n not in operands] + [name]
        return True

    def choose(self, rows: dict[str, Any], *operands: str | None) -> bool:
        """Add a line by one of the rows that suit the values of the operands; return whether one was added."""
        if None in operands:
            return False
        values = [self.values[name] for name in operands if name]
        suitable = [row for row, suits in rows.items() if suits(*values)]
        return bool(suitable) and self.add(self.among(suitable), *map(str, operands))


@cache
def below(n: int) -> st.SearchStrategy[int]:
    """Return the strategy of numbers from 0 to n - 1. Strategies are costly to make, so each is made once."""
    return st.integers(0, n - 1)
