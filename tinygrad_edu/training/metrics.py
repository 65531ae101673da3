"""Metrics: measures of a model's outputs besides the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, TypeAlias

import numpy as np

from ..engine.tensor_base import to_arrays
from ..nn.functional import binary_cross_entropy_with_logits
from ..nn.losses import function_behind
from ..validation import as_array

if TYPE_CHECKING:
    from ..typing import TensorLike

Metric: TypeAlias = Literal["accuracy"] | Callable[[Any, Any], SupportsFloat]
Metrics: TypeAlias = Metric | Sequence[Metric] | Mapping[str, Metric]
"""What to measure: "accuracy", a function of output and target, or a list or dict of these."""


def accuracy(output: TensorLike, target: TensorLike, threshold: float = 0.5, ignore_index: int = -100) -> float:
    """Compute the fraction of examples that are classified correctly.

    Parameters
    ----------
    output : array_like or Tensor, shape (N, C, ...), or (N, 1) or (N,)
        A number for each class, and the largest is the answer; or one number, for yes or no.
    target : array_like or Tensor
        Class numbers of shape (N, ...), from 0 to C - 1; or rows of the output's shape, whose largest number marks the
        class. For yes or no: 1 or 0, of the output's shape.
    threshold : float
        Above this, a single number means yes: 0.5 for probabilities, 0 for logits. In `fit` and `evaluate`, "accuracy"
        knows it from the loss.
    ignore_index : int
        Examples of this class number don't count. In `fit` and `evaluate`, "accuracy" takes that of the loss.

    Returns
    -------
    float
        The fraction, from 0 to 1; NaN if no example counts.

    Raises
    ------
    ValueError
        If outputs and targets don't belong together, outputs are NaN, or targets are neither class numbers nor rows
        with one largest number.

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([[0.7], [0.2]]), np.array([[1.0], [0.0]]))
    1.0
    """
    outputs, targets = (
        as_array(to_arrays(output), "accuracy: outputs"),
        as_array(to_arrays(target), "accuracy: targets"),
    )
    if outputs.dtype.kind not in "biuf" or targets.dtype.kind not in "biuf":
        raise ValueError(
            f"accuracy: outputs and targets must be real numbers, and are {outputs.dtype} and {targets.dtype}. "
            "names, labels = np.unique(y, return_inverse=True) makes class numbers from words"
        )
    if np.any(np.isnan(output)):
        raise ValueError(
            f"accuracy: {np.sum(np.isnan(output))} of the outputs are NaN, and are neither right nor wrong"
        )
    if outputs.ndim > 1 and outputs.shape[1] > 1:
        if targets.shape == outputs.shape:
            return share_right(outputs.argmax(1) == largest_class(targets))
        if targets.shape == outputs.shape[:1] + outputs.shape[2:]:
            counting = targets != ignore_index
            refuse_no_classes(targets[counting], outputs.shape[1])
            return share_right((outputs.argmax(1) == targets)[counting])
    elif targets.shape == outputs.shape:
        refuse_no_answers(targets)
        return share_right((outputs > threshold) == (targets > 0.5))
    elif outputs.shape == (*targets.shape, 1):
        refuse_no_answers(targets)
        raise ValueError(
            f"accuracy: outputs of shape {outputs.shape} and targets of shape {targets.shape} do not belong together: "
            "make the targets a column, y[:, None]"
        )
    raise ValueError(
        f"accuracy: outputs of shape {outputs.shape} and targets of shape {targets.shape} do not belong together; "
        "targets are class numbers (N,), or of the output's shape"
    )


def share_right(right: Any) -> float:
    """Return the fraction of examples that are right."""
    return float(np.mean(right)) if right.size else float("nan")


def largest_class(rows: Any) -> Any:
    """Return the class with the largest number of each row; there must be only one."""
    if not np.all((rows >= 0) & (rows <= 1)):
        raise ValueError(
            f"accuracy: targets of the output's shape are rows of probabilities, and these go from {rows.min():g} to "
            f"{rows.max():g}; class numbers are of shape {rows.shape[:1] + rows.shape[2:]}"
        )
    alone = np.sum(rows == rows.max(1, keepdims=True), 1) == 1
    if not np.all(alone):
        raise ValueError(
            f"accuracy: {np.sum(~alone)} of {alone.size} rows of the targets have no single largest number, "
            "so no single right class. Where several may be right at once, measure how many answers are, by "
            "metrics={'answers': lambda o, t: np.mean((o > 0.5) == (t > 0.5))}, "
            "with 0 in place of the first 0.5 for logits"
        )
    return rows.argmax(1)


def refuse_no_classes(numbers: Any, classes: int) -> None:
    """Raise an error for numbers that are not class numbers."""
    if not np.all((numbers >= 0) & (numbers < classes) & (numbers == np.rint(numbers))):
        raise ValueError(
            f"accuracy: class numbers must be whole, from 0 to {classes - 1} for {classes} outputs, and these go from "
            f"{numbers.min():g} to {numbers.max():g}"
        )


def refuse_no_answers(target: Any) -> None:
    """Raise an error for targets that are not 0, 1 or between."""
    if not np.all((target >= 0) & (target <= 1)):
        raise ValueError(
            "accuracy: one output for each example answers yes or no, so its targets are 1 or 0, and these go from "
            f"{target.min():g} to {target.max():g}. Of -1 and 1 make them by (y + 1) / 2; class numbers want an output "
            "for each class; and of a cost of numbers, such as nn.MSELoss(), there is no accuracy"
        )


def as_metrics(metrics: Any, loss: Any) -> dict[str, Any]:
    """Return functions by name, made from what the user gave."""
    if isinstance(metrics, Mapping):
        return {str(name): as_metric(metric, loss) for name, metric in metrics.items()}
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    named = {
        metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__): metric
        for metric in metrics
    }
    if len(named) < len(metrics) or "loss" in named:
        raise ValueError(
            "metrics need names of their own, other than 'loss': give a dict, as in {'top 1': f, 'top 5': g}"
        )
    return {name: as_metric(metric, loss) for name, metric in named.items()}


def as_metric(metric: Any, loss: Any) -> Any:
    """Return the function of a metric; "accuracy" takes its settings from the loss."""
    if metric == "accuracy":
        function, settings = function_behind(loss)
        threshold = 0.0 if function is binary_cross_entropy_with_logits else 0.5
        return partial(accuracy, threshold=threshold, ignore_index=settings.get("ignore_index", -100))
    if not callable(metric):
        raise TypeError(
            'a metric is "accuracy", or a function f(output, target) of arrays that returns a number; '
            f"{metric!r} is neither"
        )
    return metric
