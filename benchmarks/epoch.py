"""The main job's first epoch, without its pictures."""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def first_epoch() -> None:
    from tinygrad_edu import nn, optim
    from tinygrad_edu.commands.mnist_network import make_network, train_network
    from tinygrad_edu.commands.progress import EpochProgress
    from tinygrad_edu.data import Batches, mnist, one_hot

    part = mnist().train
    model = make_network((784, 16, 16, 10), seed=0)
    batches = Batches(part.images, one_hot(part.labels), size=32, seed=0)
    with EpochProgress("epoch 1/1", len(part.images)) as progress:
        list(train_network(model, nn.SumOfSquaresLoss(), optim.SGD(model.parameters(), lr=2.0), batches, progress))
