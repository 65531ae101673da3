"""Arrays as the page shows them: all numbers of small ones; of large ones a thumbnail, and what is worth knowing.

A thumbnail has at most 32 × 32 cells, each the mean of a block of numbers. A cell is a whole number of two bytes, in
units of the largest cell divided by 32,000: enough for a colour, and for four digits where one points at it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput

FEW = 64  # numbers that are all written down
SIDE = 32  # cells of a thumbnail, at most, along each side
FULL = 32_000  # the largest cell; NaN and the infinities lie beyond
NAN, INFINITE = -32_768, 32_767

Place = int | list[int]  # of an array in the table, or of several that are one value


class Arrays:
    """A table of arrays. What is equal to one that is there gets the same place: most gradients flow on unchanged."""

    def __init__(self) -> None:
        self.table: list[dict[str, Any]] = []
        self.places: dict[str, int] = {}

    def add(self, value: Any, known: bool = True) -> Place:
        """Where the value is in the table; of one that isn't known, the shape is."""
        if isinstance(value, MultiOutput):
            return [self.one(np.asarray(part), known) for part in value]
        return self.one(np.asarray(value), known)

    def one(self, array: Any, known: bool) -> int:
        facts = {"shape": list(array.shape), "dtype": str(array.dtype)} | (describe_array(array) if known else {})
        key = json.dumps(facts)
        if key not in self.places:
            self.places[key] = len(self.table)
            self.table.append(facts)
        return self.places[key]


def describe_array(array: Any) -> dict[str, Any]:
    """What the page is told of an array."""
    if array.dtype.kind not in "biufc" or not array.size:
        return {"numbers": []} if not array.size else {}
    if array.size <= FEW:
        return {"numbers": [number(x) for x in array.ravel()], **(statistics(array) if array.ndim else {})}
    return {**thumbnail(array), **statistics(array)}


def thumbnail(array: Any) -> dict[str, Any]:
    """Means of blocks: of lengths, if the numbers are complex."""
    with np.errstate(all="ignore"):
        plane = as_plane(np.abs(array) if array.dtype.kind == "c" else array)
        cells = means(means(plane, 0), 1)
        finite = np.isfinite(cells)
        largest = float(np.max(np.abs(cells[finite]), initial=0))
        whole = np.where(finite, np.rint(cells / (largest or 1) * FULL), np.where(np.isnan(cells), NAN, 0))
        whole = np.where(np.isinf(cells), np.copysign(INFINITE, cells), whole)
    block = [-(-n // m) for n, m in zip(plane.shape, cells.shape, strict=True)]
    return {"cells": b64encode(whole.astype("<i2").tobytes()).decode(), "grid": list(cells.shape), "block": block,
            "largest": number(largest), **({"complex": True} if array.dtype.kind == "c" else {})}


def as_plane(array: Any) -> Any:
    """As rows and columns: a vector is one row, and of more dimensions the last remains."""
    return np.asarray(array, float).reshape((-1, array.shape[-1]) if array.ndim > 1 else (1, -1))


def means(plane: Any, axis: int) -> Any:
    """The means of blocks along an axis: of equal length, but for the last."""
    n = plane.shape[axis]
    length = -(-n // SIDE)
    starts = np.arange(0, n, length)
    shape = [1, 1]
    shape[axis] = -1
    return np.add.reduceat(plane, starts, axis) / np.diff([*starts, n]).reshape(shape)


def statistics(array: Any) -> dict[str, Any]:
    """The smallest, the mean, the largest, and the length as a vector."""
    x = array.astype(complex if array.dtype.kind == "c" else float).ravel()
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(x))
        if array.dtype.kind == "c":
            return {"norm": number(norm)}
        return {"min": number(x.min()), "mean": number(x.mean()), "max": number(x.max()), "norm": number(norm)}


def number(x: Any) -> Any:
    """As JSON has it: float32 in the few digits that it needs; what JSON hasn't, as text."""
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return int(x)
    if isinstance(x, complex | np.complexfloating):
        return f"{x.real:.6g}{x.imag:+.6g}i"
    return float(str(x)) if np.isfinite(x) else str(float(x))
