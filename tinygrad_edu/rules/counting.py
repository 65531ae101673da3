"""Histograms. What falls into which bin has no derivative, but its weight does: weights are added up in their bins.

Without a Tensor of weights these functions only count, and answer with plain arrays. So are the edges that come with counts; bins and
ranges that require gradients are refused there, because none would come back to them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..outside import is_recorded
from ..table import composite
from ..value import Value, bare, wrap
from .indexing import scatter
from .masked import converted
from .shapes import array, to


def values_of(name: str, bins: Any, range: Any) -> tuple[Any, Any]:
    """Bins and ranges as arrays, which no gradient comes back to."""
    if is_recorded((bins, range), {}):
        raise TypeError(f"{name}: bins and range have no derivative rule here, and they require gradients; .detach() them if "
                        "none is wanted, or add up smooth bumps, whose places have one")
    return bare(bins), bare(range)


def refuse_density(name: str, sample: Any, density: Any) -> None:
    """Of a sample that requires gradients, the widths of bins may have some too, by which a density is divided."""
    if density and is_recorded((sample,), {}):
        raise TypeError(f"{name}: with density=True the sample sets the widths of the bins, and no gradient comes back to it; "
                        ".detach() it if none is wanted")


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    edges = np.histogram_bin_edges(*bare((a, bins, range, weights)))
    if not is_recorded((a if range is None else range, bins), {}):
        return wrap(edges)
    if not isinstance(bins, str) and np.ndim(bins):
        return array(bins)
    first, last = (np.min(a), np.max(a)) if range is None else range
    room = 0.5 if bare(first) == bare(last) else 0
    return to(np.linspace(first - room, last + room, len(edges)), edges.dtype)


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    counts = np.bincount(bare(x), bare(weights), minlength)
    if not isinstance(weights, Value):
        return counts
    return scatter(converted(weights, float), np.asarray(bare(x)), counts.shape, counts.dtype)


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, edges = np.histogram(bare(a), *values_of("histogram", bins, range), *bare((density, weights)))
    if not isinstance(weights, Value):
        return counts, edges
    refuse_density("histogram", a, density)
    return added([np.ravel(bare(a))], [edges], weights, density), edges


@composite(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, *edges = np.histogram2d(*bare((x, y)), *values_of("histogram2d", bins, range), *bare((density, weights)))
    if not isinstance(weights, Value):
        return counts, *edges
    refuse_density("histogram2d", [x, y], density)
    return added(bare([x, y]), edges, converted(weights, float), density), *edges


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    counts, edges = np.histogramdd(bare(sample), *values_of("histogramdd", bins, range), *bare((density, weights)))
    if not isinstance(weights, Value):
        return counts, edges
    refuse_density("histogramdd", sample, density)
    sample = bare(sample)
    columns = sample.T if np.ndim(sample) == 2 and hasattr(sample, "shape") else np.atleast_2d(sample)
    return added(columns, edges, converted(weights, float), density), edges


def added(columns: Any, edges: Any, weights: Any, density: Any) -> Any:
    """The weights, added up in the bins: element i has the coordinates ``column[i]``, one from each column."""
    bins = [np.searchsorted(edge, x, "right") - 1 - (x == edge[-1])  # the last bin has its right edge too
            for x, edge in zip(map(np.asarray, columns), edges, strict=True)]  # fmt: skip
    sizes = tuple(len(edge) - 1 for edge in edges)
    inside = np.all([(b >= 0) & (b < n) for b, n in zip(bins, sizes, strict=True)], 0)
    total = scatter(np.reshape(weights, -1)[inside], tuple(b[inside] for b in bins), sizes, weights.dtype)
    if not density:
        return total
    y = total / np.sum(total)
    for width in np.ix_(*map(np.diff, edges)):
        y = y / width
    return y
