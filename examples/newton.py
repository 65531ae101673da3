"""Newton's method: with second derivatives, a few steps go where thousands of small ones would.

Run it with ``python examples/newton.py``. Rosenbrock's valley has its lowest point at (1, 1); gradient descent creeps
along its floor, and Newton's steps know how the surface bends. Run whole, 10,000 steps of the first end at (0.992, 0.985),
and seven of the second where the cost is 0 to the last digit; though the second of these went far up.
"""

import sys

import numpy as np

from tinygrad_edu import func

# %% [markdown]
# ## The valley
#
# Rosenbrock's valley is curved, steep across and nearly level along its floor. That is what makes small steps so slow:
# a step that is short enough not to jump across is much too short to get along. Here are its slope, and with it the
# matrix of its second derivatives, the *Hessian*. [Chapter 8](../docs/learn/08-second-derivatives.md) tells what that
# is.


# %%
def valley(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


gradient, hessian = func.grad(valley), func.hessian(valley)

# %% [markdown]
# ## Many small steps

# %%
p = np.array([-1.2, 1.0])
steps = 1_000 if "--quick" in sys.argv else 10_000
for _ in range(steps):
    p = p - 0.001 * gradient(p).data
print(f"gradient descent, after {steps:,} steps: ({p[0]:.4f}, {p[1]:.4f}), cost {valley(p):.2e}")

# %% [markdown]
# ## Seven large ones
#
# The slope and the curvature together describe a parabola. Newton's step goes straight to the lowest point of that, and
# asks again there. Look at the second step: where the parabola is a bad likeness, it goes far up. Near the end, the
# number of right digits doubles with every step.

# %%
p = np.array([-1.2, 1.0])
for step in range(1, 8):
    p = p - np.linalg.solve(hessian(p).data, gradient(p).data)
    print(f"Newton's method, after {step} steps: ({p[0]:.4f}, {p[1]:.4f}), cost {valley(p):.2e}")
