"""Attention: each place looks at all places, and takes from each as much as they have to do with one another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.tensor_base import array_in, bare, is_foreign
from ...rules.neural.fused import linear, softmax
from .normalization import dropout


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None
) -> Any:
    """``softmax(query @ keyᵀ * scale) @ value`` (Vaswani et al. 2017).

    Parameters
    ----------
    query : (..., L, E)
    key : (..., S, E)
    value : (..., S, V)
    attn_mask : (..., L, S), optional
        Of bool: which places may be looked at; what may look nowhere takes zeros. Of floats: added to the scores.
    dropout_p : float
    is_causal : bool
        Whether each place sees only itself and what was before it.
    scale : float, optional
        1/sqrt(E) unless given.

    Returns
    -------
    (..., L, V)
    """
    return attention(query, key, value, attn_mask, dropout_p, is_causal, scale)[0]


def attention(query: Any, key: Any, value: Any, mask: Any, dropout_p: float, causal: bool, scale: float | None) -> tuple[Any, Any]:
    """What is taken, and how much from where."""
    query = query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)  # there are fewer of these than of scores
    scores, seeing = np.matmul(query, np.swapaxes(key, -1, -2)), None
    if causal:
        if mask is not None:
            raise ValueError("attention takes a mask of yours, or is_causal=True, and not both")
        mask = np.tri(*scores.shape[-2:], dtype=bool)
    if mask is not None:
        mask = np.asarray(mask) if isinstance(mask, list) else mask
        if mask.dtype == bool:
            scores, seeing = looked_at(scores, bare(mask))
        else:
            scores = scores + mask
    weights = softmax(scores, -1)
    weights = weights if seeing is None else weights * seeing
    return np.matmul(dropout(weights, dropout_p) if dropout_p else weights, value), weights


def looked_at(scores: Any, mask: Any) -> tuple[Any, Any]:
    """The scores where one may look; and, if some places may look nowhere, 0 for these, which take nothing."""
    seeing = None if is_foreign(mask) else np.any(mask, -1, keepdims=True)
    if seeing is None or seeing.all():
        return np.where(mask, scores, -np.inf), None
    return np.where(mask | ~seeing, scores, -np.inf), seeing.astype(scores.dtype)


def multi_head(
    query: Any, key: Any, value: Any, heads: int, in_weight: Any, in_bias: Any, out_weight: Any, out_bias: Any,
    mask: Any, padding: Any, dropout_p: float, causal: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention in several subspaces at once; batches first."""
    width = query.shape[-1]
    biases = (None,) * 3 if in_bias is None else np.split(in_bias, 3)
    q, k, v = (split_heads(linear(x, w, b), heads)
               for x, w, b in zip((query, key, value), np.split(in_weight, 3), biases, strict=True))
    if causal and padding is not None:
        mask, causal = ~np.tri(q.shape[-2], k.shape[-2], dtype=bool), False
    mask = both_masks(mask, padding, q)
    taken, weights = attention(q, k, v, mask, dropout_p, causal, None)
    joined = np.reshape(np.swapaxes(taken, -3, -2), (*query.shape[:-1], width))
    return linear(joined, out_weight, out_bias), weights


def split_heads(x: Any, heads: int) -> Any:
    """(..., L, E) as (..., heads, L, E / heads)."""
    return np.swapaxes(np.reshape(x, (*x.shape[:-1], heads, -1)), -3, -2)


def both_masks(mask: Any, padding: Any, q: Any) -> Any:
    """PyTorch's masks, in which True forbids, as one that adds or in which True allows; padding is of (N, S)."""
    parts = []
    if mask is not None:
        mask = array_in(mask)
        parts.append(mask if mask.ndim == 2 else np.reshape(mask, (-1, q.shape[-3], *mask.shape[-2:])))
    if padding is not None:
        parts.append(array_in(padding)[..., None, None, :])
    if not parts:
        return None
    if all(p.dtype == bool for p in parts):
        allowed = ~parts[0]
        return allowed if len(parts) == 1 else allowed & ~parts[1]
    return sum(np.where(p, -np.inf, 0.0).astype(q.dtype) if p.dtype == bool else p.astype(q.dtype) for p in parts)
