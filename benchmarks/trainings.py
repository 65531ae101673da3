"""Steps of whole trainings: small networks of every kind, written once for both libraries, whose names agree."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

LETTERS, PLACES = 60, 64


def perceptron(lib: Any) -> Any:
    """The first network that most people write, on the smallest problem that needs it."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return (
        model,
        lib.optim.Adam(model.parameters(), lr=0.05),
        nn.MSELoss(),
        (x, np.array([[0], [1], [1], [0]], np.float32)),
    )


def digits(lib: Any) -> Any:
    """Rectifiers, and momentum."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return model, lib.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), nn.CrossEntropyLoss(), images(64, (784,))


def convolution(lib: Any) -> Any:
    """Windows, pooling, normalisation, dropout."""
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 32, 5), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 4 * 4, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10),
    )  # fmt: skip
    return model, lib.optim.Adam(model.parameters()), nn.CrossEntropyLoss(), images(64, (1, 28, 28))


def lstm(lib: Any) -> Any:
    """A memory, through 64 steps in time."""
    nn = lib.nn

    class Writer(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.characters, self.lstm = nn.Embedding(LETTERS, 32), nn.LSTM(32, 128, batch_first=True)
            self.guess = nn.Linear(128, LETTERS)

        def forward(self, x: Any) -> Any:
            return self.guess(self.lstm(self.characters(x))[0]).reshape(-1, LETTERS)

    model = Writer()
    return model, lib.optim.Adam(model.parameters()), nn.CrossEntropyLoss(), text(32)


def transformer(lib: Any) -> Any:
    """Two blocks of a GPT: four heads that look back at 64 places."""
    nn = lib.nn
    unseen = np.triu(np.ones((PLACES, PLACES), bool), 1)

    class GPT(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.characters, self.places = nn.Embedding(LETTERS, 64), nn.Embedding(PLACES, 64)
            self.blocks = nn.ModuleList(
                [
                    nn.TransformerEncoderLayer(64, 4, 256, dropout=0.1, batch_first=True, norm_first=True)
                    for _ in range(2)
                ]
            )
            self.norm, self.guess = nn.LayerNorm(64), nn.Linear(64, LETTERS)

        def forward(self, x: Any) -> Any:
            h = self.characters(x) + self.places(lib.tensor(np.arange(PLACES)))
            for block in self.blocks:
                h = block(h, src_mask=lib.tensor(unseen), is_causal=True)
            return self.guess(self.norm(h)).reshape(-1, LETTERS)

    model = GPT()
    return model, lib.optim.AdamW(model.parameters()), nn.CrossEntropyLoss(), text(8)


def images(n: int, shape: tuple[int, ...]) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.random((n, *shape), np.float32), rng.integers(10, size=n)


def text(n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.integers(LETTERS, size=(n, PLACES)), rng.integers(LETTERS, size=n * PLACES)


NETWORKS = {f.__name__: f for f in (perceptron, digits, convolution, lstm, transformer)}


def ours(network: str, wrapped: Any = lambda f: f) -> Callable[[], Any]:
    from tinygrad_edu import Tensor, nn, optim, reuse_memory

    reuse_memory()
    return training(SimpleNamespace(nn=nn, optim=optim, tensor=Tensor, clip=optim.clip_grad_norm_), network, wrapped)


def captured(network: str) -> Callable[[], Any]:
    from tinygrad_edu import capture

    return ours(network, capture)


def pytorch(network: str) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    lib = SimpleNamespace(nn=torch.nn, optim=torch.optim, tensor=torch.tensor, clip=torch.nn.utils.clip_grad_norm_)
    return training(lib, network, lambda f: f)


def training(lib: Any, network: str, wrapped: Any) -> Callable[[], Any]:
    """A step, as a user of either library writes it."""
    model, descent, cost, examples = NETWORKS[network](lib)
    x, wanted = map(lib.tensor, examples)

    def learn(x: Any, wanted: Any) -> Any:
        descent.zero_grad()
        loss = cost(model(x), wanted)
        loss.backward()
        lib.clip(model.parameters(), 1.0)
        descent.step()
        return loss

    step = wrapped(learn)
    return lambda: step(x, wanted)
