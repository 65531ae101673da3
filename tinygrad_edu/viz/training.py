"""Pictures of training and of what was learnt. Each function returns its matplotlib figure, and shows nothing by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def figure(width: float, height: float) -> Any:
    """An empty figure, independent of any window."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures of training need matplotlib: pip install 'tinygrad-edu[train]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def curve(history: Sequence[dict[str, float]]) -> Any:
    """Cost and accuracy over the images seen.

    Parameters
    ----------
    history : sequence of dict
        Each with ``images`` (how many since the last record), ``cost``, ``accuracy`` and perhaps ``test accuracy``.
    """
    seen = np.cumsum([record["images"] for record in history])
    fig = figure(9, 3.6)
    left, right = fig.subplots(1, 2)
    for axes, name, color in ((left, "cost", "#b3462b"), (right, "accuracy", "#2b6cb3")):
        values = np.array([record[name] for record in history])
        axes.plot(seen, values, color=color, alpha=0.3, linewidth=0.8)
        axes.plot(seen, smooth(values), color=color, linewidth=1.8, label="training batches")
        axes.set_xlabel("training images seen")
        axes.set_title(name)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter(lambda n, _: f"{n / 1000:,.0f}k")
    tests = [(n, record["test accuracy"]) for n, record in zip(seen, history, strict=True) if "test accuracy" in record]
    if tests:
        right.plot(*zip(*tests, strict=True), "o-", color="#222222", markersize=4, linewidth=1, label="unseen test images")
    right.legend(frameon=False, loc="lower right")
    left.set_ylim(bottom=0)
    return fig


def smooth(values: Any, span: int = 15) -> Any:
    """A running mean over `span` values, of fewer at the ends."""
    kernel = np.ones(min(span, max(len(values), 1)))
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")


def weights(layer: Any, columns: int = 8) -> Any:
    """The weights of each neuron of a layer, as an image of its inputs: blue draws it up, red down.

    Parameters
    ----------
    layer : Linear
        With a square number of inputs, such as 784.
    """
    matrix = layer.weight.data
    side = round(matrix.shape[1] ** 0.5)
    if side * side != matrix.shape[1]:
        raise ValueError(f"weights as images need a square number of inputs; this layer has {matrix.shape[1]}")
    n = len(matrix)
    columns = min(n, columns)
    lines = -(-n // columns)
    fig = figure(1.25 * columns + 0.8, 1.35 * lines + 0.5)
    grid = np.ravel(fig.subplots(lines, columns, squeeze=False))
    scale = float(np.quantile(np.abs(matrix), 0.995)) or 1.0
    for i, axes in enumerate(grid):
        axes.axis("off")
        if i < n:
            shown = axes.imshow(matrix[i].reshape(side, side), cmap="RdBu", vmin=-scale, vmax=scale)
            axes.set_title(str(i), fontsize=8, pad=2)
    fig.colorbar(shown, ax=list(grid), shrink=0.8, label="weight")
    fig.suptitle("What each neuron of the first layer looks for")
    return fig


def guesses(images: Any, labels: Any, outputs: Any, count: int = 8) -> Any:
    """Images that were recognised, and images that were not, with what the network said.

    Parameters
    ----------
    images : (N, side * side) array
    labels : (N,) array of int
    outputs : (N, classes) array
        The activation of each output neuron.
    """
    guess, side = outputs.argmax(1), round(images.shape[1] ** 0.5)
    right, wrong = np.flatnonzero(guess == labels)[:count], np.flatnonzero(guess != labels)[:count]
    fig = figure(1.25 * count, 3.9)
    grid = fig.subplots(2, count, squeeze=False)
    for axes in np.ravel(grid):
        axes.axis("off")
    for line, chosen, color in ((grid[0], right, "#1d6b3a"), (grid[1], wrong, "#a3341f")):
        for axes, i in zip(line, chosen, strict=False):
            axes.imshow(images[i].reshape(side, side), cmap="gray_r")
            said = f"says {guess[i]} ({outputs[i, guess[i]]:.2f})"
            axes.set_title(said if guess[i] == labels[i] else f"{said}\nis {labels[i]}", fontsize=9, color=color)
    fig.suptitle("Test images: right above, wrong below, with the activation of the answer")
    return fig
