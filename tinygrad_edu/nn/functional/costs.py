"""Costs: how far what came out is from what was wanted. By default their mean over all elements, or examples.

``reduction`` is "mean", "sum" or "none" in all of them, and the classes of an example are the second axis, as in PyTorch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...as_one import check
from ...rules.complex import squared_length
from ...rules.fused import log_softmax, refuse_complex, squared_error, surprise
from ...value import Value, bare
from .activations import logsigmoid


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Squared differences."""
    input, target = same_shape("mse_loss", input, target)
    if reduction == "none":
        refuse_complex("mse_loss", difference := input - target)
        return difference**2
    return squared_error(input, target, np.size(bare(input)) if mean_wanted("mse_loss", reduction) else 1)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute differences."""
    input, target = same_shape("l1_loss", input, target)
    return reduced("l1_loss", np.abs(input - target), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Squares near 0, and straight lines from `delta` on: outliers pull no harder than that (Huber 1964)."""
    input, target = same_shape("huber_loss", input, target)
    d = input - target
    size = np.abs(d)
    return reduced("huber_loss", np.where(size < delta, 0.5 * squared_length(d), delta * (size - 0.5 * delta)), reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """`huber_loss` over `beta`."""
    return huber_loss(input, target, reduction, beta) / beta


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
) -> Any:
    """The surprise at the wanted classes, of a network whose outputs are logarithms of probabilities, up to a constant.

    Parameters
    ----------
    input : (N, C), (N, C, ...) or (C,)
        Any numbers: softmax makes them probabilities.
    target : (N,), (N, ...) or a number; or of `input`'s shape
        Class indices, integers from 0 to C - 1; or the probabilities of all classes.
    weight : (C,), optional
        How much each class counts.
    ignore_index : int
        Examples of this index do not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        How much of the wanted probability is spread over all classes (Szegedy et al. 2016).
    """
    scores, target = as_classes("cross_entropy", input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing={label_smoothing} is out of range; it must be between 0 and 1")
    logs = log_softmax(scores, 1)
    if target.shape == scores.shape:
        return cross_entropy_of_probabilities(logs, target, weight, reduction, label_smoothing, scores.shape[1])
    if not label_smoothing:
        return nll_of(logs, target, weight, ignore_index, reduction, "cross_entropy", np.ndim(bare(input)) == 1)
    own = nll_of(logs, target, weight, ignore_index, "none", "cross_entropy", False)
    spread = -np.sum(logs if weight is None else logs * channels(weight, logs.ndim), 1) / scores.shape[1]
    spread, share = np.where(bare(target) != ignore_index, spread, 0), counts(target, weight, ignore_index, logs)[1]
    losses = (1 - label_smoothing) * own + label_smoothing * spread
    if reduction == "none":
        return losses[0] if np.ndim(input) == 1 else losses
    return np.sum(losses) / share if mean_wanted("cross_entropy", reduction) else np.sum(losses)


def cross_entropy_of_probabilities(logs: Any, target: Any, weight: Any, reduction: str, smoothing: float, n: int) -> Any:
    target = target * (1 - smoothing) + smoothing / n
    losses = -np.sum(logs * target if weight is None else logs * target * channels(weight, logs.ndim), 1)
    if reduction == "mean":
        return np.sum(losses) / losses.size
    return reduced("cross_entropy", losses, reduction)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """`cross_entropy` of outputs that are logarithms of probabilities already."""
    logs, target = as_classes("nll_loss", input, target)
    return nll_of(logs, target, weight, ignore_index, reduction, "nll_loss", np.ndim(bare(input)) == 1)


def nll_of(logs: Any, target: Any, weight: Any, ignore: int, reduction: str, name: str, single: bool) -> Any:
    indices = bare(target)
    classes = logs.shape[1]
    valid = indices != ignore
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{name}: the target must be class indices, integers, or probabilities of shape {logs.shape}; it is "
                        f"{indices.dtype} of shape {indices.shape}")
    refuse_other_classes(name, indices, classes, ignore)
    if weight is None and reduction != "none" and logs.dtype.kind == "f":  # what is asked for nearly always, as one operation
        share = np.sum(valid, dtype=logs.dtype) if mean_wanted(name, reduction) else 1
        chosen = indices[:, None] == channels(np.arange(classes), logs.ndim)
        return surprise(logs, chosen & valid[:, None], share)
    counted, share = counts(target, weight, ignore, logs)
    chosen = np.take_along_axis(logs, np.expand_dims(np.where(valid, indices, 0), 1), 1)
    losses = np.where(valid, -np.squeeze(chosen, 1), 0) * counted  # what is ignored may be infinite
    if reduction == "none":
        return losses[0] if single else losses
    return np.sum(losses) / share if mean_wanted(name, reduction) else np.sum(losses)


@check
def refuse_other_classes(name: str, indices: Any, classes: int, ignore: int) -> None:
    """An error for indices of classes that are not there."""
    counted = indices[indices != ignore]
    if np.any((counted < 0) | (counted >= classes)):
        raise ValueError(f"{name}: class indices must be from 0 to {classes - 1}; there are {np.unique(counted)[[0, -1]]}")


def counts(target: Any, weight: Any, ignore: int, logs: Any) -> tuple[Any, Any]:
    """How much each example counts, and all together."""
    indices = bare(target)
    valid = indices != ignore
    if weight is None:
        counted = valid.astype(logs.dtype)
    else:
        counted = np.where(valid, weight[np.where(valid, indices, 0)], 0)
    return counted, np.sum(counted)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """The surprise at yes or no, for probabilities of yes; logarithms are kept above -100, as in PyTorch."""
    input, target = same_shape("binary_cross_entropy", input, target)
    values = bare(input)
    refuse_improbable(values)
    tiny = math.exp(-100) if values.dtype != np.float32 and values.dtype != np.float16 else float(np.finfo(values.dtype).tiny)
    yes, no = np.log(np.maximum(input, tiny)), np.log(np.maximum(1 - input, tiny))
    losses = -(target * yes + (1 - target) * no)
    return reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


@check
def refuse_improbable(values: Any) -> None:
    """An error for what can't be probabilities."""
    if np.any((values < 0) | (values > 1)):
        raise ValueError("binary_cross_entropy: inputs are probabilities, between 0 and 1; "
                         "for any numbers use binary_cross_entropy_with_logits")


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """`binary_cross_entropy` of ``sigmoid(input)``, exact for large inputs too."""
    input, target = same_shape("binary_cross_entropy_with_logits", input, target)
    yes = target if pos_weight is None else target * pos_weight
    losses = -(yes * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduced("binary_cross_entropy_with_logits", losses if weight is None else losses * weight, reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """How much is lost when the logarithms of probabilities `input` stand for the probabilities `target`.

    ``reduction="batchmean"`` divides by the number of examples, which is the divergence's definition.
    """
    input, target = same_shape("kl_div", input, target)
    if log_target:
        losses = np.exp(target) * (target - input)
    else:
        positive = bare(target) > 0
        losses = np.where(positive, target * (np.log(np.where(positive, target, 1)) - input), 0)
    return np.sum(losses) / losses.shape[0] if reduction == "batchmean" else reduced("kl_div", losses, reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """`input` where the target is 1, and what it lacks to `margin` where it is -1."""
    input, target = same_shape("hinge_embedding_loss", input, target)
    return reduced("hinge_embedding_loss", np.where(bare(target) == 1, input, np.maximum(margin - input, 0)), reduction)


def multi_margin_loss(input: Any, target: Any, p: int = 1, margin: float = 1.0, reduction: str = "mean") -> Any:
    """The hinge of support vector machines: by how much other classes come within `margin` of the wanted one."""
    scores, indices = as_classes("multi_margin_loss", input, target)
    indices = np.expand_dims(bare(indices), 1)
    gaps = np.maximum(margin - np.take_along_axis(scores, indices, 1) + scores, 0) ** p
    others = np.arange(scores.shape[1]) != indices
    losses = np.sum(np.where(others, gaps, 0), 1) / scores.shape[1]
    return reduced("multi_margin_loss", losses[0] if np.ndim(input) == 1 and reduction == "none" else losses, reduction)


def gaussian_nll_loss(input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> Any:
    """The surprise at `target`, of a normal distribution with mean `input` and variance `var`."""
    input, target = same_shape("gaussian_nll_loss", input, target)
    var = np.maximum(var, eps)
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduced("gaussian_nll_loss", losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


# ------------------------------------------------------------------------------------- what they share


def mean_wanted(name: str, reduction: str) -> bool:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return reduction == "mean"


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """What is made of the losses of all elements."""
    mean = mean_wanted(name, reduction)
    return losses if reduction == "none" else np.mean(losses) if mean else np.sum(losses)


def same_shape(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Refuse shapes that merely happen to broadcast, such as (n,) against (n, 1); and lists become arrays."""
    input = input if hasattr(input, "shape") else np.asarray(input)
    target = target if hasattr(target, "shape") else np.asarray(target)
    if input.shape != target.shape:
        raise ValueError(f"{name}: the output has shape {input.shape} and the target {target.shape}; they must be equal. "
                         "Reshape one of them: broadcasting would compare every output with every target")
    return input, target


def as_classes(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Scores as (N, C, ...), with the target to match."""
    target = target if isinstance(target, Value) else np.asarray(target)
    input = input if isinstance(input, Value) else np.asarray(input)
    if input.ndim == 1:
        input, target = np.expand_dims(input, 0), np.expand_dims(target, 0)
    if target.shape not in (input.shape, input.shape[:1] + input.shape[2:]):
        raise ValueError(f"{name}: for an output of shape {input.shape}, the target must be class indices of shape "
                         f"{input.shape[:1] + input.shape[2:]}, or probabilities of the output's shape; it has shape {target.shape}")
    return input, target


def channels(weight: Any, ndim: int) -> Any:
    """A number for each class, in the shape that meets the second axis."""
    return np.reshape(weight, (1, -1) + (1,) * (ndim - 2))
