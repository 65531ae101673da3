"""Heat maps: an array of any size as a few coloured cells, and its statistics in a few words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .themes import Theme, mix_colours

SIDE = 8  # the most cells of a miniature in each direction
MANY = 1 << 20  # in an array of more numbers, only some rows are read
CELL = 6  # the size of a cell in points


def heat_map(array: Any, theme: Theme) -> str:
    """Return an array's heat map as a cell of an HTML-like table, or "" for an array that is too small to need one.

    Each coloured cell is the mean of a block of numbers. White is 0, and the strongest colour is the largest number. An
    array of more than two axes is shown as a matrix whose rows run along its last axis.
    """
    cells = miniature(array)
    if cells is None:
        return ""
    low, zero, high = theme.heat
    with np.errstate(all="ignore"):
        shares = np.clip(cells / (np.max(np.abs(cells), where=np.isfinite(cells), initial=0) or 1), -1, 1)
    rows = [
        [theme.broken if v != v else mix_colours(zero, high if v > 0 else low, abs(v)) for v in row]
        for row in shares.tolist()
    ]
    across = min(2 * CELL, max(CELL, 6 * CELL // len(rows[0])))
    down = 2 * CELL if len(rows) == 1 else across if len(rows) <= SIDE // 2 else CELL
    painted = "".join(
        "<TR>"
        + "".join(f'<TD BGCOLOR="{color}" WIDTH="{across}" HEIGHT="{down}" FIXEDSIZE="TRUE"></TD>' for color in row)
        + "</TR>"
        for row in rows
    )
    table = f'<TABLE BORDER="1" COLOR="{theme.border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{painted}</TABLE>'
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{across * len(rows[0]) + 2}" HEIGHT="{down * len(rows) + 2}">{table}</TD>'


def miniature(array: Any) -> Any:
    """Return at most `SIDE` by `SIDE` means of blocks, or a row of twice as many for a vector; None for one number."""
    if not isinstance(array, np.ndarray) or array.size < 2 or array.dtype.kind not in "biuf":
        return None
    matrix = array.reshape(1, -1) if array.ndim == 1 else array.reshape(-1, array.shape[-1])
    matrix = matrix[:: -(-matrix.size // MANY)].astype(float)
    with np.errstate(all="ignore"):
        for axis, most in enumerate((SIDE, 2 * SIDE if array.ndim == 1 else SIDE)):
            n = matrix.shape[axis]
            starts = np.arange(min(n, most)) * n // min(n, most)
            lengths = np.diff(np.append(starts, n)).reshape((-1, 1) if axis == 0 else (1, -1))
            matrix = np.add.reduceat(matrix, starts, axis) / lengths
    return matrix


def statistics_text(array: Any) -> str:
    """Return a text with the mean and the standard deviation, and how many numbers are NaN or infinite."""
    if not isinstance(array, np.ndarray) or array.size < 2 or array.dtype.kind not in "biuf":
        return ""
    finite = np.isfinite(array)
    broken = array.size - int(np.count_nonzero(finite))
    notes = [f"{broken:,} not finite"] if broken else []
    if broken < array.size:
        numbers = array[finite] if broken else array
        with np.errstate(all="ignore"):
            notes.insert(0, f"mean {np.mean(numbers, dtype=float):.3g}, sd {np.std(numbers, dtype=float):.3g}")
    return ", ".join(notes)
