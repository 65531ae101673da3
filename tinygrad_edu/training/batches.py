"""How `fit` makes batches from its data, and tensors from a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from ..data import DataLoader, Dataset, Part, Table
from ..data.dataset import DatasetLike
from ..engine.tensor_base import TensorBase, is_foreign, to_arrays, wrap
from ..rng import generator
from ..validation import as_array

Data: TypeAlias = DatasetLike | Iterable[Any]
"""What `fit` learns from: arrays as in (x, y), a data set, a DataLoader, or batches to go through in each epoch."""


def as_batches(data: Any, size: int, shuffle: bool, seed: Any, name: str = "data") -> Any:
    """Return an iterable of batches, one epoch long."""
    if isinstance(data, tuple | Dataset | Part | Table | np.ndarray) or hasattr(data, "iloc"):
        return DataLoader(data, size, shuffle, generator=generator() if seed is None else seed)
    if isinstance(data, Iterator):
        raise TypeError(
            f"{name} can be gone through only once, and there may be many epochs: give arrays, a DataLoader, "
            f"or a list of batches, not {article(data)}"
        )
    if not isinstance(data, Iterable) or isinstance(data, str | dict):
        raise TypeError(
            f"{name} is {article(data)}; it must be arrays, as in (x, y), a Dataset, a DataLoader, or a list of batches"
        )
    if isinstance(data, list) and data and not isinstance(data[0], tuple | list):
        raise TypeError(
            f"{name} is a list of {article(data[0])}; arrays are given as a tuple, (x, y), and a list is one of batches"
        )
    return data


def as_tensors(batch: Any, dtype: Any) -> tuple[list[Any], Any]:
    """Return the inputs and the target of a batch."""
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        what = f"a {type(batch).__name__} of {len(batch)}" if isinstance(batch, tuple | list) else article(batch)
        raise TypeError(
            f"a batch is a tuple of inputs and, last, targets, as in (x, y); this one is {what}. "
            "If the model should answer with its own inputs, give (x, x)"
        )
    *inputs, target = [as_tensor(part, dtype) for part in batch]
    if np.ndim(to_arrays(target)) == 0:
        raise TypeError(
            "the targets of a batch must have an axis that counts its examples, and these are a single number; "
            "for a list of examples, data.DataLoader(examples, batch_size=32) makes batches"
        )
    return inputs, target


def as_tensor(part: Any, dtype: Any) -> Any:
    """Return floating numbers as a Tensor of the model's dtype, and others as they are."""
    if isinstance(part, TensorBase) or is_foreign(part):
        return part
    array = as_array(part, "a part of a batch")
    return wrap(array.astype(dtype, copy=False)) if array.dtype.kind == "f" else array


def dtype_of(model: Any) -> Any:
    """Return the dtype that the model computes in, which is that of its first parameter."""
    return next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), np.dtype(np.float32))


def article(x: Any) -> str:
    """Return the name of the type of `x`, after "a" or "an"."""
    name = type(x).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
