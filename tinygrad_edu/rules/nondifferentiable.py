"""Nondifferentiable functions: their results are plain arrays, to serve as masks, indices and conditions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, plain
from ..engine.forward import apply
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from .shapes import to

# Comparisons, logic, tests
plain(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
plain(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
plain(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count)
plain(np.gcd, np.lcm, np.packbits, np.unpackbits)
plain(np.isnan, np.isinf, np.isfinite, np.signbit, np.isposinf, np.isneginf)
plain(np.isclose, np.allclose, np.array_equal, np.array_equiv, np.any, np.all)
plain(np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj, np.isin)

# Indices and counts
plain(np.argmax, np.argmin, np.argsort, np.argpartition, np.argwhere, np.nonzero, np.flatnonzero)
plain(np.searchsorted, np.count_nonzero, np.digitize, np.lexsort)
plain(np.nanargmax, np.nanargmin, np.unravel_index, np.ravel_multi_index)
plain(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)

# Facts about arrays
plain(np.shape, np.ndim, np.size, np.result_type, np.min_scalar_type, np.can_cast, np.common_type)
plain(np.array2string, np.array_repr, np.array_str, np.shares_memory, np.may_share_memory, np.einsum_path)
plain(np.save, np.savez, np.savez_compressed, np.savetxt)

# New arrays of the same kind: tensors, but constants
for make in np.zeros_like, np.ones_like, np.empty_like:
    composite(make)(lambda a, *args, make=make, **kwargs: wrap(make(to_arrays(a), *args, **kwargs)))


@composite(np.ix_)
def ix_(*args: Any) -> Any:
    """Return ``np.ix_(*args)``; vectors of indices become plain arrays, and vectors of floats keep their gradients."""
    shapes = [x.shape for x in np.ix_(*to_arrays(args))]
    is_index = [not isinstance(x, TensorBase) or to_arrays(x).dtype.kind in "biu" for x in args]
    plain = np.ix_(*(np.zeros(0, int) if not i else to_arrays(x) for i, x in zip(is_index, args, strict=True)))
    return tuple(p if i else np.reshape(x, s) for i, p, x, s in zip(is_index, plain, args, shapes, strict=True))


@composite(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return to(apply(np.broadcast_to, fill_value, a.shape if shape is None else shape), a.dtype if dtype is None else dtype)
