"""Calls of what sorts, picks from an order, and keeps some elements because of their values; no two values are equal."""

from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu.rules import unique as unique_rules

from .cases import Case, full, numbers, shape, some_axes

METHODS = [
    "linear", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip


@st.composite
def rearranged(draw, fn):
    s = draw(shape(min_dims=1))
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    n = int(np.prod(s)) if axis is None else s[axis]
    if fn is np.partition and not n:
        s, n, axis = (3,), 3, 0
    kth = st.one_of(st.integers(-n, n - 1), st.lists(st.integers(-n, n - 1), min_size=1, max_size=2))
    given = (draw(kth),) if fn is np.partition else ()
    kind = {} if fn is np.partition else draw(st.sampled_from([{}, {"kind": "stable"}, {"stable": True}]))
    return Case(fn, (draw(numbers(s)), *given, axis), kind) if draw(st.booleans()) else Case(
        fn, (draw(numbers(s)), *given), {"axis": axis, **kind})  # fmt: skip


@st.composite
def median(draw, fn):
    s = draw(full())
    axis = draw(some_axes(len(s)))
    return Case(fn, (draw(holed(fn, draw(numbers(s)), axis)), axis), {"keepdims": draw(st.booleans())})


@st.composite
def quantile(draw, fn, whole):
    s = draw(full())
    axis = draw(some_axes(len(s)))
    fraction = st.one_of(st.sampled_from([0, 1, 0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
    q = np.multiply(draw(st.one_of(fraction, st.lists(fraction, max_size=3), st.just([[0.5, 0.1]]))), whole)
    q = q.item() if q.ndim == 0 and draw(st.booleans()) else q
    kwargs = {"axis": axis, "method": draw(st.sampled_from(METHODS)), "keepdims": draw(st.booleans())}
    skipping = fn in (np.nanquantile, np.nanpercentile)
    known_to_fail = skipping and not isinstance(axis, int | None) and np.lib.NumpyVersion(np.__version__) < "2.4.0"
    if s and axis != () and not known_to_fail and draw(st.booleans()):
        # weights of one row, for all rows; NumPy's functions that pass over NaNs fail at these
        along = isinstance(axis, int) and not skipping and draw(st.booleans())
        kwargs |= {
            "method": "inverted_cdf",
            "weights": draw(numbers(s[axis : axis + 1 or None] if along else s, signed=False)),
        }
    return Case(fn, (draw(holed(fn, draw(numbers(s)), axis)), q), kwargs)


@st.composite
def holed(draw, fn, x, axis):
    """With NaNs among the numbers, for what passes over them; but a number in every row."""
    if fn.__name__.startswith("nan"):
        holes = draw(npst.arrays(bool, x.shape))
        x = np.where(holes & ~np.all(holes, axis, keepdims=True), np.nan, x)
    return x


@st.composite
def unique(draw):
    s = draw(shape())
    return Case(np.unique, (draw(numbers(s)),), {"axis": draw(st.sampled_from([None, *range(-len(s), len(s))]))})


def values_of(fn, x):
    return fn(x).values


def padded_and_trimmed(x, width, *trim):
    """Zeros next to which there are differences would not stay zeros."""
    return np.trim_zeros(np.pad(x, width), *trim)


@st.composite
def trimmed(draw):
    x = draw(numbers(draw(shape(min_dims=1, max_dims=1))))
    width = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    return Case(partial(padded_and_trimmed), (x, width, *draw(st.sampled_from([(), ("f",), ("b",), ("FB",)]))))


@st.composite
def representatives(draw):
    x, first = draw(numbers((3, *draw(shape(max_dims=2))))), [2, 0]
    counts = np.ones((2, *(1 for _ in x.shape[1:])))
    return Case(unique_rules.representatives, (x[first], np.array([1, 0]), np.array([1, 0]), counts))


STRATEGIES = {
    **{fn: rearranged(fn) for fn in (np.sort, np.partition)},
    np.sort_complex: full(min_dims=1).flatmap(numbers).map(lambda x: Case(np.sort_complex, (x,))),
    **{fn: median(fn) for fn in (np.median, np.nanmedian)},
    **{fn: quantile(fn, 1) for fn in (np.quantile, np.nanquantile)},
    **{fn: quantile(fn, 100) for fn in (np.percentile, np.nanpercentile)},
    unique_rules.representatives: representatives(),
    np.unique: unique(),
    np.unique_values: shape().flatmap(numbers).map(lambda x: Case(np.unique_values, (x,))),
    **{fn: shape().flatmap(numbers).map(lambda x, fn=fn: Case(partial(values_of, fn), (x,)))
       for fn in (np.unique_counts, np.unique_inverse, np.unique_all)},
    np.trim_zeros: trimmed(),
}  # fmt: skip
