"""Layers: every neuron meets every neuron before it, and answers with a graded activation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import apply
from ..rules.fused import linear, relu, sigmoid
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
        Where the random weights come from; see `nn.init.manual_seed`.

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


class Sigmoid(Module):
    """Activation between 0 and 1: the logistic function."""

    def forward(self, x: Any) -> Any:
        return apply(sigmoid.fn, x)


class Tanh(Module):
    """Activation between -1 and 1."""

    def forward(self, x: Any) -> Any:
        return apply(np.tanh, x)


class ReLU(Module):
    """Activation max(x, 0)."""

    def forward(self, x: Any) -> Any:
        return apply(relu.fn, x)
