"""Set functions of vectors: `union1d`, `intersect1d`, `setxor1d`, `setdiff1d`. Their results are sorted.

Which numbers are in the result has no derivative; the numbers themselves have one. Singular points: equal numbers, in
both vectors, share the gradient of the one that represents them evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite
from ..engine.tensor_base import to_arrays
from .shapes import array


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate([array(ar1), array(ar2)], None))


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    either = union1d(ar1, ar2)
    both = either[np.isin(either, ar1) & np.isin(either, ar2)]
    return (both, *np.intersect1d(to_arrays(ar1), to_arrays(ar2), assume_unique, True)[1:]) if return_indices else both


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    either = union1d(ar1, ar2)
    return either[np.isin(either, ar1) != np.isin(either, ar2)]


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    candidates = np.ravel(array(ar1)) if assume_unique else np.unique(array(ar1))
    return candidates[~np.isin(candidates, ar2)]
