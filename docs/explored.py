"""The live examples of the page on `explore`: made, as files of their own, when the pages are built."""

from pathlib import Path

import numpy as np

from tinygrad_edu import Tensor, data, explore, manual_seed, nn, sigmoid, watch


def neuron():
    x1, x2 = Tensor(0.8), Tensor(0.3)
    w1 = Tensor(1.5, requires_grad=True)
    w2 = Tensor(-2.0, requires_grad=True)
    bias = Tensor(-0.5, requires_grad=True)
    with watch():
        weighted_sum = w1 * x1 + w2 * x2 + bias
        activation = sigmoid(weighted_sum)
        cost = (activation - 1.0) ** 2
    return explore(cost)


def paths():
    x = Tensor([0.5, 1.0, 1.5], requires_grad=True)
    scale = Tensor(2.0, requires_grad=True)
    with watch():
        waves = np.sin(x) * x
        total = np.sum(scale * waves)
    return explore(total)


def meeting():
    x = Tensor(3.0, requires_grad=True)
    with watch():
        a = x + 2
        b = a * x
        c = b + a
    return explore(c)


def layer():
    X = Tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], requires_grad=True)
    W = Tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]], requires_grad=True)
    b = Tensor([1.0, -2.0], requires_grad=True)
    wanted = np.array([[7.0, 2.0], [2.0, -1.0]])
    with watch():
        Y = X @ W + b
        cost = np.sum((Y - wanted) ** 2) / 2
    return explore(cost)


def digits():
    manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 16),
        nn.Sigmoid(),
        nn.Linear(16, 16),
        nn.Sigmoid(),
        nn.Linear(16, 10),
        nn.Sigmoid(),
    )
    cost_of = nn.SumOfSquaresLoss()
    (images, labels), _ = data.mnist()
    batch, wanted = Tensor(images[:32]), Tensor(data.one_hot(labels[:32]))
    with watch():
        guesses = model(batch)
        cost = cost_of(guesses, wanted)
    return explore(cost)


def transformer():
    manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0)
    words = Tensor(np.random.default_rng(0).normal(size=(1, 6, 8)).astype(np.float32), requires_grad=True)
    with watch():
        guesses = layer(words)
        cost = np.mean(guesses**2)
    return explore(cost)


def convolution():
    manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 12 * 12, 10),
    )
    cost_of = nn.CrossEntropyLoss()
    (images, labels), _ = data.mnist()
    batch = Tensor(images[:4].reshape(4, 1, 28, 28))
    with watch():
        guesses = model(batch)
        cost = cost_of(guesses, labels[:4])
    return explore(cost)


EXAMPLES = {
    "neuron": neuron,
    "paths": paths,
    "meeting": meeting,
    "layer": layer,
    "digits": digits,
    "transformer": transformer,
    "convolution": convolution,
}


def write_all(app):
    """Beside the built pages."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "explored"
        folder.mkdir(parents=True, exist_ok=True)
        for name, example in EXAMPLES.items():
            example().write(folder / f"{name}.html")
