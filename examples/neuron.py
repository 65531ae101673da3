"""One neuron: a weighted sum plus a bias, through a sigmoid; its gradients, and its picture.

Run it with ``python examples/neuron.py [FILE.svg]``. The weights are the strengths of the connections, the bias
is the threshold: how large the weighted sum must be before the neuron becomes active.

Run whole, which takes no time, it finds that its activation is 0.525 where 1 was wanted, says what nudging each weight would do
about that, and writes neuron.svg (or FILE.svg): the same as a graph.
"""

import sys

from tinygrad_edu import Tensor, draw, sigmoid, watch

x1, x2 = Tensor(0.8, name="input 1"), Tensor(0.3, name="input 2")
w1 = Tensor(1.5, requires_grad=True, name="weight 1")
w2 = Tensor(-2.0, requires_grad=True, name="weight 2")
bias = Tensor(-0.5, requires_grad=True, name="bias")

wanted = 1.0
with watch():  # for the picture: all values and gradients are still known after backward()
    weighted_sum = w1 * x1 + w2 * x2 + bias
    activation = sigmoid(weighted_sum)
    cost = (activation - wanted) ** 2
cost.backward()

print(f"activation {activation.item():.3f}, wanted {wanted}, cost {cost.item():.3f}")
for parameter in w1, w2, bias:
    print(f"nudge {parameter.name} up by 0.01, and the cost changes by {0.01 * parameter.grad.item():+.5f}")

files = [a for a in sys.argv[1:] if not a.startswith("-")]
draw(cost, file=files[0] if files else "neuron.svg", gradients=True)
