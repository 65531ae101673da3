"""Rules of functions that rearrange or repeat elements, such as `reshape`, `transpose`, `flip`, `tile` and `diag`.

Each derivative puts the gradient back where it came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.masked_gradient import REARRANGED
from ..engine.table import RULES
from ..engine.tensor_base import TensorBase, copy_array, is_foreign
from ..engine.views import make_part

# ----------------------------------------------------------------------------- same elements, new shape

rule(np.reshape,      lambda g, y, a, shape, order="C": np.reshape(g, a.shape, **definite(order)))
rule(np.expand_dims,  lambda g, y, a, axis: np.reshape(g, a.shape))
rule(np.squeeze,      lambda g, y, a, axis=None: np.reshape(g, a.shape))
rule(np.transpose,    lambda g, y, a, axes=None: np.transpose(g, inverse_permutation(axes)))
rule(np.swapaxes,     lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.moveaxis,     lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
rule(np.roll,         lambda g, y, a, shift, axis=None: np.roll(g, tuple(np.negative(shift).ravel()), axis)
                                                        if axis is not None else np.roll(g, -np.sum(shift)))
rule(np.copy,         lambda g, y, a, order="K", subok=False: g)
rule(np.broadcast_to, lambda g, y, a, shape, subok=False: g)  # the walk undoes broadcasting, here as everywhere

for fn in (np.reshape, np.expand_dims, np.squeeze, np.transpose, np.swapaxes, np.moveaxis, np.broadcast_to):
    RULES[fn].views = True
    RULES[fn].lets_through = REARRANGED
RULES[np.roll].lets_through = RULES[np.copy].lets_through = REARRANGED

RULES[np.copy].compute = lambda a, order="K", subok=False: copy_array(a)  # Dask has no np.copy
RULES[np.expand_dims].compute = lambda a, axis: np.expand_dims(a, tuple(axis) if isinstance(axis, np.ndarray) else axis)


@composite(np.reshape)
def reshape(a: Any, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    return np.reshape(a, newshape if shape is None else shape, order=order)  # copied or not: nobody can see it


def inverse_permutation(axes: Any) -> Any:
    """Return the permutation that undoes `axes`."""
    axes = None if axes is None else np.atleast_1d(axes).tolist()
    return None if axes is None else tuple(np.argsort([i % len(axes) for i in axes]).tolist())


def definite(order: Any) -> dict[str, Any]:
    """Return the keyword for the order, C or F; raise an error for A, which would follow the gradient's own layout."""
    if order not in ("C", "F", None):
        raise ValueError(f"reshape: order={order!r} depends on the layout in memory, and has no derivative; say C or F")
    return {"order": order} if order == "F" else {}


def cast(x: Any, dtype: Any) -> Any:
    """Return ``x.astype(dtype)``."""
    return x.astype(dtype)


rule(cast, lambda g, y, x, dtype: g, name="astype", elementwise=True)  # the walk casts back, here as everywhere

if hasattr(np, "astype"):  # NumPy 2.1
    composite(np.astype)(lambda x, dtype, copy=True, device=None: apply(cast, x, dtype=np.dtype(dtype)))


@composite(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    if order in ("K", "A"):
        raise ValueError(
            f"ravel: order={order!r} depends on the layout in memory, which a Tensor does not promise; say 'C' or 'F'"
        )
    return np.reshape(a, -1, order=order)


@composite(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    return each(lambda a: np.reshape(a, -1) if np.ndim(a) == 0 else a, arrays)


@composite(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    return each(lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a, arrays)


@composite(np.atleast_3d)
def atleast_3d(*arrays: Any) -> Any:
    return each(lambda a: np.reshape(a, (1, -1, 1)) if np.ndim(a) < 2 else a[..., None] if np.ndim(a) == 2 else a, arrays)


def array(x: Any) -> Any:
    """Return a Tensor as it is, lists of Tensors stacked, and anything else as an array: what composites take."""
    if isinstance(x, list | tuple) and any(isinstance(i, TensorBase) for i in x):
        return np.stack([array(i) for i in x])
    return x if isinstance(x, TensorBase) or is_foreign(x) else np.asarray(x)


def to(x: Any, dtype: Any, casting: Any = "unsafe") -> Any:
    """Return `x` in this dtype; `x` itself if it has that already."""
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"an array of {x.dtype} can't become one of {np.dtype(dtype)} with casting={casting!r}")
    return x if x.dtype == dtype else x.astype(dtype)


def each(f: Any, arrays: tuple[Any, ...]) -> Any:
    return f(arrays[0]) if len(arrays) == 1 else tuple(map(f, arrays))


# ----------------------------------------------------------------------- made of indexing and broadcasting


@composite(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    chosen = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in chosen else slice(None) for i in range(m.ndim))]


composite(np.fliplr)(lambda m: np.flip(m, 1))
composite(np.flipud)(lambda m: np.flip(m, 0))


@composite(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None or not np.ndim(a):
        a, axis = np.reshape(a, -1), 0
    return np.take(a, np.repeat(np.arange(a.shape[axis]), repeats), axis)


@composite(np.tile)
def tile(A: Any, reps: Any) -> Any:
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = (1,) * (len(reps) - A.ndim) + A.shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    paired = np.reshape(A, tuple(k for n in shape for k in (1, n)))
    stretched = np.broadcast_to(paired, tuple(k for pair in zip(reps, shape, strict=True) for k in pair))
    return np.reshape(stretched, tuple(r * n for r, n in zip(reps, shape, strict=True)))


@composite(np.broadcast_arrays)
def broadcast_arrays(*arrays: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple(np.broadcast_to(a, shape) for a in arrays)


@composite(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    n = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    i = np.arange(n)
    y = a[..., i + max(0, -offset), i + max(0, offset)]
    if isinstance(a, TensorBase):
        make_part(y, a)  # as in NumPy, where one can't write into it either
    return y


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), -1, dtype)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag: the input must be 1-d or 2-d, and has shape {v.shape}")
    row = np.pad(v, ((max(k, 0), max(-k, 0)),))  # each element in its column
    return np.where(np.eye(row.size, k=k, dtype=bool), row, 0)


composite(np.tril)(lambda m, k=0: np.where(np.tri(*m.shape[-2:], k=k, dtype=bool), m, 0))  # type: ignore[call-overload]
composite(np.triu)(lambda m, k=0: np.where(np.tri(*m.shape[-2:], k=k - 1, dtype=bool), 0, m))  # type: ignore[call-overload]
