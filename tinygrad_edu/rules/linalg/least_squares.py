"""Rules of least squares: the pseudoinverse `pinv`, `lstsq`, and `polyfit`.

The rules are the textbook's, which hold among matrices of the same rank, since both functions jump with the rank. (The
formulas are for conjugate gradients; the walk's are not conjugated, and so the formulas get conjugated matrices.)

Singular points: derivatives are refused where singular values that are not 0 were dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.atomic import refuse_where, warn_where
from ...engine.declare import composite, rule
from ...engine.forward import apply
from ...engine.tensor_base import to_arrays, wrap
from ..complex import conjugate, squared_length
from ..shapes import array, to
from .decompositions import adjoint, swap, symmetric
from .inverses import as_columns

# -------------------------------------------------------------------------------- the pseudoinverse

rule(np.linalg.pinv, lambda g, y, a, rcond=None, hermitian=False, rtol=None:
     pinv_rule(g, conjugate(same_rank(y, a)), conjugate(a), hermitian))


def pinv_rule(g: Any, y: Any, a: Any, hermitian: bool) -> Any:
    """Return the gradient of `pinv`: that of an inverse, and the part of turning the spaces that `a` maps between."""
    h, z = adjoint(g), adjoint(y)
    g_a = -z @ g @ z + (h - a @ (y @ h)) @ y @ z + z @ y @ (h - h @ y @ a)
    return symmetric(g_a) if hermitian else g_a


def same_rank(y: Any, a: Any) -> Any:
    """Return the pseudoinverse `y`; raise an error if it drops singular values of `a` that are more than rounding."""
    s = np.linalg.svd(to_arrays(a), compute_uv=False)
    rank = np.trace(to_arrays(y) @ to_arrays(a), axis1=-2, axis2=-1).real.round()  # y @ a is a projection
    dropped = np.where(np.arange(s.shape[-1]) < rank[..., None], 0, s)
    refuse_where(dropped > np.sqrt(np.finfo(s.dtype).eps) * s[..., :1], NotImplementedError,
                 "pinv and lstsq have no derivative rule where rcond drops singular values that are not 0")
    return y


# -------------------------------------------------------------------------------- the least squares


def least_squares(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the first result of ``np.linalg.lstsq``, the solution."""
    return np.linalg.lstsq(a, b, rcond)[0]


rule(least_squares, lambda g, y, a, b, rcond=None: lstsq_rule(g, y, a, b, rcond)[0],
                    lambda g, y, a, b, rcond=None: np.reshape(lstsq_rule(g, y, a, b, rcond)[1], b.shape), name="lstsq")


def lstsq_rule(g: Any, x: Any, a: Any, b: Any, rcond: Any) -> tuple[Any, Any]:
    """Return the gradients of x = a⁺ b with respect to `a` and `b`."""
    g, x, b, a = as_columns(g, b), conjugate(as_columns(x, b)), conjugate(as_columns(b, b)), conjugate(a)
    y = same_rank(np.linalg.pinv(a, tolerance(rcond, a)), a)
    z = adjoint(y) @ g
    g_a = -z @ adjoint(x) + (b - a @ x) @ adjoint(y @ z) + adjoint(y) @ x @ adjoint(g - adjoint(a) @ z)
    return g_a, z


def tolerance(rcond: Any, a: Any) -> float:
    eps = float(np.finfo(a.dtype).eps)
    return eps * max(a.shape) if rcond is None else eps if rcond < 0 else rcond


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    x, residuals, rank, _ = map(wrap, map(array, np.linalg.lstsq(to_arrays(a), to_arrays(b), rcond)))
    a, b = to(array(a), x.dtype), to(array(b), x.dtype)
    if a.shape[0] > a.shape[1] and b.size:  # a check, which is repeated when this call is replayed
        refuse_where((rank == a.shape[1]) != (residuals.size > 0), np.linalg.LinAlgError,
                     "lstsq: this matrix and the one that was recorded differ in rank, so that only one of them has "
                     "residuals; capture anew")
    x = apply(least_squares, a, b, rcond)
    if residuals.size:  # there are more equations than unknowns
        residuals = np.sum(squared_length(swap(as_columns(b, b)) - swap(as_columns(x, b)) @ swap(a)), -1)
    return x, residuals, rank, np.linalg.svdvals(a)


# -------------------------------------------------------------------------------- fitting a polynomial


@composite(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    if full or cov:
        raise NotImplementedError("polyfit: full=True and cov=True have no derivative rule; use np.linalg.lstsq")
    x, y, w = array(x), array(y), np.ones(np.shape(y)[:1]) if w is None else array(w)
    if deg < 0 or x.ndim != 1 or not x.size or y.ndim not in (1, 2) or not x.shape == y.shape[:1] == w.shape:
        raise TypeError("polyfit takes deg >= 0, a vector x, as many numbers or rows y, and as many weights; "
                        f"got deg={deg}, x of shape {x.shape}, y of shape {y.shape}, w of shape {w.shape}")
    powers = w[:, None] * (x + 0.0)[:, None] ** np.arange(deg, -1, -1)
    scale = np.sqrt(np.sum(powers * powers, 0))
    rcond = x.size * np.finfo(to_arrays(powers).dtype).eps if rcond is None else rcond
    c, _, rank, _ = np.linalg.lstsq(powers / scale, (y.T * w).T, rcond)
    warn_where(rank != deg + 1, "Polyfit may be poorly conditioned", np.exceptions.RankWarning)
    return (c.T / scale).T
