"""The network of the course notes, a multilayer perceptron for MNIST's digits: make, train and evaluate it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .. import nn, optim
from ..data import Batches, distort
from ..engine.modes import no_grad
from ..engine.tensor_base import wrap
from .progress import EpochProgress


def make_network(layers: tuple[int, ...], seed: int, dtype: Any = np.float32) -> nn.Sequential:
    """Return a network of fully connected layers of these sizes, each followed by a sigmoid, with random parameters."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        *(m for a, b in pairwise(layers) for m in (nn.Linear(a, b, dtype=dtype, rng=rng), nn.Sigmoid()))
    )


def sizes(model: nn.Sequential) -> list[int]:
    """Return the number of neurons in each layer, beginning with the input."""
    linears = [layer for layer in model if isinstance(layer, nn.Linear)]
    return [linears[0].in_features, *(layer.out_features for layer in linears)]


def train_network(
    model: Callable[[Any], Any],
    cost: Callable[[Any, Any], Any],
    descent: optim.SGD,
    batches: Batches,
    progress: EpochProgress,
) -> Iterator[dict[str, float]]:
    """Train for one epoch, and yield a record of the cost and the accuracy of the last batches from time to time."""
    every = max(1, len(batches) // 100)
    epoch, recent = np.zeros(3), np.zeros(3)  # images, their costs, how many were right
    for i, (x, target) in enumerate(batches, 1):
        descent.zero_grad()
        output = model(wrap(x))  # nobody else holds the batch, so it needs no copy, which Tensor(x) would make
        loss = cost(output, wrap(target))
        loss.backward()
        descent.step()

        right = np.count_nonzero(output.argmax(1) == target.argmax(1))
        recent += np.array([len(x), loss.item() * len(x), right])
        if i % every == 0:
            yield show(progress, *recent)
            epoch, recent = epoch + recent, np.zeros(3)
    progress.show(int(recent[0]), **averages(*(epoch + recent)))  # at the end, those of the whole epoch


def averages(images: float, costs: float, right: float) -> dict[str, float]:
    """Return the cost and the accuracy per image."""
    return {"cost": costs / images, "accuracy": right / images}


def show(progress: EpochProgress, images: float, costs: float, right: float) -> dict[str, float]:
    """Show the figures in the progress bar, and return them as a record."""
    figures = averages(images, costs, right)
    progress.show(int(images), **figures)
    return {"images": images, **figures}


@no_grad()
def network_answers(model: Callable[[Any], Any], images: Any) -> Any:
    """Return the network's outputs, an array of shape (images, classes)."""
    return model(wrap(images)).data


def digit_accuracy(model: Callable[[Any], Any], images: Any, labels: Any) -> float:
    """Return the share of images whose most active output is their label."""
    return float(np.mean(network_answers(model, images).argmax(1) == labels))


def harder_cases(model: Callable[[Any], Any], images: Any, labels: Any, seed: int) -> str:
    """Return a table that shows how accuracy falls on distorted digits, and how sure the network is of pure noise."""
    rng = np.random.default_rng(seed)
    cases = [
        ("the test images as they are", images),
        ("shifted by 2 pixels", distort.shift(images, 2, 0)),
        ("shifted by 4 pixels", distort.shift(images, 4, 0)),
        ("rotated by 15 degrees", distort.rotate(images, 15)),
        ("rotated by 45 degrees", distort.rotate(images, 45)),
        ("some noise (0.3)", distort.noise(images, 0.3, rng)),
        ("much noise (0.8)", distort.noise(images, 0.8, rng)),
        ("nothing but noise", distort.static(1000, rng, side=int(images.shape[1] ** 0.5)).reshape(1000, -1)),
    ]
    lines = ["harder cases                  accuracy  confidence  sure (> 0.5)"]
    for name, case in cases:
        output = network_answers(model, case.astype(images.dtype, copy=False))
        strongest = output.max(1)
        share = f"{np.mean(output.argmax(1) == labels):8.1%}" if len(case) == len(labels) else "       -"
        lines.append(f"{name:29} {share}  {strongest.mean():10.2f}  {np.mean(strongest > 0.5):12.1%}")
    lines.append("Confidence is the activation of the most active output neuron, on average.")
    return "\n".join(lines)
