"""What a classifier says of many points: the likeliest class of each, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.modes import enable_grad, no_grad
from ..nn.module import Module
from ..tensor.tensor import Tensor
from .observe import array_of, as_constant, leave_untouched

AT_ONCE = 10_000  # points
MOVES = {"reshape", "squeeze", "getitem", "transpose", "expand_dims"}  # operations that move numbers and change none


class Beliefs:
    """A model's answers at points of shape (N, 2), however it puts them."""

    def __init__(self, model: Module, x: Any, threshold: float | None) -> None:
        outputs, last = answers(model, x)
        self.single = outputs.shape[1] == 1
        self.count = 2 if self.single else outputs.shape[1]
        if not self.single and threshold is not None:
            raise ValueError(
                f"a threshold is for a single output, and of {self.count} the largest is the answer: leave it out"
            )
        if self.single:
            self.outputs, self.threshold = outputs[:, 0], as_threshold(threshold, outputs, last)
            self.classes = (self.outputs > self.threshold).astype(int)
            self.sure = certainty(self.outputs, self.threshold)
            self.where = f"boundary: output {self.threshold:g}"
        else:
            self.outputs = outputs if last == "sigmoid" or is_distribution(outputs) else stable_softmax(outputs)
            self.classes = outputs.argmax(axis=1)
            self.sure = np.clip((self.outputs.max(axis=1) - 1 / self.count) / (1 - 1 / self.count), 0, 1)
            self.where = "boundary"

    def margins(self, chosen: slice) -> Iterator[Any]:
        """Yield by how much some points are inside each class: 0 on its boundary."""
        outputs = self.outputs[chosen]
        if self.single:
            yield outputs - self.threshold
            return
        for k in range(self.count if self.count > 2 else 1):
            yield outputs[:, k] - np.delete(outputs, k, axis=1).max(axis=1)


def answers(model: Module, x: Any) -> tuple[Any, str]:
    """Return the outputs, one row for each point and in float64, and the name of the operation that made them."""
    with leave_untouched(model):
        with enable_grad():
            first = model(Tensor(as_constant(x[:2], model).data, requires_grad=True))
            last = last_operation(first)
        with no_grad():
            parts = [array_of(model(as_constant(x[i : i + AT_ONCE], model))) for i in range(0, len(x), AT_ONCE)]
    outputs = np.concatenate([np.atleast_1d(part) for part in parts])
    if outputs.ndim > 2 or len(outputs) != len(x) or not outputs.size:
        raise ValueError(
            f"boundary draws a model that gives one row of outputs for each point, shape (N,) or (N, classes); for "
            f"{len(x):,} points this one gave {outputs.shape}"
        )
    lost = np.sum(~np.isfinite(outputs.reshape(len(x), -1)).all(axis=1))
    if lost:
        raise ValueError(
            f"at {lost:,} of {len(x):,} places the model's output is not finite, and names no class: "
            "did its training diverge?"
        )
    return outputs.reshape(len(x), -1).astype(float), last


def last_operation(output: Any) -> str:
    """Return the name of the operation that computed a result, whatever its shape became since."""
    node = getattr(output, "_node", None)
    while node is not None and node.name in MOVES and node.parents:
        node = node.parents[0]
    return getattr(node, "name", "")


def as_threshold(given: float | None, outputs: Any, last: str) -> float:
    """Return the output from which a model says yes."""
    if given is not None:
        return float(given)
    probabilities = last == "sigmoid" or (last != "linear" and outputs.min() >= 0 and outputs.max() <= 1)
    return 0.5 if probabilities else 0.0


def certainty(outputs: Any, threshold: float) -> Any:
    """Return how sure single outputs are, from 0 at the threshold to 1: probabilities, or the sigmoid of logits."""
    if 0 < threshold < 1:
        p, even = np.clip(outputs, 0, 1), threshold
    else:
        p, even = stable_sigmoid(outputs - threshold), 0.5
    return np.where(p > even, (p - even) / (1 - even), (even - p) / even)


def stable_sigmoid(x: Any) -> Any:
    """Return probabilities of logits, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def stable_softmax(x: Any) -> Any:
    """Return probabilities of rows of logits, without overflow."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def is_distribution(rows: Any) -> bool:
    """Say whether rows are probabilities of classes that exclude each other."""
    return bool(rows.min() >= 0 and np.allclose(rows.sum(axis=1), 1, atol=1e-3))
