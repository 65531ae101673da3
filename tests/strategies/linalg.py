"""Calls of linear algebra. The matrices have singular values (or eigenvalues) that are well apart and far from 0.

Where those coincide there is no derivative, or it is the business of tests of its own.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu.rules.linalg import least_squares, norms

from .cases import Case, broadcastable, full, numbers, one_axis, several, shape, some_axes

# --------------------------------------------------------------------------------------- matrices


def swap(x):
    return np.swapaxes(x, -1, -2)


@dataclass
class Symmetric(Case):
    """A call on ``x + xᵀ``: functions that read one triangle mean the symmetric matrix that it is a triangle of."""

    def __call__(self, *arrays):
        return super().__call__(*(x + swap(x) for x in arrays))


@dataclass
class PositiveDefinite(Case):
    def __call__(self, *arrays):
        return super().__call__(*(x @ swap(x) + 1.0 for x in arrays))


sides = st.sampled_from([3, 2, 3, 1])
stacks = st.sampled_from([(), (), (2,), (1, 2), (0,)])
generators = st.integers(0, 1 << 16).map(np.random.default_rng)


def spread(rng, n):
    """Numbers between 0.7 and 3.3, in any order, at least 0.5 apart."""
    return rng.permutation(0.75 + 0.75 * np.arange(n) + rng.uniform(-0.1, 0.1, n))


def orthogonal(rng, stack, n):
    return np.linalg.qr(rng.normal(size=(*stack, n, n)))[0]


def made(rng, rows, columns, stack=()):
    """Matrices with such singular values."""
    n = min(rows, columns)
    return orthogonal(rng, stack, rows)[..., :n] * spread(rng, n) @ orthogonal(rng, stack, columns)[..., :n, :]


@st.composite
def matrices(draw, square=True, stacked=True, empty=False):
    n = draw(st.sampled_from([0, 1, 2, 3])) if empty else draw(sides)
    m = n if square else draw(st.integers(1, 4))
    return made(draw(generators), m, n, draw(stacks) if stacked else ())


@st.composite
def symmetric(draw):
    """Half of matrices with such eigenvalues, some of them negative."""
    rng, n, stack = draw(generators), draw(sides), draw(stacks)
    q, w = orthogonal(rng, stack, n), spread(rng, n) * rng.choice([-1, 1], n)
    return (q * w) @ swap(q) / 2


@st.composite
def diagonalisable(draw):
    """Matrices with such eigenvalues, and eigenvectors that are not at right angles."""
    rng, n, stack = draw(generators), draw(sides), draw(stacks)
    v = orthogonal(rng, stack, n) + 0.2 * rng.normal(size=(*stack, n, n))
    return (v * spread(rng, n)) @ np.linalg.inv(v)


@st.composite
def call(draw, fn, matrix, kind=Case, measure=list, **options):
    return kind(fn, (draw(matrix),), {k: draw(v) for k, v in options.items() if draw(st.booleans())}, measure=measure)


def signless(vectors):
    """What is well-defined of columns that may as well be their negatives, or if they are complex (as `eig`'s always are from
    NumPy 2.5 on), of any phase."""
    if vectors.dtype.kind == "c":
        return [np.absolute(vectors) ** 2, vectors[..., :, None, :] * np.conj(vectors[..., None, :, :])]
    return [vectors**2, vectors @ np.sin(swap(vectors))]


# ------------------------------------------------------------------------------------ equations


@st.composite
def solve(draw):
    n, k = draw(sides), draw(st.integers(0, 2))
    stack_a, stack_b = draw(broadcastable(max_dims=1, min_side=1))
    b = draw(st.sampled_from([(n,), (n, k), (*stack_b, n, k)]))
    return Case(np.linalg.solve, (made(draw(generators), n, n, stack_a), draw(numbers(b))), where=(0, 1))


@st.composite
def tensorinv(draw):
    sides, ind = draw(st.sampled_from([((2, 1, 2), 1), ((2, 3, 6), 2), ((4, 2, 2), 1), ((3, 3), 1)]))
    a = made(draw(generators), prod(sides[:ind]), prod(sides[ind:])).reshape(sides)
    return (
        Case(np.linalg.tensorinv, (a, ind), {}) if ind == 1 or draw(st.booleans()) else Case(np.linalg.tensorinv, (a,))
    )


@st.composite
def tensorsolve(draw):
    sides, b, axes = draw(st.sampled_from([((2, 3, 6), (2, 3), None), ((2, 6, 3), (2, 3), (1,)), ((2, 2, 4), (4,), (0, 1)),
                                           ((3, 3), (3,), None)]))  # fmt: skip
    n = prod(b)
    a = made(draw(generators), n, n)
    if axes is None:
        a = a.reshape(sides)
    else:  # laid out so that these axes, at the end, make it a regular matrix
        order = [i for i in range(len(sides)) if i not in axes] + list(axes)
        a = a.reshape([sides[i] for i in order]).transpose(np.argsort(order))
    return Case(np.linalg.tensorsolve, (a, draw(numbers(b))), {} if axes is None else {"axes": axes}, where=(0, 1))


@st.composite
def multi_dot(draw):
    lengths = draw(st.lists(st.integers(1, 3), min_size=3, max_size=5))
    shapes = list(pairwise(lengths))
    shapes[0] = draw(st.sampled_from([shapes[0], shapes[0][1:]]))
    shapes[-1] = draw(st.sampled_from([shapes[-1], shapes[-1][:1]]))
    return Case(np.linalg.multi_dot, (list(draw(several(shapes))),))


@st.composite
def lstsq(draw, fn):
    rng, m, n = draw(generators), draw(st.integers(1, 4)), draw(sides)
    b = draw(st.sampled_from([(m,), (m, 1), (m, 2)]))
    rcond = draw(st.sampled_from([None, -1, 1e-9]))
    return Case(fn, (made(rng, m, n), draw(numbers(b)), rcond), where=(0, 1))


@st.composite
def polyfit(draw):
    n = draw(st.integers(1, 5))
    x = np.linspace(-1, 1, n) + draw(generators).uniform(-0.1, 0.1, n)
    y, w = draw(several([draw(st.sampled_from([(n,), (n, 2)])), (n,)]))
    return Case(
        np.polyfit,
        (x, y, draw(st.integers(0, min(n, 3) - 1))),
        {"w": abs(w)} if draw(st.booleans()) else {},
        where=(0, 1),
    )


@st.composite
def singular(draw, fn):
    """Also matrices of rank n - 1."""
    rng, n, stack = draw(generators), draw(sides), draw(stacks)
    s = spread(rng, n) * np.where(np.arange(n) == 0, draw(st.booleans()), 1)
    return Case(fn, (orthogonal(rng, stack, n) * s @ orthogonal(rng, stack, n),))


# -------------------------------------------------------------------------------- decompositions


@st.composite
def qr(draw):
    a, mode = draw(matrices(square=False)), draw(st.sampled_from(["reduced", "complete", "r"]))

    def measure(ys):
        if mode != "complete":
            return ys
        n, (q, r) = min(a.shape[-2:]), ys
        return [q[..., :n], q[..., n:] @ swap(q[..., n:]), r]  # any basis of the rest is as good

    return Case(np.linalg.qr, (a, mode) if draw(st.booleans()) else (a,), {}, measure=measure)


@st.composite
def svd(draw):
    hermitian = draw(st.booleans())
    a = draw(symmetric() if hermitian else matrices(square=False))
    options = {k: draw(st.booleans()) for k in ("full_matrices", "compute_uv") if draw(st.booleans())}

    def measure(ys):
        if len(ys) == 1:
            return ys
        (u, s, vh), n = ys, min(a.shape[-2:])
        product = u[..., :n] * np.sin(s)[..., None, :] @ vh[..., :n, :]
        u_rest, v_rest = u[..., n:], swap(vh[..., n:, :])
        return [
            s,
            product,
            *signless(u[..., :n]),
            *signless(swap(vh[..., :n, :])),
            u_rest @ swap(u_rest),
            v_rest @ swap(v_rest),
        ]

    if hermitian:
        return Symmetric(np.linalg.svd, (a,), {**options, "hermitian": True}, measure=measure)
    return Case(np.linalg.svd, (a,), options, measure=measure)


triangles = st.sampled_from(["L", "U", "l", "u"])
pairs = lambda ys: [ys[0], *signless(ys[1])]

# ---------------------------------------------------------------------------------------- norms

VECTOR_ORDS = [None, 2, 1, 0, np.inf, -np.inf, 3, 2.5, 0.5, -1, -2]
MATRIX_ORDS = [None, "fro", "f", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@st.composite
def norm(draw):
    keepdims = {"keepdims": True} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        s = draw(full(min_dims=1))
        return Case(
            np.linalg.norm, (draw(numbers(s)), draw(st.sampled_from(VECTOR_ORDS)), draw(one_axis(len(s)))), keepdims
        )
    if draw(st.booleans()):
        return Case(np.linalg.norm, (draw(numbers(draw(shape()))),), keepdims)
    a, ord = draw(matrices(square=False, stacked=False)), draw(st.sampled_from(MATRIX_ORDS))
    if draw(st.booleans()):
        return Case(np.linalg.norm, (a, ord), keepdims)
    axes = draw(st.sampled_from([(0, 1), (1, 0), (-1, 0), (-2, -1)]))
    return Case(np.linalg.norm, (a,), {"ord": ord, "axis": axes, **keepdims})


@st.composite
def vector_norm(draw):
    s = draw(full())
    options = {
        "axis": draw(some_axes(len(s))),
        "ord": draw(st.sampled_from(VECTOR_ORDS[1:])),
        "keepdims": draw(st.booleans()),
    }
    if options["axis"] == ():
        options["axis"] = None
    return Case(np.linalg.vector_norm, (draw(numbers(s)),), {k: v for k, v in options.items() if draw(st.booleans())})


@st.composite
def power_norm(draw):
    s, keepdims = draw(full(min_dims=1)), draw(st.booleans())
    p, axis = draw(st.sampled_from([3, 2.5, 0.5, -1])), draw(st.sampled_from([None, 0, -1]))
    return Case(norms.power_norm.fn, (draw(numbers(s, signed=False)), p, axis, keepdims))


@st.composite
def cond(draw):
    p = draw(st.sampled_from([None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"]))
    return Case(np.linalg.cond, (draw(matrices(square=p not in (None, 2, -2))), p))


# ------------------------------------------------------------------------------- other names


@st.composite
def vectors(draw, fn, length=None, ndim=3, **options):
    """Two arrays of one shape."""
    s = draw(full(min_dims=1, max_dims=ndim))
    s = (*s[:-1], length or s[-1])
    return Case(fn, draw(several([s, s])), options, where=(0, 1))


@st.composite
def matmul(draw):
    n, m, k = draw(sides), draw(sides), draw(sides)
    return Case(
        np.linalg.matmul, draw(several([draw(st.sampled_from([(n, m), (2, n, m), (m,)])), (m, k)])), where=(0, 1)
    )


STRATEGIES = {
    np.linalg.inv: call(np.linalg.inv, matrices(empty=True)),
    np.linalg.solve: solve(),
    np.linalg.det: st.one_of(call(np.linalg.det, matrices(empty=True)), singular(np.linalg.det)),
    np.linalg.slogdet: call(np.linalg.slogdet, matrices(empty=True)),
    np.linalg.matrix_power: st.builds(lambda a, n: Case(np.linalg.matrix_power, (a, n)), matrices(), st.integers(-3, 6)),
    np.linalg.multi_dot: multi_dot(),
    np.linalg.tensorinv: tensorinv(),
    np.linalg.tensorsolve: tensorsolve(),
    np.linalg.pinv: st.one_of(
        call(np.linalg.pinv, matrices(square=False), rcond=st.just(1e-9)),
        call(np.linalg.pinv, matrices(square=False), rtol=st.sampled_from([None, 1e-9])),
        st.builds(lambda a: Symmetric(np.linalg.pinv, (a,), {"hermitian": True}), symmetric()),
    ),
    **{fn: lstsq(fn) for fn in (np.linalg.lstsq, least_squares.least_squares)},
    np.polyfit: polyfit(),
    np.linalg.cholesky: call(np.linalg.cholesky, matrices(), PositiveDefinite, upper=st.booleans()),
    np.linalg.qr: qr(),
    np.linalg.svd: svd(),
    np.linalg.svdvals: call(np.linalg.svdvals, matrices(square=False)),
    np.linalg.eigh: call(np.linalg.eigh, symmetric(), Symmetric, pairs, UPLO=triangles),
    np.linalg.eigvalsh: call(np.linalg.eigvalsh, symmetric(), Symmetric, UPLO=triangles),
    np.linalg.eig: call(np.linalg.eig, diagonalisable(), measure=pairs),
    np.linalg.eigvals: call(np.linalg.eigvals, diagonalisable()),
    np.linalg.norm: norm(),
    np.linalg.vector_norm: vector_norm(),
    norms.power_norm.fn: power_norm(),
    np.linalg.matrix_norm: call(np.linalg.matrix_norm, matrices(square=False), ord=st.sampled_from(MATRIX_ORDS[1:]), keepdims=st.booleans()),
    np.linalg.cond: cond(),
    np.linalg.matmul: matmul(),
    np.linalg.outer: vectors(np.linalg.outer, ndim=1),
    np.linalg.cross: vectors(np.linalg.cross, 3),
    np.linalg.vecdot: vectors(np.linalg.vecdot),
    np.linalg.tensordot: vectors(np.linalg.tensordot, axes=1, ndim=1),
    np.linalg.matrix_transpose: call(np.linalg.matrix_transpose, matrices(square=False)),
    **{fn: call(fn, matrices(square=False), offset=st.integers(-2, 2)) for fn in (np.linalg.diagonal, np.linalg.trace)},
}  # fmt: skip
