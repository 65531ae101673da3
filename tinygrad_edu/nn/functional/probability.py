"""Losses of yes-or-no decisions, and of probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...docstrings import complete_from
from .agreement import (
    match_weights,
    peek,
    reduce_losses,
    refuse_improbable,
    refuse_other_numbers,
    require_same_shape,
    warn_no_logarithms,
    warn_squashed,
)  # fmt: skip
from .saturating import logsigmoid

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike
    from .agreement import Reduction

BINARY_TARGETS = (
    "0 is no and 1 is yes: of -1 and 1 make them by (y + 1) / 2, of bytes by y / 255. "
    "Class numbers go with cross_entropy (nn.CrossEntropyLoss), and an output for each class"
)


def binary_cross_entropy(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, reduction: Reduction = "mean"
) -> Tensor:
    """Compute the cross entropy of yes-or-no decisions, from probabilities.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The probabilities of yes, from 0 to 1, such as `sigmoid` computes.
    target : Tensor or array_like, the shape of `input`
        1 for yes and 0 for no, or a probability of yes.
    weight : Tensor or array_like, optional
        How much each element counts, in a shape that broadcasts to that of `input`.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of all losses, their sum, or all of them.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss.

    Raises
    ------
    ValueError
        If the shapes do not fit, or inputs or targets are not between 0 and 1.

    Notes
    -----
    The loss of an element is ``-(target * log(input) + (1 - target) * log(1 - input))``. Logarithms are at least -100,
    as in PyTorch. `binary_cross_entropy_with_logits` is more exact.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> round(nn.functional.binary_cross_entropy(Tensor([0.9, 0.2]), Tensor([1.0, 0.0])).item(), 4)
    0.1643
    """
    name = "binary_cross_entropy"
    input, target = require_same_shape(name, input, target)
    refuse_improbable(
        name, "inputs", peek(input), "For any numbers use binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss)"
    )
    refuse_improbable(name, "targets", peek(target), BINARY_TARGETS)
    dtype = input.dtype
    tiny = math.exp(-100) if dtype != np.float32 and dtype != np.float16 else float(np.finfo(dtype).tiny)
    yes, no = np.log(np.maximum(input, tiny)), np.log(np.maximum(1 - input, tiny))
    losses = -(target * yes + (1 - target) * no)
    return reduce_losses(
        name, losses if weight is None else losses * match_weights(name, "weight", weight, losses), reduction
    )


@complete_from(binary_cross_entropy)
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    reduction: Reduction = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Compute the cross entropy of yes-or-no decisions, from any numbers, which are also called logits.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The network's outputs. The sigmoid makes probabilities of yes from them.
    pos_weight : Tensor or array_like, optional
        How much yes counts more than no, in a shape that broadcasts to that of `input`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or targets are not between 0 and 1.

    Warns
    -----
    UserWarning
        If the input comes from a sigmoid or softmax.

    Notes
    -----
    The loss of an element is ``-(pos_weight * target * log(p) + (1 - target) * log(1 - p))`` with ``p =
    sigmoid(input)``, computed in a way that is exact for large inputs too.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> round(nn.functional.binary_cross_entropy_with_logits(Tensor([2.0, -1.0]), Tensor([1.0, 0.0])).item(), 4)
    0.2201
    """
    name = "binary_cross_entropy_with_logits"
    input, target = require_same_shape(name, input, target)
    warn_squashed(name, input, "Leave out that last function, in the network; or use binary_cross_entropy (nn.BCELoss)")
    refuse_improbable(name, "targets", peek(target), BINARY_TARGETS)
    yes = target if pos_weight is None else target * match_weights(name, "pos_weight", pos_weight, input)
    losses = -(yes * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduce_losses(
        name, losses if weight is None else losses * match_weights(name, "weight", weight, losses), reduction
    )


def kl_div(
    input: TensorLike,
    target: TensorLike,
    reduction: Reduction | Literal["batchmean"] = "mean",
    log_target: bool = False,
) -> Tensor:
    """Compute the Kullback-Leibler divergence of two probability distributions.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The logarithms of the network's probabilities.
    target : Tensor or array_like, the shape of `input`
        The wanted probabilities; or their logarithms, if `log_target`.
    reduction : {"mean", "batchmean", "sum", "none"}
        Whether to return the mean over all elements, the sum divided by the number of examples, the sum, or all of
        them. "batchmean" is the divergence by its definition.
    log_target : bool
        Whether the target consists of logarithms.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss.

    Raises
    ------
    ValueError
        If the shapes are not equal, or probabilities are negative or NaN.

    Warns
    -----
    UserWarning
        If logarithms can't be those of probabilities, since some are above 0.

    Notes
    -----
    The loss of an element is ``target * (log(target) - input)`` (Kullback & Leibler 1951).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> logs = np.log(Tensor([[0.5, 0.5]]))
    >>> round(nn.functional.kl_div(logs, Tensor([[0.9, 0.1]])).item(), 4)
    0.184
    """
    input, target = require_same_shape("kl_div", input, target)
    warn_no_logarithms("kl_div", "its inputs", peek(input))
    if log_target:
        warn_no_logarithms("kl_div", "with log_target=True, its targets", peek(target))
        losses = np.exp(target) * (target - input)
    else:
        refuse_other_numbers(
            "kl_div: targets are probabilities, and some of these are negative or NaN. For their logarithms, say "
            "log_target=True",
            peek(target) >= 0,
        )
        positive = peek(target) > 0
        losses = np.where(positive, target * (np.log(np.where(positive, target, 1)) - input), 0)
    return np.sum(losses) / losses.shape[0] if reduction == "batchmean" else reduce_losses("kl_div", losses, reduction)


def hinge_embedding_loss(
    input: TensorLike, target: TensorLike, margin: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """Compute the loss of distances, which are to be small within pairs that belong together, and large within others.

    Parameters
    ----------
    input : Tensor or array_like, any shape
        The distances.
    target : Tensor or array_like, the shape of `input`
        1 for things that belong together, -1 for others.
    margin : float
        The distance at which others are far enough apart.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of all losses, their sum, or all of them.

    Returns
    -------
    Tensor, (), or the shape of `input` if `reduction` is "none"
        The loss. It is ``input`` where the target is 1, and ``max(0, margin - input)`` where it is -1.

    Raises
    ------
    ValueError
        If the shapes are not equal, or a target is neither 1 nor -1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.functional.hinge_embedding_loss(Tensor([0.25, 0.25]), Tensor([1.0, -1.0])).item()
    0.5
    """
    input, target = require_same_shape("hinge_embedding_loss", input, target)
    near = peek(target) == 1
    refuse_other_numbers(
        "hinge_embedding_loss: targets are 1 for what belongs together, and -1 for what doesn't; "
        "of 1 and 0 make them by 2 * y - 1",
        near | (peek(target) == -1),
    )
    return reduce_losses("hinge_embedding_loss", np.where(near, input, np.maximum(margin - input, 0)), reduction)
