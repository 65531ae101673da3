"""Metrics: what to measure of outputs, besides their cost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ..nn import BCEWithLogitsLoss
from ..nn.functional import binary_cross_entropy_with_logits


def accuracy(output: Any, target: Any, threshold: float = 0.5) -> float:
    """The share of examples that are classified right.

    Parameters
    ----------
    output : ndarray, shape (N, C, ...), or (N, 1) or (N,)
        A number for each class, of which the largest counts; or one number, for yes or no.
    target : ndarray
        Class numbers of shape (N, ...); or of the output's shape, rows of which the largest counts, or 0 and 1.
    threshold : float
        From what on a single number means yes: 0.5 for probabilities, 0 for logits. In `fit` and `evaluate`, "accuracy" knows
        which from the cost.

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([[0.7], [0.2]]), np.array([[1.0], [0.0]]))
    1.0
    """
    output, target = np.asarray(output), np.asarray(target)
    if output.ndim > 1 and output.shape[1] > 1:
        if target.shape == output.shape:
            target = target.argmax(1)
        if target.shape == output.shape[:1] + output.shape[2:]:
            return float(np.mean(output.argmax(1) == target))
    elif target.shape == output.shape:
        return float(np.mean((output > threshold) == (target > 0.5)))
    raise ValueError(f"accuracy: outputs of shape {output.shape} and targets of shape {target.shape} do not belong together; targets "
                     "are class numbers (N,), or of the output's shape")


def as_metrics(metrics: Any, loss: Any) -> dict[str, Any]:
    """Names and functions, of whatever was given."""
    if isinstance(metrics, Mapping):
        return {str(name): as_metric(metric, loss) for name, metric in metrics.items()}
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    named = {metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__): metric for metric in metrics}
    if len(named) < len(metrics) or "loss" in named:
        raise ValueError("metrics need names of their own, other than 'loss': give a dict, as in {'top 1': f, 'top 5': g}")
    return {name: as_metric(metric, loss) for name, metric in named.items()}


def as_metric(metric: Any, loss: Any) -> Any:
    if metric == "accuracy":
        logits = isinstance(loss, BCEWithLogitsLoss) or loss is binary_cross_entropy_with_logits
        return partial(accuracy, threshold=0.0) if logits else accuracy
    if not callable(metric):
        raise TypeError(f'a metric is "accuracy", or a function f(output, target) of arrays that returns a number; {metric!r} is none')
    return metric
