"""Histograms: which number falls into which bin has no derivative, but its weight has. Weights are added up in bins.

Without a Tensor of weights these functions only count, and return plain arrays. But the edges of bins depend on the
numbers that set them, and a density is divided by their distances.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np

from ..engine.declare import composite
from ..engine.dispatch import is_recorded
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from .indexing import scatter
from .masked_reductions import convert
from .shapes import array, to


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    edges = np.histogram_bin_edges(*to_arrays((a, bins, range, weights)))
    if not is_recorded((a if range is None else range, bins), {}):
        return wrap(edges)
    if not isinstance(bins, str) and np.ndim(bins):
        return array(bins)
    if range is None and not np.size(to_arrays(a)):
        return wrap(edges)  # from 0 to 1, as NumPy has it if there are no numbers
    first, last = (np.min(a), np.max(a)) if range is None else range
    room = 0.5 if to_arrays(first) == to_arrays(last) else 0
    return to(np.linspace(first - room, last + room, len(edges)), edges.dtype)


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    counts = np.bincount(*to_arrays((x, weightless(weights), minlength)))
    if not isinstance(weights, TensorBase):
        return counts
    return scatter(convert(weights, float), np.asarray(to_arrays(x)), counts.shape, counts.dtype)


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, edges = np.histogram(*to_arrays((a, bins, range, False, weightless(weights))))
    y, [edges] = count_in_bins(counts, [a], [edges], [bins], [range], density, weights)
    return y, edges


@composite(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, *edges = np.histogram2d(*to_arrays((x, y, bins, range, False, weightless(weights))))
    one_for_both = not isinstance(bins, list | tuple) or len(bins) != 2
    total, edges = count_in_bins(counts, [x, y], edges, [bins] * 2 if one_for_both else bins, range or [None] * 2, density, weights)
    return total, *edges


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, edges = np.histogramdd(*to_arrays((sample, bins, range, False, weightless(weights))))
    n = len(edges)
    columns = sample if np.ndim(to_arrays(sample[0])) else [sample]
    columns = np.transpose(sample) if hasattr(sample, "shape") and sample.ndim == 2 else columns
    each = bins if isinstance(bins, list | tuple | np.ndarray | TensorBase) else [bins] * n
    return count_in_bins(counts, columns, edges, each, range or [None] * n, density, weights)


def count_in_bins(counts: Any, columns: Any, edges: Any, bins: Any, ranges: Any, density: Any, weights: Any) -> tuple[Any, list[Any]]:
    """Return the counts or weights in the bins, and the bins' edges, as Tensors if they depend on tracked Tensors."""
    places = [np.ravel(to_arrays(x)) for x in columns]
    moving = [np.histogram_bin_edges(x, b, r) if is_recorded((x if r is None else r, b), {}) else edge
              for x, edge, b, r in zip(columns, edges, bins, ranges, strict=True)]  # fmt: skip
    y = add_in_bins(places, edges, convert(weights, None), counts.dtype) if isinstance(weights, TensorBase) else counts
    if density:
        y = y / np.sum(y)
        for width in np.ix_(*map(np.diff, moving)):
            y = y / width
    return y, moving


def add_in_bins(places: Any, edges: Any, weights: Any, dtype: Any) -> Any:
    """Return the weights, added up in the bins; element i has a coordinate in each of the `places`."""
    bins = [np.searchsorted(edge, x, "right") - 1 - (x == edge[-1])  # the last bin includes its right edge
            for x, edge in zip(places, edges, strict=True)]  # fmt: skip
    sizes = tuple(len(edge) - 1 for edge in edges)
    inside = reduce(operator.and_, ((b >= 0) & (b < n) for b, n in zip(bins, sizes, strict=True)))
    # not weights[inside]: the number inside may change with each call, which `capture` could not replay
    weights = np.where(inside, np.reshape(to(weights, dtype), -1), 0)
    return scatter(weights, tuple(np.where(inside, b, 0) for b in bins), sizes, weights.dtype)


def weightless(weights: Any) -> Any:
    """Return zeros in place of a Tensor of weights, on which edges don't depend; `capture`, too, then sees an array."""
    return np.zeros(weights._array.shape, weights._array.dtype) if isinstance(weights, TensorBase) else weights
