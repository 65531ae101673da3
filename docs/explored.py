"""The live pages of the site: made, as files of their own, when it is built, and shown by ``{live} name``."""

import html
from pathlib import Path

import numpy as np
from docutils import nodes
from docutils.parsers.rst import Directive, directives

from tinygrad_edu import Tensor, data, explore, manual_seed, nn, sigmoid, watch


def neuron():
    x1, x2 = Tensor(0.8), Tensor(0.3)
    w1 = Tensor(1.5, requires_grad=True)
    w2 = Tensor(-2.0, requires_grad=True)
    bias = Tensor(-0.5, requires_grad=True)
    with watch():
        weighted_sum = w1 * x1 + w2 * x2 + bias
        activation = sigmoid(weighted_sum)
        cost = (activation - 1.0) ** 2
    return explore(cost)


def paths():
    x = Tensor([0.5, 1.0, 1.5], requires_grad=True)
    scale = Tensor(2.0, requires_grad=True)
    with watch():
        waves = np.sin(x) * x
        total = np.sum(scale * waves)
    return explore(total)


def meeting():
    x = Tensor(3.0, requires_grad=True)
    with watch():
        a = x + 2
        b = a * x
        c = b + a
    return explore(c)


def layer():
    X = Tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], requires_grad=True)
    W = Tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]], requires_grad=True)
    b = Tensor([1.0, -2.0], requires_grad=True)
    wanted = np.array([[7.0, 2.0], [2.0, -1.0]])
    with watch():
        Y = X @ W + b
        cost = np.sum((Y - wanted) ** 2) / 2
    return explore(cost)


def digits():
    manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 16),
        nn.Sigmoid(),
        nn.Linear(16, 16),
        nn.Sigmoid(),
        nn.Linear(16, 10),
        nn.Sigmoid(),
    )
    cost_of = nn.SumOfSquaresLoss()
    (images, labels), _ = data.mnist()
    batch, wanted = Tensor(images[:32]), Tensor(data.one_hot(labels[:32]))
    with watch():
        guesses = model(batch)
        cost = cost_of(guesses, wanted)
    return explore(cost)


EXAMPLES = {"neuron": neuron, "paths": paths, "meeting": meeting, "layer": layer, "digits": digits}


class Live(Directive):
    """``{live} neuron`` is a frame with that page, and a link to it, which is all that telephones show.

    ``:title:`` says what it is, and ``:at:`` where to begin, as the page's own address does.
    """

    required_arguments = 1
    option_spec = {"title": directives.unchanged_required, "at": directives.unchanged}  # noqa: RUF012

    def run(self):
        name, title = self.arguments[0], html.escape(self.options["title"])
        if name not in EXAMPLES:
            raise self.error(f"no live page is called {name}; there are {', '.join(EXAMPLES)}")
        up = "../" * self.state.document.settings.env.docname.count("/")
        address = f"{up}explored/{name}.html" + (f"#{self.options['at']}" if "at" in self.options else "")
        frame = f'<iframe src="{address}" title="{title}" loading="lazy"></iframe>'
        link = f'<p><a href="{address}">{title}: in a window of its own</a></p>'
        return [nodes.raw("", f'<div class="live">{frame}{link}</div>', format="html")]


def write_all(app):
    """Beside the built pages."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "explored"
        folder.mkdir(parents=True, exist_ok=True)
        for name, example in EXAMPLES.items():
            example().write(folder / f"{name}.html")


def setup(app):
    """Called by Sphinx."""
    app.add_directive("live", Live)
    app.connect("builder-inited", write_all)
