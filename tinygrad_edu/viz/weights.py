"""weights: the weights of a layer as images, which show what its neurons look for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nn.module import Module
from .observe import array_of
from .theme import SMALL, WIDTH, dress, figure, headline, shades

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..typing import TensorLike

MOST = 64  # images in a picture


def weights(layer: Module | TensorLike, columns: int = 8, *, shape: tuple[int, int] | None = None) -> Figure:
    """Draw the weights of each neuron of a layer as an image of its inputs: blue excites it, orange inhibits it.

    Parameters
    ----------
    layer : Linear, convolution, Module or array_like
        The layer, or weights of shape (neurons, inputs) or (filters, channels, height, width). From a larger model, its
        first layer is drawn.
    columns : int
        The number of images in a row.
    shape : (int, int), optional
        The shape of the images, for a Linear layer whose inputs are not a square.

    Returns
    -------
    matplotlib.figure.Figure
        One image for each neuron or filter, all in the same colours; at most 64 of them. Filters with several channels
        have one line of images each, with a column for each channel. If the inputs are not an image, the whole matrix
        is drawn.

    Raises
    ------
    ValueError
        If there are no weights, or `shape` doesn't fit.

    Examples
    --------
    >>> from tinygrad_edu import nn, viz
    >>> figure = viz.weights(nn.Linear(784, 16))
    >>> figure = viz.weights(nn.Conv2d(1, 8, 5))
    >>> len(figure.axes)  # eight images and the scale
    9
    """
    array, name = first_weights(layer)
    if not 2 <= array.ndim <= 4:
        raise ValueError(
            "weights are drawn of shapes (neurons, inputs) and (filters, channels, height, width); "
            f"these have {array.shape}"
        )
    scale = float(np.quantile(np.abs(array), 0.995)) or 1.0
    look = shades(np.array([-scale, scale]))
    if array.ndim == 2:
        images = weight_images(array, shape)
        if images is None:
            return draw_weight_matrix(array, look)
        what = "What each neuron looks for"
    else:
        filters = array[..., None, :] if array.ndim == 3 else array
        if filters.shape[1] > 1:
            columns = min(filters.shape[1], 16)
            filters = filters[: max(1, MOST // columns), :columns]
            what = f"Filters {array.shape[2:]}: one line each, a column for each channel"
        else:
            what = f"Filters {array.shape[2:]}"
        images = filters.reshape(-1, *filters.shape[2:])
    left_out = f", {MOST} of {len(images)}" if len(images) > MOST else ""
    return tiles(images[:MOST], look, columns, f"{what} ({name}{left_out})", "weight")


def first_weights(layer: Any) -> tuple[Any, str]:
    """Return the weights of the first layer that has some, and their name."""
    if not isinstance(layer, Module):
        return array_of(layer), "weights"
    for path, module in layer.named_modules():
        weight = vars(module).get("weight")
        if weight is not None and np.ndim(weight) > 1:
            return weight.data, f"{path}.weight" if path else "weight"
    raise ValueError(f"this {type(layer).__name__} has no layer with a matrix of weights")


def weight_images(matrix: Any, shape: tuple[int, int] | None) -> Any:
    """Return rows of weights as images, or None if they can't be."""
    inputs = matrix.shape[1]
    if shape is not None:
        if math.prod(shape) != inputs:
            raise ValueError(f"shape={tuple(shape)} has {math.prod(shape)} places, and each neuron {inputs} inputs")
        return matrix.reshape(-1, *shape)
    side = math.isqrt(inputs)
    return matrix.reshape(-1, side, side) if side * side == inputs and side > 2 else None


def draw_weight_matrix(array: Any, look: dict[str, Any]) -> Figure:
    """Draw the matrix itself: a line for each neuron."""
    plate = figure(min(WIDTH, max(3.5, 1.8 + 0.3 * array.shape[1])), min(8, max(2.2, 1.2 + 0.3 * len(array))))
    axes = plate.add_subplot()
    shown = axes.imshow(array, aspect="auto", interpolation="nearest", **look)
    dress(axes, "", "input", "neuron")
    axis: Any
    for axis, n in ((axes.xaxis, array.shape[1]), (axes.yaxis, len(array))):
        axis.get_major_locator().set_params(integer=True, min_n_ticks=min(n, 3))
    label_bar(plate.colorbar(shown, ax=axes), "weight")
    return plate


def tiles(images: Any, look: dict[str, Any], columns: int, title: str, label: str) -> Figure:
    """Draw small images in a grid, numbered, with one scale for all."""
    if columns < 1:
        raise ValueError(f"columns={columns}: there must be at least one")
    columns = min(len(images), columns)
    lines = -(-len(images) // columns)
    tile = min(1.2, (WIDTH - 1.2) / columns)
    plate = figure(tile * columns + 1.2, (tile + 0.25) * lines + 0.6)
    grid = np.ravel(plate.subplots(lines, columns, squeeze=False))
    for i, axes in enumerate(grid):
        axes.set_axis_off()
        if i < len(images):
            shown = axes.imshow(images[i], interpolation="nearest", **look)
            axes.set_title(str(i), fontsize=SMALL, pad=2)
    label_bar(plate.colorbar(shown, ax=list(grid), shrink=0.8, aspect=12 * lines), label)
    headline(plate, title)
    return plate


def label_bar(bar: Any, label: str) -> None:
    """Write beside a scale what it measures."""
    bar.set_label(label, fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.yaxis.get_major_locator().set_params(nbins=5)
