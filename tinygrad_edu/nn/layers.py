"""Layers of connections: every neuron meets every neuron before it, or looks up what belongs to a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.forward import apply
from ..rules.neural.fused import linear
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """Weighted sums, one for each output neuron: ``x @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
        Neurons before and in this layer.
    bias : bool
        Whether each neuron has a bias: the threshold its weighted sum must pass to make it active.
    dtype : dtype
        Of the parameters; float32 unless told otherwise.
    rng : numpy.random.Generator, optional
        Where the random weights come from; see `manual_seed`.

    Attributes
    ----------
    weight : Parameter, (out_features, in_features)
        The strengths of the connections: ``weight[j, k]`` is how strongly input k drives output j.
    bias : Parameter, (out_features,), or None

    Notes
    -----
    Weights and biases begin uniform within ±1/sqrt(in_features), as PyTorch's do.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = np.float32, rng: Any = None
    ) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): a layer needs at least one input and one output")
        self.in_features, self.out_features = in_features, out_features
        bound = in_features**-0.5
        self.weight = init.uniform_(Parameter(np.zeros((out_features, in_features)), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_features), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, x: Any) -> Any:
        try:
            return apply(linear.fn, x, self.weight, self.bias)
        except (ValueError, AttributeError) as error:
            if np.shape(x)[-1:] != (self.in_features,):
                raise ValueError(f"Linear({self.extra_repr()}) wants inputs of shape (..., {self.in_features}), got {np.shape(x)}") from error
            raise

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + (", bias=False" if self.bias is None else "")


class Bilinear(Module):
    """``a @ weight[k] @ b + bias[k]``, for each output k, of two inputs."""

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *, dtype: Any = np.float32,
                 rng: Any = None) -> None:
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        bound = in1_features**-0.5
        shape = (out_features, in1_features, in2_features)
        self.weight = init.uniform_(Parameter(np.zeros(shape), dtype=dtype), -bound, bound, rng)
        self.bias = init.uniform_(Parameter(np.zeros(out_features), dtype=dtype), -bound, bound, rng) if bias else None

    def forward(self, a: Any, b: Any) -> Any:
        if a.shape[-1:] != (self.in1_features,) or b.shape != (*a.shape[:-1], self.in2_features):
            raise ValueError(f"Bilinear({self.extra_repr()}) wants inputs of shapes (..., {self.in1_features}) and "
                             f"(..., {self.in2_features}), got {a.shape} and {b.shape}")
        return F.bilinear(a, b, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in1_features}, {self.in2_features}, {self.out_features}" + (", bias=False" if self.bias is None else "")


class Embedding(Module):
    """A vector for each word of a vocabulary, looked up by its number.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many words, and how long the vectors are. They begin normal, of variance 1.
    padding_idx : int, optional
        A word that means nothing: its vector is 0, and is not learnt.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, dtype: Any = np.float32,
                 rng: Any = None) -> None:
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.weight = init.normal_(Parameter(np.zeros((num_embeddings, embedding_dim)), dtype=dtype), rng=rng)
        if padding_idx is not None:
            self.weight._own()[padding_idx] = 0

    def forward(self, indices: Any) -> Any:
        return F.embedding(indices, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Flatten(Module):
    """All axes from `start_dim` to `end_dim` as one: images as vectors."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        end = self.end_dim % x.ndim + 1
        return np.reshape(x, (*x.shape[: self.start_dim], -1, *x.shape[end:]))


class Unflatten(Module):
    """One axis as several: the inverse of `Flatten`."""

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Any) -> Any:
        dim = self.dim % x.ndim
        return np.reshape(x, (*x.shape[:dim], *self.unflattened_size, *x.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        return f"{self.dim}, {self.unflattened_size}"
