"""Checks of what loss functions are given, shapes and numbers; and the reduction of all losses to one."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

from ... import validation
from ...engine.atomic import check
from ...engine.provenance import warn_user
from ...engine.tensor_base import TensorBase, is_foreign

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def takes_mean(name: str, reduction: str) -> bool:
    """Return whether the reduction is the mean; raise an error if there is no such reduction."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return reduction == "mean"


def reduce_losses(name: str, losses: Any, reduction: str) -> Any:
    """Return the mean or the sum of the losses of all elements, or all of them."""
    mean = takes_mean(name, reduction)
    return losses if reduction == "none" else np.mean(losses) if mean else np.sum(losses)


def as_loss_array(x: Any) -> Any:
    """Return lists, numbers and tables as arrays.

    Tensors, arrays of other libraries, and objects that resemble arrays stay as they are.
    """
    if (
        isinstance(x, TensorBase)
        or type(x) is np.ndarray
        or is_foreign(x)
        or (hasattr(x, "shape") and not hasattr(x, "__array__"))
    ):
        return x
    return validation.as_array(x, "an output or a target")


def peek(x: Any) -> Any:
    """Return the array in a tensor, for a look at its numbers. Nobody keeps it, so it is not copied."""
    return x._array if isinstance(x, TensorBase) else x


# ---------------------------------------------------------------------------------------------- shapes


def require_same_shape(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Return both as arrays or tensors; refuse unequal shapes, even if they broadcast, such as (n,) and (n, 1)."""
    input, target = as_loss_array(input), as_loss_array(target)
    if input.shape != target.shape:
        raise ValueError(
            f"{name}: the output has shape {input.shape} and the target {target.shape}; they must be equal. "
            "Reshape one of them: broadcasting would compare every output with every target"
        )
    return input, target


def match_weights(name: str, what: str, weight: Any, losses: Any) -> Any:
    """Return the weights as an array; refuse a shape that does not broadcast to the shape of the losses."""
    if isinstance(weight, int | float):
        return weight
    weight = as_loss_array(weight) if hasattr(weight, "shape") else np.asarray(weight, losses.dtype)
    shape = losses.shape
    if weight.ndim > len(shape) or any(w not in (1, n) for w, n in zip(weight.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(
            f"{name}: {what} of shape {weight.shape} does not fit losses of shape {shape}: it must be of that shape, "
            "or broadcast to it. For a number for each example, reshape it to a column, w[:, None]"
        )
    return weight


# --------------------------------------------------------------------------------------------- numbers


@check
def refuse_improbable(name: str, what: str, values: Any, remedy: str) -> None:
    """Raise an error for numbers that can't be probabilities.

    NaN passes: then the loss is NaN too, which nobody overlooks.
    """
    if values.size:
        # sums that would be 1 without rounding
        slack = 4 * float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0
        if values.min() < -slack or values.max() > 1 + slack:
            raise ValueError(
                f"{name}: {what} must be probabilities, between 0 and 1; "
                f"these go from {values.min():g} to {values.max():g}. {remedy}"
            )


@check
def refuse_other_numbers(message: str, right: Any) -> None:
    """Raise an error unless all elements of `right` are true."""
    if not np.all(right):
        raise ValueError(message)


@check
def warn_no_logarithms(name: str, what: str, values: Any) -> None:
    """Warn of numbers that can't be logarithms of probabilities, since some are above 0."""
    if values.size and values.max() > 0.01:
        warn_user(
            f"{name}: {what} should be logarithms of probabilities, which are never above 0, "
            f"and go up to {values.max():g}. Put log_softmax (nn.LogSoftmax) before this cost; of scores as they are, "
            "use cross_entropy (nn.CrossEntropyLoss)"
        )


def warn_squashed(name: str, input: Any, remedy: str) -> None:
    """Warn of logits that come from a sigmoid or softmax, where the loss applies that function itself."""
    if isinstance(input, TensorBase) and input._node is not None and input._node.name in ("softmax", "sigmoid"):
        warn_user(squashed_message(name, input._node.name, remedy))


def squashed_message(name: str, function: str, remedy: str) -> str:
    """Return the text of that warning."""
    own = "sigmoid" if "binary" in name else "softmax"
    return (
        f"{name} applies {own} itself, and its input comes from {function} already: of numbers between 0 and 1, "
        f"{own} makes nearly equal probabilities, so the network can hardly learn to be sure. {remedy}"
    )
