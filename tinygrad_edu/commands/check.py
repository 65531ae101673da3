"""The command `check`: compare a network's gradients with finite differences, parameter by parameter."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np

from .. import nn
from ..data import mnist, one_hot
from ..finite_differences import gradcheck
from ..tensor.tensor import Tensor
from .mnist_network import make_network


def run(options: Namespace) -> int:
    """Check the gradients of all weights and biases in float64, along random directions, and return the exit status."""
    part = mnist(options.data).test
    classes = int(part.labels.max()) + 1
    images = part.images[: options.batch].astype(np.float64)
    targets = one_hot(part.labels[: options.batch], classes, np.float64)
    model = make_network((images.shape[1], *options.hidden, classes), options.seed, np.float64)
    cost = nn.SumOfSquaresLoss()

    for path, module in list(model.named_modules()):
        for name, parameter in list(vars(module).items()):
            if isinstance(parameter, nn.Parameter):

                def cost_of(value: Any, module: Any = module, name: str = name) -> Any:
                    vars(module)[name] = value  # without the check that only Parameters replace Parameters
                    return cost(model(Tensor(images)), Tensor(targets))

                gradcheck(cost_of, [parameter.data], fast=True)
                setattr(module, name, parameter)
                print(f"{path}.{name:8} {parameter.size:8,} derivatives agree with finite differences")
    return 0
