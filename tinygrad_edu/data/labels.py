"""One-hot encoding: the label 3 as the vector of outputs that a network should give."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..validation import as_array


def one_hot(labels: ArrayLike, classes: int = 10, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Turn each label into a row with a single one, at the label's place.

    Parameters
    ----------
    labels : array_like of integers, any shape
        Class numbers, each at least 0 and below `classes`.
    classes : int
        How many classes there are: the length of each row.
    dtype : dtype
        The dtype of the result.

    Returns
    -------
    ndarray, shape ``labels.shape + (classes,)``
        A fresh array of zeros and ones.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If a label is negative or not below `classes`, or `classes` is less than 1.

    Examples
    --------
    >>> one_hot([2, 0], classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    numbers = as_array(labels, "labels")
    classes = operator.index(classes)
    if numbers.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be integers, not {numbers.dtype}; "
            "if they are whole numbers, convert them with labels.astype(np.int64)"
        )
    if classes < 1:
        raise ValueError(f"classes must be at least 1, not {classes}")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= classes):
        raise ValueError(
            f"labels run from {numbers.min()} to {numbers.max()}, but with classes={classes} "
            f"they must lie from 0 to {classes - 1}"
        )
    rows = np.zeros((numbers.size, classes), dtype)
    rows[np.arange(numbers.size), numbers.ravel()] = 1
    return rows.reshape(*numbers.shape, classes)
