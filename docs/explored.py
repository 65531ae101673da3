"""The live pages: made by `explore`, as files of their own, when the pages are built; and the directive that frames one."""

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
        z = w1 * x1 + w2 * x2 + bias
        activation = sigmoid(z)
        cost = (activation - 1.0) ** 2
    return explore(cost)


def three():
    """What a network says to a picture of a 3."""
    wanted = np.array([0.0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    given = Tensor([0.1, 0, 0.2, 0.6, 0, 0.5, 0, 0.1, 0.3, 0], requires_grad=True)
    with watch():
        difference = given - wanted
        squares = difference**2
        cost = np.sum(squares)
    return explore(cost)


def valleys():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        height = x**4 - 3 * x**2 + x
    return explore(height)


def line():
    """Two numbers to be found: the line through two points."""
    x, wanted = np.array([0.0, 2.0]), np.array([1.0, 5.0])
    w = Tensor(0.0, requires_grad=True)
    b = Tensor(0.0, requires_grad=True)
    with watch():
        answers = w * x + b
        cost = np.mean((answers - wanted) ** 2)
    return explore(cost)


def smallest():
    """The smallest thing that learns."""
    x, y = Tensor(2.0), Tensor(5.0)
    w = Tensor(3.0, requires_grad=True)
    b = Tensor(1.0, requires_grad=True)
    with watch():
        p = w * x
        s = p + b
        d = s - y
        C = d**2
    return explore(C)


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


def transformer():
    """A layer of a transformer reads four words, of eight numbers each, and should have turned the last into the first."""
    random = np.random.default_rng(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, rng=random)
    words = Tensor(random.normal(size=(1, 4, 8)).astype(np.float32), requires_grad=True)
    wanted = words.data[0, 0]
    with watch():
        understood = layer(words)
        cost = np.mean((understood[0, 3] - wanted) ** 2)
    return explore(cost)


def convolution():
    manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 12 * 12, 10),
    )
    cost_of = nn.CrossEntropyLoss()
    (images, labels), _ = data.mnist()
    batch = Tensor(images[:4].reshape(4, 1, 28, 28))
    with watch():
        guesses = model(batch)
        cost = cost_of(guesses, labels[:4])
    return explore(cost)


EXAMPLES = {
    example.__name__: example
    for example in (neuron, three, valleys, line, smallest, paths, meeting, layer, digits, transformer, convolution)
}


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
        address = html.escape(f"{up}explored/{name}.html" + (f"#{self.options['at']}" if "at" in self.options else ""))
        frame = f'<div class="frame"><iframe src="{address}" title="{title}" loading="lazy"></iframe></div>'
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
    app.add_css_file("live.css", priority=900)  # after those of the configuration
    app.connect("builder-inited", write_all)
