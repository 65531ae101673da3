"""The pictures of the command `train`, each with a few words on what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import viz
from ..data import one_hot
from ..tensor.tensor import Tensor
from .mnist_network import network_answers


def draw_all(
    out: Path, model: Any, cost: Any, history: list[dict[str, float]], digits: Any
) -> Iterator[tuple[Path, str]]:
    """Write the pictures into the folder `out`, and yield each file with a description."""
    try:
        pixels, labels = digits.test.images, digits.test.labels
        if history:
            yield save_pictures(viz.history(history), out / "curve.png"), "cost and accuracy as training went on"
        yield save_pictures(viz.weights(model[0]), out / "weights.png"), "the first layer's weights, as images"
        outputs = network_answers(model, pixels)
        yield (
            save_pictures(viz.guesses(pixels, labels, outputs), out / "guesses.png"),
            "test images it got right, and some it got wrong",
        )
        yield save_pictures(viz.confusion(labels, outputs), out / "confusion.png"), "which digits it takes for which"
        yield (
            save_pictures(viz.network(model, pixels[:1]), out / "network.png"),
            "the network, reading the first of the test images",
        )
    except ImportError as error:
        print(f"  (no curve.png, weights.png, guesses.png, confusion.png, network.png: {error})")
    count = model[len(model) - 2].out_features
    images = digits.train.images[:32]
    yield draw_step(out / "graph.svg", model, cost, images, one_hot(digits.train.labels[:32], count))


def save_pictures(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path


def draw_step(path: Path, model: Any, cost: Any, images: Any, targets: Any) -> tuple[Path, str]:
    """Draw the computation graph of one training step, with its gradients, and return the file with a description."""
    model.zero_grad()
    image, target = Tensor(images, name="images"), Tensor(targets, name="targets")
    loss = cost(model(image), target)
    loss.backward()
    viz.draw(loss, str(path), names=model)
    return path, "the computation graph of one training step"
