"""The classic digits network, 784-16-16-10, written by hand as a module, and trained on MNIST by `fit`.

Run it with ``python examples/digits.py``; the pictures need matplotlib. Stop it with Ctrl-C whenever you like: with ``--resume`` it
goes on from the last whole epoch, as if there had been no break. Run whole, ten epochs take about ten seconds, and 94.6 % of the
10,000 unseen digits are read right; digits.png shows how it got there, guesses.png some of what it says, and network.png what goes on
in it as it looks at a 7.
"""

import sys

from tinygrad_edu import data, evaluate, fit, manual_seed, nn, optim, predict, sigmoid, viz


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


quick = "--quick" in sys.argv
manual_seed(0)
(images, labels), (unseen, answers) = data.mnist()
if quick:
    images, labels = images[:3000], labels[:3000]

# The wanted answers: for a 3, one for the fourth neuron and zero for the others.
wanted, unseen_wanted = data.one_hot(labels), data.one_hot(answers)

model = Network()
print(model)
history = fit(
    model, (images, wanted), nn.SumOfSquaresLoss(), optim.SGD(model.parameters(), lr=2.0),
    epochs=2 if quick else 10, validation_data=(unseen, unseen_wanted), metrics="accuracy",
    checkpoint="digits.npz", resume="--resume" in sys.argv,
)  # fmt: skip
print(f"{evaluate(model, (unseen, answers), metrics='accuracy')['accuracy']:.2%} of the unseen digits right")

viz.history(history).savefig("digits.png", dpi=130)
viz.guesses(unseen, answers, predict(model, unseen)).savefig("guesses.png", dpi=130)
viz.network(model, unseen[:1]).savefig("network.png", dpi=130)
print(
    "digits.png: how it learnt; guesses.png: what it says; network.png: what goes on in it; digits.npz: the training, to go on from"
)
