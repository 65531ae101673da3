"""Attention layers: what transformers are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import functional as F
from . import init
from .functional.attention import multi_head
from .layers import Linear
from .module import Module
from .normalization import Dropout, LayerNorm
from .parameter import Parameter


class MultiheadAttention(Module):
    """Attention in several subspaces at once (Vaswani et al. 2017), with PyTorch's names and masks.

    Parameters
    ----------
    embed_dim, num_heads : int
        The length of the vectors, and in how many parts they are compared; it must be divisible by them.
    dropout : float
        How much of the attention is dropped in training.
    bias : bool
    batch_first : bool
        Whether inputs are (N, L, E) rather than (L, N, E); (L, E) without a batch is understood by both.
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, batch_first: bool = False, *,
                 dtype: Any = np.float32, rng: Any = None) -> None:
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: vectors of length {embed_dim} can't be divided among {num_heads} heads")
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.in_proj_weight = init.xavier_uniform_(Parameter(np.zeros((3 * embed_dim, embed_dim)), dtype=dtype), rng=rng)
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim), dtype=dtype) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
                attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False) -> tuple[Any, Any]:
        """The result, and the attention weights (None if they are not wanted); in masks, True forbids."""
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.shape[-1] != self.embed_dim or x.ndim not in (2, 3):
                raise ValueError(f"MultiheadAttention({self.extra_repr()}): the {name} must have vectors of length {self.embed_dim}; "
                                 f"it has shape {x.shape}")
        turn = query.ndim == 3 and not self.batch_first
        if turn:
            query, key, value = (np.swapaxes(x, 0, 1) for x in (query, key, value))
        causal = is_causal and attn_mask is None
        y, weights = multi_head(query, key, value, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.out_proj.weight,
                                self.out_proj.bias, attn_mask, key_padding_mask, self.dropout if self.training else 0.0, causal)
        if turn:
            y = np.swapaxes(y, 0, 1)
        if not need_weights:
            return y, None
        return y, np.mean(weights, -3) if average_attn_weights else weights

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"


class TransformerEncoderLayer(Module):
    """Attention, and a network of two layers for each place; each added to what came in, and normalised.

    Parameters
    ----------
    d_model, nhead, dim_feedforward : int
        The length of the vectors, the heads, and the neurons between the two layers.
    dropout : float
    activation : {"relu", "gelu"} or callable
    layer_norm_eps : float
    batch_first : bool
        Whether inputs are (N, L, E).
    norm_first : bool
        Whether to normalise before rather than after.
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu",
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
                 dtype: Any = np.float32, rng: Any = None) -> None:
        if activation not in ("relu", "gelu") and not callable(activation):
            raise ValueError(f"TransformerEncoderLayer: activation must be 'relu', 'gelu', or a function, not {activation!r}")
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, dtype=dtype, rng=rng)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation: Any = {"relu": F.relu, "gelu": F.gelu}[activation] if isinstance(activation, str) else activation
        self.norm_first = norm_first

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        def attend(x: Any) -> Any:
            y, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)
            return self.dropout1(y)

        def think(x: Any) -> Any:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        if self.norm_first:
            src = src + attend(self.norm1(src))
            return src + think(self.norm2(src))
        src = self.norm1(src + attend(src))
        return self.norm2(src + think(src))
