"""Functions that look up vectors by number, and functions that compare vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.atomic import check
from ...engine.tensor_base import array_in, to_arrays
from .agreement import as_loss_array

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def embedding(indices: TensorLike, weight: TensorLike, padding_idx: int | None = None) -> Tensor:
    """Return rows of a matrix, one for each index.

    Parameters
    ----------
    indices : Tensor or array_like, any shape
        Integers from 0 to n - 1.
    weight : Tensor or ndarray, (n, d)
        The matrix, with a row for each word of a vocabulary.
    padding_idx : int, optional
        The index of a row that gets no gradient, so that it is not learnt.

    Returns
    -------
    Tensor, (..., d)
        The rows, in the shape of `indices` with one more axis.

    Raises
    ------
    TypeError
        If the indices are not integers.
    IndexError
        If an index, or `padding_idx`, is out of range.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.embedding([2, 0], Tensor([[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]])).data
    array([[2. , 2.1],
           [0. , 0.1]])
    """
    indices = array_in(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"embedding: indices must be integers; these are {indices.dtype}")
    refuse_missing_rows(indices, weight.shape[0])
    rows, n = weight[indices], weight.shape[0]
    if padding_idx is None:
        return rows
    if not -n <= padding_idx < n:
        raise IndexError(f"embedding: padding_idx={padding_idx} is out of range for {n} rows")
    padding = np.expand_dims(indices == padding_idx % n, -1)
    return np.where(padding, to_arrays(rows), rows)


@check
def refuse_missing_rows(indices: Any, n: int) -> None:
    """Raise an error for an index that is out of range."""
    if indices.size and not (indices.min() >= 0 and indices.max() < n):
        raise IndexError(
            f"embedding: indices must be from 0 to {n - 1}; these go from {indices.min()} to {indices.max()}"
        )


def one_hot(indices: TensorLike, num_classes: int = -1) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return a vector for each index, with 1 in the place of the index and 0 elsewhere.

    Parameters
    ----------
    indices : Tensor or array_like, any shape
        Integers, not negative: class numbers, for example.
    num_classes : int
        The length of the vectors. By default, -1, it is one more than the largest index.

    Returns
    -------
    ndarray of int64, (..., num_classes)
        The vectors: a plain array, since integers have no gradient.

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If an index is negative, or too large.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.functional.one_hot([2, 0])
    array([[0, 0, 1],
           [1, 0, 0]])
    """
    indices = array_in(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"one_hot: indices must be integers; these are {indices.dtype}")
    if num_classes < -1:
        raise ValueError(
            f"one_hot: num_classes must be how many classes there are, or -1 for as many as needed; it is {num_classes}"
        )
    n = int(indices.max()) + 1 if num_classes == -1 else num_classes
    if indices.size and not (indices.min() >= 0 and indices.max() < n):
        raise ValueError(
            f"one_hot: indices must be from 0 to {n - 1}; these go from {indices.min()} to {indices.max()}"
        )
    return np.eye(n, dtype=np.int64)[indices]


def bilinear(a: TensorLike, b: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Compute bilinear forms of two inputs, ``a @ weight[k] @ b + bias[k]`` for each output k.

    Parameters
    ----------
    a : Tensor or ndarray, (..., I)
        The first input.
    b : Tensor or ndarray, (..., J)
        The second input.
    weight : Tensor or ndarray, (K, I, J)
        A matrix for each output.
    bias : Tensor or ndarray, (K,), optional
        A number that is added to each output.

    Returns
    -------
    Tensor, (..., K)
        The outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.bilinear(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), np.array([[[1.0, 0.0], [0.0, 1.0]]])).data
    array([11.])
    """
    y = np.einsum("...i,kij,...j->...k", a, weight, b)
    return y if bias is None else y + bias


def cosine_similarity(a: TensorLike, b: TensorLike, axis: int = 1, eps: float = 1e-8) -> Tensor:
    """Compute the cosine of the angle between vectors.

    Parameters
    ----------
    a, b : Tensor or array_like
        The vectors, in shapes that broadcast together.
    axis : int
        The axis of the broadcast shape along which the vectors lie.
    eps : float
        The smallest length to divide by, against division by 0.

    Returns
    -------
    Tensor
        ``sum(a * b) / (norm(a) * norm(b))``, from -1 to 1, in the broadcast shape without `axis`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> a, b = Tensor([[1.0, 0.0], [3.0, 4.0]]), Tensor([[0.0, 2.0], [6.0, 8.0]])
    >>> nn.functional.cosine_similarity(a, b).data.round(4)
    array([0., 1.])
    """
    a, b = as_loss_array(a), as_loss_array(b)
    if a.shape != b.shape:
        a, b = np.broadcast_arrays(a, b)
    lengths = np.maximum(np.linalg.norm(a, axis=axis), eps) * np.maximum(np.linalg.norm(b, axis=axis), eps)
    return np.sum(a * b, axis) / lengths
