"""Pictures of points: what a classifier believes on the plane, and the curve that a model puts through them."""

import sys

import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tinygrad_edu import Tensor, data, manual_seed, nn, viz
from tinygrad_edu.viz.beliefs import Beliefs, certainty
from tinygrad_edu.viz.boundary import FULL, class_colours

MOONS = data.two_moons(40, noise=0.2, seed=0)


def classifier(outputs, *end, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(2, 8, rng=rng), nn.Tanh(), nn.Linear(8, outputs, rng=rng), *end)


def curve(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(1, 8, rng=rng), nn.Tanh(), nn.Linear(8, 1, rng=rng))


def regions(figure):
    """The places of the pixels, shape (N, 2), and their colours."""
    [image] = [i for i in figure.axes[0].images if i.get_gid() == "regions"]
    left, right, bottom, top = image.get_extent()
    shown = np.asarray(image.get_array())
    n, m, _ = shown.shape
    x, y = left + (right - left) * (np.arange(m) + 0.5) / m, bottom + (top - bottom) * (np.arange(n) + 0.5) / n
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), shown.reshape(-1, 3)


def colour_of(winner, strength, count):
    return 1 - FULL * strength[:, None] * (1 - class_colours(count)[winner])


def marked(figure, gid):
    return sum(len(c.get_offsets()) for c in figure.axes[0].collections if (c.get_gid() or "").startswith(gid))


def line(figure, gid):
    [found] = [one for one in figure.axes[0].lines if one.get_gid() == gid]
    return found


def legend(figure):
    [found] = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    return [t.get_text() for t in found.get_texts()]


def state(model):
    return {n: (p.data.tobytes(), p.grad) for n, p in model.named_tensors()}, [m.training for m in model.modules()]


# -------------------------------------------------------------------- the colours of the plane


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_logit_colours_each_place_by_its_sigmoid(dtype):
    model = classifier(1).to(dtype)
    places, colours = regions(viz.boundary(model, MOONS, points=30))
    logits = model(places.astype(dtype)).data[:, 0].astype(float)
    assert 0 < (logits > 0).mean() < 1
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(colours, colour_of((logits > 0).astype(int), abs(2 * p - 1), 2), atol=1e-5)


@pytest.mark.parametrize("end", [(nn.Sigmoid(),), (nn.Sigmoid(), nn.Flatten(0))])
def test_a_probability_colours_as_its_logit_does(end):
    figures = [viz.boundary(classifier(1, *ends), MOONS, points=20) for ends in ((), end)]
    np.testing.assert_allclose(regions(figures[0])[1], regions(figures[1])[1], atol=1e-5)
    assert "boundary: output 0" in legend(figures[0])
    assert "boundary: output 0.5" in legend(figures[1])


def test_probabilities_and_logits_of_several_classes_colour_alike():
    x, labels = data.blobs(60, seed=0, classes=3)
    figures = [
        viz.boundary(classifier(3, *end), (x, labels), points=20) for end in ((), (nn.Softmax(),), (nn.LogSoftmax(),))
    ]
    places, colours = regions(figures[0])
    logits = classifier(3)(places.astype("float32")).data.astype(float)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(colours, colour_of(p.argmax(axis=1), (p.max(axis=1) - 1 / 3) * 1.5, 3), atol=1e-5)
    for figure in figures[1:]:
        np.testing.assert_allclose(regions(figure)[1], colours, atol=1e-5)


def test_sigmoids_of_several_classes_are_as_sure_as_the_largest_of_them():
    x, labels = data.blobs(60, seed=0, classes=3)
    model = classifier(3, nn.Sigmoid())
    places, colours = regions(viz.boundary(model, (x, labels), points=20))
    said = model(places.astype("float32")).data.astype(float)
    strength = np.clip((said.max(axis=1) - 1 / 3) * 1.5, 0, 1)
    np.testing.assert_allclose(colours, colour_of(said.argmax(axis=1), strength, 3), atol=1e-5)


def test_places_in_whole_numbers_and_models_whose_weights_rest_are_drawn_too():
    model = classifier(1, nn.Sigmoid())
    for p in model.parameters():
        p.requires_grad = False
    figure = viz.boundary(model, ([[0, 1], [2, 3]], [0, 1]))
    assert "boundary: output 0.5" in legend(figure)


def test_one_output_and_two_colour_the_same_classes_alike():
    one, two = classifier(1), classifier(2)
    two[2].weight.data = np.concatenate([0 * one[2].weight.data, one[2].weight.data])
    two[2].bias.data = np.concatenate([0 * one[2].bias.data, one[2].bias.data])
    two[0].weight.data, two[0].bias.data = one[0].weight.data, one[0].bias.data
    np.testing.assert_allclose(
        regions(viz.boundary(one, MOONS, points=20))[1], regions(viz.boundary(two, MOONS, points=20))[1], atol=1e-5
    )


def test_outputs_that_happen_to_lie_between_0_and_1_are_logits_all_the_same():
    model = classifier(1)
    model[2].weight.data *= 0.01
    model[2].bias.data[...] = 0.3
    said = Beliefs(model, np.random.default_rng(0).uniform(-1, 1, (50, 2)), None)
    assert said.outputs.min() > 0
    assert said.outputs.max() < 1
    assert said.threshold == 0
    assert said.classes.all()


def test_the_threshold_is_the_reader_s_and_the_line_is_where_the_output_crosses_it():
    model = nn.Linear(2, 1)
    model.weight.data[...], model.bias.data[...] = [[1.0, 0.0]], 0.0
    figure = viz.boundary(model, MOONS, threshold=0.25, points=50)
    places, colours = regions(figure)
    blue = colours[:, 2] > colours[:, 0]
    np.testing.assert_array_equal(blue, places[:, 0] > 0.25)
    [contour] = [c for c in figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]
    np.testing.assert_allclose(contour.get_paths()[0].vertices[:, 0], 0.25, atol=1e-6)
    assert "boundary: output 0.25" in legend(figure)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 2.0])
def test_no_one_is_sure_at_the_threshold_and_all_are_far_from_it(threshold):
    sure = certainty(np.array([threshold, -1e4, 1e4]), threshold)
    np.testing.assert_allclose(sure, [0, 1, 1], atol=1e-12)


# ------------------------------------------------------------------------------- the points


def test_points_stand_where_they_are_and_those_taken_for_another_are_ringed():
    model, (x, labels) = classifier(1), MOONS
    figure = viz.boundary(model, (x, labels), names=["no", "yes"])
    said = model(x).data[:, 0] > 0
    wrong = said != labels
    assert 0 < wrong.sum() < len(x)
    for k in (0, 1):
        for name, chosen in (("right", ~wrong), ("wrong", wrong)):
            [dots] = [c.get_offsets() for c in figure.axes[0].collections if c.get_gid() == f"{name} {k}"] or [
                np.empty((0, 2))
            ]
            np.testing.assert_allclose(dots, x[(labels == k) & chosen])
    assert figure.axes[0].get_title(loc="left") == f"{1 - wrong.mean():.1%} of 40 points are right"
    assert legend(figure)[:3] == ["no", "yes", f"taken for another: {wrong.sum()}"]


def test_classes_may_be_columns_one_hot_floats_truths_or_signs():
    x, labels = MOONS
    expected = marked(viz.boundary(classifier(1), MOONS), "wrong")
    for given in (
        labels[:, None],
        labels.astype("float32")[:, None],
        labels == 1,
        2 * labels - 1,
        (2.0 * labels - 1)[:, None],
        Tensor(1.0 * labels),
    ):
        assert marked(viz.boundary(classifier(1), (x, given)), "wrong") == expected
    two = marked(viz.boundary(classifier(2), MOONS), "wrong")
    assert marked(viz.boundary(classifier(2), (x, data.one_hot(labels, 2))), "wrong") == two


def test_data_sets_and_their_parts_are_pairs_too():
    train, unseen = data.random_split(MOONS, [30, 10], generator=0)
    assert "of 30 points" in viz.boundary(classifier(1), train).axes[0].get_title(loc="left")
    assert "of 10 points" in viz.boundary(classifier(1), unseen).axes[0].get_title(loc="left")
    assert "of 40 points" in viz.boundary(classifier(1), data.TensorDataset(*MOONS)).axes[0].get_title(loc="left")


def test_many_classes_have_colours_of_their_own():
    for count in (2, 3, 6, 7, 12):
        assert len(np.unique(class_colours(count), axis=0)) == count


def test_the_plane_is_dark_on_dark_paper_and_drawn_into_axes_of_one_s_own():
    from matplotlib.figure import Figure

    with matplotlib.style.context("dark_background"):
        _, colours = regions(viz.boundary(nn.Sequential(classifier(1), nn.Sigmoid()), MOONS, threshold=0.5))
        assert (colours.mean(axis=0) < 0.5).all()
    mine = Figure()
    axes = mine.subplots()
    assert viz.boundary(classifier(1), MOONS, extent=(-3, 3, -1, 2), ax=axes) is mine
    assert (*axes.get_xlim(), *axes.get_ylim()) == (-3, 3, -1, 2)


# --------------------------------------------------------------------------------- the curve


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_curve_is_the_model_s_and_the_title_its_error(dtype):
    model, (x, y) = curve().to(dtype), data.sine(30, seed=0)
    figure = viz.fit(model, (x, y), truth=lambda x: np.sin(np.pi * x), extent=(-2, 2))
    places, heights = line(figure, "model").get_data()
    assert (places[0], places[-1]) == (-2, 2)
    np.testing.assert_allclose(heights, model(places[:, None].astype(dtype)).data[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(line(figure, "truth").get_ydata(), np.sin(np.pi * places))
    [points] = figure.axes[0].collections
    np.testing.assert_allclose(points.get_offsets(), np.concatenate([x, y], axis=1))
    error = np.mean((model(x.astype(dtype)).data - y) ** 2)
    assert figure.axes[0].get_title(loc="left") == f"mean squared error {error:.3g}, of 30 points"
    assert legend(figure) == ["points", "the truth", "the model"]


def test_earlier_curves_are_those_of_earlier_weights_and_the_older_the_paler():
    model, old = curve(0), [curve(1).state_dict(), curve(2).state_dict()]
    before = state(model)
    figure = viz.fit(model, data.sine(30, seed=0), path=old)
    assert state(model) == before
    places = line(figure, "model").get_xdata()[:, None].astype("float32")
    for i in (0, 1):
        np.testing.assert_allclose(
            line(figure, f"earlier {i}").get_ydata(), curve(i + 1)(places).data[:, 0], rtol=1e-5, atol=1e-6
        )
    assert line(figure, "earlier 0").get_alpha() < line(figure, "earlier 1").get_alpha()
    assert legend(figure).count("the model, earlier") == 1


def test_a_model_of_single_numbers_is_given_single_numbers():
    class Parabola(nn.Module):
        def __init__(self):
            self.a = nn.Parameter(2.0)

        def forward(self, x):
            assert x.ndim == 1
            return self.a * x**2

    figure = viz.fit(Parabola(), ([0, 1, 2], [0, 2, 8]))
    assert figure.axes[0].get_title(loc="left") == "mean squared error 0, of 3 points"


# ------------------------------------------------------------------------ leaving no trace


class Noisy(nn.Module):
    """A model that draws at random in evaluation mode too."""

    def __init__(self, inputs):
        self.a, self.norm, self.drop = nn.Linear(inputs, 1), nn.BatchNorm1d(1), nn.Dropout(0.5)

    def forward(self, x):
        return nn.functional.dropout(self.drop(self.norm(self.a(x))), 0.5, training=True)


@pytest.mark.parametrize(
    ("inputs", "picture", "points"), [(2, viz.boundary, MOONS), (1, viz.fit, data.sine(20, seed=0))]
)
def test_the_model_its_modes_the_seeds_and_a_loss_that_waits_are_left_as_they_were(inputs, picture, points):
    manual_seed(0)
    model = nn.Sequential(Noisy(inputs), nn.Dropout(0.5))
    unfit = nn.Sequential(model, nn.Linear(7, 1))
    model[1].eval()
    manual_seed(1)
    expected = nn.Linear(3, 3).weight.data.copy()
    manual_seed(1)
    before = state(model)
    picture(model, points)
    with pytest.raises(ValueError, match="wants inputs of shape"):
        picture(unfit, points)
    assert state(model) == before
    np.testing.assert_array_equal(nn.Linear(3, 3).weight.data, expected)
    model.eval()
    loss = model(points[0]).sum()
    picture(model, points)
    loss.backward()  # what was recorded before is still there
    assert all(p.grad is not None for p in model.parameters())


def test_dropout_is_off_and_running_averages_are_used_though_the_model_is_training():
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.9), nn.Linear(4, 1))
    assert model.training
    figure = viz.boundary(model, MOONS, points=20)
    np.testing.assert_array_equal(regions(figure)[1], regions(viz.boundary(model.eval(), MOONS, points=20))[1])


# ----------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(("wrong", "says"), [
    (lambda x, y: viz.boundary(classifier(1), (x[:, :1], y)), r"shape \(N, 2\); got shape \(40, 1\)$"),
    (lambda x, y: viz.boundary(classifier(1), (np.ones((40, 3)), y)), r"x\[:, :2\]"),
    (lambda x, y: viz.boundary(classifier(1), (x * np.nan, y)), "finite"),
    (lambda x, y: viz.boundary(classifier(1), (x, y[:-1])), "40 points and 39 classes"),
    (lambda x, y: viz.boundary(classifier(1), (x, 2 * y)), "a single output tells two classes apart, 0 and 1"),
    (lambda x, y: viz.boundary(classifier(3), (x, 3 * y)), "from 0 to 3, and the model tells 3 classes apart"),
    (lambda x, y: viz.boundary(classifier(3), (x, 2 * y - 1)), "numbers of classes, from 0 up"),
    (lambda x, y: viz.boundary(classifier(1), (x, y + 0.5)), "numbers of classes"),
    (lambda x, y: viz.boundary(classifier(2), (x, np.ones((40, 3)))), "a column for each of the 2 classes"),
    (lambda x, y: viz.boundary(classifier(2), (x, y), threshold=0.5), "for a single output"),
    (lambda x, y: viz.boundary(classifier(2), (x, y), names="abc"), "3 names, for 2 classes"),
    (lambda x, y: viz.boundary(classifier(1), (x, y), extent=(1, 0, 0, 1)), r"\(left, right, bottom, top\)"),
    (lambda x, y: viz.boundary(classifier(1), (x, y), points=1), "points=1"),
    (lambda x, y: viz.boundary(nn.Linear(3, 1), (x, y)), "wants inputs of shape"),
    (lambda x, y: viz.boundary(nn.Sequential(classifier(1), Inverse()), (x, y)), "not finite.*did its training diverge"),
    (lambda x, y: viz.boundary(nn.Sequential(classifier(1), Total()), (x, y)), "one row of outputs for each point"),
    (lambda x, y: viz.fit(curve(), (x, y)), r"shape \(N, 1\) or \(N,\); got shape \(40, 2\)"),
    (lambda x, y: viz.fit(curve(), (x[:, :1], x)), r"targets of shape \(40, 2\)"),
    (lambda x, y: viz.fit(nn.Linear(1, 2), (x[:, :1], y)), r"one output for each input.*\(400, 2\)"),
    (lambda x, y: viz.fit(curve(), (x[:, :1], y), extent=(1, 1)), r"\(low, high\)"),
    (lambda x, y: viz.fit(curve(), (x[:, :1], y), truth=lambda x: x[:3]), r"each of 400 inputs.*got \(3,\)"),
])  # fmt: skip
def test_mistakes_with_shapes_are_said_in_words(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong(*MOONS)


class Inverse(nn.Module):
    def forward(self, x):
        return x * np.nan


class Total(nn.Module):
    def forward(self, x):
        return x.sum()


def test_mistakes_of_kind_are_said_in_words():
    with pytest.raises(TypeError, match=r"boundary draws a model, an nn\.Module; got function"):
        viz.boundary(lambda x: x, MOONS)
    with pytest.raises(TypeError, match=r"fit draws a model, an nn\.Module; got int"):
        viz.fit(3, data.sine(5))
    for picture in (viz.boundary, viz.fit):
        with pytest.raises(TypeError, match=r"a pair \(x, target\).*got ndarray"):
            picture(curve(), MOONS[0])
        with pytest.raises(TypeError, match=r"a pair \(x, target\).*got tuple of 3"):
            picture(curve(), (*MOONS, 1))
        with pytest.raises(TypeError, match="Axes"):
            picture(
                classifier(1) if picture is viz.boundary else curve(),
                MOONS if picture is viz.boundary else data.sine(5),
                ax=3,
            )
    with pytest.raises(TypeError, match=r"truth is a function, such as numpy\.sin; got ndarray"):
        viz.fit(curve(), data.sine(5), truth=np.ones(3))
    with pytest.raises(ValueError, match="wants inputs of shape") as error:
        viz.fit(curve(), ([0.0, 1.0], [0.0, 1.0]))
    assert "x.reshape(-1, 1)" in str(error.value.__notes__)


# ------------------------------------------------------------------------- nothing is cut off


@pytest.fixture(scope="module")
def figures():
    """Of each kind, all drawn."""
    found = list(pictures())
    for figure in found:
        figure.canvas.draw()
    return found


def pictures():
    one, small, x = nn.Linear(1, 1), nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2)), np.ones(2)
    yield viz.network(one, [0.5], target=[1.0], loss=nn.MSELoss())
    yield viz.network(small, x, target=x, loss=nn.MSELoss())
    yield viz.network(small, x)
    yield viz.network(nn.Linear(2, 2, bias=False), 3 * x, target=x, loss=nn.MSELoss())
    relu = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Sigmoid())
    yield viz.network(relu, 3 * x)
    yield viz.network(relu, 3 * x, target=x, loss=nn.MSELoss())
    yield viz.guesses(np.ones((4, 9)), [0, 1, 0, 1], np.eye(4, 2), count=1)
    yield viz.weights(nn.Conv2d(3, 4, 3))
    yield viz.confusion([0, 1] * 5000, [0, 1] * 5000)
    yield viz.history(
        {"a figure with so long a name that nobody would have thought that it": [1], "loss": [1], "accuracy": [1]}
    )
    yield viz.descent(lambda x: x**4, 3.0, rate=10.0, momentum=0.95)
    yield viz.descent(lambda x: x**4 - 3 * x**2 + x, start=2.0, rate=0.02)
    yield viz.descent(lambda x, y: x**2 + 3 * y**2, start=(2.0, 1.0))
    yield viz.fit(one, data.sine(20, seed=0))
    wide = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    images, answers = np.linspace(0, 1, 20 * 784).reshape(20, 784), data.one_hot(np.arange(20) % 10)
    yield viz.network(wide, images[:1])
    yield viz.network(wide, images[:2], target=answers[:2], loss=nn.MSELoss(), labels=["a longer name"] * 10)
    yield viz.sensitivity(wide, nn.MSELoss()(wide(images), answers))
    yield viz.activations(wide, images)
    yield viz.activations(nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU()), images[:1].reshape(1, 1, 28, 28))
    yield viz.weights(wide)
    yield viz.confusion(np.arange(10), np.roll(np.arange(10), 1))
    yield viz.history({"cost": [1.0, 2.0], "test cost": [1.0, 3.0], "accuracy": [0.1, 0.2]})
    yield viz.landscape(one, nn.MSELoss(), (np.ones((2, 1)), np.ones((2, 1))), points=5)
    for shape in ((1, 1), (1, 1.8), (2.5, 1), (1e-5, 1)):
        yield viz.boundary(classifier(1), (MOONS[0] * np.array(shape), MOONS[1]), names=["no", "a longer name"])


def test_titles_labels_and_legends_stay_on_the_page_and_out_of_each_other(figures):
    for figure in figures:
        pen, (width, height) = figure.canvas.get_renderer(), figure.canvas.get_width_height()
        titles = [t for a in figure.axes for t in (a.title, a._left_title)]
        labels = [t for a in figure.axes if a.axison for t in (a.xaxis.label, a.yaxis.label)]
        keys = [
            t
            for legend in (*figure.legends, *(a.get_legend() for a in figure.axes))
            if legend
            for t in legend.get_texts()
        ]
        titles = [t for t in (*titles, figure._suptitle) if t is not None and t.get_text()]
        for text in (*titles, *labels, *keys):
            box = text.get_window_extent(pen)
            assert not text.get_text() or (box.x0 > -1 < box.y0 and box.x1 < width + 1 and box.y1 < height + 1), text
        boxes = [t.get_window_extent(pen) for t in titles]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i]), [t.get_text() for t in titles]


def test_letters_can_be_read_on_a_telephone(figures):
    """A page shows a figure with 80 pixels to the inch, or as wide as a telephone's 390; but for counts in a matrix."""
    for figure in figures:
        width = figure.get_size_inches()[0]
        texts = [
            t
            for legend in (*figure.legends, *(a.get_legend() for a in figure.axes))
            if legend
            for t in legend.get_texts()
        ]
        for axes in figure.axes:
            texts += [*axes.texts, axes.title, axes._left_title]
            if axes.axison:
                sides = [getattr(axes, name) for name in ("xaxis", "yaxis", "zaxis") if hasattr(axes, name)]
                texts += [label for axis in sides for label in (axis.label, *axis.get_ticklabels())]
        for text in texts:
            if text.get_text().strip():
                assert text.get_fontsize() / 72 * min(80, 390 / width) >= 9 - 1e-9, (text, width)


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (
            lambda: viz.network(nn.Sequential(nn.Linear(784, 2), nn.Sigmoid()), np.ones((1, 784)) / 2),
            ["activation 0", "activation 1", "pixel of an input neuron"],
        ),
        (lambda: viz.descent(lambda x: x**2, 1.0), ["start", "tangent: the slope", "end"]),
        (lambda: viz.descent(lambda x, y: x**2 + y**2, (1.0, 1.0)), ["start", "arrow: the negative gradient", "end"]),
        (lambda: viz.confusion([0, 1], [1, 1]), ["right", "wrong, × 10"]),
        (lambda: viz.history({"loss": [1.0, np.inf, 2.0], "val_loss": [1.0, 2.0, 3.0]}), ["the best", "infinite here"]),
        (lambda: viz.history([float(i) for i in range(99)]), ["each record", "running mean"]),
        (lambda: viz.activations(nn.Linear(1, 2), [[1.0]]), ["the largest of a layer"]),
    ],
)
def test_legends_say_what_is_drawn(figure, words):
    told = [text.get_text() for legend in figure().legends for text in legend.get_texts()]
    assert set(words) <= set(told), told


def test_pyplot_never_heard_of_it():
    pyplot = sys.modules.get("matplotlib.pyplot")
    viz.boundary(classifier(1), MOONS)._repr_png_()
    viz.fit(curve(), data.sine(5))._repr_png_()
    assert pyplot is sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_two_classes_are_no_and_yes():
    from tinygrad_edu.introspection.palette import PALETTES

    np.testing.assert_array_equal(
        class_colours(2), [to_rgb(PALETTES["light"].negative), to_rgb(PALETTES["light"].positive)]
    )
