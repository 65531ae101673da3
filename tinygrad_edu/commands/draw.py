"""The command `draw`: draw the computation graph of one training step, without training."""

from __future__ import annotations

from argparse import Namespace

from .. import nn, viz
from ..data import mnist, one_hot
from ..engine.modes import watch
from ..tensor.tensor import Tensor
from .mnist_network import make_network


def run(options: Namespace) -> int:
    """Draw one step of the untrained network, and return the exit status."""
    part = mnist(options.data).train
    classes = int(part.labels.max()) + 1
    images = Tensor(part.images[: options.batch])
    targets = Tensor(one_hot(part.labels[: options.batch], classes))
    model = make_network((images.shape[1], *options.hidden, classes), options.seed)
    with watch():
        cost = nn.SumOfSquaresLoss()(model(images), targets)
    viz.draw(
        cost,
        file=options.out,
        gradients=True,
        detail=options.detail,
        depth=options.depth,
        fold=options.fold,
        theme=options.theme,
        direction=options.direction,
        legend=options.legend,
        backward=options.backward,
    )
    print(f"{options.out}  the computation graph of one training step")
    return 0
