"""guesses: images with a network's answers, right and wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .observe import array_of
from .theme import SMALL, WIDTH, figure, headline, lit, palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..typing import TensorLike


def guesses(images: TensorLike, labels: TensorLike, outputs: TensorLike, count: int = 8) -> Figure:
    """Draw images that were recognised, and images that were not, with the network's answers.

    Parameters
    ----------
    images : array_like, shape (N, side * side)
        The images, one per row.
    labels : array_like of int, shape (N,)
        The true classes.
    outputs : array_like, shape (N, classes)
        The activation of each output neuron, for each image.
    count : int
        The number of images of each kind.

    Returns
    -------
    matplotlib.figure.Figure
        A row of images that were recognised, and a row of images that were not.

    Raises
    ------
    ValueError
        If the shapes don't fit, or the images are not square.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import viz
    >>> figure = viz.guesses(np.eye(2, 9), [0, 1], np.array([[0.9, 0.2], [0.7, 0.1]]))
    >>> figure.axes[0].get_title()
    'says 0\\n(0.90)'
    """
    pixels, true, answers = array_of(images), array_of(labels), array_of(outputs)
    if pixels.ndim != 2 or answers.ndim != 2 or not len(pixels) == len(answers) == true.size:
        raise ValueError(
            "guesses wants images of shape (N, pixels), N labels, and outputs of shape (N, classes); got shapes "
            f"{pixels.shape}, {true.shape} and {answers.shape}"
        )
    guess, side = answers.argmax(1), math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise ValueError(f"guesses shows square images; these have {pixels.shape[1]} pixels")
    right, wrong = np.flatnonzero(guess == true)[:count], np.flatnonzero(guess != true)[:count]
    plate = figure(max(min(1.25, WIDTH / count) * count, 2.5), 3.7)
    grid = plate.subplots(2, count, squeeze=False)
    for axes in np.ravel(grid):
        axes.set_axis_off()
    for line, chosen, color in ((grid[0], right, palette().positive), (grid[1], wrong, palette().negative)):
        for axes, i in zip(line, chosen, strict=False):
            axes.imshow(pixels[i].reshape(side, side), cmap=lit())
            said = f"says {guess[i]}\n({answers[i, guess[i]]:.2f})"
            axes.set_title(said if guess[i] == true[i] else f"{said}\nis {true[i]}", fontsize=SMALL, color=color)
    headline(plate, "Test images: right above, wrong below, with the activation of the answer")
    return plate
