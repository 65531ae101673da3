"""A Gaussian process: which curves go well with a few noisy points, and how far should each be trusted?

Run it with ``python examples/gaussian_process.py``. It needs no network and no steps by the thousand. Any two values of
the curve are supposed to be alike when their places are close: how close, by how much, and how large the noise is are
three numbers, the hyperparameters. They are found by making the observed points as likely as possible. The likelihood
is written as in the books, with a Cholesky factor; the engine differentiates through it, twice: Newton's method takes
the second derivatives, and so do the error bars at the end, which say how well three numbers can be known from 30.

Run whole, after seven steps nothing moves any more: the curve is alike over a length of 0.99, and the noise is 0.17,
probably between 0.14 and 0.20; it was 0.2. ``gaussian_process.png`` shows the curves that are left, before and after.
Between 0 and 2, where nothing was measured, they go their own ways.
"""

import sys

import numpy as np
from matplotlib import pyplot as plt

from tinygrad_edu import func

# %% [markdown]
# ## What was measured
#
# 30 points of a curve, with noise. Between 0 and 2 nothing was measured.

# %%
quick = "--quick" in sys.argv
rng = np.random.default_rng(0)


def truth(x):
    return np.sin(2 * x) + 0.3 * x


noise = 0.2
x = np.sort(np.concatenate([rng.uniform(-4, 0, 20), rng.uniform(2, 4, 10)]))  # from 0 to 2, nothing was measured
y = truth(x) + noise * rng.standard_normal(len(x))


# %% [markdown]
# ## How likely are the points?
#
# Two values of the curve are alike if their places are close. `surprise` is small if the observed points are likely; it
# is all that has to be written. That the engine can go back through `np.linalg.cholesky` and `np.linalg.solve`, twice,
# is what [chapter 7](../docs/learn/07-any-operation.md) and [chapter 8](../docs/learn/08-second-derivatives.md) are
# about.


# %%
def alike(a, b, p):
    """The covariance of the curve's values at `a` and `b`; `p` holds logarithms: length, height, noise."""
    distance = (a[:, None] - b) / np.exp(p[0])
    return np.exp(2 * p[1]) * np.exp(-0.5 * distance**2)


def surprise(p):
    """-log of the likelihood of all points (Rasmussen & Williams 2006, algorithm 2.1)."""
    factor = np.linalg.cholesky(alike(x, x, p) + np.exp(2 * p[2]) * np.eye(len(x)))
    whitened = np.linalg.solve(factor, y)
    return 0.5 * (whitened @ whitened) + np.log(np.diagonal(factor)).sum() + 0.5 * len(x) * np.log(2 * np.pi)


value_and_slope, curvature = func.value_and_grad(surprise), func.hessian(surprise)

# %% [markdown]
# ## Newton's method, made safe
#
# As in newton.py, with two precautions: a step always goes down, and it is halved as long as it goes too far.

# %%
p = guess = np.log([2.0, 2.0, 1.0])  # length, height and noise
for step in range(1, 4 if quick else 21):
    value, slope = value_and_slope(p)
    directions, axes = np.linalg.eigh(curvature(p).data)
    # Newton's step, but always down: where the ground curves the wrong way, the sign of the curvature is turned.
    move = -axes @ (axes.T @ slope.data / np.maximum(np.abs(directions), 1e-3))
    while surprise(p + move) > value.item() + 0.1 * slope.data @ move:
        move = move / 2  # too far: the ground is not the parabola it was taken for
    p = p + move
    length, height, error = np.exp(p)
    print(f"step {step:2}: surprise {surprise(p):8.4f}, length {length:.3f}, height {height:.3f}, noise {error:.3f}")
    if np.abs(slope.data).max() < 1e-6:
        break

# %% [markdown]
# ## How well can three numbers be known?
#
# Where the surprise is sharply curved, moving away soon makes the points unlikely: there a number is known well. So the
# inverse of the second derivatives says how far each may be off.

# %%
spread = np.sqrt(np.diagonal(np.linalg.inv(curvature(p).data)))  # Laplace: a Gaussian of this curvature
for name, value, s in zip(("length", "height", "noise"), p, spread, strict=True):
    print(f"{name:6} {np.exp(value):.3f}, probably between {np.exp(value - s):.3f} and {np.exp(value + s):.3f}")
print(f"the noise was {noise}")


# %% [markdown]
# ## The curves that are left
#
# The band is narrow where points are, and wide where none are. Compare the two pictures: as guessed, the curve is
# trusted too little everywhere.


# %% Curves through the points, with a band around their mean: wide as guessed, narrow as learnt, except where nothing was measured
def posterior(at, p):
    """The mean and the covariance of the curve at other places, given the points."""
    known, to_known = alike(x, x, p) + np.exp(2 * p[2]) * np.eye(len(x)), alike(at, x, p)
    return to_known @ np.linalg.solve(known, y), alike(at, at, p) - to_known @ np.linalg.solve(known, to_known.T)


at = np.linspace(-5, 5, 400)
figure, plots = plt.subplots(1, 2, sharey=True, figsize=(12, 4.5), layout="constrained")
for axes, q, title in zip(plots, (guess, p), ("as guessed", "as learnt"), strict=True):
    mean, covariance = posterior(at, q)
    band = 2 * np.sqrt(np.diagonal(covariance))
    curves = rng.multivariate_normal(mean, covariance, 3, method="eigh")
    axes.fill_between(
        at, mean - band, mean + band, color="#2b6cb3", alpha=0.15, lw=0, label="where 95 % of the curves are"
    )
    axes.plot(at, curves.T, color="#2b6cb3", alpha=0.5, linewidth=0.7, label=["three of them", None, None])
    axes.plot(at, mean, color="#2b6cb3", label="their mean")
    axes.plot(at, truth(at), "--", color="#b3462b", linewidth=1, label="the truth")
    axes.plot(x, y, "o", color="#222222", markersize=3.5, label="what was measured")
    length, height, error = np.exp(q)
    axes.set_title(f"{title}: length {length:.2f}, height {height:.2f}, noise {error:.2f}")
    axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, loc="upper left", fontsize=9)
figure.savefig("gaussian_process.png", dpi=130)
