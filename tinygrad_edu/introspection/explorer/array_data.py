"""Arrays as data for the page: all numbers of small arrays, and a thumbnail with statistics of large ones.

A thumbnail has at most 32 × 32 cells, each the mean of a block of numbers; one of images has that for each. A cell is
an integer of two bytes, in units of the largest cell divided by 32,000. That is enough for a colour, and for four
digits at the pointer.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from ...tracing.tracer import Tracer
from .images import split_images
from .replay import Replay

FEW = 64  # all numbers of smaller arrays are written down
SIDE = 32  # the most cells of a thumbnail along each side
FULL = 32_000  # the largest cell; NaN and the infinities lie beyond
NAN, INFINITE = -32_768, 32_767

Place = int | list[int]  # the place of an array in the table, or those of several arrays that are one value


class Arrays:
    """A table of arrays. Equal arrays get the same place, since most gradients flow on unchanged.

    If there is a replay, then values that depend on leaves are entered by their place on its tape. For equal numbers
    may differ when a leaf is changed.

    Attributes
    ----------
    table : list of dict
    replayed : dict from places on the tape to places in the table
    """

    def __init__(self, replay: Replay | None = None) -> None:
        self.table: list[dict[str, Any]] = []
        self.places: dict[Any, int] = {}
        self.replay = replay
        self.replayed: dict[int, int] = {}

    def add(self, value: Any, known: bool = True, live: Any = None) -> Place:
        """Add a value to the table, or only its shape and dtype if it isn't known, and return its place.

        `live` is what the value is in the replay.
        """
        if isinstance(value, MultiOutput):
            return [self.one(np.asarray(part), known) for part in value]
        if not isinstance(live, Tracer) or self.replay is None:
            return self.one(np.asarray(value), known)
        if live.place not in self.replayed:
            self.replay.check_value(live, value)
            self.replayed[live.place] = self.enter(np.asarray(value), known)
        return self.replayed[live.place]

    def one(self, array: Any, known: bool) -> int:
        """Add one array to the table, unless an equal one is there, and return its place."""
        key = known, array.shape, array.dtype, array.tobytes() if known else b""
        if key not in self.places:
            self.places[key] = self.enter(array, known)
        return self.places[key]

    def enter(self, array: Any, known: bool) -> int:
        self.table.append(
            {"shape": list(array.shape), "dtype": str(array.dtype)} | (describe_array(array) if known else {})
        )
        return len(self.table) - 1


def describe_array(array: Any) -> dict[str, Any]:
    """Return the data of an array: its numbers, or a thumbnail and statistics."""
    if array.dtype.kind not in "biufc" or not array.size:
        return {"numbers": []} if not array.size else {}
    if array.size <= FEW:
        return {"numbers": [json_number(x) for x in array.ravel()], **(statistics(array) if array.ndim else {})}
    return {**thumbnail(array), **statistics(array)}


def thumbnail(array: Any) -> dict[str, Any]:
    """Return the means of an array's blocks as data; of absolute values, if the numbers are complex."""
    with np.errstate(all="ignore"):
        sizes = np.abs(array) if array.dtype.kind == "c" else array
        images = split_images(sizes)
        plane = as_plane(sizes) if images is None else np.asarray(images, float)
        cells = means(means(plane, plane.ndim - 2), plane.ndim - 1)
        finite = np.isfinite(cells)
        largest = float(np.max(np.abs(cells[finite]), initial=0))
        whole = np.where(finite, np.rint(cells / (largest or 1) * FULL), np.where(np.isnan(cells), NAN, 0))
        whole = np.where(np.isinf(cells), np.copysign(INFINITE, cells), whole)
    block = [-(-n // m) for n, m in zip(plane.shape[-2:], cells.shape[-2:], strict=True)]
    return {
        "cells": b64encode(whole.astype("<i2").tobytes()).decode(),
        "grid": list(cells.shape),
        "block": block,
        "largest": json_number(largest),
        **({"complex": True} if array.dtype.kind == "c" else {}),
    }


def as_plane(array: Any) -> Any:
    """Return a vector or a matrix as a matrix: a vector is one row."""
    return np.asarray(array, float).reshape((-1, array.shape[-1]) if array.ndim > 1 else (1, -1))


def means(plane: Any, axis: int) -> Any:
    """Return the means of blocks along an axis, which have equal lengths except the last."""
    n = plane.shape[axis]
    length = -(-n // SIDE)
    starts = np.arange(0, n, length)
    shape = [1] * plane.ndim
    shape[axis] = -1
    return np.add.reduceat(plane, starts, axis) / np.diff([*starts, n]).reshape(shape)


def statistics(array: Any) -> dict[str, Any]:
    """Return the smallest number, the mean, the largest number, and the norm; only the norm of complex arrays."""
    x = array.astype(complex if array.dtype.kind == "c" else float).ravel()
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(x))
        if array.dtype.kind == "c":
            return {"norm": json_number(norm)}
        return {
            "min": json_number(x.min()),
            "mean": json_number(x.mean()),
            "max": json_number(x.max()),
            "norm": json_number(norm),
        }


def json_number(x: Any) -> Any:
    """Return a number for JSON: float32 with no more digits than it needs, and as text what JSON lacks."""
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return int(x)
    if isinstance(x, complex | np.complexfloating):
        return f"{x.real:.6g}{x.imag:+.6g}i"
    return float(str(x)) if np.isfinite(x) else str(float(x))
