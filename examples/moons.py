"""Two moons: a small network bends its boundary until it lies between two classes that no straight line divides.

Run it with ``python examples/moons.py``; the pictures need matplotlib. Run whole, it answers 98.6 % of 1,000 unseen points right,
and writes moons.png: what the network believes at three moments of its training.
"""

import sys

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

from tinygrad_edu import data, evaluate, fit, manual_seed, nn, optim, predict

# %% [markdown]
# ## The data
#
# 300 points on two half moons that reach into each other, shaken a little. 1,000 others are kept from the network, to
# see what it makes of points that it has never met: why that matters is told in [chapter
# 10](../docs/learn/10-does-it-learn.md).

# %%
manual_seed(0)
points, labels = data.two_moons(300, noise=0.15, seed=0)
unseen = data.two_moons(1000, noise=0.15, seed=1)
data.TensorDataset(points, labels)

# %% [markdown]
# ## The network
#
# Two numbers go in, and two come out: a score for each moon. Cross entropy compares them with the right answer. `fit`
# is the loop that xor.py writes by hand, and it calls `belief` after each epoch; that asks the network about every
# place of the plane.

# %%
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2))
cost, descent = nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01)

# Ask the network everywhere on a grid: which probability has the second moon?
side = np.linspace(-2, 3, 200), np.linspace(-1.6, 2.1, 150)
grid = np.stack(np.meshgrid(*side), -1).reshape(-1, 2)
moments, beliefs = [1, 10, 5 if "--quick" in sys.argv else 100], {}


def belief(run):
    if run.epoch in moments:
        scores = predict(model, grid)
        beliefs[run.epoch] = 1 / (1 + np.exp(scores[:, 0] - scores[:, 1])).reshape(150, 200)  # softmax, of two


history = fit(
    model,
    (points, labels),
    cost,
    descent,
    epochs=max(moments),
    metrics="accuracy",
    validation_data=unseen,
    callbacks=[belief],
)
print(f"{evaluate(model, unseen, metrics='accuracy')['accuracy']:.1%} of the unseen points right")

# %% [markdown]
# ## How the boundary bends
#
# Where the colour is pale, the network is not sure; on the dark line it changes its mind. The line begins nearly
# straight. Each hidden neuron adds a bend to it.

# %% The plane at three moments: the boundary between the moons is nearly straight at first, and in the end winds between them
figure, plots = plt.subplots(1, 3, sharey=True, figsize=(11, 3.1), layout="constrained")
colours = LinearSegmentedColormap.from_list("moons", ["#d8572a", "#ffffff", "#2f7fc1"])
for axes, epoch in zip(plots, sorted(beliefs), strict=True):
    axes.imshow(beliefs[epoch], cmap=colours, vmin=0, vmax=1, alpha=0.6, origin="lower", extent=[-2, 3, -1.6, 2.1])
    axes.contour(*side, beliefs[epoch], levels=[0.5], colors="#333333", linewidths=1.5)
    axes.scatter(*points.T, c=np.array(["#d8572a", "#2f7fc1"])[labels], s=14, edgecolors="white", linewidths=0.5)
    axes.set(
        xticks=[],
        yticks=[],
        aspect="equal",
        title=f"after epoch {epoch}: {history['val_accuracy'][epoch - 1]:.0%} right",
    )
figure.savefig("moons.png", dpi=130)
print("moons.png: what the network believes, and, as a line, where it changes its mind")
