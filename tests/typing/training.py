"""A user's program, typed throughout: functions of functions, training, optimisers, data sets and pictures."""

# pyright: strict, reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from tinygrad_edu import (
    Tensor,
    capture,
    data,
    draw,
    evaluate,
    fit,
    func,
    linear,
    nn,
    no_grad,
    optim,
    predict,
    relu,
    softmax,
    viz,
)
from tinygrad_edu.training import Callback, EarlyStopping, History, Run, accuracy


# Functions of functions keep their parameters.
def energy(x: Tensor, strength: float = 1.0) -> Tensor:
    """A function of a Tensor, and of a setting."""
    return (x * x).sum() * strength


assert_type(func.grad(energy)(2.0, strength=3.0), Tensor)
assert_type(func.grad(func.grad(energy))(np.ones(())), Tensor)
assert_type(func.value_and_grad(energy)(2.0), tuple[Tensor, Tensor])
assert_type(func.jacobian(energy)(np.ones(2)), Tensor)
assert_type(func.hessian(energy)(np.ones(2, np.float32)), Tensor)
assert_type(func.elementwise_grad(energy)(np.ones(2)), Tensor)
assert_type(func.checkpoint(energy)(Tensor(1.0)), Tensor)
assert_type(capture(energy)(Tensor(1.0), strength=2.0), Tensor)
func.grad(lambda x: x**3)(2.0)
func.grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
func.hvp(energy, (Tensor(1.0),), (1.0,))


@no_grad
def named(i: int) -> str:
    """A function that a mode decorates is the same to its callers."""
    return str(i)


@no_grad()
def numbered(text: str) -> int:
    """With parentheses too."""
    return int(text)


assert_type(named(1), str)
assert_type(numbered("1"), int)

# Operations take Tensors, arrays and numbers.
assert_type(relu(Tensor([1.0])), Tensor)
assert_type(softmax([1.0, 2.0], axis=0), Tensor)
assert_type(linear(Tensor([1.0]), np.ones((2, 1))), Tensor)

# Training: data of every kind, metrics, schedules, callbacks.
model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
descent = optim.SGD(model.parameters(), lr=0.1)
moons = data.two_moons(20, seed=0)


def report(run: Run) -> None:
    """A function that is called after each epoch."""
    run.log(batches=float(run.batch))


class Stop(Callback):
    """A callback of one's own."""

    def on_epoch_end(self, run: Run) -> None:
        run.stop = "enough"


def top(output: NDArray[Any], target: NDArray[Any]) -> float:
    """A metric of one's own."""
    return accuracy(output, target)


history = fit(model, moons, nn.CrossEntropyLoss(), descent, epochs=2, metrics="accuracy", callbacks=[report, EarlyStopping(mode="min")],
              schedule=optim.StepLR(descent, 1), validation_data=data.DataLoader(moons, 10), progress=False)  # fmt: skip
assert_type(history, History)
assert_type(history["loss"], list[float])
fit(
    model,
    data.DataLoader(moons, 10),
    nn.CrossEntropyLoss(),
    descent,
    metrics={"top": top},
    callbacks=Stop(),
    progress=False,
)
assert_type(evaluate(model, [moons], metrics=["accuracy", top]), dict[str, float])
assert_type(predict(model, Tensor([[1.0, 2.0]]), batch_size=2), NDArray[Any])

# Optimisers and schedules.
optim.Adam([{"params": model.parameters(), "lr": 0.1}])
plateau = optim.ReduceLROnPlateau(descent, mode="min")
plateau.step(0.5)
plateau.step(history["val_loss"][-1])
quick = optim.LBFGS(model.parameters(), max_iter=2)


def closure() -> Tensor:
    """The loss, for an optimiser that computes it several times."""
    quick.zero_grad()
    loss: Tensor = nn.CrossEntropyLoss()(model(moons[0]), moons[1])
    loss.backward()
    return loss


assert_type(quick.step(closure), Tensor)
assert_type(optim.clip_grad_norm_(model.parameters(), 1.0), float)

# Data sets.
train, test = data.random_split(moons, [0.5, 0.5], generator=0)
assert_type(train, data.Subset)
data.Subset(moons, [1, 2])
data.DataLoader([1, 2, 3])
data.DataLoader(np.ones((3, 2)), shuffle=True, generator=0)

# Pictures are graphviz's and matplotlib's.
assert_type(draw(energy, 1.0, detail="low"), viz.Picture)
draw([Tensor([1.0], requires_grad=True) * 2], names={"x": 1})
viz.history(history).savefig("history.png")
viz.history({"loss": [1.0, 2.0]})
viz.history([{"loss": 1.0}, {"loss": 0.5, "val_loss": 1.0}])
viz.network(model, [0.5, -1.0])
viz.descent(lambda x, y: x * y, start=(1.0, 2.0), extent=(0, 3, 0, 3), steps=2)
viz.weights(np.ones((2, 4)))
viz.boundary(model, moons, names=["no", "yes"], extent=(-2, 3, -1, 2), points=20)
viz.boundary(model, data.TensorDataset(*moons))
viz.fit(nn.Linear(1, 1), data.sine(9), truth=np.sin, extent=(-1, 1), path=[nn.Linear(1, 1).state_dict()])
viz.landscape(model, nn.CrossEntropyLoss(), moons, directions=("0.weight[0, 0]", "0.bias[0]"), points=3)
