"""Attention: each place takes a weighted mean of all places; the weights say how well the places match."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.tensor_base import array_in, is_foreign, to_arrays
from ...rules.neural.fused import linear, softmax
from .dropout import dropout

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Compute attention: for each query, the mean of the values, weighted by how well their keys match the query.

    Parameters
    ----------
    query : Tensor or ndarray, (..., L, E)
        A vector for each place that looks.
    key : Tensor or ndarray, (..., S, E)
        A vector for each place that is looked at, to be compared with the queries.
    value : Tensor or ndarray, (..., S, V)
        A vector for each place that is looked at, to be averaged.
    attn_mask : Tensor or array_like, (..., L, S), optional
        Booleans say which places may be looked at; where there are none, the result is 0. Floats are added to the
        scores.
    dropout_p : float
        The probability that a weight is dropped.
    is_causal : bool
        Whether each place sees only itself and earlier places.
    scale : float, optional
        What the scores are multiplied by. By default it is ``1 / sqrt(E)``.

    Returns
    -------
    Tensor, (..., L, V)
        ``softmax(query @ keyᵀ * scale) @ value``.

    Raises
    ------
    ValueError
        If there is both a mask and ``is_causal=True``.

    Notes
    -----
    See Vaswani et al. (2017).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> x = Tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True).data.round(2)
    array([[1.  , 0.  ],
           [0.33, 0.67]])
    """
    return attend(query, key, value, attn_mask, dropout_p, is_causal, scale)[0]


def attend(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, causal: bool, scale: float | None
) -> tuple[Any, Any]:
    """Return the weighted means of the values, and the weights."""
    query = query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)  # there are fewer queries than scores
    scores, seeing = np.matmul(query, np.swapaxes(key, -1, -2)), None
    if causal:
        if mask is not None:
            raise ValueError("attention takes a mask or is_causal=True, and not both")
        mask = np.tri(*scores.shape[-2:], dtype=bool)
    if mask is not None:
        mask = np.asarray(mask) if isinstance(mask, list) else mask
        if mask.dtype == bool:
            scores, seeing = apply_mask(scores, to_arrays(mask))
        else:
            scores = scores + mask
    weights = softmax(scores, -1)
    weights = weights if seeing is None else weights * seeing
    return np.matmul(dropout(weights, dropout_p) if dropout_p else weights, value), weights


def apply_mask(scores: Any, mask: Any) -> tuple[Any, Any]:
    """Return the scores, -inf where the mask forbids; and a factor of 0 for places that may look nowhere, if any."""
    seeing = None if is_foreign(mask) else np.any(mask, -1, keepdims=True)
    if seeing is None or seeing.all():
        return np.where(mask, scores, -np.inf), None
    return np.where(mask | ~seeing, scores, -np.inf), seeing.astype(scores.dtype)


def attend_with_heads(
    query: Any, key: Any, value: Any, heads: int, in_weight: Any, in_bias: Any, out_weight: Any, out_bias: Any,
    mask: Any, padding: Any, dropout_p: float, causal: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """Return the result of attention with several heads, and the weights; the first axis of inputs counts examples."""
    width = query.shape[-1]
    biases = (None,) * 3 if in_bias is None else np.split(in_bias, 3)
    q, k, v = (
        split_heads(linear(x, w, b), heads)
        for x, w, b in zip((query, key, value), np.split(in_weight, 3), biases, strict=True)
    )
    if causal and padding is not None:
        mask, causal = ~np.tri(q.shape[-2], k.shape[-2], dtype=bool), False
    mask = combine_masks(mask, padding, q)
    result, weights = attend(q, k, v, mask, dropout_p, causal, None)
    joined = np.reshape(np.swapaxes(result, -3, -2), (*query.shape[:-1], width))
    return linear(joined, out_weight, out_bias), weights


def split_heads(x: Any, heads: int) -> Any:
    """Return an array of shape (..., L, E) in the shape (..., heads, L, E / heads)."""
    return np.swapaxes(np.reshape(x, (*x.shape[:-1], heads, -1)), -3, -2)


def combine_masks(mask: Any, padding: Any, q: Any) -> Any:
    """Return PyTorch's two masks, in which True forbids, as one: of floats to add, or of booleans where True allows.

    `padding` has the shape (N, S).
    """
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
