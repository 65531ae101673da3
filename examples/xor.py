"""XOR: the smallest problem that one layer can't solve, and two can.

Run it with ``python examples/xor.py``. Run whole, it ends with a cost of about 0.00001 and all four answers right.
"""

import sys

import numpy as np

from tinygrad_edu import Tensor, manual_seed, nn, no_grad, optim

manual_seed(1)
x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
wanted = Tensor([[0], [1], [1], [0]], dtype=np.float32)

model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
cost, descent = nn.MSELoss(), optim.Adam(model.parameters(), lr=0.05)

for step in range(100 if "--quick" in sys.argv else 1000):
    descent.zero_grad()
    loss = cost(model(x), wanted)
    loss.backward()
    descent.step()
    if step % 100 == 0:
        print(f"step {step:4}: cost {loss.item():.5f}")

with no_grad():
    for inputs, answer in zip(x.tolist(), model(x).tolist(), strict=True):
        print(f"{inputs[0]:.0f} xor {inputs[1]:.0f} is {answer[0]:.3f}")
