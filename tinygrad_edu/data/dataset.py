"""Data sets: examples by number, however they are kept; and parts of one."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..validation import as_array
from .csv_table import Table
from .digits import Part


class Dataset:
    """Examples by number: define ``__len__``, how many there are, and ``__getitem__``, the tuple of what belongs to one.

    Examples
    --------
    >>> from tinygrad_edu.data import DataLoader
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, i):
    ...         return np.float32(i), np.float32(i * i)
    >>> for x, y in DataLoader(Squares(), batch_size=3):
    ...     print(x, y)
    [0. 1. 2.] [0. 1. 4.]
    [3. 4.] [ 9. 16.]
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__(): define how many examples there are")

    def __getitem__(self, i: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(i): define what the example number i is")


class TensorDataset(Dataset):
    """Arrays whose rows belong together; a `DataLoader` gathers whole batches of them at once.

    Parameters
    ----------
    *arrays : array_like or table of pandas, each of shape (N, ...)
        Inputs and their targets, for example. Of a table, all columns must be numbers.

    Raises
    ------
    ValueError
        If there are no arrays, or they have not equally many rows.
    TypeError
        If an array is masked, or holds objects that are no numbers; of a table, the column is named.

    Warns
    -----
    UserWarning
        If the first is a table in which the last one is a column too, or whose rows have the same labels in another order.

    Examples
    --------
    >>> pairs = TensorDataset([[0., 0.], [0., 1.]], [0, 1])
    >>> len(pairs), pairs[1]
    (2, (array([0., 1.]), np.int64(1)))
    """

    def __init__(self, *arrays: ArrayLike) -> None:
        self.arrays = tuple(as_array(array, f"array {i} of the data set") for i, array in enumerate(arrays))
        if len(arrays) > 1 and hasattr(arrays[0], "iloc"):
            warn_of_tables(arrays[0], arrays[-1])
        shapes = ", ".join(str(array.shape) for array in self.arrays)
        if not arrays or any(array.ndim == 0 for array in self.arrays) or len({len(array) for array in self.arrays}) > 1:
            raise ValueError(f"a data set is of arrays with equally many rows, one for each example; the shapes are {shapes or 'none'}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, i: int) -> Any:
        return tuple(array[i] for array in self.arrays)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{a.dtype} {a.shape}' for a in self.arrays)})"


class Subset(Dataset):
    """Some examples of a data set: those of these numbers, in this order; or those that are marked by True."""

    def __init__(self, dataset: Any, indices: ArrayLike) -> None:
        self.dataset = as_dataset(dataset)
        numbers = as_array(indices, "the numbers of a subset")
        if numbers.dtype.kind == "b" and numbers.shape == (len(self.dataset),):
            numbers = np.flatnonzero(numbers)
        if numbers.size and (numbers.dtype.kind not in "iu" or numbers.ndim != 1):
            raise TypeError(f"a subset is of numbers of examples, integers in one row, or of True and False for each of the {len(self.dataset)} "
                            f"examples; got {numbers.dtype} of shape {numbers.shape}")
        self.indices = numbers.astype(np.intp)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: int) -> Any:
        return self.dataset[int(self.indices[i])]

    @cached_property
    def arrays(self) -> tuple[NDArray[Any], ...] | None:
        """The rows as arrays of their own, if the data set is of arrays; gathered when first asked for."""
        whole = getattr(self.dataset, "arrays", None)
        return None if whole is None else tuple(array[self.indices] for array in whole)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} of {len(self.dataset)} examples)"


def random_split(dataset: Any, lengths: Sequence[float], generator: int | np.random.Generator | None = None) -> list[Subset]:
    """Divide a data set at random into parts that have no example in common.

    Parameters
    ----------
    dataset : Dataset, or tuple of arrays
    lengths : sequence of int, or of float
        How many examples each part gets, together all; or which share of them, together 1.
    generator : numpy.random.Generator, or int, optional
        Where the randomness comes from, or a seed for it. By default, every split is different.

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        If the lengths do not add up.

    Examples
    --------
    >>> from tinygrad_edu.data import two_moons
    >>> train, test = random_split(two_moons(200, seed=0), [0.8, 0.2], generator=0)
    >>> train, test
    (Subset(160 of 200 examples), Subset(40 of 200 examples))
    """
    dataset = as_dataset(dataset)
    total = len(dataset)
    if all(isinstance(length, int | np.integer) for length in lengths):
        sizes = [operator.index(length) for length in lengths]  # type: ignore[arg-type]
    elif math.isclose(sum(lengths), 1):
        # Rounded down, each; what is left goes to the first parts, one each.
        sizes = [math.floor(total * length + 1e-9) for length in lengths]
        sizes = [size + (i < total - sum(sizes)) for i, size in enumerate(sizes)]
    else:
        raise ValueError(f"shares of a data set must add up to 1; {list(lengths)} add up to {sum(lengths):g}")
    if sum(sizes) != total or min(sizes, default=0) < 0:
        raise ValueError(f"the parts must have {total} examples together, all that there are; {sizes} are {sum(sizes)}")
    order = np.random.default_rng(generator).permutation(total)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def as_dataset(data: Any) -> Any:
    """A data set of whatever was given: one, or arrays; a list is one of examples, not of arrays."""
    if isinstance(data, tuple | Part | Table):
        return TensorDataset(*data)
    if isinstance(data, np.ndarray) or hasattr(data, "iloc"):
        return TensorDataset(data)
    if isinstance(data, dict) or not (hasattr(data, "__getitem__") and hasattr(data, "__len__")):
        raise TypeError(f"a data set is a tuple of arrays, as in (x, y), or has __len__ and __getitem__; {type(data).__name__} "
                        "is none")
    return data


def warn_of_tables(table: Any, answers: Any) -> None:
    """Warnings for a table that holds what is to be predicted from it, and for rows that don't seem to belong together."""
    name = getattr(answers, "name", None)
    if isinstance(name, str) and name in getattr(table, "columns", ()) and np.array_equal(table[name], answers):
        warnings.warn(f"column {name!r}, which is to be predicted, is among those to predict it from: leave it out, with "
                      f"drop(columns=[{name!r}])", UserWarning, stacklevel=3)
    rows, others = (np.asarray(getattr(x, "index", ())) for x in (table, answers))
    if len(rows) == len(others) and not np.array_equal(rows, others) and set(rows.tolist()) == set(others.tolist()):
        warnings.warn("the two tables have rows of the same labels in different orders, and are matched by order, not by label: if that is "
                      "not meant, give y.loc[x.index] for y", UserWarning, stacklevel=3)
