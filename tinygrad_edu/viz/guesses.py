"""guesses: what a network made of images, right and wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .observe import array_of
from .theme import RIGHT, WRONG, figure, lit


def guesses(images: Any, labels: Any, outputs: Any, count: int = 8) -> Any:
    """Images that were recognised, and images that were not, with what the network said.

    Parameters
    ----------
    images : (N, side * side) array
    labels : (N,) array of int
    outputs : (N, classes) array
        The activation of each output neuron.
    count : int
        How many of each.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import viz
    >>> figure = viz.guesses(np.eye(2, 9), [0, 1], np.array([[0.9, 0.2], [0.7, 0.1]]))
    """
    images, labels, outputs = array_of(images), array_of(labels), array_of(outputs)
    if images.ndim != 2 or outputs.ndim != 2 or not len(images) == len(outputs) == labels.size:
        raise ValueError("guesses wants images of shape (N, pixels), N labels, and outputs of shape (N, classes); got shapes "
                         f"{images.shape}, {labels.shape} and {outputs.shape}")
    guess, side = outputs.argmax(1), math.isqrt(images.shape[1])
    if side * side != images.shape[1]:
        raise ValueError(f"guesses shows square images; these have {images.shape[1]} pixels")
    right, wrong = np.flatnonzero(guess == labels)[:count], np.flatnonzero(guess != labels)[:count]
    plate = figure(1.25 * count, 3.9)
    grid = plate.subplots(2, count, squeeze=False)
    for axes in np.ravel(grid):
        axes.set_axis_off()
    for line, chosen, color in ((grid[0], right, RIGHT), (grid[1], wrong, WRONG)):
        for axes, i in zip(line, chosen, strict=False):
            axes.imshow(images[i].reshape(side, side), cmap=lit())
            said = f"says {guess[i]} ({outputs[i, guess[i]]:.2f})"
            axes.set_title(said if guess[i] == labels[i] else f"{said}\nis {labels[i]}", fontsize=9, color=color)
    plate.suptitle("Test images: right above, wrong below, with the activation of the answer", fontsize=11)
    return plate
