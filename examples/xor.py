"""XOR: the smallest problem that one layer can't solve, and two can.

Run it with ``python examples/xor.py``. Run whole, it ends with a cost of about 0.00001 and all four answers right.
"""

import sys

import numpy as np

from tinygrad_edu import Tensor, manual_seed, nn, no_grad, optim

# %% [markdown]
# ## Four examples
#
# The exclusive or of two bits is 1 if exactly one of them is. Draw the four pairs as corners of a square: no straight
# line has the two ones on one side and the two zeros on the other, and a straight line is all that a single layer can
# draw. So there is a hidden layer, of eight neurons.

# %%
manual_seed(1)
x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
wanted = Tensor([[0], [1], [1], [0]], dtype=np.float32)

model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
cost, descent = nn.MSELoss(), optim.Adam(model.parameters(), lr=0.05)
model

# %% [markdown]
# ## Downhill
#
# This is the whole of learning, in four lines: forget the old gradients, compute the cost, go back through it, take a
# step. What a step is, and how large it should be, is told in [chapter 3](../docs/learn/03-downhill.md).

# %%
for step in range(100 if "--quick" in sys.argv else 1000):
    descent.zero_grad()
    loss = cost(model(x), wanted)
    loss.backward()
    descent.step()
    if step % 100 == 0:
        print(f"step {step:4}: cost {loss.item():.5f}")

# %% [markdown]
# ## What it answers

# %%
with no_grad():
    for inputs, answer in zip(x.tolist(), model(x).tolist(), strict=True):
        print(f"{inputs[0]:.0f} xor {inputs[1]:.0f} is {answer[0]:.3f}")
