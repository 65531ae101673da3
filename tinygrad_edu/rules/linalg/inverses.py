"""Rules of linear algebra: inverses, systems of equations, determinants, for stacks of matrices.

Singular points: an inverse of a singular matrix is an error, in the derivatives of `solve` and `slogdet` too; `det` has
derivatives of all orders there.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ...engine.declare import composite, plain, rule
from ...engine.tensor_base import is_foreign, to_arrays
from ..complex import conjugate
from ..reductions import others
from ..shapes import array
from .decompositions import swap

# ------------------------------------------------------------------------- inverses and equations

rule(np.linalg.inv,   lambda g, y, a: -swap(y) @ g @ swap(y))
rule(np.linalg.solve, lambda g, y, a, b: -solve_transposed(a, g, b) @ swap(as_columns(y, b)),
                      lambda g, y, a, b: np.reshape(solve_transposed(a, g, b), g.shape))


def solve_transposed(a: Any, g: Any, b: Any) -> Any:
    """Return the gradient of ``solve(a, b)`` with respect to `b`, which solves the transposed equations."""
    return np.linalg.solve(swap(a), as_columns(g, b))


def as_columns(x: Any, b: Any) -> Any:
    """Return `x` as matrices; if `b` is a single vector, the vectors in `x` become columns."""
    return x[..., None] if b.ndim == 1 else x


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError(f"tensorinv: ind={ind}, the number of the inverse's last axes, must be positive")
    rows, cols = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (prod(cols), -1))), cols + rows)


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = array(a), array(b)
    if axes is not None:
        a = np.transpose(a, [*(i for i in range(a.ndim) if i not in axes), *axes])
    unknowns = a.shape[b.ndim :]
    if a.size != prod(unknowns) ** 2:
        raise np.linalg.LinAlgError(f"tensorsolve: {prod(a.shape[: b.ndim])} equations in {prod(unknowns)} unknowns")
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, prod(unknowns))), np.ravel(b)), unknowns)


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    one = np.linalg.matrix_power(to_arrays(a), 0)  # raises an error if a matrix is not square
    power, rest = None, operator.index(n)
    if n < 0:
        a, rest = np.linalg.inv(a), -rest
    while rest:
        rest, odd = divmod(rest, 2)
        if odd:
            power = a if power is None else power @ a
        a = a @ a if rest else a  # the powers 1, 2, 4, 8, ...
    return np.where(True, one, a) if power is None else power


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any) -> Any:
    if len(arrays) == 2:
        return np.dot(*arrays)
    first, *middle, last = map(array, arrays)
    if {first.ndim, last.ndim} - {1, 2} or any(x.ndim != 2 for x in middle):
        raise np.linalg.LinAlgError("multi_dot: all must be matrices, but for vectors at the ends; "
                                    f"the shapes are {[np.shape(x) for x in arrays]}")
    chain = [first, *middle, last]
    sizes = (first.shape[0] if first.ndim > 1 else 1, *(x.shape[0] for x in (*middle, last)), (*last.shape, 1)[1])

    def product(i: int, j: int) -> Any:
        if j - i == 1:
            return chain[i]
        k = i + cheapest(sizes[i : j + 1])[1]
        return np.dot(product(i, k), product(k, j))

    return product(0, len(chain))


@lru_cache
def cheapest(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return the cost of a chain of products of matrices, ``sizes[i]`` by ``sizes[i + 1]``, and where to split it."""
    ways = [(cheapest(sizes[: k + 1])[0] + cheapest(sizes[k:])[0] + sizes[0] * sizes[k] * sizes[-1], k)
            for k in range(1, len(sizes) - 1)]  # fmt: skip
    return min(ways, default=(0, 0))


# --------------------------------------------------------------------------------- determinants

rule(np.linalg.det,     lambda g, y, a: g[..., None, None] * det_rule(y, a))
rule(np.linalg.slogdet, lambda g, y, a: slogdet_rule(*g, *y)[..., None, None] * swap(np.linalg.inv(a)), multiple_results=True)


def det_rule(y: Any, a: Any) -> Any:
    """Return the derivative of the determinant: it times the transposed inverse, unless that is 0 times infinity."""
    if a.shape[-1] <= 3:
        return swap(det_and_adjugate(precise(a))[1]).astype(a.dtype)
    if is_foreign(to_arrays(a)):  # its numbers can't be inspected
        u, s, vh = np.linalg.svd(a)
        frame = (np.linalg.slogdet(u)[0] * np.linalg.slogdet(vh)[0])[..., None, None]
        return frame * (conjugate(u * others(s)[..., None, :]) @ conjugate(vh))
    near_singular = np.linalg.cond(to_arrays(a), 1) > 1e4
    out_of_range = (np.abs(to_arrays(y)) < np.finfo(y.dtype).tiny) | np.isinf(to_arrays(y))
    return cofactors(a) if np.any(near_singular | out_of_range) else y[..., None, None] * swap(np.linalg.inv(a))


def precise(a: Any) -> Any:
    """Return `a` in double precision, in which NumPy computes determinants."""
    return a.astype(np.result_type(a.dtype, np.float64))


def slogdet_rule(g_sign: Any, g_log: Any, sign: Any, log: Any) -> Any:
    """Return the gradient of the logarithm; the sign of complex determinants adds its turn, of real ones nothing."""
    turn = g_sign * sign
    return g_log + (turn - conjugate(turn)) / 2


def cofactors(a: Any) -> Any:
    """Return the cofactors, the derivative of the determinant: for each element, its minor with a sign."""
    matrices = precise(np.reshape(a, (-1, *a.shape[-2:])))
    return np.reshape(np.stack([swap(adjugate(m)[1]) for m in matrices]), a.shape).astype(a.dtype)


def adjugate(a: Any) -> tuple[Any, Any]:
    """Return det(a) and det(a) a⁻¹ of one matrix, singular or not, as functions that have derivatives of all orders.

    With the singular vectors of its k small singular values as a border, a matrix is far from singular. Let [[p, q],
    [r, s]] be the inverse of [[a, u], [vᴴ, 0]]: then a⁻¹ = p - q s⁻¹ r (Schur), and det(a) is the bordered matrix's
    times det(s) (Jacobi). So all that is left is det(s) s⁻¹ of a small corner. The border is constant: no derivative
    passes through it.
    """
    n = len(a)
    if n <= 3:
        return det_and_adjugate(a)
    u, sizes, vh = np.linalg.svd(to_arrays(a))
    scale = sizes[0]
    if scale < 1e-100:
        return det_and_adjugate(a)
    k = np.count_nonzero(sizes <= 1e-3 * scale)
    bordered = np.block([[a, scale * u[:, n - k :]], [scale * vh[n - k :], np.zeros((k, k), a.dtype)]]) if k else a
    inverse, (sign, log) = np.linalg.inv(bordered), np.linalg.slogdet(bordered)
    half = np.exp(log / 2)  # twice, as the whole might overflow
    p, q, r, s = inverse[:n, :n], inverse[:n, n:], inverse[n:, :n], inverse[n:, n:]
    det, adj = adjugate(s) if k else (1, s)  # the determinant of nothing is 1
    return sign * half * det * half, sign * half * (det * p - q @ adj @ r) * half


def det_and_adjugate(a: Any) -> tuple[Any, Any]:
    """Return det(a) and its adjugate by Faddeev's and Le Verrier's recursion, which divides by no element.

    It is accurate for small matrices, and for those close to 0.
    """
    n = a.shape[-1]
    one = np.eye(n, dtype=a.dtype)
    adj, x = np.broadcast_to(one, a.shape), a
    for j in range(1, n):
        adj = np.trace(x, 0, -2, -1)[..., None, None] / j * one - x
        x = a @ adj
    return np.trace(x, 0, -2, -1) / max(n, 1), adj


# --------------------------------------------------------------- names of the Array API standard

composite(np.linalg.matmul)(np.matmul)
composite(np.linalg.tensordot)(lambda x1, x2, axes=2: np.tensordot(x1, x2, axes))
composite(np.linalg.vecdot)(lambda x1, x2, axis=-1: np.vecdot(x1, x2, axis=axis))  # type: ignore[call-overload]
composite(np.linalg.diagonal)(lambda x, offset=0: np.diagonal(x, offset, -2, -1))
composite(np.linalg.trace)(lambda x, offset=0, dtype=None: np.sum(np.linalg.diagonal(x, offset=offset), -1, dtype=dtype))
composite(np.linalg.matrix_transpose)(np.matrix_transpose)
plain(np.linalg.matrix_rank)


@composite(np.linalg.outer)
def outer(x1: Any, x2: Any) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"outer: both must be vectors; their shapes are {np.shape(x1)} and {np.shape(x2)}")
    return np.outer(x1, x2)


@composite(np.linalg.cross)
def cross(x1: Any, x2: Any, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(f"cross: both must be vectors of 3 numbers along axis {axis}; "
                         f"their shapes are {np.shape(x1)} and {np.shape(x2)}")
    return np.cross(x1, x2, axis=axis)
