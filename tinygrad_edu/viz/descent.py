"""descent: gradient descent on a function of one input or two, drawn step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .descent_path import ArrayFunction, Walk, descend, valleys
from .surface import arrow_key, chart, footprints, mountain, path_keys
from .theme import FAINT, SMALL, WIDTH, dress, entitle, figure, figure_of, ink, palette, small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..typing import TensorLike

# the places on a line at which a function is computed; on the sides of a plane, only each sixth
PLACES, COARSE = 401, 6
ARROWS = 6  # tangents or arrows that are drawn: few, so that the path can be seen


def descent(
    f: Callable[..., Any],
    start: TensorLike,
    rate: float = 0.1,
    *,
    steps: int = 20,
    momentum: float = 0.0,
    extent: Sequence[float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Follow the slope of a function downhill, and draw every step.

    Parameters
    ----------
    f : callable
        A function of one number or of two: ``f(x)``, ``f(x, y)``, or of an array of two. It is called with Tensors, and
        returns a single number.
    start : float, or pair of floats
        Where to begin; it says whether there is one input or two.
    rate : float
        The learning rate: how far to go at a slope of 1.
    steps : int
        The number of steps.
    momentum : float
        How much of the last step is kept in the next, at least 0 and below 1, as in ``optim.SGD``.
    extent : (low, high), or (x low, x high, y low, y high), optional
        The part of the function that is drawn; by default, where the steps are.
    ax : matplotlib.axes.Axes, optional
        Axes for the curve or the map; then the other pictures are left out.

    Returns
    -------
    matplotlib.figure.Figure
        For one input: the curve with the steps, the tangents at the first of them, and the local minima in sight;
        beside it the height after each step. For two: a map with contour lines, the steps, and arrows down the
        *negative gradient*, which points where it is steepest, at right angles to the contour lines; beside it the
        surface. The steps go from a ring to a star, and the title says how it ended.

    Raises
    ------
    TypeError
        If `f` is not a function, or its value is not computed by NumPy's functions.
    ValueError
        If the function doesn't return a single number, or isn't finite at the start.

    Examples
    --------
    >>> from tinygrad_edu import viz
    >>> figure = viz.descent(lambda x: x ** 4 - 3 * x ** 2 + x, start=2.0, rate=0.02)
    >>> figure = viz.descent(lambda x, y: x ** 2 + 3 * y ** 2, start=(2.0, 1.0))
    >>> len(figure.axes)
    2
    """
    from matplotlib.lines import Line2D

    function = ArrayFunction(f, start)
    went = descend(function, rate, steps, momentum)
    sides = view(function, went, extent)
    if function.inputs == 1:
        plate, axes = figure_of(ax, 0, 0) if ax is not None else (figure(WIDTH, 4.5), None)
        if axes is None:
            axes, beside = plate.subplots(1, 2, width_ratios=(1.9, 1))
            progress(beside, went)
        curve(axes, function, went, sides[0])
    else:
        plate, axes = figure_of(ax, 0, 0) if ax is not None else (figure(WIDTH, 4.6), None)
        x, y = (side[::COARSE] for side in sides)
        z = function.over(x, y)
        if axes is None:
            axes = plate.add_subplot(1, 2, 1)
            space = plate.add_subplot(1, 2, 2, projection="3d")
            mountain(space, x, y, z, function.names)
            inside = in_sight(went, sides)
            footprints(space, *went.points[inside].T, went.heights[inside])
        plane(axes, function, went, x, y, z)
    if ax is None:
        tangent = Line2D([], [], label="tangent: the slope", color=palette().mark, linewidth=2.2)
        drawn = tangent if function.inputs == 1 else arrow_key()
        plate.legend(handles=path_keys(drawn), frameon=False, fontsize=SMALL, ncols=3, loc="outside lower center")
    entitle(axes, f"rate {rate:g}" + f", momentum {momentum:g}" * bool(momentum) + f": {went.verdict()}")
    return plate


def curve(axes: Any, f: ArrayFunction, went: Walk, x: Any) -> None:
    """Draw the curve, the steps on it, and tangents at the first of them."""
    z = f.over(x)
    axes.plot(x, z, color=ink(), linewidth=1.6, gid="curve")
    finite = z[np.isfinite(z)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    room = 0.12 * (high - low) or 1.0
    axes.set(xlim=(x[0], x[-1]), ylim=(low - room, high + room))
    points = went.points[:, 0]
    reach = 0.06 * (x[-1] - x[0])
    for i in range(min(ARROWS, len(points))):
        slope = went.slopes[i, 0]
        # as long as the others, to the eye
        dx = reach / np.hypot(1, slope * (x[-1] - x[0]) / (high - low + 2 * room) * 0.8)
        ends = points[i] + np.array([-dx, dx])
        axes.plot(
            ends,
            went.heights[i] + slope * (ends - points[i]),
            color=palette().mark,
            linewidth=2.2,
            alpha=0.9,
            zorder=4,
            gid="tangent",
        )
    footprints(axes, points, went.heights)
    mark_valleys(axes, f, valleys(x, z), z)
    dress(axes, "", "x", "f(x)")


def mark_valleys(axes: Any, f: ArrayFunction, found: Any, z: Any) -> None:
    """Mark local minima among the heights `z`, and name the lowest of them."""
    if not len(found):
        return
    depths = np.array([f(*place) for place in found])
    equal = depths - depths.min() <= 1e-3 * np.ptp(z[np.isfinite(z)])  # as far as one can see
    low, high = axes.get_xlim()
    for place, depth, lowest in zip(found, depths, equal, strict=True):
        at = (place[0], depth) if len(place) == 1 else place
        axes.plot(
            *at,
            "v",
            color=palette().good,
            markersize=7,
            zorder=6,
            gid="minimum",
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
        name = (
            "a minimum" if lowest and sum(equal) > 1 else "the lowest" if lowest and len(found) > 1 else "local minimum"
        )
        where = (at[0] - low) / (high - low)
        axes.annotate(
            name,
            at,
            (0, -17),
            textcoords="offset points",
            fontsize=small(axes),
            color=palette().good if f.inputs == 1 else "white",
            ha="left" if where < 0.15 else "right" if where > 0.85 else "center",
        )


def progress(axes: Any, went: Walk) -> None:
    """Draw the height and the steepness after each step."""
    steps = np.arange(len(went.heights))
    dress(axes, "step by step", "step")
    axes.plot(steps, went.heights, "o-", color=palette().positive, markersize=3, label="height")
    axes.plot(
        steps, np.linalg.norm(went.slopes, axis=1), "--", color=palette().mark, linewidth=1.3, label="size of slope"
    )
    if np.abs(went.heights).max() > 1e4 * (1 + np.abs(went.heights[0])):
        axes.set_yscale("symlog")
    axes.axhline(0, color=ink(), linewidth=0.6, alpha=FAINT)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=SMALL)


def plane(axes: Any, f: ArrayFunction, went: Walk, x: Any, y: Any, z: Any) -> None:
    """Draw the map, the steps on it, and arrows down the negative gradient, longer where it is steeper."""
    chart(axes, x, y, z, f.names)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), aspect="equal")
    mark_valleys(axes, f, valleys(x, z, y), z)
    footprints(axes, *went.points.T)
    n = min(ARROWS, len(went.points))
    down = -went.slopes[:n]
    length = 0.22 * (x[-1] - x[0]) / (np.linalg.norm(down, axis=1).max() or 1.0)
    axes.quiver(
        *went.points[:n].T,
        *(down * length).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        color="white",
        width=0.008,
        zorder=7,
        edgecolor=palette().negative,
        linewidth=0.6,
        gid="negative gradient",
    )


def view(f: ArrayFunction, went: Walk, extent: Any) -> list[Any]:
    """Return the places to draw, on each side: where the steps are, and some room around."""
    if extent is not None:
        ends = np.asarray(extent, float).reshape(-1)
        if ends.size != 2 * f.inputs or not (ends[::2] < ends[1::2]).all():
            raise ValueError(f"extent must be (low, high) for each input, {2 * f.inputs} numbers; got {extent!r}")
        return [np.linspace(low, high, PLACES) for low, high in zip(ends[::2], ends[1::2], strict=True)]
    start = went.points[0]
    near = went.points[np.abs(went.points - start).max(axis=1) <= 10 * max(1.0, float(np.abs(start).max()))]
    low, high = near.min(axis=0), near.max(axis=0)
    if f.inputs == 1:
        side = np.linspace(*fill_curve(f, low[0], high[0]), PLACES)
        return [side]
    middle, half = (low + high) / 2, max(float((high - low).max()) * 0.7, 0.5)
    return [np.linspace(m - half, m + half, PLACES) for m in middle]


def fill_curve(f: ArrayFunction, low: float, high: float) -> tuple[float, float]:
    """Return the range of the curve below its highest step, as if water filled it up to there, and a little more."""
    span = max(high - low, 1.0)
    level = max(f(low), f(high))
    ends = []
    for end, way in ((low, -1), (high, 1)):
        far = [end + way * span * d for d in np.linspace(0, 3, 61)]
        dry = next((x for x in far[2:] if not f(x) < level), far[-1])
        ends.append(dry + way * 0.08 * span)
    return ends[0], ends[1]


def in_sight(went: Walk, sides: list[Any]) -> Any:
    """Say which points are in sight."""
    return np.all([(side[0] <= p) & (p <= side[-1]) for side, p in zip(sides, went.points.T, strict=True)], axis=0)
