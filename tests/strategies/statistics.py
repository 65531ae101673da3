"""Calls of averages, covariances and histograms, of what passes over NaNs, and of reductions with where= and initial=."""

from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from . import foundation
from .cases import Case, full, numbers, several, shape, some_axes

# ------------------------------------------------------------------- some of the elements


@st.composite
def mask(draw, s, axis, least):
    """Truth values that broadcast to `s`, with at least so many chosen in each row."""
    for m in (tuple(1 if draw(st.booleans()) else n for n in s), s[draw(st.integers(0, len(s))) :], s):
        where = draw(npst.arrays(bool, m))
        if np.all(np.sum(np.broadcast_to(where, s), axis) >= least):
            return where
    return np.ones(s, bool)


@st.composite
def general(draw, fn, least=0, initial=False, **options):
    """A reduction with a mask, something to start from, or both."""
    s = draw(shape() if not least or initial else full())
    axis = draw(some_axes(len(s)))
    if least > 1:
        s, axis = (least + 1, *s[:2]), draw(st.sampled_from([0, (0,), None]))
    kwargs = {k: draw(v) for k, v in options.items()}
    kwargs["keepdims"] = draw(st.booleans())
    if initial and (fn in EXTREMES or draw(st.booleans())):
        kwargs["initial"] = draw(st.sampled_from([0, 0.25, -1.5, 5.0]))
    if draw(st.booleans()) or not kwargs.keys() & {"initial", "correction"}:
        kwargs["where"] = draw(mask(s, axis, least))
    if draw(st.booleans()):
        return Case(fn, (draw(numbers(s)), axis), kwargs)
    return Case(fn, (draw(numbers(s)),), {"axis": axis, **kwargs})


def with_mean(fn, a, mean, **kwargs):
    return fn(a, mean=mean, **kwargs)


@st.composite
def around(draw, fn):
    """The variance around a given mean, whatever it be."""
    s = draw(full(min_dims=1))
    axis = draw(some_axes(len(s)))
    a, kwargs = draw(numbers(s)), {"axis": axis, "ddof": draw(st.sampled_from([0, -1]))}
    mean = draw(numbers(np.sum(a, axis, keepdims=True).shape, slot=1))
    if draw(st.booleans()):
        kwargs["where"] = draw(mask(s, axis, 1))
    return Case(partial(with_mean, fn), (a, mean), kwargs, where=(0, 1), together=True)


EXTREMES = (np.max, np.min, np.amax, np.amin)

MASKED = {
    **{fn: general(fn, initial=True) for fn in (np.sum, np.prod, *EXTREMES)},
    np.mean: general(np.mean, 1),
    np.var: general(np.var, 1) | general(np.var, 2, correction=st.sampled_from([1, 0.5])) | around(np.var),
    np.std: general(np.std, 2) | general(np.std, 2, correction=st.sampled_from([1, 0.5])) | around(np.std),
}

# ------------------------------------------------------------------------ what passes over NaNs


@st.composite
def holed(draw, fn, least=0, initial=False, deviation=False):
    s = draw(full())
    axis = draw(some_axes(len(s)))
    if least > 1:
        s, axis = (least + 1, *s[:2]), draw(st.sampled_from([0, (0,), None]))
    kwargs = {"axis": axis, "keepdims": draw(st.booleans())}
    if deviation:
        kwargs["ddof"] = draw(st.sampled_from([0, 1, 0.5]))
    if initial and draw(st.booleans()):
        kwargs["initial"] = draw(st.sampled_from([0, 0.25, -5.0]))
    holes = np.broadcast_to(~draw(mask(s, axis, least)), s)
    if draw(st.booleans()) and ("initial" in kwargs or fn not in (np.nanmax, np.nanmin)):
        kwargs["where"] = draw(mask(s, axis, least))
        holes = holes & np.all(np.sum(kwargs["where"] & ~holes, axis, keepdims=True) >= least)
    return Case(fn, (np.where(holes, np.nan, draw(numbers(s))),), kwargs)


@st.composite
def holed_running(draw, fn):
    s = draw(shape())
    x = np.where(draw(npst.arrays(bool, s)), np.nan, draw(numbers(s)))
    return Case(fn, (x,), {"axis": draw(st.sampled_from([None, *range(-len(s), len(s))]))})


@st.composite
def to_num(draw):
    s = draw(shape())
    places, bad = draw(npst.arrays(bool, s)), draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    kwargs = draw(st.sampled_from([{}, {"nan": 2.5}]) if np.isnan(bad) else st.just({"posinf": 3, "neginf": -4.5}))
    return Case(partial(spoilt_and_repaired), (draw(numbers(s)), places, bad), kwargs)


def spoilt_and_repaired(x, places, bad, **kwargs):
    """There is no small step away from infinity, so differences can't be given one as their input."""
    return np.nan_to_num(np.where(places, bad, x), **kwargs)


# ---------------------------------------------------------------------- averages, covariances


@st.composite
def average(draw):
    s = draw(full())
    axis = draw(some_axes(len(s)))
    a, kwargs = draw(numbers(s)), {"axis": axis, "returned": draw(st.booleans()), "keepdims": draw(st.booleans())}
    if draw(st.booleans()):
        return Case(np.average, (a,), kwargs)
    some = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    given = tuple(s[i] for i in some) if axis is not None and draw(st.booleans()) else s
    weights = draw(numbers(given, signed=False, slot=1))
    del kwargs["axis"]
    return Case(np.average, (a, axis, weights), kwargs, where=(0, 2))


@st.composite
def covariance(draw, fn):
    rows, n = draw(st.integers(1, 3)), draw(st.integers(4, 5))
    rowvar = draw(st.booleans())
    s = draw(st.sampled_from([(n,), (rows + 1, n) if rowvar else (n, rows + 1)]))
    other = draw(st.sampled_from([None, (n,), (rows + 1, n) if rowvar else (n, rows + 1)]))
    given = (draw(numbers(s)), *([draw(numbers(other, slot=1))] if other else []))
    kwargs = {"rowvar": rowvar}
    if fn is np.cov:
        kwargs |= draw(st.sampled_from([{}, {"bias": True}, {"ddof": 0}, {"ddof": 2}, {"ddof": 1, "bias": True}]))
        kwargs |= draw(
            st.sampled_from([{}, {"fweights": [2, 1, 3, 1, 0][:n]}, {"fweights": np.array([1, 1, 3, 1, 1][:n])}])
        )
    if fn is np.corrcoef or draw(st.booleans()):
        return Case(fn, given, kwargs, where=tuple(range(len(given))))
    weights = draw(numbers((n,), low=1, signed=False, slot=2))
    return Case(partial(weighted, fn), (given[0], weights), {"y": given[1] if other else None, **kwargs}, where=(0, 1))


def weighted(fn, m, aweights, y, **kwargs):
    return fn(m, y, aweights=aweights, **kwargs)


@st.composite
def peak_to_peak(draw):
    s = draw(full())
    return Case(np.ptp, (draw(numbers(s)),), {"axis": draw(some_axes(len(s))), "keepdims": draw(st.booleans())})


@st.composite
def running(draw, fn):
    s = draw(shape())
    axis = draw(st.sampled_from([*range(-len(s), len(s)), *([None] if len(s) < 2 else [])]))
    return Case(fn, (draw(numbers(s)),), {"axis": axis, "include_initial": draw(st.booleans())})


# ---------------------------------------------------------------------------------- histograms


def counts_of(fn, weights, *args, **kwargs):
    return fn(*args, weights=weights, **kwargs)[0]


@st.composite
def histogram(draw, fn):
    n = draw(st.integers(1, 6))
    x, y = draw(numbers((n,))), draw(numbers((n,)))
    args = {np.histogram: (x,), np.histogram2d: (x, y), np.histogramdd: (np.stack([x, y], 1),)}[fn]
    edges = np.array([-2.0, -1.0, 0.5, 2.0])
    several = draw(st.sampled_from([2, [2, 3], [edges, 2]]))
    kwargs = {"bins": draw(st.sampled_from([3, edges])) if fn is np.histogram else several}
    if draw(st.booleans()):
        kwargs["range"] = (-1, 1) if fn is np.histogram else [(-1, 1), (-2.5, 2)]
    weights = draw(numbers((n,), signed=False))
    kwargs["density"] = draw(st.booleans()) and bool(np.any(fn(*args, **kwargs)[0]))
    return Case(partial(counts_of, fn), (weights, *args), kwargs)


@st.composite
def bincount(draw):
    x = draw(npst.arrays(int, st.integers(1, 5), elements=st.integers(0, 4)))
    return Case(np.bincount, (x, draw(numbers(x.shape)), draw(st.sampled_from([0, 7]))), where=(1,))


STRATEGIES = {
    **{fn: foundation.STRATEGIES[fn] | more for fn, more in MASKED.items()},
    **{fn: holed(fn, initial=True) for fn in (np.nansum, np.nanprod)},
    **{fn: holed(fn, 1, initial=True) for fn in (np.nanmax, np.nanmin)},
    **{fn: holed_running(fn) for fn in (np.nancumsum, np.nancumprod)},
    np.nanmean: holed(np.nanmean, 1),
    **{fn: holed(fn, 2, deviation=True) | around(fn) for fn in (np.nanvar, np.nanstd)},
    np.nan_to_num: to_num(),
    np.average: average(),
    **{fn: covariance(fn) for fn in (np.cov, np.corrcoef)},
    np.ptp: peak_to_peak(),
    **{fn: running(fn) for fn in (getattr(np, name, None) for name in ("cumulative_sum", "cumulative_prod")) if fn},
    **{fn: histogram(fn) for fn in (np.histogram, np.histogram2d, np.histogramdd)},
    np.histogram_bin_edges: full()
    .flatmap(numbers)
    .flatmap(
        lambda a: st.sampled_from([Case(np.histogram_bin_edges, (a, 3)), Case(np.histogram_bin_edges, (a, 2, (-1, 3)))])
    ),
    np.ix_: full(min_dims=1, max_dims=1)
    .flatmap(lambda s: several([s, (2,)]))
    .map(lambda ab: Case(np.ix_, ab, where=(0, 1))),
    np.bincount: bincount(),
}
