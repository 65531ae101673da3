"""An operation of your own: write it, write its derivatives, have both doubted by a machine, and put it in a network.

Run it with ``python examples/operation.py`` (it needs ``pip install 'tinygrad-edu[train,test]'``). The operation is the
*snake*, x + sin(a x)^2 / a (Ziyin et al. 2020): a straight line with a wave on it, whose frequency a can be learnt. What
is it good for? Networks of rectifiers know nothing of waves; beyond the data, all they can do is to go straight on.

Run whole, a machine tries the two derivative rules, and the second derivatives that follow from them, on a hundred pairs of
arrays. Beyond the data a layer of 64 snakes is wrong by 0.09 on average, and one of rectifiers, which has trouble with
the data already, by 1.80.

It writes ``operation.svg``, the graph of a neuron that is a snake, and ``operation.png``, what both networks
say beyond the data.
"""

import sys

import numpy as np
from hypothesis import HealthCheck, given, settings
from matplotlib import pyplot as plt

from tinygrad_edu import GradcheckError, Tensor, draw, explain, gradcheck, manual_seed, nn, no_grad, optim, primitive
from tinygrad_edu.testing import arrays, broadcastable_shapes

quick = "--quick" in sys.argv

# %% [markdown]
# ## The operation: a function, and a line for each of its arguments
#
# A rule is given `g`, how fast the result changes with the output, and says how fast it changes with the argument. So
# it is `g` times the derivative that you know from school. `explain` runs the rules on symbols, and prints them as
# formulas. [Chapter 7](../docs/learn/07-any-operation.md) has the same, slowly.

# %%


@primitive(
    lambda g, y, x, a: g * (1 + np.sin(2 * a * x)),
    lambda g, y, x, a: g * (x * np.sin(2 * a * x) - np.sin(a * x) ** 2 / a) / a,
)
def snake(x, a):
    return x + np.sin(a * x) ** 2 / a


print(explain(snake))

# %% [markdown]
# ## Is it right? Differences of nearby values decide
#
# `gradcheck` nudges each number, and compares with what the rule says. Hypothesis thinks of arrays to try it on.

# %%


@settings(
    max_examples=10 if quick else 100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(xa=arrays(broadcastable_shapes(2)))
def any_two_arrays(xa):
    """Of all shapes that fit each other: numbers, rows with columns. The second derivatives too, which nobody wrote."""
    assert gradcheck(snake, xa, order=2)


any_two_arrays()
print("\nfirst and second derivatives are right, for any arrays that fit each other")


@primitive(lambda g, y, x, a: g * (1 + np.sin(a * x)), None)
def wrong(x, a):
    return x + np.sin(a * x) ** 2 / a


try:
    gradcheck(lambda x: wrong(x, 2.0), np.array([0.5, 1.0]))
except GradcheckError as error:
    print("with a 2 forgotten, one is told:", str(error).splitlines()[0])

# %% [markdown]
# ## How does it look in a graph?

# %% A neuron with a snake for its activation, as a graph

x = Tensor(0.8, name="input")
w, b, a = (
    Tensor(value, requires_grad=True, name=name)
    for name, value in (("weight", 1.5), ("bias", -0.5), ("frequency", 2.0))
)
y = snake(w * x + b, a)
y.backward()
draw(y, file="operation.svg")

# %% [markdown]
# ## What is it good for?
#
# Two networks learn a wave from points between -10 and 10, and are asked about -20 to 20. Rectifiers go straight on
# where the data end; snakes go on waving.

# %% A wave, its data in the middle, and what two networks say beyond: rectifiers go straight on, snakes go on waving


class Snake(nn.Module):
    """A snake for each neuron, with a frequency of its own."""

    def __init__(self, neurons):
        self.a = nn.Parameter(np.full(neurons, 10.0), dtype=np.float32)

    def forward(self, x):
        return snake(x, self.a)


def wave(t):
    return np.sin(t) + 0.5 * np.sin(2 * t) + 0.1 * t


rng = np.random.default_rng(0)
t = rng.uniform(-10, 10, (400, 1)).astype(np.float32)
seen = (wave(t) + 0.1 * rng.standard_normal(t.shape)).astype(np.float32)
further = np.linspace(-20, 20, 801, dtype=np.float32)[:, None]
said = {}
for name, activation in ("rectifiers", nn.ReLU()), ("snakes", Snake(64)):
    manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 64), activation, nn.Linear(64, 1))
    steps = 50 if quick else 2500
    descent, cost = optim.Adam(model.parameters(), lr=5e-3), nn.MSELoss()
    schedule = optim.CosineAnnealingLR(descent, steps)
    for _ in range(steps):
        descent.zero_grad()
        loss = cost(model(t), seen)
        loss.backward()
        descent.step()
        schedule.step()
    with no_grad():
        said[name] = model(further).data
    error = np.sqrt(np.mean((said[name] - wave(further))[np.abs(further) > 10] ** 2))
    print(f"{name}: cost {loss.item():.4f} on the data; beyond it, wrong by {error:.2f} on average")

figure, axes = plt.subplots(figsize=(12, 3.8), layout="constrained")
axes.axvspan(-10, 10, color="#f0f0f0", linewidth=0)
axes.plot(further, wave(further), color="#222222", linewidth=1, label="the truth")
axes.plot(t, seen, ".", color="#888888", markersize=3, label="the data")
for (name, values), color in zip(said.items(), ("#b3462b", "#2b6cb3"), strict=True):
    axes.plot(further, values, color=color, label=name)
axes.set(xlim=(-20, 20), ylim=(-5, 5))
axes.legend(frameon=False, ncols=4, loc="lower right")
axes.spines[["top", "right"]].set_visible(False)
figure.savefig("operation.png", dpi=130)
