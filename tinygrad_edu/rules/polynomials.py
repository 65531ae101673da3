"""Rules of polynomials, given as vectors of coefficients, the highest first; and of `convolve_vectors`, which multiplies them.

Leading coefficients that are exactly 0 are dropped by `polymul`, as in NumPy, and get no gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.tensor_base import to_arrays, wrap
from .complex import conjugate
from .shapes import array, to

# ----------------------------------------------------------------------------------- convolution


def convolution(a: Any, v: Any) -> Any:
    """Return the full convolution: ``y[k]`` is the sum of all ``a[i] * v[k - i]``."""
    return np.convolve(a, v)


rule(convolution, lambda g, y, a, v: np.convolve(g, v[::-1], "valid"),
                  lambda g, y, a, v: np.convolve(g, a[::-1], "valid"), name="convolve")


@composite(np.convolve)
def convolve_vectors(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = np.atleast_1d(array(a), array(v))
    short, long = sorted((a.size, v.size))
    return cut_to_mode(apply(convolution, a, v), mode, (short - 1) // 2, short, long)


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    a, v = np.atleast_1d(array(a), array(v))
    short, long = sorted((a.size, v.size))
    return cut_to_mode(apply(convolution, a, conjugate(v)[::-1]), mode, (short - (v.size <= a.size)) // 2, short, long)


def cut_to_mode(full: Any, mode: Any, margin: int, short: int, long: int) -> Any:
    """Return the part of a convolution that a mode keeps: all, the longer one's length, or where both overlap fully."""
    starts = {"full": slice(None), "same": slice(margin, margin + long), "valid": slice(short - 1, long)}
    mode = ("valid", "same", "full")[mode] if isinstance(mode, int) else mode
    if mode not in starts:
        raise ValueError(f"convolve and correlate know the modes full, same and valid, not {mode!r}")
    return full if mode == "full" else full[starts[mode]]


# -------------------------------------------------------------------------------- value, powers


def polynomial(p: Any, x: Any) -> Any:
    """Return the value at `x` of the polynomial with the coefficients `p`, a vector."""
    return np.polyval(p, x)


rule(polynomial, lambda g, y, p, x: np.matmul(np.ravel(g), np.vander(np.ravel(x), p.size)),
                 lambda g, y, p, x: g * np.polyval(np.polyder(p), x), name="polyval")


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    p = array(p)
    if p.ndim != 1:
        raise ValueError(f"polyval: the coefficients must be a vector, and have shape {p.shape}")
    return apply(polynomial, p, x)


@composite(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    if np.ndim(x) != 1:
        raise ValueError(f"vander: x must be a vector, and has shape {np.shape(x)}")
    N = len(x) if N is None else N
    if N < 0:
        raise ValueError(f"vander: there can't be {N} columns")
    powers = np.arange(N)
    return np.expand_dims(x, 1) ** (powers if increasing else powers[::-1])


# ------------------------------------------------------------------------------------ arithmetic


def align(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Return both with as many coefficients as the longer one has."""
    a1, a2 = np.atleast_1d(array(a1), array(a2))
    more = len(a2) - len(a1)
    return (np.concatenate([np.zeros(max(more, 0), a1.dtype), a1]) if more > 0 else a1,
            np.concatenate([np.zeros(max(-more, 0), a2.dtype), a2]) if more < 0 else a2)


composite(np.polyadd)(lambda a1, a2: np.add(*align(a1, a2)))
composite(np.polysub)(lambda a1, a2: np.subtract(*align(a1, a2)))
composite(np.polymul)(lambda a1, a2: np.convolve(trim(a1), trim(a2)))


def trim(p: Any) -> Any:
    """Return the coefficients without leading zeros; a single 0 for the polynomial 0."""
    p = np.atleast_1d(array(p))
    if p.ndim > 1:
        raise ValueError(f"the coefficients of a polynomial are a vector; these have shape {p.shape}")
    return p[min([*np.flatnonzero(p), p.size - 1]) :] if p.size else np.zeros(1, p.dtype)


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    u, v = (np.atleast_1d(array(p)) + 0.0 for p in (u, v))
    dtype, n = np.result_type(u, v), len(v)
    quotient, rest, share = [], to(u, dtype), 1 / v[:1]
    for k in range(len(u) - n + 1):  # long division: each step takes away the highest power
        quotient.append(share * rest[k : k + 1])
        rest = np.concatenate([rest[:k], rest[k : k + n] - quotient[-1] * v, rest[k + n :]])
    left = np.flatnonzero(~np.isclose(rest, 0, rtol=1e-14))
    return np.concatenate(quotient) if quotient else wrap(np.zeros(1, dtype)), rest[min([*left, rest.size - 1]) :]


# --------------------------------------------------------------------------------- calculus, roots
# p(r) = 0 must still hold when a coefficient changes. So the root moves by -(r to the coefficient's power) / p'(r).

rule(np.roots, lambda g, y, p: -np.matmul(g / np.polyval(np.polyder(p), y), np.vander(y, p.size)))


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    p = array(p)
    if m < 0:
        raise ValueError(f"polyder: {m} derivatives? np.polyint integrates")
    for _ in range(int(m)):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p, k = array(p), np.atleast_1d(array(np.zeros(int(m)) if k is None else k))
    if m < 0:
        raise ValueError(f"polyint: {m} integrals? np.polyder differentiates")
    if len(k) == 1 < m:
        k = np.broadcast_to(k, int(m))
    if len(k) < m:
        raise ValueError(f"polyint: {m} integrals take {m} constants, or one for all; there are {len(k)}")
    for i in range(int(m)):
        p = np.concatenate([p / np.arange(len(p), 0, -1), k[i : i + 1]])
    return p


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    roots = np.atleast_1d(array(seq_of_zeros))
    if roots.ndim == 2 and roots.shape[0] == roots.shape[1] > 0:
        roots = np.linalg.eigvals(roots)
    elif roots.ndim != 1:
        raise ValueError(f"poly takes a vector of roots or a square matrix, not an array of shape {roots.shape}")
    roots = to(roots, np.dtype(np.mintypecode(roots.dtype.char)))
    p = np.ones(1, roots.dtype)
    for root in roots:
        p = np.pad(p, (0, 1)) - root * np.pad(p, (1, 0))
    values = to_arrays(roots)
    pairs = np.iscomplexobj(values) and np.array_equal(np.sort(values), np.sort(values.conj()))
    return np.real(p) if pairs else p
