"""Curve fitting: a network with one input learns a curve from noisy measurements, one with two inputs a surface.

Run it with ``python examples/surface.py``; the pictures need matplotlib. Run whole, the surface is met with an error of 0.02
on average, of heights from -0.7 to 1; curve.png and surface.png show what was learnt.
"""

import sys

import numpy as np
from matplotlib import pyplot as plt

from tinygrad_edu import data, fit, manual_seed, nn, optim, predict

quick = "--quick" in sys.argv

# %% [markdown]
# ## A network for curves
#
# Any number may come out, so the last layer has no sigmoid behind it. The two hidden layers of 32 neurons make the
# curve: each neuron is one smooth step, and the curve is a sum of such steps.

# %%
manual_seed(0)


def network(inputs):
    return nn.Sequential(nn.Linear(inputs, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


# %% [markdown]
# ## A curve, from 60 noisy measurements
#
# The cost is the mean of the squared differences, as in [chapter 2](../docs/learn/02-the-cost.md). The network is
# stopped at three moments, to see what it has learnt: first roughly where the curve is, then its bends.

# %% Noisy points along a sine, and the fitted curve at three moments: nearly straight, then bent, then close to the truth
x, y = data.sine(60, noise=0.15, seed=0, waves=1.5)
curve, line = network(1), np.linspace(-1.2, 1.2, 300)[:, None]
descent, steps, stages = optim.Adam(curve.parameters(), lr=0.01), 0, {}
for more in (10, 30, 20 if quick else 460):
    fit(curve, (x, y), nn.MSELoss(), descent, epochs=more, batch_size=len(x), progress=False)
    steps += more
    stages[steps] = predict(curve, line)

figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.plot(line, np.sin(1.5 * np.pi * line), color="#999999", linestyle="dashed", label="the truth")
for (steps, learnt), colour in zip(stages.items(), ["#f3c7b4", "#e58f6b", "#d8572a"], strict=True):
    axes.plot(line, learnt, color=colour, linewidth=2, label=f"after {steps} steps")
axes.scatter(x, y, s=14, color="#222222", zorder=3, label="measurements")
axes.spines[["top", "right"]].set_visible(False)
axes.set_ylim(-1.6, 1.6)
axes.legend(frameon=False, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=9)
figure.savefig("curve.png", dpi=130)


# %% [markdown]
# ## A surface, from 2,000 points
#
# Two inputs, and the same network otherwise. What is to be learnt are waves that run out from the centre. The learning
# rate falls along half a cosine, so that the last steps are small ones.


# %%
def height(p):
    r = 8 * np.hypot(p[:, :1], p[:, 1:])
    return np.cos(r) * np.exp(-r / 8)


rng = np.random.default_rng(0)
places = rng.uniform(-1, 1, (2000, 2))
surface = network(2)
descent, epochs = optim.Adam(surface.parameters(), lr=5e-3), 5 if quick else 200
schedule = optim.CosineAnnealingLR(descent, epochs)
fit(surface, (places, height(places)), nn.MSELoss(), descent, epochs=epochs, schedule=schedule)

side = np.linspace(-1, 1, 81)
east, north = np.meshgrid(side, side)
grid = np.stack([east.ravel(), north.ravel()], 1)
learnt, truth = predict(surface, grid), height(grid)
print(f"the surface is met with an error of {np.abs(learnt - truth).mean():.3f} on average")

# %% Two surfaces side by side, the true waves and those that the network has learnt
figure = plt.figure(figsize=(9, 3.6), layout="constrained")
for i, (title, z) in enumerate(
    [("the truth", truth), (f"learnt, {surface.parameter_count():,} weights and biases", learnt)], 1
):
    axes = figure.add_subplot(1, 2, i, projection="3d")
    axes.plot_surface(
        east, north, z.reshape(east.shape), cmap="viridis", vmin=-0.7, vmax=1, rcount=81, ccount=81, antialiased=False
    )
    axes.set(title=title, zlim=(-0.8, 1), xticks=[], yticks=[], zticks=[])
    axes.set_box_aspect((1, 1, 0.45), zoom=1.2)
figure.savefig("surface.png", dpi=130)
print("curve.png, surface.png: what was learnt, beside the truth")
