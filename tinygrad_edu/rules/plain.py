"""Functions that have no derivative: their results are plain arrays, to serve as masks, indices, conditions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import apply
from ..table import composite, plain
from ..value import bare, wrap

# Comparisons, logic, tests
plain(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
plain(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
plain(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert)
plain(np.isnan, np.isinf, np.isfinite, np.signbit, np.isposinf, np.isneginf)
plain(np.isclose, np.allclose, np.array_equal, np.array_equiv, np.any, np.all)
plain(np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj, np.isin)

# Indices and counts
plain(np.argmax, np.argmin, np.argsort, np.argpartition, np.argwhere, np.nonzero, np.flatnonzero)
plain(np.searchsorted, np.count_nonzero, np.digitize, np.lexsort)
plain(np.nanargmax, np.nanargmin, np.unravel_index)

# Facts about arrays
plain(np.shape, np.ndim, np.size, np.result_type, np.min_scalar_type, np.can_cast, np.common_type)
plain(np.array2string, np.array_repr, np.array_str, np.shares_memory, np.may_share_memory)
plain(np.save, np.savez, np.savetxt)

# New arrays of the same kind: tensors, but constants
for make in np.zeros_like, np.ones_like, np.empty_like:
    composite(make)(lambda a, *args, make=make, **kwargs: wrap(make(bare(a), *args, **kwargs)))


@composite(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    filled = apply(np.broadcast_to, fill_value, np.shape(a)) if np.shape(a) != np.shape(fill_value) else fill_value
    return filled.astype(dtype or bare(a).dtype) if hasattr(filled, "astype") else filled
