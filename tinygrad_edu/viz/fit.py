"""fit: points, and the curve that a model of one input has put through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.modes import no_grad
from ..nn.module import Module
from .observe import array_of, as_constant, as_pair, leave_untouched, require_model
from .theme import FAINT, WIDTH, dress, figure_of, ink, palette, small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..typing import TensorLike

PLACES = 400  # on the curve


def fit(
    model: Module,
    data: tuple[TensorLike, TensorLike] | Dataset,
    *,
    truth: Callable[[Any], TensorLike] | None = None,
    path: Sequence[Mapping[str, TensorLike]] | None = None,
    extent: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw points, and the curve that a model of one input puts through them.

    Parameters
    ----------
    model : Module
        The model, from one number to one number. It is given columns or single numbers, as `data` has them.
    data : pair of array_like, or data set of two arrays
        The points: inputs of shape (N, 1) or (N,), and as many targets.
    truth : callable, optional
        The curve that the points come from, as a function of an array of shape (n,), such as `numpy.sin`.
    path : sequence of mappings, optional
        Weights during training: results of ``model.state_dict()``, from time to time. Their curves are drawn too, the
        older the paler.
    extent : (float, float), optional
        The ends of the curve; by default where the points are, and some room at both sides.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in.

    Returns
    -------
    matplotlib.figure.Figure
        The points, the model's curve, that of the truth as dashes, and earlier ones. The title says the mean of the
        squared differences between the model and the points.

    Raises
    ------
    TypeError
        If `model` is not a Module, `data` not a pair, or `truth` not a function.
    ValueError
        If inputs, targets or the model's outputs are not one number for each point.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import data, nn, viz
    >>> model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> figure = viz.fit(model, data.sine(40, seed=0), truth=lambda x: np.sin(np.pi * x))
    >>> figure.axes[0].get_title(loc="left").startswith("mean squared error")
    True
    """
    x, y = as_pair(data, "fit")
    if x.shape not in ((x.size,), (x.size, 1)) or not x.size or not np.isfinite(x).all():
        raise ValueError(f"fit draws points of one input, finite numbers of shape (N, 1) or (N,); got shape {x.shape}")
    if y.shape not in ((x.size,), (x.size, 1)):
        raise ValueError(
            f"there are {x.size:,} points, and targets of shape {y.shape}: there must be one number for each point"
        )
    if truth is not None and not callable(truth):
        raise TypeError(f"truth is a function, such as numpy.sin; got {type(truth).__name__}")
    require_model(model, "fit")
    places = np.linspace(*ends(x, extent), PLACES)
    asked = places.reshape(-1, *x.shape[1:])
    with leave_untouched(model), no_grad():
        curve, guesses = fitted_values(model, asked), fitted_values(model, x.astype(float))
        passed = [earlier(model, state, asked) for state in path or ()]

    plate: Figure
    plate, axes = figure_of(ax, WIDTH, 4.4)
    axes.scatter(
        x.ravel(), y.ravel(), s=22, color=ink(), alpha=FAINT, linewidths=0, zorder=2, label="points", gid="points"
    )
    for i, old in enumerate(passed):
        axes.plot(
            places,
            old,
            color=palette().positive,
            alpha=0.2 + 0.4 * i / len(passed),
            linewidth=1.0,
            zorder=1,
            gid=f"earlier {i}",
            label="the model, earlier" if i == len(passed) - 1 else None,
        )
    if truth is not None:
        axes.plot(
            places,
            true_curve(truth, places),
            color=palette().negative,
            linestyle="--",
            linewidth=1.6,
            zorder=3,
            label="the truth",
            gid="truth",
        )
    axes.plot(places, curve, color=palette().positive, linewidth=2.2, zorder=4, label="the model", gid="model")
    axes.legend(frameon=False, fontsize=small(axes))
    off = float(np.mean((guesses - y.ravel()) ** 2))
    dress(axes, f"mean squared error {off:.3g}, of {x.size:,} points", "input", "output")
    return plate


def ends(x: Any, extent: Any) -> tuple[float, float]:
    """Return where the curve begins and ends."""
    if extent is not None:
        sides = np.asarray(extent, float).reshape(-1)
        if sides.shape != (2,) or not np.isfinite(sides).all() or not sides[0] < sides[1]:
            raise ValueError(f"extent must be (low, high), two numbers; got {extent!r}")
        return float(sides[0]), float(sides[1])
    low, high = float(x.min()), float(x.max())
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def fitted_values(model: Module, x: Any) -> Any:
    """Return the model's output for each input; errors say how to reshape the inputs."""
    try:
        outputs = array_of(model(as_constant(x, model)))
    except ValueError as error:
        if x.ndim == 1:
            error.add_note(
                "fit: the inputs are single numbers, shape (N,); if the model takes columns, give data=(x.reshape(-1, "
                "1), y)"
            )
        raise
    if outputs.shape not in ((len(x),), (len(x), 1)):
        raise ValueError(
            f"fit draws a model with one output for each input; for inputs of shape {x.shape} this one gave "
            f"{outputs.shape}"
        )
    return outputs.ravel().astype(float)


def earlier(model: Module, state: Mapping[str, Any], x: Any) -> Any:
    """Return the outputs with earlier weights."""
    model.load_state_dict(state)
    return fitted_values(model, x)


def true_curve(truth: Any, places: Any) -> Any:
    """Return the heights of the true curve."""
    heights = array_of(truth(places))
    if heights.shape not in ((), places.shape):
        raise ValueError(
            f"truth must return a number for each of {len(places)} inputs, shape {places.shape}; got {heights.shape}"
        )
    return np.broadcast_to(heights, places.shape)
