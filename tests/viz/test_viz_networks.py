"""Pictures of networks: what is drawn is what the network computed, and it is left as it was."""

import subprocess
import sys

import numpy as np
import pytest

from tinygrad_edu import Tensor, nn, no_grad, viz
from tinygrad_edu.viz.sensitivity import gradients, rank_elements


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model(rng):
    return nn.Sequential(nn.Linear(4, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng), nn.Sigmoid())


@pytest.fixture
def digits(rng):
    return nn.Sequential(nn.Linear(784, 16, rng=rng), nn.Sigmoid(), nn.Linear(16, 10, rng=rng), nn.Sigmoid())


def convolutional(rng):
    return nn.Sequential(nn.Conv2d(1, 3, 3, rng=rng), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 36, 2, rng=rng))


def part(figure, gid, axes=0):
    """The only piece of a picture with that name."""
    [found] = [c for c in figure.axes[axes].get_children() if c.get_gid() == gid]
    return found


def drawn(figure):
    """Rendered, as saving does; and pyplot never heard of it."""
    figure.canvas.draw()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
    return figure


def state(model):
    return {name: (p.data.tobytes(), p.grad) for name, p in model.named_tensors()}, [
        m.training for m in model.modules()
    ]


# ------------------------------------------------------------------------------------- network


def test_neurons_have_the_activations_that_come_in_to_each_layer_and_the_answer(model):
    x = np.array([0.5, -1.0, 2.0, 0.0])
    figure = drawn(viz.network(model, x))
    hidden = np.tanh(model[0](x).data)
    for k, values in enumerate((x, hidden, model(x).data)):
        np.testing.assert_allclose(part(figure, f"neurons {k}").get_array(), values, rtol=1e-6, atol=1e-6)


def test_every_connection_is_drawn_with_its_weight_the_strongest_on_top_and_thickest(model):
    figure = drawn(viz.network(model))
    for k, layer in enumerate((model[0], model[2])):
        lines = part(figure, f"connections {k}")
        shown = np.asarray(lines.get_array())
        np.testing.assert_array_equal(np.sort(shown), np.sort(layer.weight.data, axis=None))
        assert (np.diff(np.abs(shown)) >= 0).all()
        assert (np.diff(lines.get_linewidths()) >= 0).all()
        segments = np.array(lines.get_segments())
        n, m = layer.weight.shape
        assert len(np.unique(segments[:, 0], axis=0)) == m
        assert len(np.unique(segments[:, 1], axis=0)) == n


def test_with_a_cost_connections_are_the_gradient_downhill_and_rims_that_of_biases(model):
    x, target = np.ones((1, 4)), np.array([[0.0, 1.0]])
    figure = drawn(viz.network(model, x, target=target, loss=nn.MSELoss()))
    nn.MSELoss()(model(Tensor(x, dtype="float32")), Tensor(target, dtype="float32")).backward()
    for k, layer in enumerate((model[0], model[2])):
        shown = np.asarray(part(figure, f"connections {k}").get_array())
        np.testing.assert_allclose(np.sort(shown), np.sort(-layer.weight.grad.data, axis=None), rtol=1e-5)


def test_a_picture_for_each_example_each_with_its_own_gradient(model, rng):
    x, target = rng.random((3, 4)), rng.random((3, 2))
    figure = drawn(viz.network(model, x, target=target, loss=nn.MSELoss()))
    alone = viz.network(model, x[2:], target=target[2:], loss=nn.MSELoss())
    np.testing.assert_array_equal(
        part(figure, "connections 0", 2).get_array(), part(alone, "connections 0").get_array()
    )
    np.testing.assert_allclose(part(figure, "neurons 2", 1).get_array(), model(x[1]).data, rtol=1e-5, atol=1e-6)


def test_wide_columns_show_those_that_count_and_say_how_many_there_are(digits, rng):
    x = rng.random(784) * (rng.random(784) < 0.2)
    figure = drawn(viz.network(digits, x, most=8))
    shown = np.asarray(part(figure, "neurons 0").get_array())
    strength = np.abs(digits[0].weight.data).max(axis=0) * x
    np.testing.assert_allclose(shown, x[np.sort(np.argsort(-strength, kind="stable")[:8])], rtol=1e-6)
    words = [t.get_text() for t in figure.axes[0].texts]
    assert "input\n784, 8 shown" in words
    assert "hidden\n16, 8 shown" in words
    [image] = figure.axes[0].images
    np.testing.assert_allclose(image.get_array(), x.reshape(28, 28), rtol=1e-6)
    assert not viz.network(digits, x, image=False).axes[0].images


def test_the_legend_says_what_circles_mean(rng):
    def keys(*args, **kwargs):
        [legend] = drawn(viz.network(*args, **kwargs)).legends
        return [t.get_text() for t in legend.get_texts()]

    def net(*between):
        return nn.Sequential(nn.Linear(2, 3, rng=rng), *between, nn.Linear(3, 2, rng=rng), nn.Sigmoid())

    weights = ["positive weight", "negative weight"]
    x, y = [1.0, 0.5], [0.0, 1.0]
    assert keys(net()) == weights
    assert keys(net(nn.Sigmoid()), x) == [*weights, "activation 0", "activation 1"]
    assert keys(net(nn.Sigmoid()), [3.0, 0.5]) == [*weights, "activation 0", "1, or the column's largest"]
    assert keys(net(nn.Sigmoid()), [-1.0, 0.5]) == [*weights, "positive activation", "negative activation"]
    assert keys(net(nn.Sigmoid()), x, target=y, loss=nn.MSELoss())[2:] == [
        "rim: the bias, likewise",
        "activation 0",
        "activation 1",
    ]


def test_where_an_activation_is_negative_all_circles_show_signs(rng):
    net = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Sigmoid(), nn.Linear(3, 2, rng=rng), nn.Sigmoid())
    for x, low in (([1.0, 0.5], 0.0), ([-1.0, 0.5], -1.0)):
        figure = drawn(viz.network(net, x))
        assert [part(figure, f"neurons {k}").get_clim() for k in range(3)] == [(low, 1.0)] * 3


def test_outputs_are_labelled_and_the_answer_is_bold(model):
    figure = drawn(viz.network(model, np.ones(4), labels=["cat", "dog"]))
    said = model(np.ones(4)).data
    bold = {t.get_text() for t in figure.axes[0].texts if t.get_fontweight() == "bold"}
    assert bold == {["cat", "dog"][said.argmax()], f"{said.max():.2f}"}


def test_a_model_that_is_written_by_hand_is_found_out_too(rng):
    class Net(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(2, 5, rng=rng), nn.Linear(5, 1, rng=rng)

        def forward(self, x):
            return self.b(np.sin(self.a(x)) * 2)

    net = Net()
    figure = drawn(viz.network(net, [1.0, 2.0]))
    np.testing.assert_allclose(part(figure, "neurons 1").get_array(), 2 * np.sin(net.a([1.0, 2.0]).data), rtol=1e-6)


def test_of_a_convolutional_network_the_connected_part_is_drawn(rng):
    figure = drawn(viz.network(convolutional(rng), rng.random((1, 1, 8, 8))))
    assert "features\n108, 16 shown" in [t.get_text() for t in figure.axes[0].texts]
    maps = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=rng), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 2, rng=rng)
    )
    assert not drawn(viz.network(maps, rng.random((1, 1, 8, 8)))).axes[0].images, (
        "as many numbers as the image had, but not the image"
    )


def test_axes_of_ones_own(model):
    from matplotlib.figure import Figure

    mine = Figure()
    axes = mine.subplots()
    assert viz.network(model, np.ones(4), ax=axes) is mine
    with pytest.raises(ValueError, match="these are 2"):
        viz.network(model, np.ones((2, 4)), ax=axes)
    with pytest.raises(TypeError, match="Axes"):
        viz.network(model, ax="axes")


def test_mistakes_with_networks_are_said_in_words(model, rng):
    x = np.ones((1, 4))
    with pytest.raises(TypeError, match=r"nn\.Module; got function"):
        viz.network(lambda x: x, x)
    with pytest.raises(ValueError, match=r"none; viz\.weights and viz\.activations"):
        viz.network(nn.Sequential(nn.Conv2d(1, 2, 3)), x)
    with pytest.raises(ValueError, match="wants inputs of shape") as error:
        viz.network(model, np.ones((2, 2)))
    assert "x.reshape(-1, 4)" in str(error.value.__notes__)
    with pytest.raises(ValueError, match=r"13: choose some, as in x\[:4\]"):
        viz.network(model, np.ones((13, 4)))
    with pytest.raises(ValueError, match="both target and loss"):
        viz.network(model, x, target=[[0, 1]])
    with pytest.raises(ValueError, match="needs an example"):
        viz.network(model, target=[[0, 1]], loss=nn.MSELoss())
    with pytest.raises(ValueError, match="one for each"):
        viz.network(model, np.ones((2, 4)), target=[[0.0, 1.0]], loss=nn.MSELoss())
    with pytest.raises(ValueError, match="3 labels, for 2"):
        viz.network(model, x, labels="abc")
    with pytest.raises(ValueError, match="square number"):
        viz.network(nn.Linear(5, 2), np.ones(5), image=True)
    with pytest.raises(ValueError, match="follow each other"):
        viz.network(nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 2)))
    with pytest.raises(ValueError, match="arrays of shape"):
        viz.network(model, np.ones((2, 3, 4)))


def test_layers_beside_each_other_are_no_chain(rng):
    class Heads(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(3, 3, rng=rng), nn.Linear(3, 3, rng=rng)

        def forward(self, x):
            return self.a(x) + self.b(x)

    with pytest.raises(ValueError, match="is not given what comes out"):
        viz.network(Heads(), np.ones(3))


# --------------------------------------------------------------------------------- sensitivity


def test_the_gradient_is_the_engine_s_and_nothing_is_changed_by_asking(model, rng):
    before = state(model)
    loss = nn.MSELoss()(model(rng.random((5, 4)).astype("float32")), np.zeros((5, 2), "float32"))
    drawn(viz.sensitivity(model, loss))
    assert state(model) == before
    asked = gradients(model, loss)
    loss.backward()  # the graph is still there
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(asked[name], p.grad.data)
    assert gradients(model).keys() == asked.keys(), "without a cost, what backward() left"


def test_the_ranking_is_by_size_and_names_the_places(model):
    grads = {"w": np.array([[1.0, -5.0], [0.0, 3.0]]), "b": np.array(-4.0)}
    assert rank_elements(grads, 3) == [("w[0, 1]", -5.0), ("b", -4.0), ("w[1, 1]", 3.0)]


def test_bars_are_the_largest_slopes(digits, rng):
    loss = nn.MSELoss()(digits(rng.random((5, 784)).astype("float32")), np.zeros((5, 10), "float32"))
    figure = drawn(viz.sensitivity(digits, loss, most=12))
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    everything = np.concatenate([g.ravel() for g in gradients(digits, loss).values()])
    np.testing.assert_allclose(np.abs(bars), np.sort(np.abs(everything))[::-1][:12])
    assert "of 12,730" in figure.axes[0].get_title(loc="left")


def test_mistakes_with_costs_are_said_in_words(model):
    x = np.ones((1, 4), "float32")
    with pytest.raises(ValueError, match="have no gradients yet"):
        viz.sensitivity(model)
    with pytest.raises(ValueError, match=r"single number.*shape \(1, 2\)"):
        viz.sensitivity(model, model(x))
    with pytest.raises(ValueError, match="got float"):
        viz.sensitivity(model, 0.5)
    with no_grad(), pytest.raises(ValueError, match="not recorded"):
        viz.sensitivity(model, model(x).sum())
    with pytest.raises(ValueError, match="another model"):
        viz.sensitivity(nn.Linear(2, 2), model(x).sum())
    with pytest.raises(ValueError, match="most=0"):
        viz.sensitivity(model, model(x).sum(), most=0)
    loss = model(x).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="released") as error:
        viz.sensitivity(model, loss)
    assert "leave out the cost" in str(error.value.__notes__)


# --------------------------------------------------------------------- weights and activations


def test_weights_are_images_of_the_inputs(digits):
    figure = drawn(viz.weights(digits))
    images = [a.images[0].get_array() for a in figure.axes if a.images]
    assert len(images) == 16
    np.testing.assert_array_equal(images[3], digits[0].weight.data[3].reshape(28, 28))
    low, high = figure.axes[0].images[0].get_clim()
    assert low == -high, "nothing is white"


def test_filters_are_images_a_line_for_each_with_several_channels(rng):
    one, three = nn.Conv2d(1, 5, 3, rng=rng), nn.Conv2d(3, 4, 3, rng=rng)
    assert sum(bool(a.images) for a in drawn(viz.weights(one)).axes) == 5
    pictures = [a for a in drawn(viz.weights(three)).axes if a.images]
    assert len(pictures) == 12
    np.testing.assert_array_equal(pictures[5].images[0].get_array(), three.weight.data[1, 2])
    drawn(viz.weights(nn.Conv1d(1, 5, 3, rng=rng)))


def test_weights_of_inputs_that_are_no_image_are_a_matrix_unless_a_shape_is_given(rng):
    layer = nn.Linear(15, 4, rng=rng)
    np.testing.assert_array_equal(drawn(viz.weights(layer)).axes[0].images[0].get_array(), layer.weight.data)
    assert drawn(viz.weights(layer, shape=(3, 5))).axes[0].images[0].get_array().shape == (3, 5)
    with pytest.raises(ValueError, match="has 16 places, and each neuron 15"):
        viz.weights(layer, shape=(4, 4))
    with pytest.raises(ValueError, match="no layer with a matrix"):
        viz.weights(nn.Tanh())
    with pytest.raises(ValueError, match=r"these have \(3,\)"):
        viz.weights(np.ones(3))
    with pytest.raises(ValueError, match="columns=0"):
        viz.weights(np.ones((2, 9)), columns=0)


def test_activations_are_what_each_layer_returned(rng):
    model, x = convolutional(rng), rng.random((2, 1, 8, 8)).astype("float32")
    figure = drawn(viz.activations(model, x))
    lefts, rights = figure.axes[::2], figure.axes[1::2]
    assert [a.get_title(loc="left").split()[1] for a in lefts] == ["Conv2d", "ReLU", "Flatten", "Linear"]
    np.testing.assert_array_equal(lefts[3].images[0].get_array(), model(x).data)
    maps = model[0](x).data[0]
    np.testing.assert_array_equal(lefts[0].images[0].get_array()[:, :6], maps[0])
    assert sum(bar.get_height() for bar in rights[0].patches) == 2 * 3 * 36, "of all examples"
    zeros = np.mean(model[1](model[0](x)).data == 0)
    assert f"{zeros:.0%} zeros" in rights[1].texts[0].get_text()


def test_looking_at_a_network_changes_nothing_not_even_after_an_error(rng):
    model = nn.Sequential(nn.Linear(4, 3, rng=rng), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2, rng=rng))
    model[2].eval()
    before, kinds = state(model), [type(m) for m in model.modules()]
    x = rng.random((5, 4))
    viz.activations(model, x)
    viz.network(model, x, target=np.zeros((5, 2)), loss=nn.MSELoss())
    viz.landscape(model, nn.MSELoss(), (x, np.zeros((5, 2))), points=3)
    for wrong in (lambda: viz.activations(model, np.ones((5, 3))), lambda: viz.network(model, np.ones((5, 3))),
                  lambda: viz.landscape(model, lambda y, t: y / "t", (x, x), points=3)):  # fmt: skip
        with pytest.raises((ValueError, TypeError)):
            wrong()
    assert state(model) == before
    assert [type(m) for m in model.modules()] == kinds, "no hook is left"


# ------------------------------------------------------------------------------ paper and ink


def test_a_figure_shows_itself_in_a_notebook_and_opens_no_window(model):
    figure = viz.network(model)
    image, size = figure._repr_png_()
    assert image.startswith(b"\x89PNG")
    assert size["width"] == round(figure.get_size_inches()[0] * 100)
    assert int.from_bytes(image[16:20]) == 2 * size["width"], "for fine screens"


def test_dark_paper_is_the_reader_s_choice(model):
    import matplotlib.style

    with matplotlib.style.context("dark_background"):
        figure = viz.network(model, np.ones(4))
    assert figure.get_facecolor() == (0, 0, 0, 1)
    nothing = part(figure, "connections 0").cmap(0.5)
    assert nothing == pytest.approx((0, 0, 0, 1), abs=0.01), "what is nothing looks like paper"


def test_without_matplotlib_it_says_what_to_install():
    program = ("import sys; sys.modules['matplotlib'] = None\n"
               "from tinygrad_edu import nn, viz\n"
               "try: viz.network(nn.Linear(2, 1))\n"
               "except ImportError as error: print(error)")  # fmt: skip
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'tinygrad-edu[train]'" in run.stdout


def test_pyplot_is_not_imported():
    program = ("import sys; from tinygrad_edu import nn, viz\n"
               "viz.network(nn.Linear(2, 1), [1., 2.])._repr_png_(); viz.animate(lambda x: x * x, 1.0, steps=1)\n"
               "print('matplotlib.pyplot' in sys.modules)")  # fmt: skip
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
