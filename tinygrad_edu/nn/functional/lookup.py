"""Looking things up, and comparing them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.atomic import check
from ...engine.tensor_base import array_in, bare
from .agreement import as_array


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Rows of `weight`, one for each index; that of `padding_idx` is not learnt."""
    indices = array_in(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"embedding: indices must be integers, and are {indices.dtype}")
    refuse_missing(indices, weight.shape[0])
    rows, n = weight[indices], weight.shape[0]
    if padding_idx is None:
        return rows
    if not -n <= padding_idx < n:
        raise IndexError(f"embedding: padding_idx={padding_idx} is none of {n} rows")
    padding = np.expand_dims(indices == padding_idx % n, -1)
    return np.where(padding, bare(rows), rows)


@check
def refuse_missing(indices: Any, n: int) -> None:
    """An error for indices of rows that are not there."""
    if indices.size and not (indices.min() >= 0 and indices.max() < n):
        raise IndexError(f"embedding: indices go from {indices.min()} to {indices.max()}, and there are {n} rows")


def one_hot(indices: Any, num_classes: int = -1) -> Any:
    """1 in the place of each index, and 0 elsewhere: a plain array of integers."""
    indices = array_in(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"one_hot: indices must be integers, and are {indices.dtype}")
    n = int(indices.max()) + 1 if num_classes < 0 else num_classes
    if indices.size and not (indices.min() >= 0 and indices.max() < n):
        raise ValueError(f"one_hot: indices go from {indices.min()} to {indices.max()}, and there are {n} classes, from 0 on")
    return np.eye(n, dtype=np.int64)[indices]


def bilinear(a: Any, b: Any, weight: Any, bias: Any = None) -> Any:
    """``a @ weight[k] @ b + bias[k]`` for each output k."""
    y = np.einsum("...i,kij,...j->...k", a, weight, b)
    return y if bias is None else y + bias


def cosine_similarity(a: Any, b: Any, axis: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors, along `axis` of what both are broadcast to."""
    a, b = as_array(a), as_array(b)
    if a.shape != b.shape:
        a, b = np.broadcast_arrays(a, b)
    lengths = np.maximum(np.linalg.norm(a, axis=axis), eps) * np.maximum(np.linalg.norm(b, axis=axis), eps)
    return np.sum(a * b, axis) / lengths
