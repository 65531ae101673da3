"""One neuron: a weighted sum plus a bias, through a sigmoid; its gradients, and its picture.

Run it with ``python examples/neuron.py``. The weights are the strengths of the connections, the bias
is the threshold: how large the weighted sum must be before the neuron becomes active.

Run whole, which takes no time, it finds that its activation is 0.525 where 1 was wanted, says what nudging each weight would do
about that, and writes neuron.svg: the same as a graph.
"""

from tinygrad_edu import Tensor, draw, sigmoid, watch

# %% [markdown]
# ## Forward
#
# Two inputs come in, and the neuron should answer 1. Its two weights and its bias are what can be changed, so they are
# marked with `requires_grad=True`. [Chapter 1](../docs/learn/01-a-neuron.md) tells what they mean, and [chapter
# 2](../docs/learn/02-the-cost.md) why the cost is a square.

# %%
x1, x2 = Tensor(0.8, name="input 1"), Tensor(0.3, name="input 2")
w1 = Tensor(1.5, requires_grad=True, name="weight 1")
w2 = Tensor(-2.0, requires_grad=True, name="weight 2")
bias = Tensor(-0.5, requires_grad=True, name="bias")

wanted = 1.0
with watch():  # for the picture: all values and gradients are still known after backward()
    weighted_sum = w1 * x1 + w2 * x2 + bias
    activation = sigmoid(weighted_sum)
    cost = (activation - wanted) ** 2
print(f"activation {activation.item():.3f}, wanted {wanted}, cost {cost.item():.3f}")

# %% [markdown]
# ## Backward
#
# One call finds all three slopes. Read them as nudges: if a weight goes up a little, what does the cost do? The bias
# has the largest slope here, because it is multiplied by nothing. How `backward()` does it is told in [chapter
# 5](../docs/learn/05-the-chain-rule.md).

# %%
cost.backward()
for parameter in w1, w2, bias:
    print(f"nudge {parameter.name} up by 0.01, and the cost changes by {0.01 * parameter.grad.item():+.5f}")

# %% [markdown]
# ## The same as a graph
#
# Each box is an operation: above, the value that it computed; below, in its own colour, how fast the cost changes with
# that value. Follow the gradients from the cost back to the weights. At each box they are multiplied by one more slope.

# %% The neuron as a graph, from its inputs and weights to its cost, with values and gradients
draw(cost, file="neuron.svg", gradients=True)
