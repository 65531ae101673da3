"""Rules of functions that join arrays, split them and choose between them: `concatenate`, `split`, `where`, `clip`."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..engine.declare import composite, rule
from ..engine.forward import apply
from ..engine.masked_gradient import REARRANGED, take_where, take_where_not
from ..engine.table import RULES
from ..engine.tensor_base import to_arrays
from .indexing import along
from .shapes import array, to

# ----------------------------------------------------------------------------------------- joining

MANY = 256  # arrays in one operation; more are joined in two steps, since n arguments cost n squared


def join(*arrays: Any, axis: int, edges: tuple[int, ...]) -> Any:
    """Return arrays joined along `axis`; array i lies between ``edges[i]`` and ``edges[i + 1]``."""
    return np.concatenate(arrays, axis)


rule(join, each=lambda i: lambda g, y, *arrays, axis, edges: g[along(axis, slice(edges[i], edges[i + 1]))],
     name="concatenate")
RULES[join].lets_through = REARRANGED


@composite(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0, dtype: Any = None, casting: Any = "same_kind") -> Any:
    arrays = list(arrays) if dtype is None else [to(array(a), dtype, casting) for a in arrays]
    if axis is None:
        arrays, axis = [np.reshape(a, -1) for a in arrays], 0
    if len(arrays) > MANY:
        dtype = np.result_type(*{array(a).dtype for a in arrays})
        arrays = [to(array(a), dtype) for a in arrays]
        return np.concatenate([np.concatenate(arrays[i : i + MANY], axis) for i in range(0, len(arrays), MANY)], axis)
    edges = (0, *accumulate(np.shape(a)[axis] for a in arrays))
    return apply(join, *arrays, axis=axis, edges=edges)


if hasattr(np, "concat"):  # NumPy's other name for it
    composite(np.concat)(concatenate)


@composite(np.stack)
def stack(arrays: Any, axis: int = 0, **as_type: Any) -> Any:
    arrays = list(arrays)
    shapes = {np.shape(a) for a in arrays}
    if len(shapes) > 1:
        raise ValueError(f"stack: all arrays must have the same shape, got {sorted(shapes)}")
    return np.concatenate([np.expand_dims(a, axis) for a in arrays], axis, **as_type)


composite(np.vstack)(lambda tup, **as_type: np.concatenate([np.atleast_2d(a) for a in tup], 0, **as_type))
composite(np.hstack)(lambda tup, **as_type: np.concatenate(
    [np.atleast_1d(a) for a in tup], 0 if np.ndim(tup[0]) <= 1 else 1, **as_type))
composite(np.dstack)(lambda tup: np.concatenate([np.atleast_3d(a) for a in tup], 2))
composite(np.column_stack)(lambda tup: np.concatenate(
    [a if np.ndim(a) > 1 else np.reshape(a, (-1, 1)) for a in tup], 1))
composite(np.append)(lambda arr, values, axis=None: np.concatenate([arr, values], axis))

# ---------------------------------------------------------------------------------------- splitting


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    n = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        few, longer = divmod(n, int(indices_or_sections))
        lengths = [few + 1] * longer + [few] * (int(indices_or_sections) - longer)
        edges = [0, *accumulate(lengths)]
    else:
        edges = [0, *(int(i) for i in to_arrays(indices_or_sections)), n]
    return [ary[along(axis, slice(a, b))] for a, b in pairwise(edges)]


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ValueError(f"split: {ary.shape[axis]} elements can't be divided evenly into {indices_or_sections}; "
                         "array_split allows uneven parts")
    return np.array_split(ary, indices_or_sections, axis)



def split_along(ary: Any, parts: Any, axis: int, least: int) -> Any:
    if ary.ndim < least:
        raise ValueError(f"this split takes arrays of at least {least} axes; this one has shape {ary.shape}")
    return np.split(ary, parts, axis)


composite(np.vsplit)(lambda ary, indices_or_sections: split_along(ary, indices_or_sections, 0, 2))
composite(np.hsplit)(lambda ary, indices_or_sections: split_along(ary, indices_or_sections, min(1, ary.ndim - 1), 1))
composite(np.dsplit)(lambda ary, indices_or_sections: split_along(ary, indices_or_sections, 2, 3))

# ----------------------------------------------------------------------------------------- choosing


def choose(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` where `condition` is True, `b` elsewhere."""
    return np.where(condition, a, b)


rule(choose, None,
             lambda g, y, condition, a, b: take_where(condition, g),
             lambda g, y, condition, a, b: take_where_not(condition, g), name="where", elementwise=True)

composite(np.where)(lambda condition, *ab: apply(choose, condition, *ab) if ab else np.nonzero(condition))


@composite(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None, **as_type: Any) -> Any:
    low, high = a_min if a_min is not None else min, a_max if a_max is not None else max
    if low is None and high is None:
        return np.copy(a)
    a = a if low is None else np.maximum(a, low, **as_type)
    return a if high is None else np.minimum(a, high, **as_type)
