"""confusion: the matrix of which classes were taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .observe import array_of
from .theme import FAINT, SMALL, WIDTH, dress, entitle, figure, ink, is_dark, palette, paper, sign_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..typing import TensorLike

LIST = 2.5  # inches for the list of mistakes
MOST_WRITTEN = 20  # classes up to which the counts are written into the matrix


def confusion(
    labels: TensorLike, guesses: TensorLike, *, names: Sequence[object] | None = None, pairs: int = 8
) -> Figure:
    """Draw the confusion matrix: how often each class was taken for each other.

    Parameters
    ----------
    labels : array_like of int, shape (N,) or (N, 1)
        The true classes.
    guesses : array_like of int, shape (N,) or (N, 1), or of float, shape (N, classes)
        The classes that were guessed; or outputs of a network, and the largest is the guess.
    names : sequence, optional
        The names of the classes; by default they are numbered.
    pairs : int
        How many of the most frequent mistakes are listed at the right; 0 for none.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each class and a column for each answer, with counts. The colours are rates within the class: blue
        for right answers, orange for mistakes, which are coloured ten times as strongly.

    Raises
    ------
    ValueError
        If there are not as many labels as guesses, or they are not classes.

    Examples
    --------
    >>> from tinygrad_edu import viz
    >>> figure = viz.confusion([0, 1, 2, 2], [0, 1, 1, 2], names=["cat", "dog", "cow"])
    >>> figure.axes[0].get_title(loc="left")
    '75.00% right, of 4'
    """
    from matplotlib.patches import Patch

    true, said = classes(labels, "labels"), classes(guesses, "guesses")
    if len(true) != len(said):
        raise ValueError(
            f"there are {len(true):,} labels and {len(said):,} guesses: there must be one of each for every example"
        )
    n = 1 + int(max(true.max(initial=0), said.max(initial=0)))
    n = max(n, array_of(guesses).shape[1] if array_of(guesses).ndim == 2 else 0)
    if names is not None:
        if len(names) < n:
            raise ValueError(f"there are {n} classes, 0 to {n - 1}, and {len(names)} names")
        n = len(names)
    named = [str(name) for name in (names if names is not None else range(n))]
    counts = count_matrix(true, said, n)
    wrong = mistakes(counts, pairs)
    side = min(WIDTH - LIST * bool(wrong), 1.9 + 0.42 * n + 0.12 * max(map(len, named)))
    plate = figure(side + LIST * bool(wrong), side + 0.4)
    if wrong:
        left, right = plate.subplots(1, 2, width_ratios=(side, LIST - 0.3))
        list_mistakes(right, wrong, counts, named)
    else:
        left = plate.add_subplot()
    draw_matrix(left, counts, named)
    keys = [
        Patch(color=colour, alpha=0.6, label=label)
        for colour, label in ((palette().positive, "right"), (palette().negative, "wrong, × 10"))
    ]
    plate.legend(handles=keys, frameon=False, fontsize=SMALL, ncols=2, loc="outside lower left")
    share = np.trace(counts) / max(counts.sum(), 1)
    entitle(left, f"{share:.2%} right, of {counts.sum():,}")
    return plate


def classes(given: Any, what: str) -> Any:
    """Return class numbers; outputs become the class of the largest."""
    array = array_of(given)
    if array.ndim == 2 and array.shape[1] == 1:
        if array.dtype.kind == "f" and not np.isin(array, (0, 1)).all():
            raise ValueError(
                f"{what} of shape {array.shape} are one output for each example, which names no class: "
                "give the answers, (outputs > 0) for logits and (outputs > 0.5) for probabilities"
            )
        array = array[:, 0]
    if array.ndim == 2:
        return array.argmax(axis=1)
    if array.ndim != 1:
        raise ValueError(
            f"{what} must be class numbers of shape (N,), or outputs of shape (N, classes); got shape {array.shape}"
        )
    if array.dtype.kind == "f" and (array == np.round(array)).all():
        array = array.astype(int)
    if array.dtype.kind not in "iub" or (array < 0).any():
        raise ValueError(
            f"{what} must be numbers of classes, from 0 up; got {array.dtype} from {array.min(initial=0)} to "
            f"{array.max(initial=0)}"
        )
    return array.astype(int)


def count_matrix(true: Any, said: Any, n: int) -> Any:
    """Return ``counts[i, j]``: how many of class i were taken for class j."""
    return np.bincount(true * n + said, minlength=n * n).reshape(n, n)


def mistakes(counts: Any, most: int) -> list[tuple[int, int]]:
    """Return the most frequent pairs of a true class and a wrong guess."""
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True) if wrong[i, j]]


def draw_matrix(axes: Any, counts: Any, named: list[str]) -> None:
    """Draw the matrix."""
    n = len(counts)
    rates = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = np.where(np.eye(n, dtype=bool), rates, -np.minimum(10 * rates, 1))
    axes.imshow(shown * 0.5, cmap=sign_colours(), vmin=-1, vmax=1, interpolation="nearest")
    axes.set_xticks(range(n), named, rotation=0 if max(map(len, named)) < 4 else 45)
    axes.set_yticks(range(n), named)
    axes.set_xlabel("was taken for", fontsize=SMALL)
    axes.set_ylabel("is", fontsize=SMALL)
    axes.tick_params(length=0, labelsize=SMALL)
    axes.spines[:].set_visible(False)
    if n <= MOST_WRITTEN:
        room = 72 * (axes.get_figure().get_size_inches()[1] - 1.4) / n
        size = min(SMALL, room / (0.72 * len(str(counts.max()))))
        for i, j in np.argwhere(counts):
            strong = is_dark() and abs(shown[i, j]) > 0.5  # light colours on dark paper
            axes.text(
                j,
                i,
                f"{counts[i, j]}",
                ha="center",
                va="center",
                fontsize=size,
                color=paper() if strong else ink(),
                fontweight="bold" if i == j else "normal",
            )


def list_mistakes(axes: Any, wrong: list[tuple[int, int]], counts: Any, named: list[str]) -> None:
    """Draw bars of the mistakes, with their rates in the class."""
    sizes = [counts[pair] for pair in wrong]
    axes.barh(range(len(wrong)), sizes, color=palette().negative, height=0.6)
    axes.set_yticks(range(len(wrong)), [f"{named[i]} → {named[j]}" for i, j in wrong])
    for k, (i, j) in enumerate(wrong):
        share = counts[i, j] / counts[i].sum()
        axes.text(sizes[k], k, f" {sizes[k]} ({share:.1%})", va="center", fontsize=SMALL, alpha=FAINT)
    axes.invert_yaxis()
    axes.set_xlim(0, 2.6 * max(sizes))
    axes.set_xticks([])
    axes.tick_params(length=0)
    dress(axes, "most often")
    axes.spines[:].set_visible(False)
