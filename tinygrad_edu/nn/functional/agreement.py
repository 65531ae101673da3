"""What costs ask of what they are given: shapes that belong together, numbers that can be meant; and what they make of all losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import validation
from ...engine.atomic import check
from ...engine.provenance import warn_user
from ...engine.tensor_base import Value, is_foreign


def mean_wanted(name: str, reduction: str) -> bool:
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return reduction == "mean"


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """What is made of the losses of all elements."""
    mean = mean_wanted(name, reduction)
    return losses if reduction == "none" else np.mean(losses) if mean else np.sum(losses)


def as_array(x: Any) -> Any:
    """Lists, numbers and tables as arrays; tensors, other libraries' arrays and what only looks like one as they are."""
    if isinstance(x, Value) or type(x) is np.ndarray or is_foreign(x) or (hasattr(x, "shape") and not hasattr(x, "__array__")):
        return x
    return validation.as_array(x, "an output or a target")


def seen(x: Any) -> Any:
    """The array in a tensor, to be looked at and not kept: so nobody needs a copy."""
    return x._array if isinstance(x, Value) else x


# ---------------------------------------------------------------------------------------------- shapes


def same_shape(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Refuse shapes that merely happen to broadcast, such as (n,) against (n, 1); and lists become arrays."""
    input, target = as_array(input), as_array(target)
    if input.shape != target.shape:
        raise ValueError(f"{name}: the output has shape {input.shape} and the target {target.shape}; they must be equal. "
                         "Reshape one of them: broadcasting would compare every output with every target")
    return input, target


def weights_for(name: str, what: str, weight: Any, losses: Any) -> Any:
    """Weights that may be stretched to the losses, but don't stretch them."""
    if isinstance(weight, int | float):
        return weight
    weight = as_array(weight) if hasattr(weight, "shape") else np.asarray(weight, losses.dtype)
    shape = losses.shape
    if weight.ndim > len(shape) or any(w not in (1, n) for w, n in zip(weight.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{name}: {what} of shape {weight.shape} does not go with losses of shape {shape}: it must be of that shape, or "
                         "broadcast to it. For a number for each example, reshape it to a column, w[:, None]")
    return weight


# --------------------------------------------------------------------------------------------- numbers


@check
def refuse_improbable(name: str, what: str, values: Any, remedy: str) -> None:
    """An error for numbers that can't be probabilities. NaN may pass: the cost is then NaN too, and says so."""
    if values.size and (values.min() < 0 or values.max() > 1):
        slack = 4 * float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0  # sums that are 1 but for rounding
        if values.min() < -slack or values.max() > 1 + slack:
            raise ValueError(f"{name}: {what} must be probabilities, between 0 and 1, and go from {values.min():g} to {values.max():g}. "
                             f"{remedy}")


@check
def refuse_other_numbers(message: str, right: Any) -> None:
    """An error unless all of these truths hold."""
    if not np.all(right):
        raise ValueError(message)


@check
def warn_no_logarithms(name: str, what: str, values: Any) -> None:
    """A warning for what can't be logarithms of probabilities, since some are above 0."""
    if values.size and values.max() > 0.01:
        warn_user(f"{name}: {what} should be logarithms of probabilities, which are never above 0, and go up to {values.max():g}. "
                  "Put log_softmax (nn.LogSoftmax) before this cost; of scores as they are, use cross_entropy (nn.CrossEntropyLoss)")


def warn_squashed(name: str, input: Any, remedy: str) -> None:
    """A warning for scores that the network's last function has bounded already, where the cost does so itself."""
    if isinstance(input, Value) and input._node is not None and input._node.name in ("softmax", "sigmoid"):
        warn_user(squashed(name, input._node.name, remedy))


def squashed(name: str, function: str, remedy: str) -> str:
    own = "sigmoid" if "binary" in name else "softmax"
    return (f"{name} applies {own} itself, and its input comes from {function} already: of numbers between 0 and 1, {own} makes nearly "
            f"equal probabilities, so the network can hardly learn to be sure. {remedy}")
