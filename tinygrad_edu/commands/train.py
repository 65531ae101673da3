"""The command `train`: train the course notes' network on MNIST, test it on harder cases, and draw the result."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from .. import nn, optim
from ..allocator import reuse_memory
from ..data import Batches, mnist, one_hot
from ..serialization import rehearse, save
from .mnist_network import digit_accuracy, harder_cases, make_network, sizes, train_network
from .pictures import draw_all
from .progress import EpochProgress


def run(options: Namespace) -> int:
    """Train, save, evaluate and draw the network, and return the exit status."""
    reuse_memory()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)  # before the work: a wrong folder is found before training, not after it
    digits = mnist(options.data)
    count = 6_000 if options.quick else None
    pixels, labels = digits.train.images[:count], digits.train.labels[:count]
    classes = int(digits.train.labels.max()) + 1

    model = make_network((pixels.shape[1], *options.hidden, classes), options.seed)
    rehearse(out / "weights.npz", model)  # for the same reason
    cost = nn.SumOfSquaresLoss()
    print(
        f"{'-'.join(map(str, sizes(model)))} network, sigmoid everywhere: "
        f"{model.parameter_count():,} weights and biases"
    )
    print(f"{len(pixels):,} training images, batches of {options.batch}, rate {options.rate}, seed {options.seed}")

    history: list[dict[str, float]] = []
    descent = optim.SGD(model.parameters(), lr=options.rate)
    batches = Batches(pixels, one_hot(labels, classes), size=options.batch, seed=options.seed)
    interrupted = False
    try:
        for epoch in range(1, options.epochs + 1):
            with EpochProgress(f"epoch {epoch}/{options.epochs}", len(pixels)) as progress:
                for record in train_network(model, cost, descent, batches, progress):
                    history.append(record)
            history[-1]["test accuracy"] = digit_accuracy(model, digits.test.images, digits.test.labels)
    except KeyboardInterrupt:
        interrupted = True
        print("\nStopped; the weights learnt so far are kept.")

    save(out / "weights.npz", model)  # first of all: nothing that follows may lose it
    share = digit_accuracy(model, digits.test.images, digits.test.labels)
    print(f"\nAccuracy on the {len(digits.test.labels):,} unseen test images: {share:.2%}\n")
    print(harder_cases(model, digits.test.images, digits.test.labels, options.seed))
    print("\nWritten:")
    print(f"  {out / 'weights.npz'}  the trained weights and biases")
    for path, what in draw_all(out, model, cost, history, digits):
        print(f"  {path}  {what}")
    return 130 if interrupted else 0
