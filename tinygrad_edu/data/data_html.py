"""Data sets as they show themselves in a notebook: images as images, other numbers as a table; the first few of them.

Only arrays are looked at. An example that would have to be made, by a data set of the user's, might take random
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import html_repr
from ..html_repr import Html

IMAGES, ROWS, COLUMNS = 12, 5, 10  # that are shown, at most


def examples_html(title: str, arrays: Sequence[NDArray[Any]], count: int) -> str:
    """Return the first examples, which are the rows of `arrays`, out of `count`.

    The last array is the targets, if there are two.
    """
    pictures = example_images(arrays[0][:IMAGES])
    if pictures is not None and len(arrays) <= 2:
        labels = ["" if len(arrays) == 1 else label(target) for target in arrays[-1][:IMAGES]]
        shown = "".join(html_repr.image(picture, text) for picture, text in zip(pictures, labels, strict=True))
        return html_repr.titled_block(title, Html(shown), more(count - len(pictures), "images"))
    names = [f"array {i}" for i in range(len(arrays))] if len(arrays) > 2 else ["x", "y"]
    columns = [
        column for array, name in zip(arrays, names, strict=False) for column in array_columns(array[:ROWS], name)
    ]
    return rows_html(title, columns, count)


def rows_html(title: str, columns: Sequence[tuple[str, Any]], count: int) -> str:
    """Return a table of the first rows, out of `count`; `columns` are names and cells.

    In the middle columns may be left out.
    """
    if left_out := max(0, len(columns) - COLUMNS):
        cells = len(columns[0][1])
        columns = [*columns[: COLUMNS - 2], (f"… {left_out} more …", [""] * cells), *columns[-2:]]
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    numbered = [(i, *(cell_text(x) for x in row)) for i, row in enumerate(rows)]
    table = html_repr.table(["", *(name for name, _ in columns)], numbered, range(1, 99))
    return html_repr.titled_block(title, table, more(count - len(rows), "rows"))


def more(count: int, what: str) -> Html:
    return Html(f'<div style="padding: 0.2em 0">… and {count:,} more {what}</div>' if count > 0 else "")


def example_images(array: NDArray[Any]) -> NDArray[Any] | None:
    """Return examples as images of ink from 0 to 1, if they look like images: grey squares of 8 x 8 pixels or more."""
    n, *shape = array.shape
    if len(shape) == 1:
        side = math.isqrt(shape[0])
        shape = [side, side]
    elif len(shape) == 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) != 2 or min(shape) < 8 or array.size != n * math.prod(shape) or array.dtype.kind not in "uf" or not n:
        return None
    images = array.reshape(n, *shape)
    if array.dtype == np.uint8:
        return images / 255
    return images if images.min() >= 0 and 0 < images.max() <= 1 else None


def label(target: NDArray[Any]) -> str:
    """Return what stands below an image: the class, that of a row with a single 1 too."""
    target = np.asarray(target)
    if target.ndim == 1 and target.size > 1 and np.count_nonzero(target) == 1 and target.max() == 1:
        return str(target.argmax())
    return cell_text(target.item()) if target.size == 1 else f"shape {target.shape}"


def array_columns(array: NDArray[Any], name: str) -> list[tuple[str, Any]]:
    """Return the columns of an array: one, or one for each feature."""
    if array.ndim == 2 and array.shape[1] > 1:
        return [(f"{name}[{j}]", array[:, j]) for j in range(array.shape[1])]
    if array[:1].size <= 1:
        return [(name, array.reshape(len(array)))]
    return [(name, [f"shape {row.shape}" for row in array])]


def cell_text(x: Any) -> str:
    """Return a number, or a name, in few characters."""
    return f"{x:.4g}" if isinstance(x, float | np.floating) else str(x)[:80]
