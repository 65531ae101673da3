"""Attention layers, the parts of transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import functional as F
from . import init
from .dropout import Dropout
from .functional.attention import attend_with_heads
from .layers import Linear
from .module import Module
from .normalization import LayerNorm
from .parameter import Parameter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike


class MultiheadAttention(Module):
    """Attention with several heads, each of which compares other parts of the vectors.

    Its masks are PyTorch's: of booleans, where True forbids, or of floats, which are added to the scores.

    Parameters
    ----------
    embed_dim : int
        The length of the vectors. The heads divide it among themselves.
    num_heads : int
        The number of heads.
    dropout : float
        The probability that a weight of the attention is dropped in training.
    bias : bool
        Whether weighted sums have biases.
    batch_first : bool
        Whether inputs have the shape (N, L, embed_dim) rather than (L, N, embed_dim). Both understand (L, embed_dim), a
        single sequence.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Attributes
    ----------
    in_proj_weight : Parameter, (3 * embed_dim, embed_dim)
        The weights that make queries, keys and values of the inputs.
    in_proj_bias : Parameter, (3 * embed_dim,), or None
        Their biases.
    out_proj : Linear
        The layer that joins the results of the heads.

    Raises
    ------
    ValueError
        If `embed_dim` can't be divided by `num_heads`.

    Notes
    -----
    See Vaswani et al. (2017), and `nn.functional.scaled_dot_product_attention`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = Tensor(np.ones((3, 5, 8)))
    >>> result, weights = attention(x, x, x)
    >>> result.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: vectors of length {embed_dim} can't be divided among {num_heads} heads"
            )
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.in_proj_weight = init.xavier_uniform_(
            Parameter(np.zeros((3 * embed_dim, embed_dim)), dtype=dtype), rng=rng
        )
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim), dtype=dtype) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: TensorLike | None = None,
        need_weights: bool = True,
        attn_mask: TensorLike | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the result, and the weights of the attention.

        Parameters
        ----------
        query : Tensor or ndarray, (L, N, embed_dim), or (N, L, embed_dim) if `batch_first`, or (L, embed_dim)
            The places that look.
        key, value : Tensor or ndarray, with S in place of L
            The places that are looked at.
        key_padding_mask : Tensor or array_like, (N, S), optional
            The places that nobody may look at.
        need_weights : bool
            Whether to return the weights too.
        attn_mask : Tensor or array_like, (L, S) or (N * num_heads, L, S), optional
            Which places may not look at which.
        average_attn_weights : bool
            Whether to return the mean of the heads' weights, (N, L, S), or all of them, (N, num_heads, L, S).
        is_causal : bool
            Whether each place sees only itself and earlier places. A mask takes precedence.

        Returns
        -------
        result : Tensor, the shape of `query`
            The weighted means of the values, joined over the heads.
        weights : Tensor, (N, L, S), or None
            The weights, if they are wanted.

        Raises
        ------
        ValueError
            If the vectors have another length.
        """
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.shape[-1] != self.embed_dim or x.ndim not in (2, 3):
                raise ValueError(
                    f"MultiheadAttention({self.extra_repr()}): the {name} must have vectors of length "
                    f"{self.embed_dim}; it has shape {x.shape}"
                )
        q: Any = query
        k: Any = key
        v: Any = value
        swap = query.ndim == 3 and not self.batch_first
        if swap:
            q, k, v = (np.swapaxes(x, 0, 1) for x in (q, k, v))
        causal = is_causal and attn_mask is None
        y, weights = attend_with_heads(
            q,
            k,
            v,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.out_proj.weight,
            self.out_proj.bias,
            attn_mask,
            key_padding_mask,
            self.dropout if self.training else 0.0,
            causal,
        )
        if swap:
            y = np.swapaxes(y, 0, 1)
        if not need_weights:
            return y, None
        return y, np.mean(weights, -3) if average_attn_weights else weights

    def extra_repr(self) -> str:
        """Return the length of the vectors, and the number of heads."""
        return f"{self.embed_dim}, {self.num_heads}"


class TransformerEncoderLayer(Module):
    """A layer of a transformer: attention, then a network of two layers for each place.

    The result of each is added to its input and normalised.

    Parameters
    ----------
    d_model : int
        The length of the vectors.
    nhead : int
        The number of heads of the attention.
    dim_feedforward : int
        The number of neurons between the two layers.
    dropout : float
        The probability that a number is dropped in training.
    activation : {"relu", "gelu"} or callable
        The activation between the two layers.
    layer_norm_eps : float
        A small number that the normalisations add to the variance.
    batch_first : bool
        Whether inputs have the shape (N, L, d_model) rather than (L, N, d_model).
    norm_first : bool
        Whether inputs are normalised before attention and network, rather than results after them.
    bias : bool
        Whether weighted sums and normalisations have biases.
    dtype : dtype
        The dtype of the parameters.
    rng : numpy.random.Generator, optional
        The source of the random weights. By default it is the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If the activation is not known, or `d_model` can't be divided by `nhead`.

    Notes
    -----
    See Vaswani et al. (2017); for `norm_first`, Xiong et al. (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> layer(Tensor(np.ones((3, 5, 8)))).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Literal["relu", "gelu"] | Callable[[Tensor], Tensor] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if activation not in ("relu", "gelu") and not callable(activation):
            raise ValueError(
                f"TransformerEncoderLayer: activation must be 'relu', 'gelu', or a function, not {activation!r}"
            )
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, dtype=dtype, rng=rng)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation: Any = (
            {"relu": F.relu, "gelu": F.gelu}[activation] if isinstance(activation, str) else activation
        )
        self.norm_first = norm_first

    def forward(
        self,
        src: Tensor,
        src_mask: TensorLike | None = None,
        src_key_padding_mask: TensorLike | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the layer's output, in the shape of its input.

        Parameters
        ----------
        src : Tensor or ndarray, (L, N, d_model), or (N, L, d_model) if `batch_first`, or (L, d_model)
            The input.
        src_mask : Tensor or array_like, (L, L) or (N * nhead, L, L), optional
            Which places may not look at which; see `MultiheadAttention`.
        src_key_padding_mask : Tensor or array_like, (N, L), optional
            The places that nobody may look at.
        is_causal : bool
            Whether each place sees only itself and earlier places.

        Returns
        -------
        Tensor, the shape of `src`
            The output.
        """

        def attend(x: Any) -> Any:
            y, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)
            return self.dropout1(y)

        def think(x: Any) -> Any:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        if self.norm_first:
            x: Tensor = src + attend(self.norm1(src))
            x = x + think(self.norm2(x))
        else:
            x = self.norm1(src + attend(src))
            x = self.norm2(x + think(x))
        return x
