"""Checks of scores, targets and weights for losses that choose between classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.atomic import check
from ...engine.provenance import warn_user
from ...engine.tensor_base import to_arrays
from .agreement import (
    as_loss_array,
    refuse_improbable,
)


def arrange_classes(name: str, input: Any, target: Any, probabilities: bool) -> tuple[Any, Any, bool]:
    """Return the scores in shape (N, C, ...), the target to match, and whether there was a single example."""
    target, input = as_loss_array(target), as_loss_array(input)
    single = input.ndim == 1
    if input.ndim < 2:
        input, target = np.reshape(input, (1, -1)), np.expand_dims(target, 0)
    shape = input.shape
    if shape[1] < 2:
        raise ValueError(
            f"{name} compares the scores of at least two classes, and the output, of shape {shape}, has "
            f"{shape[1]} for each example: there would be nothing to learn. For yes or no, use "
            "binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss) with a column of targets, "
            "y[:, None].astype(np.float32); else give the network an output for each class"
        )
    wanted = shape[:1] + shape[2:]
    if target.shape != wanted and not (probabilities and target.shape == shape):
        rows = ", or probabilities of the output's shape" if probabilities else ""
        raise ValueError(
            f"{name}: for an output of shape {shape}, the target must be class indices of shape {wanted}{rows}; it has "
            f"shape {target.shape}"
        )
    return input, target, single


def check_classes(name: str, target: Any, classes: int, ignore: Any) -> Any:
    """Return the class indices as a plain array; refuse other numbers."""
    indices = to_arrays(target)
    if indices.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: the target must be class indices, integers; it is {indices.dtype} of shape {indices.shape}. "
            "If they are whole numbers, convert them, y.astype(np.int64)"
        )
    refuse_other_classes(name, indices, classes, ignore)
    return indices


@check
def refuse_other_classes(name: str, indices: Any, classes: int, ignore: Any) -> None:
    """Raise an error for an index that no class has."""
    counted = indices[indices != ignore]
    if np.any((counted < 0) | (counted >= classes)):
        raise ValueError(
            f"{name}: class indices must be from 0 to {classes - 1}; these go from {counted.min()} to {counted.max()}"
        )


@check
def refuse_other_rows(name: str, rows: Any) -> None:
    """Raise an error for numbers that can't be probabilities; warn if those of an example don't add up to 1."""
    many = "Where several classes may be right at once, use binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss)"
    total = np.sum(rows, 1)
    if rows.dtype.kind in "iub" and (np.any((rows != 0) & (rows != 1)) or np.any(total != 1)):
        raise ValueError(
            f"{name}: integers of the output's shape, {rows.shape}, must be rows with a single 1 each, "
            f"for the right class; class numbers are of shape {rows.shape[:1] + rows.shape[2:]}. {many}"
        )
    refuse_improbable(name, "targets of the output's shape", rows, "Class numbers are integers, one for each example")
    if np.any(off := np.abs(total - 1) > 0.01):
        warn_user(
            f"{name}: {np.sum(off)} of {off.size} rows of the target don't sum to 1, as probabilities of classes do. "
            f"{many}; else divide each row by its sum"
        )


def check_class_weights(name: str, weight: Any, scores: Any) -> Any:
    """Return the weights of the classes as an array; refuse other shapes."""
    weight = as_loss_array(weight) if hasattr(weight, "shape") else np.asarray(weight, scores.dtype)
    if weight.shape != scores.shape[1:2]:
        raise ValueError(
            f"{name}: weight must have shape {scores.shape[1:2]}, a number for each class; it has shape {weight.shape}"
        )
    return weight


def along_classes(weight: Any, ndim: int) -> Any:
    """Return a vector with a number for each class in the shape that broadcasts along the second axis."""
    return np.reshape(weight, (1, -1) + (1,) * (ndim - 2))
