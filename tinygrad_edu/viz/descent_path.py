"""Gradient descent on a function, step by step: the mathematics of `descent`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..func.gradients import value_and_grad
from ..tensor.tensor import Tensor
from .observe import array_of

FAR = 1e6  # from the start; farther steps won't come back


@dataclass
class Walk:
    """The path of a descent: a point, its height and its slope for the start and each step."""

    points: Any  # (steps + 1, inputs)
    heights: Any  # (steps + 1,)
    slopes: Any  # (steps + 1, inputs)
    diverged: bool

    def verdict(self) -> str:
        """Say how the descent ended."""
        steps, size = len(self.points) - 1, np.linalg.norm(self.slopes, axis=1)
        if self.diverged:
            return (
                f"it diverges: after {steps} steps it is {np.abs(self.points[-1] - self.points[0]).max():.1g} away. "
                "A smaller rate!"
            )
        if steps and size[-1] < 1e-3 * max(1.0, size[0]):
            return f"after {steps} steps it stands in a valley: the slope is {size[-1]:.1g}"
        turned = (self.slopes[1:] * self.slopes[:-1]).sum(axis=1) < 0
        if steps > 3 and turned[-4:].mean() > 0.7:
            if self.heights[-1] > self.heights[-3]:
                return "it overshoots, higher each time: a smaller rate!"
            return "it overshoots: each step ends on the other side"
        return f"after {steps} steps the slope is still {size[-1]:.2g}"


class ArrayFunction:
    """A function of one input or two, however it is written, as a function of an array."""

    def __init__(self, f: Callable[..., Any], start: Any) -> None:
        if not callable(f):
            raise TypeError(f"descent goes down a function, and got {type(f).__name__}")
        try:
            self.start = np.atleast_1d(array_of(start)).astype(float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"start must be one number or two, got {start!r}") from error
        if self.start.shape not in ((1,), (2,)) or not np.isfinite(self.start).all():
            raise ValueError(f"start must be one number or two, and finite; got {start!r}")
        self.f, self.inputs = f, len(self.start)
        self.apart = self.inputs == 2 and takes_two(f)
        self.names = names_of(f, self.apart)

    def tensor(self, point: Any) -> Any:
        """Return the value at a point, which is a Tensor of one or two numbers."""
        value = self.at(point)
        if np.shape(value) != ():
            raise ValueError(
                f"descent needs a function whose value is a single number; at {array_of(point)} this one returned "
                f"shape {np.shape(value)}"
            )
        if isinstance(value, Tensor):
            return value
        if not np.array_equal(value, self.at(point + 1), equal_nan=True):
            raise TypeError(
                "the function left the engine: its value is not a Tensor, and so has no slope. "
                "math.sin(x) and float(x) do that; use NumPy's functions, np.sin(x)"
            )
        return value + 0 * point.sum()  # a constant: its slope is 0

    def at(self, point: Any) -> Any:
        """Call the function, with one array or with two numbers."""
        return self.f(point[0], point[1]) if self.apart else self.f(point if self.inputs == 2 else point[0])

    def __call__(self, *point: float) -> float:
        """Return the height at a point."""
        with no_grad(), np.errstate(all="ignore"):
            return float(array_of(self.tensor(Tensor(np.array(point, float)))).item())

    def over(self, *sides: Any) -> Any:
        """Return heights over a line, or over a plane: a row for each place on the second side."""
        if len(sides) == 1:
            return np.array([self(x) for x in sides[0]])
        return np.array([[self(x, y) for x in sides[0]] for y in sides[1]])


def descend(f: ArrayFunction, rate: float, steps: int, momentum: float) -> Walk:
    """Go down the slope step by step, as ``optim.SGD`` does: ``v = momentum * v + slope; x = x - rate * v``."""
    if not (np.isfinite(rate) and rate > 0 and 0 <= momentum < 1 and steps >= 0):
        raise ValueError(
            f"descent wants a positive rate, 0 <= momentum < 1 and steps from 0 up; got {rate=}, {momentum=}, {steps=}"
        )
    look = value_and_grad(f.tensor)
    x, v = f.start, np.zeros(f.inputs)
    points: list[Any] = []
    heights: list[float] = []
    slopes: list[Any] = []
    with np.errstate(all="ignore"):
        while True:
            height, slope = (array_of(part) for part in look(Tensor(x)))
            diverged = not (np.isfinite(height) and np.isfinite(slope).all()) or bool(np.abs(x - f.start).max() > FAR)
            if diverged and not points:
                raise ValueError(
                    f"descent can't begin at {f.start.tolist()}: the function is {height}, "
                    f"and its slope {slope.tolist()}"
                )
            if not diverged or np.isfinite(height):
                points.append(x)
                heights.append(float(height))
                slopes.append(slope)
            if diverged or len(points) > steps:
                return Walk(np.array(points), np.array(heights), np.array(slopes), diverged)
            v = momentum * v + slope
            x = x - rate * v


def takes_two(f: Any) -> bool:
    """Say whether a function is called with two numbers, rather than with one array of two."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return True
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len([p for p in places if p.default is p.empty]) == 2 or any(p.kind is p.VAR_POSITIONAL for p in parameters)


def names_of(f: Any, apart: bool) -> tuple[str, str]:
    """Return the function's names for its inputs."""
    try:
        names = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        names = []
    return (names[0], names[1]) if apart and len(names) > 1 else ("x", "y")


def valleys(x: Any, z: Any, y: Any = None) -> Any:
    """Return local minima of heights over a line or a plane, refined between the places; shape (valleys, 1 or 2)."""
    sides = (x,) if y is None else (y, x)
    inner = (slice(1, -1),) * z.ndim
    lowest = np.ones(z[inner].shape, bool)
    for shift in product((-1, 0, 1), repeat=z.ndim):
        beside = z[tuple(slice(1 + s, s + n - 1) for s, n in zip(shift, z.shape, strict=True))]
        if shift < (0,) * z.ndim:
            lowest &= z[inner] <= beside
        elif shift > (0,) * z.ndim:
            lowest &= z[inner] < beside  # so that level ground counts once, or not at all
    found = []
    for place in np.argwhere(lowest) + 1:
        at = [refine_minimum(side, line_through(z, place, axis), int(place[axis])) for axis, side in enumerate(sides)]
        found.append(at[::-1])
    return np.array(found).reshape(-1, z.ndim)


def line_through(z: Any, place: Any, axis: int) -> Any:
    """Return the heights along one axis through a place."""
    index: list[Any] = list(place)
    index[axis] = slice(None)
    return z[tuple(index)]


def refine_minimum(side: Any, heights: Any, i: int) -> float:
    """Return the bottom of the parabola through a lowest place and its neighbours."""
    a, b, c = heights[i - 1 : i + 2]
    bend = a - 2 * b + c
    return float(side[i] + 0.5 * (a - c) / bend * (side[1] - side[0]) if bend > 0 else side[i])
