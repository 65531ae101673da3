"""animate: gradient descent as a film, for a notebook or a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .descent import COARSE, mark_valleys, view
from .descent_path import ArrayFunction, descend, valleys
from .surface import arrow_key, chart
from .theme import SMALL, WIDTH, dress, figure, headline, ink, palette

if TYPE_CHECKING:
    from ..typing import TensorLike
    from .figures import Film

FORMATS = (".gif", ".html", ".png", ".webp")  # an animated PNG, that is


def animate(
    f: Callable[..., Any],
    start: TensorLike,
    rate: float = 0.1,
    *,
    steps: int = 20,
    momentum: float = 0.0,
    extent: Sequence[float] | None = None,
    file: str | os.PathLike[str] | None = None,
    interval: int = 400,
) -> Film:
    """Make a film of gradient descent, step by step.

    Parameters
    ----------
    f : callable
        A function of one number or two, as for `descent`.
    start : float, or pair of floats
        Where to begin; it says whether there is one input or two.
    rate : float
        The learning rate.
    steps : int
        The number of steps.
    momentum : float
        How much of the last step is kept in the next, at least 0 and below 1.
    extent : (low, high), or (x low, x high, y low, y high), optional
        The part of the function that is drawn; by default, where the steps are.
    file : path, optional
        The file to write the film to as well: a name that ends in .gif, .webp or .png (which move), or .html (with
        buttons).
    interval : int
        The time from step to step, in milliseconds.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        The film. In a notebook it shows itself, with buttons; ``to_jshtml()`` is its HTML.

    Raises
    ------
    ValueError
        If the file's suffix is another one, or as for `descent`.

    Examples
    --------
    >>> from tinygrad_edu import viz
    >>> film = viz.animate(lambda x: x ** 2, start=1.0, rate=0.3, steps=5)
    >>> film.interval
    400
    """
    function = ArrayFunction(f, start)
    went = descend(function, rate, steps, momentum)
    if file is not None and Path(file).suffix.lower() not in FORMATS:
        raise ValueError(f"{str(file)!r}: the suffix must name the film's format, one of {', '.join(FORMATS)}")
    plate = figure(WIDTH, 4.4 if function.inputs == 1 else 5.6)
    axes = plate.add_subplot()
    scene = (Curve if function.inputs == 1 else Plane)(axes, function, went, view(function, went, extent))

    def show(i: int) -> None:
        scene.show(i)
        note = went.verdict() if i == len(went.points) - 1 else f"step {i}"
        headline(plate, f"rate {rate:g}" + f", momentum {momentum:g}" * bool(momentum) + f": {note}")

    show(0)
    plate.legend(handles=scene.keys, frameon=False, fontsize=SMALL, ncols=3, loc="outside lower center")
    from .figures import Film

    film = Film(plate, show, frames=len(went.points), interval=interval)
    if file is not None:
        film.write(file)
    return film


class Curve:
    """The scene of a function of one input: a ball on a curve, and the tangent, which shows the slope."""

    def __init__(self, axes: Any, f: ArrayFunction, went: Any, sides: Any) -> None:
        (x,) = sides
        z = f.over(x)
        axes.plot(x, z, color=ink(), linewidth=1.6)
        finite = z[np.isfinite(z)]
        room = 0.12 * np.ptp(finite) if finite.size else 1.0
        axes.set(xlim=(x[0], x[-1]), ylim=(finite.min() - room, finite.max() + room) if finite.size else None)
        mark_valleys(axes, f, valleys(x, z), z)
        dress(axes, "", "x", "f(x)")
        self.went, self.reach = went, 0.12 * (x[-1] - x[0])
        (self.tangent,) = axes.plot([], [], color=palette().mark, linewidth=2.2, label="tangent: the slope")
        (self.trail,) = axes.plot([], [], "o-", color=palette().negative, markersize=3.5, linewidth=1, alpha=0.6)
        (self.ball,) = axes.plot(
            [], [], "o", color=palette().negative, markersize=11, markeredgecolor=ink(), label="now"
        )
        self.keys = [self.ball, self.tangent]

    def show(self, i: int) -> None:
        """Show the state after `i` steps."""
        points, heights = self.went.points[: i + 1, 0], self.went.heights[: i + 1]
        ends = points[-1] + np.array([-self.reach, self.reach])
        self.tangent.set_data(ends, heights[-1] + self.went.slopes[i, 0] * (ends - points[-1]))
        self.trail.set_data(points, heights)
        self.ball.set_data(points[-1:], heights[-1:])


class Plane:
    """The scene of a function of two inputs: a ball on a map, and an arrow down the negative gradient."""

    def __init__(self, axes: Any, f: ArrayFunction, went: Any, sides: Any) -> None:
        x, y = (side[::COARSE] for side in sides)
        z = f.over(x, y)
        chart(axes, x, y, z, f.names)
        axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), aspect="equal")
        mark_valleys(axes, f, valleys(x, z, y), z)
        self.went = went
        self.unit = 0.3 * (x[-1] - x[0]) / (np.linalg.norm(went.slopes, axis=1).max() or 1.0)
        (self.trail,) = axes.plot(
            [],
            [],
            "o-",
            color=palette().negative,
            markersize=3.5,
            linewidth=1.2,
            markeredgecolor="white",
            markeredgewidth=0.4,
        )
        (self.ball,) = axes.plot(
            [], [], "o", color=palette().negative, markersize=11, markeredgecolor="white", label="now"
        )
        self.keys = [self.ball, arrow_key()]
        self.arrow = axes.quiver(
            [0], [0], [0], [0], angles="xy", scale_units="xy", scale=1, color="white", width=0.009, zorder=7
        )

    def show(self, i: int) -> None:
        """Show the state after `i` steps."""
        points = self.went.points[: i + 1]
        self.trail.set_data(*points.T)
        self.ball.set_data(points[-1:, 0], points[-1:, 1])
        down = -self.went.slopes[i] * self.unit
        self.arrow.set_offsets(points[-1:])
        self.arrow.set_UVC(down[:1], down[1:])
