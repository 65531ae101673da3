"""Calls of what polynomials, convolutions and products of vectors are made with."""

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu.rules import polynomials

from .cases import Case, broadcastable, full, numbers, permutation, several, shape

MODES = ["full", "same", "valid"]
lengths = st.integers(1, 4)


@st.composite
def two_rows(draw, fn, modes=(None,)):
    n, m = draw(lengths), draw(lengths)
    mode = draw(st.sampled_from(modes))
    return Case(fn, (*draw(several([(n,), (m,)])), *([mode] if mode else [])), where=(0, 1))


@st.composite
def evaluated(draw, fn):
    return Case(fn, draw(several([(draw(st.integers(0, 4)),), draw(shape())])), where=(0, 1))


@st.composite
def powers(draw):
    args = draw(st.sampled_from([(), (2,), (0,), (4, True)]))
    return Case(np.vander, (draw(numbers((draw(st.integers(0, 3)),))), *args))


@st.composite
def derived(draw):
    return Case(np.polyder, (draw(numbers((draw(lengths),))), *draw(st.sampled_from([(), (0,), (2,), (3,)]))))


@st.composite
def integrated(draw):
    p, k = draw(several([(draw(lengths),), (2,)]))
    m = draw(st.integers(0, 2))
    constants = draw(st.sampled_from([None, k, k[:1]]))
    return Case(
        np.polyint, (p, m, constants), where=(0,) if constants is None else (0, 2), together=constants is not None
    )


@st.composite
def with_roots(draw):
    """Coefficients of polynomials whose roots, some of them complex, are far from each other, and come in any order."""
    a, b, c = draw(numbers((3,), high=0.5, signed=False))
    roots = draw(st.sampled_from([[a], [a, -1 - b], [a, -1 - b, 2 + c], [a + 2j, a - 2j], [b + 1j, b - 1j, -1 - c]]))
    return Case(np.roots, (1.5 * np.poly(roots),), measure=lambda results: [np.sum(results[0] ** n) for n in (1, 2, 3)])


@st.composite
def vector_product(draw, fn, first, second):
    """Stacks of vectors and matrices, perhaps along other axes than the last."""
    n, sides = draw(st.integers(0, 3)), {"m": draw(st.integers(0, 3))}
    stack_a, stack_b = draw(broadcastable(max_dims=1))
    sides["n"] = n
    shapes = [stack_a + tuple(sides[c] for c in first), stack_b + tuple(sides[c] for c in second)]
    a, b = draw(several(shapes))
    if draw(st.booleans()):
        return Case(fn, (a, b), where=(0, 1))
    orders = [draw(permutation(a.ndim)), draw(permutation(b.ndim))]  # where each axis comes from
    moved = [np.transpose(x, order) for x, order in zip((a, b), orders)]
    axes = [tuple([i % x.ndim for i in order].index(x.ndim - len(core) + k) for k in range(len(core)))
            for x, order, core in zip((a, b), orders, (first, second))]  # fmt: skip
    return Case(fn, tuple(moved), {"axes": axes if first == second else [*axes, (-1,)]}, where=(0, 1))


@st.composite
def crossed(draw):
    a, b = draw(broadcastable(max_dims=2))
    a, b = draw(several([(*a, 3), (*b, 3)]))
    if draw(st.booleans()):
        return Case(np.cross, (a, b), where=(0, 1))
    ndim = max(a.ndim, b.ndim)
    i, j, k = draw(st.integers(0, a.ndim - 1)), draw(st.integers(0, b.ndim - 1)), draw(st.integers(0, ndim - 1))
    return Case(np.cross, (np.moveaxis(a, -1, i), np.moveaxis(b, -1, j), i, j - b.ndim, k), where=(0, 1))


STRATEGIES = {
    **{fn: two_rows(fn, MODES) for fn in (np.convolve, np.correlate)},
    **{fn: two_rows(fn) for fn in (polynomials.convolution, np.polyadd, np.polysub, np.polymul, np.polydiv)},
    **{fn: evaluated(fn) for fn in (polynomials.polynomial, np.polyval)},
    np.vander: powers(),
    np.polyder: derived(),
    np.polyint: integrated(),
    np.poly: lengths.flatmap(lambda n: numbers((n,))).map(lambda x: Case(np.poly, (x,))),
    np.roots: with_roots(),
    np.vecdot: vector_product(np.vecdot, "n", "n"),
    np.cross: crossed(),
    np.kron: st.tuples(full(max_dims=2), full(max_dims=2))
    .flatmap(several)
    .map(lambda ab: Case(np.kron, ab, where=(0, 1))),
}
if hasattr(np, "matvec"):
    STRATEGIES |= {np.matvec: vector_product(np.matvec, "mn", "n"), np.vecmat: vector_product(np.vecmat, "n", "nm")}
