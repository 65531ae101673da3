"""Rules of matrix decompositions: Cholesky, QR, eigenvectors, singular vectors (SVD), for stacks of matrices.

All are derived alike. Write the decomposition as an equation, such as a = q r; differentiate it, da = dq r + q dr;
solve for dq and dr, using what is known of them (q stays orthonormal, r triangular); transpose. For complex numbers the
textbooks' results hold for conjugate gradients. The walk's are not conjugated, so the formulas get conjugated matrices.

Singular points: where eigenvalues or singular values are equal, their vectors may be rotated among each other, and have
no derivative. A result that depends on these vectors is refused; one that depends on the values alone is not. `svdvals`
has derivative 0 at 0, as ``abs`` has. In `svd`, a singular value of 0 passes through 0 and takes its sign from its
vectors, if it is the only one of a real square matrix; otherwise it is refused. The phases of complex vectors are
arbitrary: a result that depends on them is refused. `cholesky` and `eigh` read one triangle only; their gradients are
symmetric (Hermitian), as the matrix is meant to be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.atomic import refuse_where
from ...engine.declare import composite, rule
from ...engine.table import COMPOSITES
from ...engine.tensor_base import to_arrays
from ..arithmetic import nonzero
from ..complex import conjugate


def swap(x: Any) -> Any:
    """Return the transposed matrices."""
    return np.swapaxes(x, -1, -2)


def adjoint(x: Any) -> Any:
    """Return the transposed matrices, conjugated if they are complex."""
    return conjugate(np.swapaxes(x, -1, -2))


def symmetric(x: Any) -> Any:
    return (x + adjoint(x)) / 2


def skew(x: Any) -> Any:
    return x - adjoint(x)


def lower_triangle(x: Any) -> Any:
    """Return the lower triangle with half of the diagonal; together with its adjoint, it makes a symmetric matrix."""
    return (np.tril(x) + np.tril(x, -1)) / 2


def diagonal_matrix(d: Any) -> Any:
    """Return diagonal matrices."""
    return np.where(np.eye(d.shape[-1], dtype=bool), d[..., None, :], 0)


def reciprocal_or_zero(x: Any) -> Any:
    """Return 1 / x, element by element, and 0 where that would be infinite."""
    return np.where(x == 0, 0, 1 / nonzero(x))


def gaps(w: Any) -> Any:
    """Return by how much element j is larger than element i; 0 where that is no more than the rounding of `w`."""
    gap, largest = w[..., None, :] - w[..., :, None], np.max(np.abs(to_arrays(w)), -1, initial=0)
    return np.where(np.abs(to_arrays(gap)) > w.shape[-1] * np.finfo(w.dtype).eps * largest[..., None, None], gap, 0)


# ------------------------------------------------------------------------- triangles: Cholesky and QR

rule(np.linalg.cholesky, lambda g, y, a, upper=False:
     cholesky_rule(adjoint(g), swap(y)) if upper else cholesky_rule(g, conjugate(y)))


def cholesky_rule(g: Any, l: Any) -> Any:
    """Return the gradient of a = l lᴴ. In l⁻¹ da l⁻ᴴ = l⁻¹ dl + (l⁻¹ dl)ᴴ, the lower part is the first term."""
    x = np.linalg.solve(adjoint(l), lower_triangle(adjoint(l) @ g))
    return symmetric(adjoint(np.linalg.solve(adjoint(l), adjoint(x))))


rule(np.linalg.qr, lambda g, y, a, mode="reduced": qr_rule(*g, *map(conjugate, y)), multiple_results=True)
both_factors = COMPOSITES[np.linalg.qr]


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "raw":
        raise NotImplementedError("qr: mode 'raw', Householder's reflections, has no derivative rule; "
                                  "use another mode, or the array, x.data")
    return both_factors(a, "reduced")[1] if mode == "r" else both_factors(a, mode)


def qr_rule(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """Return the gradient of a = q r.

    In qᴴ da r⁻¹ = qᴴ dq + dr r⁻¹, the first term is skew, the second upper triangular with real diagonal.
    """
    n = min(q.shape[-2], r.shape[-1])
    gq, q = leading_columns(gq, q, n)
    gr, r = gr[..., :n, :], r[..., :n, :]
    if r.shape[-1] > n:  # more columns than rows: r is [r, qᴴ rest], where rest is what a has to the right
        gr, g_right, r, right = gr[..., :n], gr[..., n:], r[..., :n], r[..., n:]
        square = qr_rule(gq + q @ right @ adjoint(g_right), gr, q, r)
        return np.concatenate([square, q @ g_right], -1)
    k = adjoint(q) @ gq - gr @ adjoint(r)
    return adjoint(np.linalg.solve(r, adjoint(gq + q @ (lower_triangle(skew(k)) - k))))


def leading_columns(g: Any, q: Any, n: int) -> tuple[Any, Any]:
    """Return the first `n` columns of a unitary matrix, and their gradient; the other columns only turn with these."""
    if q.shape[-1] == n:
        return g, q
    first, rest = q[..., :n], q[..., n:]
    return g[..., :n] - rest @ adjoint(g[..., n:]) @ first, first


# ------------------------------------------------------------------------------- eigenvectors

rule(np.linalg.eigvalsh, lambda g, y, a, UPLO="L": along_eigenvectors(g, conjugate(np.linalg.eigh(refuse_second(a, y), UPLO)[1])))
rule(np.linalg.eigh,     lambda g, y, a, UPLO="L": eigh_rule(*g, *map(conjugate, y)), multiple_results=True)
rule(np.linalg.eig,      lambda g, y, a: eig_rule(*g, *map(conjugate, y)), multiple_results=True)

# eigvals may sort its eigenvalues otherwise than eig, so that it would be unknown which vectors belong to them
composite(np.linalg.eigvals)(lambda a: np.linalg.eig(a)[0])


def along_eigenvectors(g: Any, v: Any) -> Any:
    """Return v diag(g) vᴴ: an eigenvalue changes as the matrix does along the eigenvector."""
    return (v * g[..., None, :]) @ adjoint(v)


def eigh_rule(gw: Any, gv: Any, w: Any, v: Any) -> Any:
    """Return the gradient of a v = v diag(w). vᴴ da v has dw on its diagonal, and vᴴ dv times gaps of `w` elsewhere."""
    k = regardless_of_turns(regardless_of_phase(adjoint(v) @ gv), gw, w)
    return v @ (diagonal_matrix(gw) + skew(k) * reciprocal_or_zero(gaps(w)) / 2) @ adjoint(v)


def eig_rule(gw: Any, gv: Any, w: Any, v: Any) -> Any:
    """Return the gradient of `eig`: as in `eigh_rule`, with v⁻¹ for vᴴ, and without changes of the vectors' length."""
    v = refuse_second(v, w)
    if v.size:
        refuse_where(np.linalg.cond(to_arrays(v)) > np.finfo(v.dtype).eps ** -0.5, ValueError,
                     "eigenvectors are hardly independent, as those of [[1, 1], [0, 1]]: "
                     "eigenvalues have no derivative there. Use products, "
                     "inverses and determinants of the matrix itself, or add a little noise to it")
    k = regardless_of_phase(adjoint(v) @ gv)
    k = regardless_of_turns(k - adjoint(v) @ v * np.diagonal(k, 0, -2, -1)[..., None, :], gw, w)
    return np.linalg.solve(adjoint(v), (diagonal_matrix(gw) + k * reciprocal_or_zero(conjugate(gaps(w)))) @ adjoint(v))


def refuse_second(a: Any, values: Any) -> Any:
    """Return `a`; raise an error if its gradient is recorded for a second derivative, and some of its values are equal.

    Where a function is flat, its gradient is made of zeros, which do not show how it changes. (Singular values s, as s
    and -s, are eigenvalues of a symmetric matrix, [[0, a], [aᴴ, 0]]: so a value of 0 is equal to another one.)
    """
    if to_arrays(a) is not a:
        refuse_where(is_equal(to_arrays(values)), ValueError,
                     "eigenvalues or singular values are equal, or 0, "
                     "where functions of them have no second derivative that their vectors could tell. "
                     "Use products and inverses of the matrix itself, or add a little noise to it")
    return a


def is_equal(w: Any) -> Any:
    """Say whether value i and another value j are equal but for rounding."""
    return (gaps(w) == 0) & ~np.eye(w.shape[-1], dtype=bool)


def is_rounding(w: Any) -> Any:
    """Say which values are 0, or no more than the rounding of the largest."""
    w = np.abs(w)
    return w <= w.shape[-1] * np.finfo(w.dtype).eps * np.max(w, -1, keepdims=True, initial=0)


def regardless_of_phase(k: Any) -> Any:
    """Return `k`; raise an error if its diagonal shows that the result depends on the phases of vectors."""
    turning = np.abs(np.imag(np.diagonal(to_arrays(k), 0, -2, -1)))
    refuse_where(turning > 1e-3 * np.max(np.abs(to_arrays(k)), initial=0) + 1e-6, ValueError,
                 "complex eigenvectors and singular vectors may be multiplied by any phase, exp(it), and the "
                 "result depends on that phase: it has no derivative. Use abs(v), or products in which it cancels")
    return k


def regardless_of_turns(k: Any, gw: Any, w: Any) -> Any:
    """Return `k`; raise an error if the result depends on vectors whose values `w` are equal.

    Such vectors may be rotated among each other. Where the result uses vectors, or the values are 0 and hide that, the
    gradient `gw` of equal values shows it too: a result that no rotation changes treats equal values alike.
    """
    size, gw, w = np.abs(to_arrays(k)), to_arrays(gw), to_arrays(w)
    has_part = np.any(size, (-2, -1), keepdims=True) | is_rounding(w)[..., None, :]
    told_apart = has_part & ~negligible(gw[..., None, :] - gw[..., :, None], gw[..., None], (-2, -1))
    refuse_where(is_equal(w) & (told_apart | ~negligible(size, size, (-2, -1))), ValueError,
                 "eigenvalues or singular values are equal, and the result depends on their vectors: these have no "
                 "derivative there. Use a function of the values alone (eigvalsh, svdvals), or products and inverses "
                 "of the matrix itself, or add a little noise to it")
    return k


def negligible(x: Any, among: Any, axes: Any = -1) -> Any:
    """Say whether numbers are hardly more than rounding, compared to the largest of `among` along these axes."""
    return ~(np.abs(x) > np.finfo(x.dtype).eps ** 0.5 * np.max(np.abs(among), axes, keepdims=True, initial=0))


# ---------------------------------------------------------------------------- singular vectors

rule(np.linalg.svdvals, lambda g, y, x: svdvals_rule(g, *np.linalg.svd(refuse_second(x, np.concatenate([-y, y], -1)), False)))
rule(np.linalg.svd,     lambda g, y, a, full_matrices=True: svd_rule(*g, *y), multiple_results=True)
all_factors = COMPOSITES[np.linalg.svd]


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if not hermitian:
        return all_factors(a, full_matrices) if compute_uv else np.linalg.svdvals(a)
    w, u = np.linalg.eigh(a) if compute_uv else (np.linalg.eigvalsh(a), None)
    order = np.argsort(np.abs(to_arrays(w)))[..., ::-1]
    w = np.take_along_axis(w, order, -1)
    if u is None:
        return np.abs(w)
    u = np.take_along_axis(u, order[..., None, :], -1)
    kind, signs = type(np.linalg.svd(np.eye(1))), np.copysign(1, to_arrays(w))
    return kind(u, w * signs, adjoint(u * signs[..., None, :]))


def svdvals_rule(g: Any, u: Any, s: Any, vh: Any) -> Any:
    return conjugate((u * (g * np.sign(s))[..., None, :]) @ vh)


def svd_rule(gu: Any, gs: Any, gvh: Any, u: Any, s: Any, vh: Any) -> Any:
    """Return the gradient of a = u diag(s) vᴴ.

    It comes from uᴴ da v = (uᴴ du) diag(s) + diag(ds) - diag(s) (vᴴ dv), where uᴴ du and vᴴ dv are skew.
    """
    gu, u = leading_columns(gu, conjugate(u), s.shape[-1])
    gv, v = leading_columns(adjoint(gvh), swap(vh), s.shape[-1])
    ku, kv = adjoint(u) @ gu, adjoint(v) @ gv
    regardless_of_phase(ku + kv)
    regardless_of_turns(ku, gs, s)
    regardless_of_turns(kv, gs, s)
    regardless_of_null(gs, s, gu - u @ ku, gv - v @ kv)
    row, column = s[..., None, :], s[..., :, None]
    by_gap = reciprocal_or_zero(gaps(s) * (row + column))
    inner = diagonal_matrix(gs) + skew(ku) * by_gap * row + column * skew(kv) * by_gap
    if u.dtype.kind == "c":
        sure = np.where(is_rounding(to_arrays(s)), 0, s)  # a number close to 0 has no phase
        inner = inner + diagonal_matrix(np.diagonal(skew(ku) - skew(kv), 0, -2, -1) * reciprocal_or_zero(sure) / 4)
    left = u @ inner
    if u.shape[-2] > u.shape[-1]:  # the part that turns u out of the space that it spans
        left = left + (gu - u @ ku) * reciprocal_or_zero(row)
    if v.shape[-2] == v.shape[-1]:
        return left @ adjoint(v)
    return left @ adjoint(v) + (u * reciprocal_or_zero(row)) @ adjoint(gv - v @ kv)


def regardless_of_null(gs: Any, s: Any, gu: Any, gv: Any) -> None:
    """Raise an error if the result depends on singular values of 0, or on vectors that leave the others' space there.

    A single 0 of a real square matrix passes through 0, with a sign that its neighbours' vectors determine. Others may
    leave 0 in any direction.
    """
    gs, s, gu, gv = map(to_arrays, (gs, s, gu, gv))
    null = is_rounding(s)
    is_real_square = gu.dtype.kind != "c" and gu.shape[-2:] == gv.shape[-2:] == s.shape[-1:] * 2
    goes_on = is_real_square & (np.count_nonzero(null, -1, keepdims=True) == 1)
    depends = ~(negligible(gs, gs) | goes_on)
    for g in gu, gv:
        if g.shape[-2] > g.shape[-1]:
            turn = np.linalg.norm(g, axis=-2)
            depends = depends | ~negligible(turn, turn)
    refuse_where(null & depends, ValueError,
                 "singular values are 0, and the result depends on them and on their vectors: these have no derivative "
                 "there. Leave out what belongs to them (u[:, :r], s[:r], vh[:r]), use svdvals for the values alone, "
                 "or products and inverses of the matrix itself, or add a little noise to it")
