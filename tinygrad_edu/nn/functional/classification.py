"""Costs of classes that exclude each other: of an example's scores, one for each class, which are the second axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.atomic import check
from ...engine.provenance import warn_user
from ...engine.tensor_base import bare
from ...rules.neural.fused import log_softmax, surprise
from .agreement import as_array, mean_wanted, reduced, refuse_improbable, seen, warn_no_logarithms, warn_squashed

UNSQUASHED = "Leave out that last function, in the network: its scores may be any numbers"


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
) -> Any:
    """The surprise at the wanted classes, of a network whose outputs are logarithms of probabilities, up to a constant.

    Parameters
    ----------
    input : (N, C), (N, C, ...) or (C,)
        Any numbers, for two classes or more: softmax makes them probabilities.
    target : (N,), (N, ...) or a number; or of `input`'s shape
        Class indices, integers from 0 to C - 1; or the probabilities of all classes, which add up to 1 (a warning says if they don't).
    weight : (C,), optional
        How much each class counts.
    ignore_index : int
        Examples of this index do not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        How much of the wanted probability is spread over all classes (Szegedy et al. 2016).
    """
    scores, target, single = as_classes("cross_entropy", input, target, True)
    warn_squashed("cross_entropy", input, UNSQUASHED)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing={label_smoothing} is out of range; it must be between 0 and 1")
    if weight is not None:
        weight = weight_of_classes("cross_entropy", weight, scores)
    logs = log_softmax(scores, 1)
    if target.shape == scores.shape:
        losses = surprises_at_probabilities(logs, target, weight, label_smoothing)
        return reduced("cross_entropy", losses[0] if single else losses, reduction)
    if not label_smoothing:
        return nll_of(logs, target, weight, ignore_index, reduction, "cross_entropy", single)
    own = nll_of(logs, target, weight, ignore_index, "none", "cross_entropy", False)
    spread = -np.sum(logs if weight is None else logs * channels(weight, logs.ndim), 1) / scores.shape[1]
    spread, share = np.where(bare(target) != ignore_index, spread, 0), counts(target, weight, ignore_index, logs)[1]
    losses = (1 - label_smoothing) * own + label_smoothing * spread
    return in_all(losses, share, reduction, "cross_entropy", single)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """`cross_entropy` of outputs that are logarithms of probabilities already; a warning says if they can't be."""
    logs, target, single = as_classes("nll_loss", input, target, False)
    warn_no_logarithms("nll_loss", "its inputs", seen(logs))
    if weight is not None:
        weight = weight_of_classes("nll_loss", weight, logs)
    return nll_of(logs, target, weight, ignore_index, reduction, "nll_loss", single)


def multi_margin_loss(input: Any, target: Any, p: int = 1, margin: float = 1.0, reduction: str = "mean") -> Any:
    """The hinge of support vector machines: by how much, to the power of `p` (1 or 2), other classes come within `margin` of the wanted one."""
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p must be 1 or 2, not {p!r}")
    scores, target, single = as_classes("multi_margin_loss", input, target, False)
    indices = class_numbers("multi_margin_loss", target, scores.shape[1], None)
    indices = np.expand_dims(indices, 1)
    gaps = np.maximum(margin - np.take_along_axis(scores, indices, 1) + scores, 0) ** p
    others = channels(np.arange(scores.shape[1]), scores.ndim) != indices
    losses = np.sum(np.where(others, gaps, 0), 1) / scores.shape[1]
    return reduced("multi_margin_loss", losses[0] if single else losses, reduction)


# ------------------------------------------------------------------------------------- what they are made of


def nll_of(logs: Any, target: Any, weight: Any, ignore: int, reduction: str, name: str, single: bool) -> Any:
    indices = class_numbers(name, target, logs.shape[1], ignore)
    valid = indices != ignore
    if weight is None and reduction != "none" and logs.dtype.kind == "f":  # what is asked for nearly always, as one operation
        share = np.sum(valid, dtype=logs.dtype) if mean_wanted(name, reduction) else 1
        chosen = indices[:, None] == channels(np.arange(logs.shape[1]), logs.ndim)
        return surprise(logs, chosen & valid[:, None], share)
    counted, share = counts(target, weight, ignore, logs)
    chosen = np.take_along_axis(logs, np.expand_dims(np.where(valid, indices, 0), 1), 1)
    losses = np.where(valid, -np.squeeze(chosen, 1), 0) * counted  # what is ignored may be infinite
    return in_all(losses, share, reduction, name, single)


def in_all(losses: Any, share: Any, reduction: str, name: str, single: bool) -> Any:
    """What is made of the losses of examples that count for `share` together."""
    if reduction == "none":
        return losses[0] if single else losses
    return np.sum(losses) / share if mean_wanted(name, reduction) else np.sum(losses)


def surprises_at_probabilities(logs: Any, target: Any, weight: Any, smoothing: float) -> Any:
    refuse_other_rows("cross_entropy", seen(target))
    if target.dtype.kind in "iub":
        target = seen(target).astype(logs.dtype)
    target = target * (1 - smoothing) + smoothing / logs.shape[1]
    logs = np.where((target == 0) & np.isinf(logs), 0, logs)  # what isn't wanted may be impossible: 0 times minus infinity
    return -np.sum(logs * target if weight is None else logs * target * channels(weight, logs.ndim), 1)


def counts(target: Any, weight: Any, ignore: int, logs: Any) -> tuple[Any, Any]:
    """How much each example counts, and all together."""
    indices = bare(target)
    valid = indices != ignore
    if weight is None:
        counted = valid.astype(logs.dtype)
    else:
        counted = np.where(valid, weight[np.where(valid, indices, 0)], 0)
    return counted, np.sum(counted)


def channels(weight: Any, ndim: int) -> Any:
    """A number for each class, in the shape that meets the second axis."""
    return np.reshape(weight, (1, -1) + (1,) * (ndim - 2))


# ---------------------------------------------------------------------------------------- what they refuse


def as_classes(name: str, input: Any, target: Any, probabilities: bool) -> tuple[Any, Any, bool]:
    """Scores as (N, C, ...), with the target to match; and whether it was a single example."""
    target, input = as_array(target), as_array(input)
    single = input.ndim == 1
    if input.ndim < 2:
        input, target = np.reshape(input, (1, -1)), np.expand_dims(target, 0)
    shape = input.shape
    if shape[1] < 2:
        raise ValueError(f"{name} compares the scores of at least two classes, and the output, of shape {shape}, has "
                         f"{shape[1]} for each example: there would be nothing to learn. For yes or no, use "
                         "binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss) with a column of targets, "
                         "y[:, None].astype(np.float32); else give the network an output for each class")
    wanted = shape[:1] + shape[2:]
    if target.shape != wanted and not (probabilities and target.shape == shape):
        rows = ", or probabilities of the output's shape" if probabilities else ""
        raise ValueError(f"{name}: for an output of shape {shape}, the target must be class indices of shape {wanted}{rows}; it has "
                         f"shape {target.shape}")
    return input, target, single


def class_numbers(name: str, target: Any, classes: int, ignore: Any) -> Any:
    """The indices, which are integers of classes that are there."""
    indices = bare(target)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{name}: the target must be class indices, integers; it is {indices.dtype} of shape {indices.shape}. If they are "
                        "whole numbers, convert them, y.astype(np.int64)")
    refuse_other_classes(name, indices, classes, ignore)
    return indices


@check
def refuse_other_classes(name: str, indices: Any, classes: int, ignore: Any) -> None:
    """An error for indices of classes that are not there."""
    counted = indices[indices != ignore]
    if np.any((counted < 0) | (counted >= classes)):
        raise ValueError(f"{name}: class indices must be from 0 to {classes - 1}; there are {np.unique(counted)[[0, -1]]}")


@check
def refuse_other_rows(name: str, rows: Any) -> None:
    """An error for what are no probabilities of classes; where they don't sum to 1, a warning."""
    many = "Where several classes may be right at once, use binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss)"
    total = np.sum(rows, 1)
    if rows.dtype.kind in "iub" and (np.any((rows != 0) & (rows != 1)) or np.any(total != 1)):
        raise ValueError(f"{name}: integers of the output's shape, {rows.shape}, must be rows with a single 1 each, for the right class; class "
                         f"numbers are of shape {rows.shape[:1] + rows.shape[2:]}. {many}")
    refuse_improbable(name, "targets of the output's shape", rows, "Class numbers are integers, one for each example")
    if np.any(off := np.abs(total - 1) > 0.01):
        warn_user(f"{name}: {np.sum(off)} of {off.size} rows of the target don't sum to 1, as probabilities of classes do. {many}; else divide "
                  "each row by its sum")


def weight_of_classes(name: str, weight: Any, scores: Any) -> Any:
    weight = as_array(weight) if hasattr(weight, "shape") else np.asarray(weight, scores.dtype)
    if weight.shape != scores.shape[1:2]:
        raise ValueError(f"{name}: a weight for each of {scores.shape[1]} classes is wanted, of shape {scores.shape[1:2]}; "
                         f"it has shape {weight.shape}")
    return weight
