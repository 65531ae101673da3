"""One training step of the 784-16-16-10 sigmoid network, in float32: forward, cost, backward, update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SHAPES = [(16, 784), (16,), (16, 16), (16,), (10, 16), (10,)]
RATE = 0.1
Step = Callable[[], Any]


def sample(batch: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.random((batch, 784), np.float32), rng.random((batch, 10), np.float32)


def ours(batch: int, reuse: bool = True, wrapped: Any = lambda f: f) -> Step:
    """The step as a user of this library writes it."""
    from tinygrad_edu import Tensor, nn, optim, reuse_memory

    if reuse:
        reuse_memory()
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    cost, descent = nn.SumOfSquaresLoss(), optim.SGD(model.parameters(), lr=RATE)
    x, t = map(Tensor, sample(batch))

    def learn(x: Any, t: Any) -> Any:
        descent.zero_grad()
        loss = cost(model(x), t)
        loss.backward()
        descent.step()
        return loss

    step = wrapped(learn)
    return lambda: step(x, t)


def captured(batch: int) -> Step:
    """The same, captured."""
    from tinygrad_edu import capture

    return ours(batch, wrapped=capture)


def rules(batch: int) -> Step:
    """What our step calls, called in a row: its functions, its vjps, `fit`. An engine that costs nothing would take this long."""
    from tinygrad_edu import reuse_memory
    from tinygrad_edu.engine.table import RULES
    from tinygrad_edu.engine.unbroadcast import match_argument
    from tinygrad_edu.rules.neural.fused import linear, sigmoid, squared_error

    reuse_memory()
    (to_x, to_w, to_b), (to_z,), (to_a, _) = (RULES[f.fn].vjps for f in (linear, sigmoid, squared_error))
    rng = np.random.default_rng(0)
    w = [rng.standard_normal(s).astype(np.float32) for s in SHAPES]
    scratch = [np.empty_like(v) for v in w]
    one, rate = np.float32(1), np.array(RATE, np.float32)
    x, t = sample(batch)

    def step() -> Any:
        a1 = sigmoid.fn(linear.fn(x, w[0], w[1]))
        a2 = sigmoid.fn(linear.fn(a1, w[2], w[3]))
        a3 = sigmoid.fn(linear.fn(a2, w[4], w[5]))
        cost = squared_error.fn(a3, t, batch)
        d3 = to_z(to_a(one, None, a3, t, batch), a3, None)
        d2 = to_z(to_x(d3, None, a2, w[4], None), a2, None)
        d1 = to_z(to_x(d2, None, a1, w[2], None), a1, None)
        gradients = []
        for d, a, bias in (d1, x, w[1]), (d2, a1, w[3]), (d3, a2, w[5]):
            gradients += to_w(d, None, a, None, None), match_argument(to_b(d, None, None, None, None), bias)
        for v, g, s in zip(w, gradients, scratch):
            np.multiply(g, rate, s)
            np.subtract(v, s, v)
        return cost

    return step


def pytorch(batch: int) -> Step:
    """The step as a user of PyTorch writes it, eagerly."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    cost, descent = nn.MSELoss(reduction="sum"), torch.optim.SGD(model.parameters(), lr=RATE)
    x, t = map(torch.from_numpy, sample(batch))

    def step() -> None:
        descent.zero_grad()
        loss = cost(model(x), t) / batch
        loss.backward()
        descent.step()

    return step


def naive(batch: int) -> Step:
    """Backpropagation as people first write it by hand, in NumPy."""
    rng = np.random.default_rng(0)
    w = [rng.standard_normal(s).astype(np.float32) for s in SHAPES]
    x, t = sample(batch)

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def step() -> Any:
        a1 = sigmoid(x @ w[0].T + w[1])
        a2 = sigmoid(a1 @ w[2].T + w[3])
        a3 = sigmoid(a2 @ w[4].T + w[5])
        cost = np.sum((a3 - t) ** 2) / batch
        d3 = 2 * (a3 - t) / batch * a3 * (1 - a3)
        d2 = d3 @ w[4] * a2 * (1 - a2)
        d1 = d2 @ w[2] * a1 * (1 - a1)
        gradients = [d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0)]
        for i, g in enumerate(gradients):
            w[i] = w[i] - RATE * g
        return cost

    return step


def best(batch: int) -> Step:
    """The best we could write by hand in NumPy: no new arrays, all parameters in one buffer."""
    counts = [int(np.prod(s)) for s in SHAPES]
    edges = np.cumsum([0, *counts])
    flat = np.random.default_rng(0).standard_normal(edges[-1]).astype(np.float32)
    flat_gradient = np.empty_like(flat)
    w1, b1, w2, b2, w3, b3 = (flat[a:b].reshape(s) for a, b, s in zip(edges, edges[1:], SHAPES))
    g1, h1, g2, h2, g3, h3 = (flat_gradient[a:b].reshape(s) for a, b, s in zip(edges, edges[1:], SHAPES))
    x, t = sample(batch)
    a1, a2, d1, d2, s2 = (np.empty((batch, 16), np.float32) for _ in range(5))
    a3, d3, s3 = (np.empty((batch, 10), np.float32) for _ in range(3))
    one, factor, rate = (np.array(v, np.float32) for v in (1, 2 / batch, RATE))
    ones, w1t, w2t, w3t = np.ones(batch, np.float32), w1.T, w2.T, w3.T
    dot, add, subtract, multiply = np.dot, np.add, np.subtract, np.multiply
    negative, exp, reciprocal = np.negative, np.exp, np.reciprocal

    def sigmoid(a: Any, bias: Any) -> None:
        add(a, bias, a)
        negative(a, a)
        exp(a, a)
        add(a, one, a)
        reciprocal(a, a)

    def step() -> Any:
        dot(x, w1t, a1)
        sigmoid(a1, b1)
        dot(a1, w2t, a2)
        sigmoid(a2, b2)
        dot(a2, w3t, a3)
        sigmoid(a3, b3)
        subtract(a3, t, d3)
        cost = dot(d3.ravel(), d3.ravel()) / batch
        multiply(d3, factor, d3)
        multiply(d3, a3, d3)
        multiply(d3, subtract(one, a3, s3), d3)
        dot(d3.T, a2, g3)
        dot(ones, d3, h3)
        dot(d3, w3, d2)
        multiply(d2, a2, d2)
        multiply(d2, subtract(one, a2, s2), d2)
        dot(d2.T, a1, g2)
        dot(ones, d2, h2)
        dot(d2, w2, d1)
        multiply(d1, a1, d1)
        multiply(d1, subtract(one, a1, s2), d1)
        dot(d1.T, x, g1)
        dot(ones, d1, h1)
        multiply(flat_gradient, rate, flat_gradient)
        subtract(flat, flat_gradient, flat)
        return cost

    return step
