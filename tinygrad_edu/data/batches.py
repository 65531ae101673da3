"""Batches: all examples in a random order, a few at a time."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..validation import as_array


class Batches:
    """Batches of matching rows from arrays; each iteration is one epoch, with a new order.

    Parameters
    ----------
    *arrays : array_like or pandas table, each of shape (N, ...)
        The arrays. Rows with the same index belong together: images and their labels, for example. All columns of a
        table must be numbers.
    size : int
        The number of rows in a batch. The last batch has the remaining rows, and so may be smaller.
    seed : int or numpy.random.Generator, optional
        The seed for the orders of all epochs, or their generator. By default, every run is different.
    shuffle : bool
        Whether each epoch has a new random order. If not, the rows come in their own order, every time.
    drop_last : bool
        Whether a smaller last batch is left out.

    Yields
    ------
    tuple of ndarray, each of shape (size, ...)
        One fresh array for each of `arrays`, which you may change or keep. It is a tuple even for one array.

    Raises
    ------
    ValueError
        If there are no arrays, their lengths differ, one has no rows to choose from, or `size` is less than 1.
    TypeError
        If an array is masked, or holds objects that are not numbers.

    Examples
    --------
    >>> x = np.arange(5)
    >>> batches = Batches(x, x * x, size=2, seed=0)
    >>> len(batches)
    3
    >>> for a, b in batches:
    ...     print(a, b)
    [2 4] [ 4 16]
    [3 0] [9 0]
    [1] [1]
    """

    def __init__(
        self,
        *arrays: ArrayLike,
        size: int,
        seed: int | np.random.Generator | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
    ) -> None:
        self.arrays = tuple(as_array(array, f"array {i} of the batches") for i, array in enumerate(arrays))
        self.size = operator.index(size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self._rng = np.random.default_rng(seed)
        shapes = ", ".join(str(array.shape) for array in self.arrays)
        if not arrays:
            raise ValueError("Batches needs at least one array to take rows from, as in Batches(images, size=32)")
        if any(array.ndim == 0 for array in self.arrays):
            raise ValueError(f"arrays must have rows, that is at least one axis; the shapes are {shapes}")
        if len({len(array) for array in self.arrays}) > 1:
            raise ValueError(f"arrays must have equally many rows; the shapes are {shapes}")
        if self.size < 1:
            raise ValueError(f"size must be at least 1, not {self.size}")

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        rows = len(self.arrays[0])
        return rows // self.size if self.drop_last else -(-rows // self.size)

    def __iter__(self) -> Iterator[tuple[NDArray[Any], ...]]:
        # Not a generator itself: the order is drawn when an epoch is begun, not when its first batch is fetched.
        rows = len(self.arrays[0])
        return self._epoch(self._rng.permutation(rows) if self.shuffle else np.arange(rows))

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the generator, which decides the orders of the next epochs.

        Returns
        -------
        dict
            The state, for `load_state_dict`.
        """
        return {"generator": self._rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with the orders that would have come next when the state was saved.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.
        """
        self._rng.bit_generator.state = state["generator"]

    def _epoch(self, order: NDArray[np.intp]) -> Iterator[tuple[NDArray[Any], ...]]:
        for start in range(0, len(self) * self.size, self.size):
            rows = order[start : start + self.size]
            yield tuple([_gather(array, rows) for array in self.arrays])


def _gather(array: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    # `take` is faster, but would first copy the whole of an array that is not contiguous, for every batch.
    return array.take(rows, axis=0) if array.flags.c_contiguous else array[rows]
