"""Costs: how far what came out is from what was wanted. By default their mean over all elements, or examples.

``reduction`` is "mean", "sum" or "none" in all of them, and the classes of an example are the second axis, as in PyTorch. What can't be
meant, such as shapes that merely happen to broadcast or targets that are no probabilities, is an error that says what to do.
"""

from .classification import cross_entropy, multi_margin_loss, nll_loss
from .probability import binary_cross_entropy, binary_cross_entropy_with_logits, hinge_embedding_loss, kl_div
from .regression import gaussian_nll_loss, huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss",
    "kl_div", "l1_loss", "mse_loss", "multi_margin_loss", "nll_loss", "smooth_l1_loss",
]  # fmt: skip
