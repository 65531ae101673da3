"""boundary: what a classifier believes everywhere on the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nn.module import Module
from .beliefs import Beliefs
from .confusion import classes
from .observe import as_pair, require_model
from .theme import WIDTH, curve_colours, dress, figure_of, ink, palette, paper, small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..typing import TensorLike

SHAPES = "os^DvPX*<>"  # of the points of each class, for whoever can't tell the colours apart
MOST_NAMED = 6  # classes up to which colours have names
FULL = 0.65  # how strong the colour of a region is where the model is sure: its points must stand out


def boundary(
    model: Module,
    data: tuple[TensorLike, TensorLike] | Dataset,
    *,
    names: Sequence[object] | None = None,
    threshold: float | None = None,
    extent: tuple[float, float, float, float] | None = None,
    points: int = 200,
    ax: Axes | None = None,
) -> Figure:
    """Draw what a classifier of two inputs believes everywhere on the plane, with the points that it should tell apart.

    Parameters
    ----------
    model : Module
        The classifier: from inputs of shape (N, 2) to one output, which says yes or no, or to an output for each class.
        Outputs may be probabilities or logits.
    data : pair of array_like, or data set of two arrays
        The points, shape (N, 2), and their classes: numbers of shape (N,) or (N, 1), or one-hot rows. For a single
        output, 0 and 1, or -1 and 1.
    names : sequence, optional
        The names of the classes; by default they are numbered.
    threshold : float, optional
        Above this, a single output means class 1: 0.5 for probabilities, 0 for logits. By default 0.5 if the model ends
        in a sigmoid, or in anything but a `Linear` layer whose outputs are from 0 to 1 everywhere; otherwise 0.
    extent : (float, float, float, float), optional
        The part of the plane to draw, ``(left, right, bottom, top)``; by default where the points are, and some room
        around.
    points : int
        The number of places on each side at which the model is asked.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in.

    Returns
    -------
    matplotlib.figure.Figure
        Each place has the colour of the class that the model finds likeliest there, paler where it is less sure, and
        the boundary is the line where it changes its mind. Points have the colour of their true class; those that the
        model takes for another are ringed.

    Raises
    ------
    TypeError
        If `model` is not a Module, or `data` not a pair.
    ValueError
        If the points don't lie on a plane, the classes don't fit the points or the outputs, or an output is not finite.

    Notes
    -----
    The probabilities of several classes are outputs that are at least 0 and add up to 1, or the outputs of a sigmoid,
    each for itself; of anything else, they are its softmax.

    Examples
    --------
    >>> from tinygrad_edu import data, nn, viz
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))
    >>> figure = viz.boundary(model, data.blobs(60, seed=0, classes=3), names=["cat", "dog", "cow"])
    >>> figure.axes[0].get_title(loc="left").endswith("of 60 points are right")
    True
    """
    x, target = as_pair(data, "boundary")
    if x.ndim != 2 or x.shape[1] != 2 or not len(x) or not np.isfinite(x).all():
        raise ValueError(
            f"boundary draws points of two inputs, finite numbers of shape (N, 2); got shape {x.shape}"
            + ". Choose two columns, as in x[:, :2], and a model of these" * (x.ndim == 2 and x.shape[1] > 2)
        )
    if points < 2:
        raise ValueError(f"points={points}: the model must be asked at two places of each side at least")
    sides = frame(x, extent)
    places = [low + (high - low) * (np.arange(points) + 0.5) / points for low, high in sides]  # the middles of pixels
    plane = np.stack(np.meshgrid(*places), axis=-1)
    believes = Beliefs(require_model(model, "boundary"), np.concatenate([x, plane.reshape(-1, 2)]), threshold)
    said, sure = believes.classes, believes.sure
    true = true_classes(target, len(x), believes.count)
    named = class_names(names, believes.count)
    colours = class_colours(believes.count)

    plate: Figure
    width, height = (high - low for low, high in sides)
    equal = 1 / 2 < width / height < 3
    plate, axes = figure_of(ax, WIDTH, 0.9 + (np.clip(3.9 * height / width, 2.4, 5.6) if equal else 3.6))
    if ax is None:
        axes.set_anchor("NW")  # in the middle of its room, axes of a given shape would push their labels off the page
    shown = blend(colours[said[len(x) :]], sure[len(x) :]).reshape(points, points, 3)
    axes.imshow(
        shown, extent=np.ravel(sides), origin="lower", interpolation="nearest", aspect="auto", zorder=0, gid="regions"
    )
    for margin in believes.margins(slice(len(x), None)):
        if margin.min() < 0 < margin.max():
            axes.contour(*places, margin.reshape(points, points), levels=[0.0], colors=ink(), linewidths=1.2, zorder=1)
    wrong = said[: len(x)] != true
    mark(axes, x, true, wrong, colours)
    keys = boundary_legend(named, colours, int(wrong.sum()), believes.where)
    room: Any = {"loc": "outside right upper"} if ax is None else {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
    (plate if ax is None else axes).legend(handles=keys, frameon=False, fontsize=small(axes), handlelength=1.4, **room)
    axes.set(xlim=sides[0], ylim=sides[1], aspect="equal" if equal else "auto")
    dress(axes, f"{1 - wrong.mean():.1%} of {len(x):,} points are right", "first input", "second input")
    return plate


def frame(x: Any, extent: Any) -> list[tuple[float, float]]:
    """Return the ends of each side: around the points, or as given."""
    if extent is not None:
        ends = np.asarray(extent, float).reshape(-1)
        if ends.shape != (4,) or not np.isfinite(ends).all() or not (ends[::2] < ends[1::2]).all():
            raise ValueError(f"extent must be (left, right, bottom, top), four numbers; got {extent!r}")
        return [(float(ends[0]), float(ends[1])), (float(ends[2]), float(ends[3]))]
    low, high = x.min(axis=0).astype(float), x.max(axis=0).astype(float)
    room = np.where(high > low, 0.12 * (high - low), 1.0)
    return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]


def true_classes(target: Any, n: int, count: int) -> Any:
    """Return the class numbers of the points; -1 and 1 become 0 and 1."""
    if target.ndim == 2 and target.shape[1] not in (1, count):
        raise ValueError(f"one-hot classes need a column for each of the {count} classes; got shape {target.shape}")
    if count == 2 and target.size == n and target.min(initial=0) < 0 and np.isin(target, (-1, 1)).all():
        target = target > 0
    true = classes(target.reshape(n) if target.shape == (n, 1) else target, "the classes")
    if len(true) != n:
        raise ValueError(f"there are {n:,} points and {len(true):,} classes: there must be one for each point")
    if true.max(initial=0) >= count:
        outputs = (
            "a single output tells two classes apart, 0 and 1"
            if count == 2
            else f"the model tells {count} classes apart"
        )
        raise ValueError(
            f"the classes go from {true.min()} to {true.max()}, and {outputs}: it needs an output for each class"
        )
    return true


def class_names(names: Any, count: int) -> list[str]:
    """Return the names of the classes as they are written."""
    if names is None:
        return [f"class {k}" for k in range(count)]
    if len(names) != count:
        raise ValueError(f"there are {len(names)} names, for {count} classes")
    return [str(name) for name in names]


def class_colours(count: int) -> Any:
    """Return a colour for each class, shape (count, 3): of two, no and yes; of many, those of a rainbow."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    few = (palette().negative, palette().positive) if count == 2 else curve_colours(count)
    return (
        np.array([to_rgb(c) for c in few])
        if count <= MOST_NAMED
        else colormaps["turbo"](np.linspace(0.05, 0.95, count))[:, :3]
    )


def blend(colours: Any, strength: Any) -> Any:
    """Return colours that are paper where the strength is 0, and full where it is 1."""
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(paper())) * (1 - FULL * strength[:, None]) + colours * FULL * strength[:, None]


def mark(axes: Any, x: Any, true: Any, wrong: Any, colours: Any) -> None:
    """Draw the points of each class; those taken for another above the rest, and ringed."""
    for k, colour in enumerate(colours):
        for ringed in (False, True):
            chosen = x[(true == k) & (wrong == ringed)]
            rim: dict[str, Any] = (
                {"edgecolors": ink(), "linewidths": 1.6} if ringed else {"edgecolors": paper(), "linewidths": 0.6}
            )
            if len(chosen):
                axes.scatter(
                    *chosen.T,
                    s=42 if ringed else 26,
                    color=[colour],
                    marker=SHAPES[k % len(SHAPES)],
                    zorder=3 + ringed,
                    gid=f"{'wrong' if ringed else 'right'} {k}",
                    **rim,
                )


def boundary_legend(named: list[str], colours: Any, wrong: int, where: str) -> list[Any]:
    """Return the legend: the classes, the line, and what pale colours and rings mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    dot: dict[str, Any] = {"linestyle": "", "markersize": 6}
    keys: list[Any] = [Line2D([], [], color=colour, marker=SHAPES[k % len(SHAPES)], label=name, **dot)
                       for k, (name, colour) in enumerate(zip(named, colours, strict=True))]  # fmt: skip
    if wrong:
        keys.append(Line2D([], [], marker="o", markerfacecolor="none", markeredgecolor=ink(), markeredgewidth=1.6,
                           label=f"taken for another: {wrong:,}", **dot))  # fmt: skip
    keys.append(Line2D([], [], color=ink(), linewidth=1.2, label=where))
    keys += [
        Patch(color=ink(), alpha=alpha, linewidth=0, label=label)
        for alpha, label in ((0.5, "strong colour: sure"), (0.12, "pale: less sure"))
    ]
    return keys
