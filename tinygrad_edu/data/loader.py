"""DataLoader: batches of a data set, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..validation import as_array
from .batches import Batches
from .dataset import DatasetLike, as_dataset


class DataLoader:
    """Batches of a data set, under PyTorch's names; each iteration is one epoch.

    From arrays, whole batches are gathered at once, as `Batches` does. From other data sets, examples are taken one by
    one, and stacked. There are no workers: data this small is loaded sooner than another process starts.

    Parameters
    ----------
    dataset : Dataset, or tuple of arrays
        The data set: anything with ``__len__`` and ``__getitem__``, or arrays whose rows belong together.
    batch_size : int
        The number of examples in a batch. The last batch has the remaining examples, and so may be smaller.
    shuffle : bool
        Whether each epoch has a new random order.
    drop_last : bool
        Whether a smaller last batch is left out.
    generator : numpy.random.Generator, or int, optional
        The generator of the orders of all epochs, which `transform` gets too; or a seed for it. By default, every run
        is different.
    transform : callable, optional
        A function ``transform(x, rng)`` that changes the inputs of a batch, the first of its arrays: augmentation, for
        example with the functions of `distort`.
    collate_fn : callable, optional
        A function that makes a batch from a list of examples that can't simply be stacked, if the data set is not made
        of arrays.

    Yields
    ------
    tuple of ndarray, or ndarray if an example is a single array, or dict of ndarray if it is a dict
        Fresh arrays, which you may change or keep.

    Raises
    ------
    TypeError
        If `dataset` is not a data set.
    ValueError
        If arrays have different lengths, or `batch_size` is less than 1. During an iteration: if examples can't be
        stacked.

    Examples
    --------
    >>> from tinygrad_edu.data import DataLoader, distort, mnist
    >>> def augment(images, rng):
    ...     dx, dy = rng.integers(-2, 3, size=2)
    ...     return distort.noise(distort.shift(images, dx, dy), 0.1, rng)
    >>> loader = DataLoader(mnist().train, batch_size=100, shuffle=True, generator=0, transform=augment)
    >>> for images, labels in loader:
    ...     print(images.shape, labels.shape)
    ...     break
    (100, 784) (100,)
    """

    def __init__(
        self,
        dataset: DatasetLike,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        generator: int | np.random.Generator | None = None,
        transform: Callable[[Any, np.random.Generator], Any] | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        self.dataset = as_dataset(dataset)
        self.transform = transform
        self.collate_fn = collate_fn or stack_examples
        arrays = None if collate_fn else getattr(self.dataset, "arrays", None)
        self._whole = arrays is not None
        self._batches = Batches(
            *(arrays if arrays is not None else [np.arange(len(self.dataset))]),
            size=batch_size,
            seed=generator,
            shuffle=shuffle,
            drop_last=drop_last,
        )

    @property
    def batch_size(self) -> int:
        """The number of examples in a batch."""
        return self._batches.size

    @property
    def shuffle(self) -> bool:
        """Whether each epoch has a new random order."""
        return self._batches.shuffle

    @property
    def drop_last(self) -> bool:
        """Whether a smaller last batch is left out."""
        return self._batches.drop_last

    @property
    def generator(self) -> np.random.Generator:
        """The generator of the orders."""
        return self._batches._rng

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return len(self._batches)

    def __iter__(self) -> Iterator[Any]:
        return map(self._finished, iter(self._batches))  # the order is drawn now, as in `Batches`

    def _finished(self, rows: tuple[NDArray[Any], ...]) -> Any:
        """Return the batch for these rows (or numbers of examples), collated and transformed."""
        batch = rows if self._whole else self.collate_fn([self.dataset[int(i)] for i in rows[0]])
        if self.transform is None:
            return batch
        if isinstance(batch, tuple):
            return self.transform(batch[0], self.generator), *batch[1:]
        return self.transform(batch, self.generator)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the generator, which decides the orders of the next epochs.

        Returns
        -------
        dict
            The state, for `load_state_dict`.
        """
        return self._batches.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with the orders that would have come next when the state was saved.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.
        """
        self._batches.load_state_dict(state)


def stack_examples(examples: list[Any]) -> Any:
    """Return a batch of examples: the arrays at each place in them, stacked along a new first axis."""
    if isinstance(examples[0], tuple | list):
        if len({len(example) for example in examples}) > 1:
            raise ValueError(
                f"examples must have equally many parts; these have {[len(example) for example in examples]}"
            )
        return tuple(stack_examples(list(column)) for column in zip(*examples, strict=True))
    if isinstance(examples[0], Mapping):
        if any(example.keys() != examples[0].keys() for example in examples):
            raise ValueError(
                f"examples must have the same keys; these have {' and '.join(sorted({str(list(e)) for e in examples}))}"
            )
        return {key: stack_examples([example[key] for example in examples]) for key in examples[0]}
    arrays = [as_array(example, "an example") for example in examples]
    odd = next((i for i, array in enumerate(arrays) if array.shape != arrays[0].shape), None)
    if odd is not None:
        raise ValueError(
            f"examples that are stacked to a batch must have equal shapes; two in this one have {arrays[0].shape} and "
            f"{arrays[odd].shape}. Make them equal in __getitem__, or give a collate_fn that does"
        )
    return np.stack(arrays)
