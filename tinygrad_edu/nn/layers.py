"""Fully connected layers, embeddings, and layers that change the shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..engine.forward import apply
from ..rules.neural.fused import linear
from ..typing import numpy
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike


class Linear(Module):
    """A fully connected layer: weighted sums, one for each output neuron, ``x @ weight.T + bias``.

    It takes inputs of shape (..., in_features), and returns outputs of shape (..., out_features).

    Parameters
    ----------
    in_features, out_features : int
        How many neurons there are before and in this layer.
    bias : bool
        Whether each neuron has a bias: a threshold that its weighted sum must pass to make it active.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    weight : Parameter, (out_features, in_features)
        The strengths of the connections: ``weight[j, k]`` is how strongly input k drives output j.
    bias : Parameter, (out_features,), or None
        The biases.

    Raises
    ------
    ValueError
        If there are no inputs or no outputs.

    Notes
    -----
    Weights and biases begin uniform within ``±1 / sqrt(in_features)``, as PyTorch's do.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(Tensor(np.zeros((5, 3)))).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): a layer needs at least one input and one output")
        self.in_features, self.out_features = in_features, out_features
        bound = in_features**-0.5
        self.weight = init.uniform_(Parameter(np.zeros((out_features, in_features)), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_features), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, x: TensorLike) -> Tensor:
        """Return ``x @ weight.T + bias``."""
        try:
            return apply(linear.fn, x, self.weight, self.bias)  # type: ignore[no-any-return]
        except (ValueError, AttributeError) as error:
            if np.shape(x)[-1:] != (self.in_features,):
                raise ValueError(
                    f"Linear({self.extra_repr()}) wants inputs of shape (..., {self.in_features}), got {np.shape(x)}"
                ) from error
            raise

    def extra_repr(self) -> str:
        """Return the numbers of inputs and outputs."""
        return f"{self.in_features}, {self.out_features}" + (", bias=False" if self.bias is None else "")


class Bilinear(Module):
    """A layer with two inputs: bilinear forms, ``a @ weight[k] @ b + bias[k]`` for each output k.

    It takes inputs of shapes (..., in1_features) and (..., in2_features), and returns outputs of shape (...,
    out_features).

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The lengths of the two inputs and of the output.
    bias : bool
        Whether each output has a bias.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    weight : Parameter, (out_features, in1_features, in2_features)
        A matrix for each output.
    bias : Parameter, (out_features,), or None
        The biases.

    Notes
    -----
    Weights and biases begin uniform within ``±1 / sqrt(in1_features)``, as PyTorch's do.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Bilinear(3, 4, 2)(Tensor(np.zeros((5, 3))), Tensor(np.zeros((5, 4)))).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        bound = in1_features**-0.5
        shape = (out_features, in1_features, in2_features)
        self.weight = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_features), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return ``a @ weight[k] @ b + bias[k]`` for each output k."""
        if a.shape[-1:] != (self.in1_features,) or b.shape != (*a.shape[:-1], self.in2_features):
            raise ValueError(
                f"Bilinear({self.extra_repr()}) wants inputs of shapes (..., {self.in1_features}) and "
                f"(..., {self.in2_features}), got {a.shape} and {b.shape}"
            )
        return F.bilinear(a, b, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the numbers of inputs and outputs."""
        return f"{self.in1_features}, {self.in2_features}, {self.out_features}" + (
            ", bias=False" if self.bias is None else ""
        )


class Embedding(Module):
    """A table of vectors, one for each word of a vocabulary, in which words are looked up by number.

    It takes integers of any shape, and returns vectors of shape (..., embedding_dim).

    Parameters
    ----------
    num_embeddings : int
        How many words there are.
    embedding_dim : int
        The length of the vectors.
    padding_idx : int, optional
        The number of a word that means nothing: its vector is 0, and is not learnt.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    weight : Parameter, (num_embeddings, embedding_dim)
        The vectors.

    Notes
    -----
    The vectors begin normally distributed, with mean 0 and variance 1, as PyTorch's do.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Embedding(10, 4)([[1, 2, 3], [1, 0, 9]]).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.weight = init.normal_(Parameter(np.zeros((num_embeddings, embedding_dim)), dtype=dtype), rng=rng)
        if padding_idx is not None:
            self.weight._own()[padding_idx] = 0

    def forward(self, indices: TensorLike) -> Tensor:
        """Return the vectors of the words with these numbers."""
        return F.embedding(indices, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the numbers of words and of their features."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Flatten(Module):
    """A reshaping of several axes into one: images become vectors.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of these axes.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Flatten()(Tensor(np.zeros((5, 28, 28)))).shape
    (5, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with these axes as one."""
        end = self.end_dim % x.ndim + 1
        return numpy.reshape(x, (*x.shape[: self.start_dim], -1, *x.shape[end:]))  # type: ignore[no-any-return]


class Unflatten(Module):
    """A reshaping of one axis into several: the inverse of `Flatten`.

    Parameters
    ----------
    dim : int
        The axis.
    unflattened_size : sequence of int
        Its new shape; one length may be -1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Unflatten(1, (28, -1))(Tensor(np.zeros((5, 784)))).shape
    (5, 28, 28)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with this axis as several."""
        dim = self.dim % x.ndim
        return numpy.reshape(x, (*x.shape[:dim], *self.unflattened_size, *x.shape[dim + 1 :]))  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the axis and its new shape."""
        return f"{self.dim}, {self.unflattened_size}"
