"""Loss functions, also called costs: how far a network's outputs are from the targets.

By default they return the mean over all elements, or examples. The argument ``reduction`` is "mean", "sum" or "none" in
all of them, and classes are the second axis, as in PyTorch. Inputs that can't be meant are errors that say what to do:
shapes that happen to broadcast, for example, or targets that can't be probabilities.
"""

from .classification import cross_entropy, multi_margin_loss, nll_loss
from .probability import binary_cross_entropy, binary_cross_entropy_with_logits, hinge_embedding_loss, kl_div
from .regression import gaussian_nll_loss, huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss", "multi_margin_loss", "nll_loss",
    "smooth_l1_loss",
]  # fmt: skip
