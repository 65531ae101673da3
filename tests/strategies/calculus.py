"""Calls of differences, slopes and interpolation; ranges; what takes floats apart; special functions; `np.emath`."""

from functools import partial

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu.rules import floats, special

from .cases import Case, broadcastable, full, numbers, one_axis, several, shape
from .foundation import binary, modular, powers, unary

# ------------------------------------------------------------------------------ differences and slopes


def rising(draw, n, slot=0):
    """Coordinates, at distances from a quarter to 2."""
    return np.cumsum(draw(numbers((n,), signed=False, slot=slot)))


def with_length(s, axis, n):
    return tuple(n if i == axis % len(s) else m for i, m in enumerate(s))


@st.composite
def differences(draw):
    s = draw(shape(min_dims=1))
    axis, n = draw(one_axis(len(s))), draw(st.integers(0, 3))
    a, *ends = draw(several([s, *(draw(st.sampled_from([(), with_length(s, axis, 2)])) for _ in range(2))]))
    count = draw(st.integers(0, 2)) if n else 0
    return Case(np.diff, (a, n, axis, *ends[:count]), where=(0, *range(3, 3 + count)))


@st.composite
def flat_differences(draw):
    arrays = draw(several([draw(shape()), draw(shape(max_dims=1)), draw(shape(max_dims=1))]))
    ends = draw(st.sampled_from([1, 3]))
    return Case(np.ediff1d, arrays[:ends], where=tuple(range(ends)), together=True)


@st.composite
def trapezoid(draw):
    s = draw(shape(min_dims=1))
    axis = draw(one_axis(len(s)))
    x = draw(st.sampled_from([s, (s[axis],)]))
    y, x = draw(several([s, x]))
    return draw(st.sampled_from([Case(np.trapezoid, (y, x, 1.0, axis), where=(0, 1)),
                                 Case(np.trapezoid, (y, None, 0.5, axis))]))  # fmt: skip


@st.composite
def slopes(draw):
    edge = draw(st.integers(1, 2))
    s = draw(shape(min_dims=1, max_dims=2, min_side=edge + 1, max_side=4).filter(lambda s: min(s) > edge))
    axis = draw(st.sampled_from([None, 0, -1, tuple(range(-len(s), 0))]))
    axes = range(len(s)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    how = draw(st.sampled_from(["unit", "one", "each"]))
    spacing = [] if how == "unit" else [np.array(0.75)] if how == "one" else [
        rising(draw, s[i], 1) if draw(st.booleans()) else np.array(1.5) for i in axes]  # fmt: skip
    args = (draw(numbers(s)), *spacing)
    return Case(partial(np.gradient, axis=axis, edge_order=edge), args, where=tuple(range(len(args))))


@st.composite
def interpolated(draw):
    """Between knots and beyond them; never at one, nor where one more period makes a difference."""
    n = draw(st.integers(1, 4))
    xp = np.arange(n) + draw(numbers((n,), high=0.75, signed=False)) - 0.5
    x = draw(numbers(draw(shape(max_dims=2)), low=0.0, high=4.0, slot=1))
    fp, ends = draw(several([(n,), (2,)]))
    how = draw(st.sampled_from(["plain", "ends", "period"]))
    if how == "ends":
        return Case(np.interp, (x, xp, fp, *ends), where=(0, 1, 2, 3, 4), together=True)
    return Case(np.interp, (x, xp, fp), {} if how == "plain" else {"period": 4.5}, where=(0, 1, 2))


@st.composite
def unwrapped(draw):
    s = draw(full(min_dims=1))
    turns = np.random.default_rng(draw(st.integers(0, 99))).integers(-2, 3, s)
    a = draw(numbers(s, high=1.0)) + 2 * np.pi * turns
    return Case(
        np.unwrap, (a,), draw(st.sampled_from([{}, {"axis": 0}, {"discont": 4.0}, {"period": 5.0, "axis": -1}]))
    )


# --------------------------------------------------------------------------------------------- ranges


@st.composite
def ranged(draw, fn):
    a, b = draw(broadcastable(max_dims=2, min_side=1))
    start, stop = draw(several([a, b], signed=fn is not np.geomspace))
    ndim = max(start.ndim, stop.ndim)
    args = (start, stop, draw(st.integers(0, 4)), draw(st.booleans()))
    if fn is np.linspace:
        args = (*args[:2], draw(st.integers(2, 4)), args[3], draw(st.booleans()))
    if fn is np.logspace and draw(st.booleans()):
        base = draw(numbers(draw(st.sampled_from([(), start.shape])), signed=False, slot=2))
        return Case(fn, (*args, base), where=(0, 1, 4), together=base.ndim == 0)
    if fn is np.geomspace and draw(st.booleans()):
        args = (-start, -stop, *args[2:])
    return Case(fn, args, {"axis": draw(one_axis(ndim, 1).filter(lambda i: i <= ndim))}, where=(0, 1))


# --------------------------------------------------------------------------------------------- floats


def mantissa(x):
    return np.frexp(x)[0]


@st.composite
def scaled(draw):
    a, b = draw(broadcastable())
    exponents = np.random.default_rng(draw(st.integers(0, 99))).integers(-2, 3, b)
    return Case(np.ldexp, (draw(numbers(a)), exponents))


def derived(fn, most):
    """A member of a family of functions, at numbers small and large."""
    return st.tuples(shape(max_dims=2), st.sampled_from([0.5, 1, 25]), st.integers(0, most)).flatmap(
        lambda c: numbers(c[0]).map(lambda x: Case(fn, (x * c[1], c[2]))))  # fmt: skip


STRATEGIES = {
    np.diff: differences(),
    np.ediff1d: flat_differences(),
    np.trapezoid: trapezoid(),
    np.gradient: slopes(),
    np.interp: interpolated(),
    np.unwrap: unwrapped(),
    **{fn: ranged(fn) for fn in (np.linspace, np.logspace, np.geomspace)},
    **{fn: unary(fn) for fn in (np.modf, np.fix, np.spacing, floats.fraction)},
    np.frexp: unary(partial(mantissa)),
    np.nextafter: binary(np.nextafter),
    np.divmod: modular(np.divmod),
    np.ldexp: scaled(),
    **{fn: unary(fn) for fn in (np.sinc, np.i0)},
    **{fn: unary(fn) for fn in (np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10)},
    **{fn: unary(fn, high=0.9) | unary(fn, low=1.1) for fn in (np.emath.arccos, np.emath.arcsin, np.emath.arctanh)},
    np.emath.logn: binary(np.emath.logn, {"low": 1.25}),
    np.emath.power: binary(np.emath.power) | powers(np.emath.power),
    special.sinc_derivative.fn: derived(special.sinc_derivative.fn, 3),
    special.bessel.fn: derived(special.bessel.fn, 3).filter(lambda case: np.all(abs(case.args[0]) < 5)),
}
