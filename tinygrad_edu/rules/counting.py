"""Histograms. What falls into which bin has no derivative, but its weight does: weights are added up in their bins.

Without a Tensor of weights these functions only count, and answer with plain arrays.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np

from ..table import composite, plain
from ..value import Value, bare
from .indexing import scatter
from .masked import converted
from .shapes import array

plain(np.histogram_bin_edges)


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    if not isinstance(weights, Value):
        return np.bincount(bare(x), bare(weights), minlength)
    counts = np.bincount(bare(x), np.zeros(weights._array.shape), minlength)
    return scatter(converted(weights, float), np.asarray(bare(x)), counts.shape, counts.dtype)


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    a, bins, range = bare((a, bins, range))
    if not isinstance(weights, Value):
        return np.histogram(a, bins, range, density, bare(weights))
    edges = np.histogram(a, bins, range, weights=np.zeros(weights._array.shape))[1]
    return added([np.ravel(a)], [edges], weights, density), edges


@composite(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    x, y, bins, range = bare((x, y, bins, range))
    if not isinstance(weights, Value):
        return np.histogram2d(x, y, bins, range, density, bare(weights))
    _, *edges = np.histogram2d(x, y, bins, range, weights=np.zeros(weights._array.shape))
    return added([x, y], edges, converted(weights, float), density), *edges


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    sample, bins, range = bare((sample, bins, range))
    if not isinstance(weights, Value):
        return np.histogramdd(sample, bins, range, density, bare(weights))
    _, edges = np.histogramdd(sample, bins, range, weights=np.zeros(weights._array.shape))
    columns = sample.T if np.ndim(sample) == 2 and hasattr(sample, "shape") else np.atleast_2d(sample)
    return added(columns, edges, converted(weights, float), density), edges


def added(columns: Any, edges: Any, weights: Any, density: Any) -> Any:
    """The weights, added up in the bins: element i has the coordinates ``column[i]``, one from each column."""
    bins = [np.searchsorted(edge, x, "right") - 1 - (x == edge[-1])  # the last bin has its right edge too
            for x, edge in zip(map(array, columns), edges, strict=True)]  # fmt: skip
    sizes = tuple(len(edge) - 1 for edge in edges)
    inside = reduce(operator.and_, ((b >= 0) & (b < n) for b, n in zip(bins, sizes, strict=True)))
    bins = [np.where(inside, b, 0) for b in bins]
    total = scatter(np.where(inside, np.reshape(weights, -1), 0), tuple(bins), sizes, weights.dtype)
    if not density:
        return total
    y = total / np.sum(total)
    for width in np.ix_(*map(np.diff, edges)):
        y = y / width
    return y
