"""The command `draw`: the computation graph of one training step, without training."""

from __future__ import annotations

from argparse import Namespace

from .. import nn
from ..data import mnist, one_hot
from .learning import network
from .pictures import draw_step


def run(options: Namespace) -> int:
    """Draw one step of the untrained network."""
    part = mnist(options.data).train
    classes = int(part.labels.max()) + 1
    images = part.images[: options.batch]
    model = network((images.shape[1], *options.hidden, classes), options.seed)
    path, what = draw_step(options.out, model, nn.SumOfSquaresLoss(), images,
                           one_hot(part.labels[: options.batch], classes))
    print(f"{path}  {what}")
    return 0
