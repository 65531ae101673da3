"""The functions that layers and losses compute, under PyTorch's names.

They take Tensors, and arrays of NumPy. Given Tensors, they return Tensors, and remember how to differentiate them;
given nothing but arrays, they return arrays.
"""

from ...rules.neural.erf import erf
from ...rules.neural.fused import linear, log_softmax, relu, sigmoid, softmax, squared_error
from .attention import scaled_dot_product_attention
from .convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from .dropout import dropout
from .gated import gelu, glu, hardswish, mish, silu
from .lookup import bilinear, cosine_similarity, embedding, one_hot
from .losses import (  # fmt: skip
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    multi_margin_loss,
    nll_loss,
    smooth_l1_loss,
)
from .normalization import batch_norm, group_norm, layer_norm, normalize, rms_norm
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from .rectifying import elu, leaky_relu, prelu, relu6, selu, softplus
from .saturating import hardsigmoid, hardtanh, logsigmoid, softsign, tanh, tanhshrink
from .softmin import softmin

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "batch_norm",
    "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv1d", "conv2d", "conv_transpose1d",
    "conv_transpose2d", "cosine_similarity", "cross_entropy", "dropout", "elu", "embedding", "erf",
    "gaussian_nll_loss", "gelu", "glu", "group_norm", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss",
    "huber_loss", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "logsigmoid",
    "max_pool1d", "max_pool2d", "mish", "mse_loss", "multi_margin_loss", "nll_loss", "normalize", "one_hot", "prelu",
    "relu", "relu6", "rms_norm", "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss",
    "softmax", "softmin", "softplus", "softsign", "squared_error", "tanh", "tanhshrink",
]  # fmt: skip
