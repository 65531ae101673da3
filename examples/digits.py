"""The classic digits network: 784-16-16-10, written by hand as a module, and trained on MNIST by `fit`.

Run it with ``python examples/digits.py``; the pictures need matplotlib. Stop it with Ctrl-C whenever you like: with ``--resume`` it
goes on from the last whole epoch, as if there had been no break. Run whole, ten epochs take about ten seconds, and 94.4 % of the
10,000 unseen digits are read right; digits.png shows how it got there, guesses.png some of what it says, and network.png what goes on
in it as it looks at a 7.
"""

import sys

from tinygrad_edu import data, evaluate, fit, manual_seed, nn, optim, predict, sigmoid, viz

# %% [markdown]
# ## The network
#
# A digit is 28 x 28 pixels, so 784 numbers go in. Between them and the ten answers are two hidden layers of 16 neurons,
# each connected with every neuron of the layer before: 13,002 weights and biases. [Chapter
# 1](../docs/learn/01-a-neuron.md) counts them.


# %%
class Network(nn.Module):
    """Two hidden layers of 16 neurons; 784 pixels go in, and out come ten answers, one for each digit."""

    def __init__(self):
        self.first = nn.Linear(784, 16)
        self.second = nn.Linear(16, 16)
        self.answers = nn.Linear(16, 10)

    def forward(self, pixels):
        x = sigmoid(self.first(pixels))
        x = sigmoid(self.second(x))
        return sigmoid(self.answers(x))


# %% [markdown]
# ## The digits
#
# 60,000 to learn from, and 10,000 to be tested with.

# %%
quick = "--quick" in sys.argv
manual_seed(0)
digits = data.mnist()
(images, labels), (unseen, answers) = digits
if quick:
    images, labels = images[:3000], labels[:3000]

# The wanted answers: for a 3, one for the fourth neuron and zero for the others.
wanted, unseen_wanted = data.one_hot(labels), data.one_hot(answers)
digits.test

# %% [markdown]
# ## Training
#
# Each step looks at 32 digits, and goes down against the gradient of their cost; ten times through all of them. Behind
# it is the loop that xor.py writes by hand. Why a few digits at a time are enough is told in [chapter
# 4](../docs/learn/04-two-dimensions.md).

# %%
model = Network()
print(model)
history = fit(
    model, (images, wanted), nn.SumOfSquaresLoss(), optim.SGD(model.parameters(), lr=2.0),
    epochs=2 if quick else 10, validation_data=(unseen, unseen_wanted), metrics="accuracy",
    checkpoint="digits.npz", resume="--resume" in sys.argv,
)  # fmt: skip
print(f"{evaluate(model, (unseen, answers), metrics='accuracy')['accuracy']:.2%} of the unseen digits right")

# %% [markdown]
# ## How it learnt
#
# The cost of the unseen digits falls along with that of the others: what is learnt is not these digits, but how digits
# look.

# %% The cost and the share of right answers, epoch by epoch, for the digits that it learns from and for unseen ones
picture = viz.history(history)
picture.savefig("digits.png", dpi=130)
picture

# %% [markdown]
# ## What it says
#
# Look at the ones that it gets wrong. Would you have known?

# %% Some unseen digits, each with what the network takes it for
picture = viz.guesses(unseen, answers, predict(model, unseen))
picture.savefig("guesses.png", dpi=130)
picture

# %% [markdown]
# ## What goes on in it
#
# The network as it looks at a 7: each circle is a neuron, and the key says how active. More on this is in [chapter
# 10](../docs/learn/10-does-it-learn.md).

# %% The network as it looks at a 7: its neurons layer by layer, with their activations, and the strongest connections
picture = viz.network(model, unseen[:1])
picture.savefig("network.png", dpi=130)
print(
    "digits.png: how it learnt; guesses.png: what it says; network.png: what goes on in it; digits.npz: the training, to go on from"
)
picture
