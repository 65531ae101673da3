"""Dataset, TensorDataset and Subset: examples by number, however they are stored; and random splits."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..validation import as_array
from .csv_table import Table
from .data_html import IMAGES, examples_html
from .digits import Part


class Indexed(Protocol):
    """Anything with a length and items: a Dataset, a tuple of arrays, an array, or a pandas table."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int, /) -> Any: ...


DatasetLike: TypeAlias = Indexed | Part | Table


class Dataset:
    """The base of data sets: examples by number.

    A subclass defines ``__len__``, which returns how many examples there are, and ``__getitem__``, which returns one of
    them as a tuple, such as ``(x, y)``.

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
    """A data set of arrays whose rows belong together; a `DataLoader` gathers whole batches of them at once.

    Parameters
    ----------
    *arrays : array_like or pandas table, each of shape (N, ...)
        Inputs and their targets, for example. All columns of a table must be numbers.

    Raises
    ------
    ValueError
        If there are no arrays, or they have different numbers of rows.
    TypeError
        If an array is masked, or holds objects that are not numbers. For a table, the error names the column.

    Warns
    -----
    UserWarning
        If the first is a table that has the last one as a column, or rows with the same labels in another order.

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
        if (
            not arrays
            or any(array.ndim == 0 for array in self.arrays)
            or len({len(array) for array in self.arrays}) > 1
        ):
            raise ValueError(
                "a data set needs arrays with equally many rows, one for each example; "
                f"the shapes are {shapes or 'none'}"
            )

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, i: int) -> Any:
        return tuple(array[i] for array in self.arrays)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{a.dtype} {a.shape}' for a in self.arrays)})"

    def _repr_html_(self) -> str:
        """Return the first examples, for a notebook."""
        return examples_html(repr(self), self.arrays, len(self))


class Subset(Dataset):
    """Some examples of a data set, chosen by their numbers or by a mask.

    Parameters
    ----------
    dataset : Dataset, or tuple of arrays
        The data set to choose from.
    indices : array_like of int, shape (M,), or of bool, shape (N,)
        The numbers of the examples, in the order wanted; or for each example whether it is chosen.

    Raises
    ------
    TypeError
        If `dataset` is not a data set, or `indices` are neither of the two.

    Examples
    --------
    >>> from tinygrad_edu.data import Subset
    >>> squares = Subset(([1, 2, 3], [1, 4, 9]), [2, 0])
    >>> len(squares), squares[0]
    (2, (np.int64(3), np.int64(9)))
    """

    def __init__(self, dataset: DatasetLike, indices: ArrayLike) -> None:
        self.dataset = as_dataset(dataset)
        numbers = as_array(indices, "the numbers of a subset")
        if numbers.dtype.kind == "b" and numbers.shape == (len(self.dataset),):
            numbers = np.flatnonzero(numbers)
        if numbers.size and (numbers.dtype.kind not in "iu" or numbers.ndim != 1):
            raise TypeError(
                "a subset takes the numbers of examples, integers in one row, or True or False for each of the "
                f"{len(self.dataset)} examples; got {numbers.dtype} of shape {numbers.shape}"
            )
        self.indices = numbers.astype(np.intp)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: int) -> Any:
        return self.dataset[int(self.indices[i])]

    @cached_property
    def arrays(self) -> tuple[NDArray[Any], ...] | None:
        """The rows as arrays of their own, if the data set is made of arrays; gathered at the first use."""
        whole = getattr(self.dataset, "arrays", None)
        return None if whole is None else tuple(array[self.indices] for array in whole)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} of {len(self.dataset)} examples)"

    def _repr_html_(self) -> str | None:
        """Return the first examples, for a notebook, if they are rows of arrays."""
        if not isinstance(self.dataset, TensorDataset):
            return None
        first = [array[self.indices[:IMAGES]] for array in self.dataset.arrays]
        return examples_html(repr(self), first, len(self))


def random_split(
    dataset: DatasetLike, lengths: Sequence[float], generator: int | np.random.Generator | None = None
) -> list[Subset]:
    """Divide a data set at random into parts that have no example in common.

    Parameters
    ----------
    dataset : Dataset, or tuple of arrays
        The data set to divide.
    lengths : sequence of int, or of float
        How many examples each part gets, all examples together; or which fraction of them, 1 together.
    generator : numpy.random.Generator, or int, optional
        The generator that chooses, or a seed for it. By default, every split is different.

    Returns
    -------
    list of Subset
        One part for each of `lengths`.

    Raises
    ------
    ValueError
        If the lengths don't add up to the number of examples, or to 1.

    Examples
    --------
    >>> from tinygrad_edu.data import two_moons
    >>> train, test = random_split(two_moons(200, seed=0), [0.8, 0.2], generator=0)
    >>> train, test
    (Subset(160 of 200 examples), Subset(40 of 200 examples))
    """
    whole = as_dataset(dataset)
    total = len(whole)
    if all(isinstance(length, int | np.integer) for length in lengths):
        sizes = [operator.index(length) for length in lengths]  # type: ignore[arg-type]
    elif math.isclose(sum(lengths), 1):
        # Round each size down; the examples that are left go to the first parts, one each.
        sizes = [math.floor(total * length + 1e-9) for length in lengths]
        sizes = [size + (i < total - sum(sizes)) for i, size in enumerate(sizes)]
    else:
        raise ValueError(f"shares of a data set must add up to 1; {list(lengths)} add up to {sum(lengths):g}")
    if sum(sizes) != total or min(sizes, default=0) < 0:
        raise ValueError(f"the parts must have {total} examples together, all that there are; {sizes} are {sum(sizes)}")
    order = np.random.default_rng(generator).permutation(total)
    return [Subset(whole, part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def as_dataset(data: Any) -> Any:
    """Return a data set, made from arrays if need be. A list is taken as a list of examples, not of arrays."""
    if isinstance(data, tuple | Part | Table):
        return TensorDataset(*data)
    if isinstance(data, np.ndarray) or hasattr(data, "iloc"):
        return TensorDataset(data)
    if isinstance(data, dict) or not (hasattr(data, "__getitem__") and hasattr(data, "__len__")):
        raise TypeError(
            f"a data set is a tuple of arrays, as in (x, y), or has __len__ and __getitem__; got {type(data).__name__}"
        )
    return data


def warn_of_tables(table: Any, answers: Any) -> None:
    """Warn of a table that has the answers among its columns, and of rows that don't seem to belong together."""
    name = getattr(answers, "name", None)
    if isinstance(name, str) and name in getattr(table, "columns", ()) and np.array_equal(table[name], answers):
        warnings.warn(
            f"column {name!r}, the target, is also one of the features: leave it out, with drop(columns=[{name!r}])",
            UserWarning,
            stacklevel=3,
        )
    rows, others = (np.asarray(getattr(x, "index", ())) for x in (table, answers))
    if len(rows) == len(others) and not np.array_equal(rows, others) and set(rows.tolist()) == set(others.tolist()):
        warnings.warn(
            "the two tables have rows of the same labels in different orders, and are matched by order, not by label: "
            "if that is not meant, give y.loc[x.index] for y",
            UserWarning,
            stacklevel=3,
        )
