"""Costs of yes or no, each by itself; and of probabilities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .activations import logsigmoid
from .agreement import (
    reduced,
    refuse_improbable,
    refuse_other_numbers,
    same_shape,
    seen,
    warn_no_logarithms,
    warn_squashed,
    weights_for,
)  # fmt: skip

YES_OR_NO = ("0 is no and 1 is yes: of -1 and 1 make them by (y + 1) / 2, of bytes by y / 255. Class numbers go with cross_entropy "
             "(nn.CrossEntropyLoss), and an output for each class")


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """The surprise at yes or no, 1 or 0 or in between, for probabilities of yes; logarithms are kept above -100, as in PyTorch."""
    name = "binary_cross_entropy"
    input, target = same_shape(name, input, target)
    refuse_improbable(name, "inputs", seen(input), "For any numbers use binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss)")
    refuse_improbable(name, "targets", seen(target), YES_OR_NO)
    dtype = input.dtype
    tiny = math.exp(-100) if dtype != np.float32 and dtype != np.float16 else float(np.finfo(dtype).tiny)
    yes, no = np.log(np.maximum(input, tiny)), np.log(np.maximum(1 - input, tiny))
    losses = -(target * yes + (1 - target) * no)
    return reduced(name, losses if weight is None else losses * weights_for(name, "weight", weight, losses), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """`binary_cross_entropy` of ``sigmoid(input)``, exact for large inputs too."""
    name = "binary_cross_entropy_with_logits"
    input, target = same_shape(name, input, target)
    warn_squashed(name, input, "Leave out that last function, in the network; or use binary_cross_entropy (nn.BCELoss)")
    refuse_improbable(name, "targets", seen(target), YES_OR_NO)
    yes = target if pos_weight is None else target * weights_for(name, "pos_weight", pos_weight, input)
    losses = -(yes * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduced(name, losses if weight is None else losses * weights_for(name, "weight", weight, losses), reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """How much is lost when the logarithms of probabilities `input` stand for the probabilities `target`.

    ``reduction="batchmean"`` divides by the number of examples, which is the divergence's definition. With `log_target`, the
    target consists of logarithms too. A warning says if logarithms can't be those of probabilities.
    """
    input, target = same_shape("kl_div", input, target)
    warn_no_logarithms("kl_div", "its inputs", seen(input))
    if log_target:
        warn_no_logarithms("kl_div", "with log_target=True, its targets", seen(target))
        losses = np.exp(target) * (target - input)
    else:
        refuse_other_numbers("kl_div: targets are probabilities, and some of these are negative or NaN. For their logarithms, say "
                             "log_target=True", seen(target) >= 0)
        positive = seen(target) > 0
        losses = np.where(positive, target * (np.log(np.where(positive, target, 1)) - input), 0)
    return np.sum(losses) / losses.shape[0] if reduction == "batchmean" else reduced("kl_div", losses, reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """`input` where the target is 1, and what it lacks to `margin` where it is -1."""
    input, target = same_shape("hinge_embedding_loss", input, target)
    near = seen(target) == 1
    refuse_other_numbers("hinge_embedding_loss: targets are 1 for what belongs together, and -1 for what doesn't; of 1 and 0 make them by "
                         "2 * y - 1", near | (seen(target) == -1))
    return reduced("hinge_embedding_loss", np.where(near, input, np.maximum(margin - input, 0)), reduction)
