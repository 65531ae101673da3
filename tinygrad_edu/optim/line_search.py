"""Line search: how far to go along a direction, so that the loss goes down enough and the slope becomes small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Point = tuple[float, float, Any, float]  # how far, the cost there, the gradient, and the slope along the direction


def strong_wolfe(
    evaluate: Callable[[float], tuple[float, Any]], d: Any, t: float, cost: float, g: Any, slope: float,
    c1: float = 1e-4, c2: float = 0.9, most: int = 25,
) -> tuple[float, float, Any]:  # fmt: skip
    """Find a step length that fulfils the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 3.5 and 3.6).

    Parameters
    ----------
    evaluate : callable
        A function that takes a length and returns the loss and the gradient there.
    d : array of shape (n,)
        The direction, along which the loss goes down.
    t : float
        The length to try first.
    cost, g, slope : float, array, float
        The loss, the gradient and the slope along the direction at length 0.
    c1, c2 : float
        How far the loss must go down, compared with the slope, and how much smaller the slope must become.
    most : int
        How many lengths to try in each of the two phases.

    Returns
    -------
    tuple
        The length, and the loss and the gradient there.
    """

    def at(t: float) -> Point:
        value, gradient = evaluate(t)
        return t, value, gradient, float(gradient @ d)

    def low_enough(p: Point) -> bool:
        return p[1] <= cost + c1 * p[0] * slope

    before: Point = (0.0, cost, g, slope)
    for i in range(most):  # go on until a good length lies between two
        now = at(t)
        if not low_enough(now) or (i and now[1] >= before[1]):
            low, high = before, now
            break
        if abs(now[3]) <= -c2 * slope:
            return now[:3]
        if now[3] >= 0:
            low, high = now, before
            break
        before, t = now, 2 * t
    else:
        return before[:3]

    for _ in range(most):  # `low` has the lowest cost so far
        now = at(minimize_cubic(low, high))
        if not low_enough(now) or now[1] >= low[1]:
            high = now
        else:
            if abs(now[3]) <= -c2 * slope:
                return now[:3]
            if now[3] * (high[0] - low[0]) >= 0:
                high = low
            low = now
        if abs(high[0] - low[0]) * abs(slope) < 1e-14:
            break
    return low[:3]


def minimize_cubic(p: Point, q: Point) -> float:
    """Return where the cubic through two points with these slopes is least, but not too near to either end."""
    a, b = p[0], q[0]
    d1 = p[3] + q[3] - 3 * (p[1] - q[1]) / (a - b)
    inside = d1 * d1 - p[3] * q[3]
    low, high = min(a, b), max(a, b)
    margin = 0.1 * (high - low)
    if inside >= 0:
        d2 = inside**0.5 if b > a else -(inside**0.5)
        denominator = q[3] - p[3] + 2 * d2
        if denominator:
            return float(min(max(b - (b - a) * (q[3] + d2 - d1) / denominator, low + margin), high - margin))
    return (a + b) / 2
