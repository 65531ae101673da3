"""A neural differential equation: a network learns the law of a motion from watching it.

Run it with ``python examples/neural_ode.py``. A point moves along a spiral; we see where it is at 400 moments, with
some noise. A small network says, for each place, in which direction and how fast the point goes on from there. To predict,
we follow it with Runge and Kutta's steps, and the gradient goes back through all of them (Chen et al. 2018).

The second way to the same gradient does not remember the steps: it runs the motion backwards in time, and along with it
the *adjoint*, how much the cost changes with the place at each moment. Its law needs one vector-Jacobian product at
each step, which is `func.vjp`. The two ways are compared at the end.

Run whole, which takes half a minute, the network's motion, followed from the start through all 400 moments and more than
three turns, ends 0.33 from where it should: it keeps to the spiral, and is a little slow. The two gradients agree to
0.006 %. ``neural_ode.png`` shows the motion and the law, before and after.
"""

import sys
import time

import numpy as np
from matplotlib import pyplot as plt

from tinygrad_edu import func

# %% [markdown]
# ## A motion, and who is to learn its law
#
# The true law is used once, to make what is seen. Then the network has to find it.

# %%
quick = "--quick" in sys.argv
rng = np.random.default_rng(0)
dt, moments, ahead, size = 0.025, 400, 20, 64


def law(x):
    """What is to be learnt, and is not told: a spiral whose speed depends on the place."""
    return x**3 @ np.array([[-0.1, 2.0], [-2.0, -0.1]])


def network(p, x):
    """Two layers. The parameters are a nest, here a dict of arrays, and so will be their gradient."""
    return np.tanh(x**3 @ p["w"] + p["b"]) @ p["v"] + p["c"]


def step(f, x, dt):
    """Runge and Kutta's: the mean of four slopes."""
    a = f(x)
    b = f(x + dt / 2 * a)
    c = f(x + dt / 2 * b)
    d = f(x + dt * c)
    return x + dt / 6 * (a + 2 * b + 2 * c + d)


def follow(f, x, n):
    """The places after 1, 2, ... n steps."""
    places = []
    for _ in range(n):
        x = step(f, x, dt)
        places.append(x)
    return np.stack(places)


true = follow(law, np.array([2.0, 0.0]), moments)
seen = true + 0.02 * rng.standard_normal(true.shape)


# %% [markdown]
# ## The cost
#
# From some moment, follow the network's law twenty steps ahead, and compare. `func.value_and_grad` goes back through
# all four slopes of all twenty steps. The parameters are a dict, and so is their gradient.


# %%
def cost(p, begin, wanted):
    return ((follow(lambda x: network(p, x), begin, ahead) - wanted) ** 2).mean()


hidden = 50
p = {
    "w": rng.normal(0, 0.5, (2, hidden)),
    "b": np.zeros(hidden),
    "v": rng.normal(0, 0.1, (hidden, 2)),
    "c": np.zeros(2),
}
before = {k: a.copy() for k, a in p.items()}
mean, square = ({k: np.zeros_like(a) for k, a in p.items()} for _ in range(2))
cost_and_gradient = func.value_and_grad(cost)
start = time.perf_counter()
steps = 10 if quick else 2000
for i in range(1, steps + 1):
    at = rng.integers(moments - ahead, size=size)  # from each of these moments, a little ahead
    value, g = cost_and_gradient(p, seen[at], np.stack([seen[at + 1 + k] for k in range(ahead)]))
    rate = 0.02 * (1 + np.cos(np.pi * i / steps)) / 2
    for k in p:  # Adam is no more than this
        mean[k] = 0.9 * mean[k] + 0.1 * g[k].data
        square[k] = 0.99 * square[k] + 0.01 * g[k].data ** 2
        p[k] = p[k] - rate * (mean[k] / (1 - 0.9**i)) / (np.sqrt(square[k] / (1 - 0.99**i)) + 1e-8)
    if i == 1 or i % (steps // 10) == 0:
        print(f"step {i:4}: cost {value.item():.6f}   ({time.perf_counter() - start:.0f} s)", flush=True)

learnt = follow(lambda x: network(p, x), np.array([2.0, 0.0]), moments)
print(
    f"followed from the start, after {moments} steps: {np.linalg.norm(learnt[-1] - true[-1]):.3f} from the true place"
)

# %% [markdown]
# ## The adjoint: the same gradient, without the graph
#
# Going back through the steps needs all of them in memory. This way needs none: the motion is run backwards, together
# with the law of its adjoint. How forward and reverse differ in what they cost is told in [chapter
# 8](../docs/learn/08-second-derivatives.md).

# %%


def backwards(state):
    """How place, adjoint and gradient change in time: dx/dt = f, da/dt = -a df/dx, dg/dt = -a df/dp."""
    x, a, _ = state
    f, pull = func.vjp(network, p, x)
    to_p, to_x = pull(a)
    return f.data, -to_x.data, {k: -v.data for k, v in to_p.items()}


def moved(state, h, slope):
    return state[0] + h * slope[0], state[1] + h * slope[1], {k: v + h * slope[2][k] for k, v in state[2].items()}


begin, wanted, n = seen[:1], seen[200], 200
end = follow(lambda x: network(p, x), begin, n)[-1]
state = end, 2 * (end - wanted), {k: np.zeros_like(v) for k, v in p.items()}
for _ in range(n):
    a = backwards(state)
    b = backwards(moved(state, -dt / 2, a))
    c = backwards(moved(state, -dt / 2, b))
    d = backwards(moved(state, -dt, c))
    for part, weight in (a, 1 / 6), (b, 1 / 3), (c, 1 / 3), (d, 1 / 6):
        state = moved(state, -dt * weight, part)
direct = func.grad(lambda p: ((follow(lambda x: network(p, x), begin, n)[-1] - wanted) ** 2).sum())(p)
error = max(np.abs(state[2][k] - direct[k].data).max() for k in p) / max(np.abs(g.data).max() for g in direct.values())
print(f"the adjoint's gradient differs from backpropagation's by {error:.1e} of it")

# %% [markdown]
# ## The law, before and after
#
# The arrows are what the network says about each place.

# %% The spiral that was seen, and the motion that the network predicts, before and after learning, over the arrows of its law
figure, plots = plt.subplots(1, 2, figsize=(12, 6.8), layout="constrained")
grid = np.stack(np.meshgrid(np.linspace(-2.2, 2.2, 22), np.linspace(-2.2, 2.2, 22)), -1)
for axes, q, title in zip(plots, (before, p), ("before", "after learning"), strict=True):
    arrows = network(q, grid.reshape(-1, 2)).reshape(grid.shape)
    axes.quiver(*np.moveaxis(grid, -1, 0), *np.moveaxis(arrows, -1, 0), color="#aaaaaa", width=0.002)
    axes.plot(*true.T, "--", color="#b3462b", linewidth=1, label="the true motion")
    axes.plot(*seen.T, ".", color="#222222", markersize=3, label="what was seen")
    predicted = follow(lambda x, q=q: network(q, x), np.array([2.0, 0.0]), moments)
    axes.plot(*predicted.T, color="#2b6cb3", label="what the network predicts")
    axes.set(title=title, xlim=(-2.3, 2.3), ylim=(-2.3, 2.3), aspect="equal")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
figure.savefig("neural_ode.png", dpi=120)
