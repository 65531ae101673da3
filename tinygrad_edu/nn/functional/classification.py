"""Losses of networks that choose one of several classes.

The second axis of their outputs holds a score for each class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...engine.tensor_base import to_arrays
from ...rules.neural.fused import log_softmax, masked_nll
from .agreement import (
    peek,
    reduce_losses,
    takes_mean,
    warn_no_logarithms,
    warn_squashed,
)
from .class_checks import along_classes, arrange_classes, check_class_weights, check_classes, refuse_other_rows

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor
    from ...typing import TensorLike
    from .agreement import Reduction

UNSQUASHED = "Leave out that last function, in the network: its scores may be any numbers"


def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute the cross-entropy loss: minus the logarithm of the probability that the network gives the right class.

    Parameters
    ----------
    input : Tensor or array_like, (N, C), (N, C, ...) or (C,)
        The network's outputs, also called logits or scores: any numbers, for C classes, at least two. The softmax makes
        probabilities of them.
    target : Tensor or array_like, (N,), (N, ...) or (); or the shape of `input`
        The right classes, integers from 0 to C - 1; or a probability for each class.
    weight : Tensor or array_like, (C,), optional
        How much each class counts.
    ignore_index : int
        Examples of this class do not count.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of the examples' losses, their sum, or all of them. Where targets are classes, the
        mean is weighted with `weight`.
    label_smoothing : float
        The share of the probability that the target gives to all classes alike, from 0 to 1.

    Returns
    -------
    Tensor, (), or (N, ...) if `reduction` is "none"
        The loss.

    Raises
    ------
    TypeError
        If the classes are not integers.
    ValueError
        If the shapes do not fit, there are fewer than two classes, or a target is neither a class nor a probability.

    Warns
    -----
    UserWarning
        If the input comes from a softmax or sigmoid, or probabilities of the target do not add up to 1.

    Notes
    -----
    The loss of an example is ``-log(softmax(input)[target])``. With probabilities as target, it is
    ``-sum(target * log(softmax(input)))``. Label smoothing is by Szegedy et al. (2016).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> logits = Tensor([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> round(nn.functional.cross_entropy(logits, [0, 2]).item(), 4)
    0.5673
    """
    scores, target, single = arrange_classes("cross_entropy", input, target, True)
    warn_squashed("cross_entropy", input, UNSQUASHED)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"cross_entropy: label_smoothing={label_smoothing} is out of range; it must be between 0 and 1"
        )
    if weight is not None:
        weight = check_class_weights("cross_entropy", weight, scores)
    logs = log_softmax(scores, 1)
    if target.shape == scores.shape:
        losses = compare_with_probabilities(logs, target, weight, label_smoothing)
        return reduce_losses("cross_entropy", losses[0] if single else losses, reduction)
    if not label_smoothing:
        return compute_nll(logs, target, weight, ignore_index, reduction, "cross_entropy", single)
    own = compute_nll(logs, target, weight, ignore_index, "none", "cross_entropy", False)
    spread = -np.sum(logs if weight is None else logs * along_classes(weight, logs.ndim), 1) / scores.shape[1]
    spread, share = (
        np.where(to_arrays(target) != ignore_index, spread, 0),
        weigh_examples(target, weight, ignore_index, logs)[1],
    )
    losses = (1 - label_smoothing) * own + label_smoothing * spread
    return reduce_weighted(losses, share, reduction, "cross_entropy", single)


def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of the right classes, from logarithms of probabilities.

    Parameters
    ----------
    input : Tensor or array_like, (N, C), (N, C, ...) or (C,)
        Logarithms of the probabilities of C classes, such as `log_softmax` computes.
    target : Tensor or array_like, (N,), (N, ...) or ()
        The right classes, integers from 0 to C - 1.
    weight : Tensor or array_like, (C,), optional
        How much each class counts.
    ignore_index : int
        Examples of this class do not count.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of the examples' losses, their sum, or all of them. The mean is weighted with
        `weight`.

    Returns
    -------
    Tensor, (), or (N, ...) if `reduction` is "none"
        The loss. For an example it is ``-input[target]``.

    Raises
    ------
    TypeError
        If the classes are not integers.
    ValueError
        If the shapes do not fit, there are fewer than two classes, or a target is not a class.

    Warns
    -----
    UserWarning
        If the input can't be logarithms of probabilities, since some are above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> logs = np.log(Tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    >>> round(nn.functional.nll_loss(logs, [0, 2]).item(), 4)
    0.4581
    """
    logs, target, single = arrange_classes("nll_loss", input, target, False)
    warn_no_logarithms("nll_loss", "its inputs", peek(logs))
    if weight is not None:
        weight = check_class_weights("nll_loss", weight, logs)
    return compute_nll(logs, target, weight, ignore_index, reduction, "nll_loss", single)


def multi_margin_loss(
    input: TensorLike, target: TensorLike, p: Literal[1, 2] = 1, margin: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """Compute the hinge loss of several classes: how far the other scores come within a margin of the right one.

    Parameters
    ----------
    input : Tensor or array_like, (N, C), (N, C, ...) or (C,)
        The scores of C classes.
    target : Tensor or array_like, (N,), (N, ...) or ()
        The right classes, integers from 0 to C - 1.
    p : {1, 2}
        The power of each distance.
    margin : float
        How far the right class should be ahead.
    reduction : {"mean", "sum", "none"}
        Whether to return the mean of the examples' losses, their sum, or all of them.

    Returns
    -------
    Tensor, (), or (N, ...) if `reduction` is "none"
        The loss.

    Raises
    ------
    TypeError
        If the classes are not integers.
    ValueError
        If the shapes do not fit, a target is not a class, or `p` is neither 1 nor 2.

    Notes
    -----
    The loss of an example is the sum of ``max(0, margin - input[target] + input[k])**p`` over all other classes k,
    divided by C. It is the loss of a support vector machine (Weston & Watkins 1999).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> scores = Tensor([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> round(nn.functional.multi_margin_loss(scores, [0, 2]).item(), 4)
    0.3333
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p must be 1 or 2, not {p!r}")
    scores, target, single = arrange_classes("multi_margin_loss", input, target, False)
    indices = check_classes("multi_margin_loss", target, scores.shape[1], None)
    indices = np.expand_dims(indices, 1)
    gaps = np.maximum(margin - np.take_along_axis(scores, indices, 1) + scores, 0)
    gaps = gaps if p == 1 else gaps**p
    others = along_classes(np.arange(scores.shape[1]), scores.ndim) != indices
    losses = np.sum(np.where(others, gaps, 0), 1) / scores.shape[1]
    return reduce_losses("multi_margin_loss", losses[0] if single else losses, reduction)


def compute_nll(logs: Any, target: Any, weight: Any, ignore: int, reduction: str, name: str, single: bool) -> Any:
    """Return the negative log-likelihood, from logarithms of probabilities of shape (N, C, ...)."""
    indices = check_classes(name, target, logs.shape[1], ignore)
    valid = indices != ignore
    if weight is None and reduction != "none" and logs.dtype.kind == "f":  # the usual case, as one operation
        share = np.sum(valid, dtype=logs.dtype) if takes_mean(name, reduction) else 1
        chosen = indices[:, None] == along_classes(np.arange(logs.shape[1]), logs.ndim)
        return masked_nll(logs, chosen & valid[:, None], share)
    counted, share = weigh_examples(target, weight, ignore, logs)
    chosen = np.take_along_axis(logs, np.expand_dims(np.where(valid, indices, 0), 1), 1)
    losses = np.where(valid, -np.squeeze(chosen, 1), 0) * counted  # the logarithm of an ignored class may be infinite
    return reduce_weighted(losses, share, reduction, name, single)


def reduce_weighted(losses: Any, share: Any, reduction: str, name: str, single: bool) -> Any:
    """Return the sum of the examples' losses over `share`, the sum of their weights; or their sum, or all of them."""
    if reduction == "none":
        return losses[0] if single else losses
    return np.sum(losses) / share if takes_mean(name, reduction) else np.sum(losses)


def compare_with_probabilities(logs: Any, target: Any, weight: Any, smoothing: float) -> Any:
    """Return the examples' cross entropies, where the targets are probabilities."""
    refuse_other_rows("cross_entropy", peek(target))
    if target.dtype.kind in "iub":
        target = peek(target).astype(logs.dtype)
    target = target * (1 - smoothing) + smoothing / logs.shape[1]
    # a class that isn't wanted may be impossible: avoid 0 times minus infinity
    logs = np.where((target == 0) & np.isinf(logs), 0, logs)
    return -np.sum(logs * target if weight is None else logs * target * along_classes(weight, logs.ndim), 1)


def weigh_examples(target: Any, weight: Any, ignore: int, logs: Any) -> tuple[Any, Any]:
    """Return the weight of each example, and the sum of the weights."""
    indices = to_arrays(target)
    valid = indices != ignore
    if weight is None:
        counted = valid.astype(logs.dtype)
    else:
        counted = np.where(valid, weight[np.where(valid, indices, 0)], 0)
    return counted, np.sum(counted)
