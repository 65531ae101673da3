"""The same computations in PyTorch: values, first and second derivatives, and whole training runs agree.

Run with ``pytest -m oracle``, with the extra of that name installed. Without PyTorch these tests fail: an oracle
that is silent when it is absent proves nothing.
"""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_edu as te
from tinygrad_edu import Tensor, nn, optim

pytestmark = pytest.mark.oracle

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))
Y = RNG.normal(size=(3, 4))
W = RNG.normal(size=(2, 4))
B = RNG.normal(size=2)
POSITIVE = np.exp(X)
UNIT = np.tanh(X)
ZEROS = np.array([[2.0, 0.0, 3.0, 1.0], [0.0, 5.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0]])
WHERE = X > 0


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.set_num_threads(1)
    return torch


# ------------------------------------------------------------------------------------ one function at a time
# Each row: ours, PyTorch's (from the module, then the arrays), and the arrays.

SAME_NAME = {
    "sin": X, "cos": X, "tan": UNIT, "arcsin": UNIT, "arccos": UNIT, "arctan": X, "sinh": X, "cosh": X, "tanh": X,
    "arcsinh": X, "arccosh": POSITIVE + 1, "arctanh": UNIT, "exp": X, "exp2": X, "expm1": X, "log": POSITIVE,
    "log2": POSITIVE, "log10": POSITIVE, "log1p": POSITIVE, "sqrt": POSITIVE, "square": X, "reciprocal": X, "absolute": X,
    "negative": X, "sign": X, "floor": X, "ceil": X, "trunc": X, "deg2rad": X, "rad2deg": X,
}  # fmt: skip
SAME_NAME_OF_TWO = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin", "hypot", "arctan2",
                    "logaddexp", "logaddexp2", "copysign"]  # fmt: skip

ROWS = {
    **{n: (getattr(np, n), lambda t, x, n=n: getattr(t, n)(x), x) for n, x in SAME_NAME.items()},
    **{n: (getattr(np, n), lambda t, a, b, n=n: getattr(t, n)(a, b), X, Y[0]) for n in SAME_NAME_OF_TWO},
    "power": (np.power, lambda t, a, b: t.pow(a, b), POSITIVE, Y),
    "whole power": (lambda x: x**3, lambda t, x: x**3, X),
    "power at zero": (lambda x: x**2 + x**0 + x**1, lambda t, x: x**2 + x**0 + x**1, ZEROS),
    "sigmoid": (te.sigmoid, lambda t, x: t.sigmoid(x), X * 5),
    "relu": (te.relu, lambda t, x: t.relu(x), X),
    "relu at zero": (te.relu, lambda t, x: t.relu(x), ZEROS),
    "absolute at zero": (np.abs, lambda t, x: t.abs(x), ZEROS),
    "softmax": (te.softmax, lambda t, x: t.softmax(x, -1), X * 5),
    "softmax, first axis": (lambda x: te.softmax(x, 0), lambda t, x: t.softmax(x, 0), X),
    "log_softmax": (te.log_softmax, lambda t, x: t.log_softmax(x, -1), X * 5),
    "linear": (te.linear, lambda t, x, w, b: t.nn.functional.linear(x, w, b), X, W, B),
    "linear, no bias": (te.linear, lambda t, x, w: t.nn.functional.linear(x, w), X, W),
    "linear, one example": (te.linear, lambda t, x, w, b: t.nn.functional.linear(x, w, b), X[0], W, B),
    "linear, many axes": (te.linear, lambda t, x, w, b: t.nn.functional.linear(x, w, b), X.reshape(3, 1, 4), W, B),
    "sum of squared errors": (te.squared_error, lambda t, a, b: t.nn.functional.mse_loss(a, b, reduction="sum"), X, Y),
    "mean squared error": (nn.MSELoss(), lambda t, a, b: t.nn.functional.mse_loss(a, b), X, Y),
    "matmul": (np.matmul, lambda t, a, b: a @ b, X, Y.T),
    "matmul, stacks": (np.matmul, lambda t, a, b: a @ b, RNG.normal(size=(2, 1, 3, 4)), RNG.normal(size=(5, 4, 2))),
    "matmul, vectors": (np.matmul, lambda t, a, b: a @ b, X[0], Y[0]),
    "einsum, two": (lambda a, b: np.einsum("ij,kj->ik", a, b), lambda t, a, b: t.einsum("ij,kj->ik", a, b), X, Y),
    "einsum, dots": (lambda a, b: np.einsum("...j,...j->...", a, b), lambda t, a, b: t.einsum("...j,...j->...", a, b), X, Y),
    "einsum, trace": (lambda a: np.einsum("ii", a), lambda t, a: t.einsum("ii", a), X[:, :3]),
    "tensordot": (lambda a, b: np.tensordot(a, b, ([1], [1])), lambda t, a, b: t.tensordot(a, b, ([1], [1])), X, Y),
    "outer": (np.outer, lambda t, a, b: t.outer(a, b), X[0], Y[1]),
    "sum": (lambda x: np.sum(x, 1), lambda t, x: t.sum(x, 1), X),
    "mean": (lambda x: np.mean(x, 0, keepdims=True), lambda t, x: t.mean(x, 0, keepdim=True), X),
    "var": (lambda x: np.var(x, 1, ddof=1), lambda t, x: t.var(x, 1), X),
    "std": (lambda x: np.std(x, 1, ddof=1), lambda t, x: t.std(x, 1), X),
    "prod": (lambda x: np.prod(x, 1), lambda t, x: t.prod(x, 1), X),
    "prod, zeros": (lambda x: np.prod(x, 1), lambda t, x: t.prod(x, 1), ZEROS),
    "cumsum": (lambda x: np.cumsum(x, 1), lambda t, x: t.cumsum(x, 1), X),
    "cumprod": (lambda x: np.cumprod(x, 1), lambda t, x: t.cumprod(x, 1), X),
    "cumprod, zeros": (lambda x: np.cumprod(x, 1), lambda t, x: t.cumprod(x, 1), ZEROS),
    "max, ties": (lambda x: np.max(x, 1), lambda t, x: t.amax(x, 1), TIES),
    "min, ties": (np.min, lambda t, x: t.amin(x), TIES),
    "maximum, ties": (np.maximum, lambda t, a, b: t.maximum(a, b), TIES, TIES[::-1]),
    "minimum, ties": (np.minimum, lambda t, a, b: t.minimum(a, b), TIES, TIES[::-1]),
    "where": (lambda a, b: np.where(WHERE, a, b), lambda t, a, b: t.where(t.tensor(WHERE), a, b), X, Y),
    "repeated index": (lambda x: x[[0, 0, 2]], lambda t, x: x[[0, 0, 2]], X),
    "mask": (lambda x: x[WHERE], lambda t, x: x[t.tensor(WHERE)], X),
    "mixed index": (lambda x: x[:, None, [0, 0, 1]], lambda t, x: x[:, None, [0, 0, 1]], X),
    "concatenate": (lambda a, b: np.concatenate([a, b], 1), lambda t, a, b: t.cat([a, b], 1), X, Y),
    "stack": (lambda a, b: np.stack([a, b], -1), lambda t, a, b: t.stack([a, b], -1), X, Y),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2))), lambda t, x: t.nn.functional.pad(x, (0, 2, 1, 0)), X),
    "pad, reflected": (lambda x: np.pad(x, ((0, 0), (1, 2)), "reflect"), lambda t, x: t.nn.functional.pad(x, (1, 2), "reflect"), X),
    "tile": (lambda x: np.tile(x, (2, 3)), lambda t, x: t.tile(x, (2, 3)), X),
    "repeat": (lambda x: np.repeat(x, 2, 1), lambda t, x: t.repeat_interleave(x, 2, 1), X),
    "roll": (lambda x: np.roll(x, 1, 0), lambda t, x: t.roll(x, 1, 0), X),
    "flip": (lambda x: np.flip(x, 1), lambda t, x: t.flip(x, (1,)), X),
    "tril": (np.tril, lambda t, x: t.tril(x), X),
    "diagonal": (lambda x: np.diagonal(x, 1), lambda t, x: t.diagonal(x, 1), X),
    "diag, below": (lambda x: np.diag(x, -2), lambda t, x: t.diag(x, -2), X[0]),
}  # fmt: skip


def ours(f, arrays, weights):
    """Value, gradients, and gradients of a weighted sum of the gradients."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape), create_graph=True)
    first = [x.grad for x in xs]
    for x in xs:
        x.grad = None
    total = sum(np.sum(g * w) for g, w in zip(first, weights))
    if total.requires_grad:
        total.backward()
    return y.data, [g.data for g in first], [np.zeros(x.shape) if x.grad is None else x.grad.data for x in xs]


def theirs(torch, f, arrays, weights):
    xs = [torch.tensor(np.ascontiguousarray(a), requires_grad=True) for a in arrays]
    y = f(torch, *xs)
    seed = torch.cos(torch.arange(y.numel(), dtype=y.dtype)).reshape(y.shape)
    first = torch.autograd.grad(y, xs, seed, create_graph=True)
    total = sum((g * torch.tensor(w)).sum() for g, w in zip(first, weights))
    second = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    return (
        y.detach().numpy(),
        [g.detach().numpy() for g in first],
        [np.zeros(x.shape) if g is None else g.numpy(force=True) for x, g in zip(xs, second)],
    )


@pytest.mark.parametrize(("f", "g", "arrays"), [(f, g, arrays) for f, g, *arrays in ROWS.values()], ids=ROWS.keys())
def test_value_first_and_second_derivatives(torch, f, g, arrays):
    weights = [np.sin(np.arange(a.size) + 1.0).reshape(a.shape) for a in arrays]
    value, first, second = ours(f, arrays, weights)
    their_value, their_first, their_second = theirs(torch, g, arrays, weights)
    np.testing.assert_allclose(value, their_value, rtol=1e-12, atol=1e-14)
    for a, b in [*zip(first, their_first), *zip(second, their_second)]:
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# ------------------------------------------------------------------------------------ a network, trained

SIZES = [784, 16, 16, 10]
IMAGES = RNG.random((32, 784), np.float32)
TARGETS = np.eye(10, dtype=np.float32)[RNG.integers(0, 10, 32)]


@pytest.fixture
def twins(torch):
    """The same network in both libraries, with the same weights, in single precision."""
    ours = nn.Sequential(*(part for n, m in pairwise(SIZES) for part in (nn.Linear(n, m), nn.Sigmoid())))
    theirs = torch.nn.Sequential(
        *(part for n, m in pairwise(SIZES) for part in (torch.nn.Linear(n, m), torch.nn.Sigmoid()))
    )
    ours.load_state_dict({name: p.detach().numpy() for name, p in theirs.state_dict().items()})
    x, y = torch.tensor(IMAGES), torch.tensor(TARGETS)
    return SimpleNamespace(
        ours=ours,
        theirs=theirs,
        our_loss=lambda: nn.MSELoss()(ours(Tensor(IMAGES)), Tensor(TARGETS)),
        their_loss=lambda: torch.nn.functional.mse_loss(theirs(x), y),
    )


def test_the_gradients_of_a_network(twins):
    ours, theirs = twins.our_loss(), twins.their_loss()
    assert ours.dtype == np.float32
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)
    ours.backward()
    theirs.backward()
    for (name, p), q in zip(twins.ours.named_parameters(), twins.theirs.parameters(), strict=True):
        assert p.grad.dtype == np.float32
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=2e-4, atol=1e-7, err_msg=name)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.5},
        {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1},
        {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    ],
    ids=lambda settings: ", ".join(settings) or "plain",
)
def test_ten_steps_of_gradient_descent(torch, twins, settings):
    descents = (
        (optim.SGD(twins.ours.parameters(), lr=0.5, **settings), twins.our_loss),
        (torch.optim.SGD(twins.theirs.parameters(), lr=0.5, **settings), twins.their_loss),
    )
    for _ in range(10):
        costs = []
        for descent, loss in descents:
            descent.zero_grad()
            cost = loss()
            cost.backward()
            descent.step()
            costs.append(cost.item())
        assert costs[0] == pytest.approx(costs[1], rel=1e-5)
    for (name, p), q in zip(twins.ours.named_parameters(), twins.theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-4, atol=1e-6, err_msg=name)
