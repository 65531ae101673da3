"""A user's program, typed throughout: a module, an operation, data, training and a picture.

Type checkers pass it in their strict modes, and each `assert_type` says what they, and so editors, know.
"""

# pyright: strict, reportUnknownLambdaType=false, reportUnknownArgumentType=false
# (which is to say: but for derivative rules, lambdas whose arguments nobody types)

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from tinygrad_edu import Tensor, apply, draw, func, gradcheck, nn, no_grad, optim, primitive, rule
from tinygrad_edu.data import two_moons
from tinygrad_edu.typing import TensorLike
from tinygrad_edu.typing import numpy as tnp


@primitive(lambda g, y, x: g * (1 - y * y))
def squash(x: TensorLike) -> Tensor:
    """An operation: a function of arrays and of Tensors, and its derivative."""
    y: Tensor = tnp.tanh(x)
    return y


class Net(nn.Module):
    """A multilayer perceptron that gives one score for each row of its input."""

    def __init__(self, inputs: int, hidden: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.hidden = nn.Linear(inputs, hidden, rng=rng)
        self.out = nn.Linear(hidden, 1, rng=rng)
        self.scale = nn.Parameter(1.0)

    def forward(self, x: TensorLike, scaled: bool = True) -> Tensor:
        scores: Tensor = self.out(squash(self.hidden(x)))
        scores = scores.reshape(-1)
        return scores * self.scale if scaled else scores


def penalty(model: nn.Module) -> Tensor:
    """The sum of all squared parameters."""
    total = Tensor(0.0, dtype=np.float32)
    for parameter in model.parameters():
        total += (parameter**2).sum()
    return total


# Tensors
x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
array = np.eye(2)
assert_type(x + 1, Tensor)
assert_type(2.0 * x, Tensor)
assert_type(array * x, Tensor)
assert_type(array @ x, Tensor)
assert_type(-x @ x.T, Tensor)
assert_type(x[0, :1], Tensor)
assert_type(x[x > 1.0], Tensor)
assert_type(x.sum(axis=0, keepdims=True), Tensor)
assert_type(x.mean((0, 1)), Tensor)
assert_type(x.reshape(-1).tanh().clip(0, 1), Tensor)
assert_type(list(x), list[Tensor])
assert_type(divmod(x, 2.0), tuple[Tensor, Tensor])
assert_type(x > 1.0, NDArray[np.bool_])
assert_type(x == x, NDArray[np.bool_])
assert_type(x.argmax(1), NDArray[np.intp])
assert_type(x.shape, tuple[int, ...])
assert_type(x.dtype, np.dtype[Any])
assert_type(x.ndim, int)
assert_type(x.numpy, Callable[[], NDArray[Any]])
assert_type(x.detach().data, NDArray[Any])
assert_type(float(x.sum()), float)
assert_type((x * x).sum().backward(), None)
assert_type(x.grad, Tensor | None)
assert x.grad is not None
assert_type(x.grad.data, NDArray[Any])
x.grad = None
x.data = array
with no_grad():
    x -= 0.5 * array
    assert_type(x, Tensor)

# NumPy's functions: of one Tensor alone, ufuncs are known to ask it; the others, by way of tinygrad_edu.typing
bent: Tensor = np.tanh(x)
joined: Tensor = tnp.concatenate([bent, x], axis=1)

# Modules: a call takes what forward takes, and gives what it gives
points, labels = two_moons(60, seed=0)
wanted = labels.astype(np.float32)
net = Net(2, 8)
assert_type(net(points), Tensor)
assert_type(net(points, scaled=False), Tensor)
assert_type(net.train(), Net)
net.load_state_dict(Net(2, 8, seed=1).state_dict())

# Training
cost = nn.BCEWithLogitsLoss()
descent = optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
losses: list[float] = []
for _ in range(100):
    descent.zero_grad()
    loss: Tensor = cost(net(points), wanted)
    (loss + 1e-4 * penalty(net)).backward()
    descent.step()
    losses.append(loss.item())
assert losses[-1] < 0.1 < losses[0]


# An operation by a rule of its own, functions of functions, a check
def cube(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x * x * x


rule(cube, lambda g, y, x: g * 3 * x * x)
cubed: Tensor = apply(cube, Tensor([1.0, 2.0]))
assert_type(squash(0.5 * cubed), Tensor)


def energy(x: Tensor) -> Tensor:
    return (squash(x) ** 2).sum()


slope: Tensor = func.grad(energy)(Tensor([0.5, 1.0]))
curvature: Tensor = func.hessian(energy)(Tensor([0.5, 1.0]))
assert gradcheck(energy, [np.array([0.5, 1.0])], order=2)

draw(net(points[:1])).write("net.svg")


def mistakes() -> float:
    """What checkers find; were one of these no error to them, to ignore it would be one."""
    x.backwards()  # type: ignore[attr-defined]
    x.shape = (4,)  # type: ignore[misc]
    x.sum(axes=0)  # type: ignore[call-arg]
    x.argmax().backward()  # type: ignore[attr-defined]
    x.grad.sum()  # type: ignore[union-attr]
    net(points, "scaled")  # type: ignore[arg-type]
    net(points, factor=2)  # type: ignore[call-arg]
    squash()  # type: ignore[call-arg]
    return x.sum()  # type: ignore[return-value]
