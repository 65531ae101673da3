"""activations: the outputs of each layer of a network, for one example or for many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.modes import no_grad
from ..nn.module import Module
from ..pytree import flatten
from .observe import array_of, as_constant, hook_modules, leave_untouched, require_model
from .theme import FAINT, SMALL, WIDTH, curve_colours, figure, ink, palette, shades

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..typing import TensorLike

MOST_MAPS = 16  # feature maps of a layer
MOST_EXAMPLES = 200  # lines of a picture of a batch


def activations(model: Module, x: TensorLike) -> Figure:
    """Draw the outputs of each layer: as a picture, and as a histogram beside it.

    Parameters
    ----------
    model : Module
        The network.
    x : array_like or Tensor
        Its argument: one example, with or without an axis for the batch, or many.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each layer, in the order of their calls. A layer of neurons has a column for each neuron and a line
        for each example; a convolution shows the feature maps of the first example. At the right is a histogram of all
        its numbers, with the fraction of exact zeros: after a `ReLU`, these pass nothing on, and no gradient back.

    Raises
    ------
    TypeError
        If `model` is not a Module.
    ValueError
        If the model calls no layer.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn, viz
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 3))
    >>> figure = viz.activations(model, np.ones((1, 1, 8, 8)))
    >>> len(figure.axes)
    8
    """
    from matplotlib.patches import Patch

    rows = outputs(require_model(model, "activations"), x)
    if not rows:
        raise ValueError(f"activations: this {type(model).__name__} called no layer when it was run")
    heights = [1.0 if values.ndim < 4 else 1.0 + 0.55 * (min(values.shape[1], MOST_MAPS) > 8) for _, values in rows]
    plate = figure(WIDTH, 0.5 + 1.2 * sum(heights))
    grid = plate.subplots(len(rows), 2, squeeze=False, width_ratios=(2.4, 1), height_ratios=heights)
    for i, ((name, values), (left, right)) in enumerate(zip(rows, grid, strict=True)):
        pictured = as_picture(values)
        left.imshow(
            pictured, aspect="equal" if values.ndim > 3 else "auto", interpolation="nearest", **shades(pictured)
        )
        left.set_anchor("W")
        left.set_xticks([])
        left.set_yticks([])
        left.set_title(f"{name}  {values.shape}", fontsize=SMALL, loc="left", pad=3)
        for spine in left.spines.values():
            spine.set(linewidth=0.5, visible=values.ndim < 4)
        distribution(right, values, curve_colours(i + 1)[i])
    grid[-1][1].set_xlabel("activation", fontsize=SMALL)
    signs = any((values < 0).any() for _, values in rows)
    kinds = [(palette().negative, "below 0"), (palette().positive, "above 0")] * signs + [
        (ink(), "the largest of a layer")
    ]
    keys = [Patch(facecolor=colour, label=label) for colour, label in kinds]
    plate.legend(handles=keys, frameon=False, fontsize=SMALL, ncols=3, loc="outside lower left")
    return plate


def outputs(model: Module, x: Any) -> list[tuple[str, Any]]:
    """Return the names and the outputs of the innermost layers, in the order of their calls."""
    names = {id(m): f"{path} {type(m).__name__}".strip() for path, m in model.named_modules()}
    layers = [m for m in model.modules() if not any(m.named_children())]
    found: list[tuple[str, Any]] = []

    def note(module: Module, args: Any, output: Any) -> None:
        found.extend((names[id(module)], np.array(array_of(y))) for y in flatten(output)[0] if y is not None)

    with leave_untouched(model), no_grad(), hook_modules(layers, note):
        model(as_constant(x, model))
    return found


def as_picture(values: Any) -> Any:
    """Return an array of any shape as one image."""
    if values.ndim == 4:
        return maps(values[0])
    if values.ndim < 2:
        return values.reshape(1, -1)
    return values.reshape(-1, values.shape[-1])[:MOST_EXAMPLES]


def maps(channels: Any) -> Any:
    """Return feature maps side by side, in one line or two, with room between."""
    shown = channels[:MOST_MAPS]
    across = math.ceil(len(shown) / (1 + (len(shown) > 8)))
    _, height, width = shown.shape
    room = max(1, width // 12)
    sheet = np.full((-(-len(shown) // across) * (height + room) - room, across * (width + room) - room), np.nan)
    for i, image in enumerate(shown):
        top, left = (i // across) * (height + room), (i % across) * (width + room)
        sheet[top : top + height, left : left + width] = image
    return sheet


def distribution(axes: Any, values: Any, color: str) -> None:
    """Draw a histogram, with what it would hide: exact zeros, and numbers that are not finite."""
    finite = values[np.isfinite(values)].astype(float)
    if finite.size:
        axes.hist(finite, bins=40, color=color)
    zeros, lost = np.mean(values == 0), values.size - finite.size
    notes = [f"{zeros:.0%} zeros"] * bool(zeros) + [f"{lost:,} not finite"] * bool(lost)
    axes.text(
        0.98,
        0.95,
        "\n".join(notes),
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=SMALL,
        color=ink(),
        alpha=max(FAINT, bool(lost)),
    )
    axes.set_yticks([])
    axes.xaxis.get_major_locator().set_params(nbins=3)
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right", "left"]].set_visible(False)
