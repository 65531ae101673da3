"""Descents and landscapes: the points are where gradient descent goes, the heights are the function's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, nn, no_grad, optim, viz
from tinygrad_edu.viz.descent_path import ArrayFunction, descend, valleys
from tinygrad_edu.viz.directions import flatten_weights, random
from tinygrad_edu.viz.landscape import Ground


def quartic(x):
    return x**4 - 3 * x**2 + x


def bowl(x, y):
    return x**2 + 3 * y**2


def named(axes, gid):
    return [c for c in axes.get_children() if c.get_gid() == gid]


# ------------------------------------------------------------------------------------- descent


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_points_are_those_of_sgd(momentum):
    figure = viz.descent(quartic, 2.0, 0.02, steps=5, momentum=momentum)
    figure.canvas.draw()
    [path] = named(figure.axes[0], "path")
    x = Tensor(2.0, requires_grad=True)
    descent, points = optim.SGD([x], lr=0.02, momentum=momentum), [2.0]
    for _ in range(5):
        descent.zero_grad()
        quartic(x).backward()
        descent.step()
        points.append(x.item())
    np.testing.assert_allclose(path.get_xdata(), points)
    np.testing.assert_allclose(path.get_ydata(), [quartic(p) for p in points])


def test_tangents_touch_the_curve_with_its_slope():
    figure = viz.descent(quartic, 2.0, 0.02, steps=3)
    tangents = named(figure.axes[0], "tangent")
    assert len(tangents) == 4
    x, y = tangents[0].get_data()
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(4 * 2**3 - 6 * 2 + 1)
    assert y.mean() == pytest.approx(quartic(2.0))


def test_local_minima_in_sight_are_marked_and_the_lowest_is_named():
    axes = viz.descent(quartic, 2.0, 0.02).axes[0]
    found = sorted(float(m.get_xdata()[0]) for m in named(axes, "minimum"))
    np.testing.assert_allclose(found, [-1.3008, 1.1309], atol=1e-3)
    assert [t.get_text() for t in axes.texts] == ["the lowest", "local minimum"]


@pytest.mark.parametrize(
    "f", [bowl, lambda *v: bowl(*v), lambda v: v[0] ** 2 + 3 * v[1] ** 2, lambda v: (v * v * [1.0, 3.0]).sum()]
)
def test_two_inputs_may_come_apart_or_as_one_array(f):
    figure = viz.descent(f, (2.0, 1.0), 0.1, steps=3)
    figure.canvas.draw()
    [path] = named(figure.axes[0], "path")
    np.testing.assert_allclose(np.transpose(path.get_data())[1], [2 - 0.1 * 4, 1 - 0.1 * 6])
    [arrows] = named(figure.axes[0], "negative gradient")
    np.testing.assert_allclose(arrows.U[0] / arrows.V[0], 4 / 6)
    assert arrows.U[0] < 0
    assert arrows.V[0] < 0


def test_four_equal_valleys_are_all_found():
    def himmelblau(x, y):
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    figure = viz.descent(himmelblau, (0, 0), 0.01, extent=(-5, 5, -5, 5))
    found = sorted((float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in named(figure.axes[0], "minimum"))
    np.testing.assert_allclose(found, [(-3.779, -3.283), (-2.805, 3.131), (3, 2), (3.584, -1.848)], atol=0.03)
    assert {t.get_text() for t in figure.axes[0].texts} == {"a minimum"}


@pytest.mark.parametrize(("f", "rate", "says"), [
    (lambda x: x**2, 0.3, "stands in a valley"),
    (lambda x: x**2, 0.01, "the slope is still"),
    (lambda x: x**2, 0.97, "it overshoots: each step ends on the other side"),
    (lambda x: x**2, 1.05, "it overshoots, higher each time"),
    (lambda x: x**4, 5.0, "it diverges: after"),
    (lambda x: np.exp(x**2), 10.0, "it diverges: after"),
])  # fmt: skip
def test_the_title_says_how_it_ended(f, rate, says):
    figure = viz.descent(f, 1.0, rate, steps=30)
    figure.canvas.draw()
    assert says in figure.axes[0].get_title(loc="left").replace("\n", " ")


@given(a=st.floats(0.1, 10), start=st.floats(-5, 5), share=st.floats(0.05, 0.95))
def test_on_a_parabola_every_step_takes_the_same_share_of_the_way(a, start, share):
    went = descend(ArrayFunction(lambda x: a * x**2, start), rate=share / (2 * a), steps=5, momentum=0.0)
    np.testing.assert_allclose(went.points[:, 0], start * (1 - share) ** np.arange(6), rtol=1e-9, atol=1e-12)


def test_a_function_that_does_not_depend_on_its_input_stays_where_it_is():
    figure = viz.descent(lambda x: 3.0, 1.0, steps=3)
    [path] = named(figure.axes[0], "path")
    np.testing.assert_array_equal(path.get_xdata(), [1, 1, 1, 1])
    assert not named(figure.axes[0], "minimum"), "or all of it would be one"


def test_holes_in_a_function_are_holes_in_the_picture():
    figure = viz.descent(lambda x: np.log(x) ** 2, 2.0, 0.1, extent=(-1, 3))
    figure.canvas.draw()
    [curve] = named(figure.axes[0], "curve")
    x, y = curve.get_data()
    assert np.isnan(y[x < 0]).all()
    assert np.isfinite(y[x > 0]).all()


def test_descent_in_axes_of_ones_own():
    from matplotlib.figure import Figure

    mine = Figure()
    for axes, f, start in zip(mine.subplots(1, 2), (quartic, bowl), (2.0, (1.0, 1.0)), strict=True):
        assert viz.descent(f, start, 0.02, ax=axes) is mine
    assert len(mine.axes) == 2


@pytest.mark.parametrize(("arguments", "options", "error", "says"), [
    ((3, 1.0), {}, TypeError, "goes down a function"),
    ((quartic, "here"), {}, TypeError, "one number or two"),
    ((quartic, (1, 2, 3)), {}, ValueError, "one number or two"),
    ((quartic, np.nan), {}, ValueError, "finite"),
    ((quartic, 1.0, -0.1), {}, ValueError, "positive rate"),
    ((quartic, 1.0, 0.1), {"momentum": 1.0}, ValueError, "momentum < 1"),
    ((quartic, 1.0, 0.1), {"extent": (1, 0)}, ValueError, "extent"),
    ((quartic, (1.0, 2.0), 0.1), {}, ValueError, r"single number; at .* shape \(2,\)"),
    ((lambda x: np.log(x), -1.0), {}, ValueError, "can't begin at"),
])  # fmt: skip
def test_mistakes_with_descents_are_said_in_words(arguments, options, error, says):
    with pytest.raises(error, match=says):
        viz.descent(*arguments, **options)


def test_valleys_lie_between_the_places_that_were_looked_at():
    x = np.linspace(-2, 2, 50)
    np.testing.assert_allclose(valleys(x, (x - 0.123) ** 2), [[0.123]])
    np.testing.assert_allclose(valleys(x, np.maximum(np.abs(x), 1)), [[0.9]], atol=0.05)
    np.testing.assert_allclose(valleys(x, (x[None, :] - 0.123) ** 2 + (x[:, None] + 0.7) ** 2, x), [[0.123, -0.7]])


# ------------------------------------------------------------------------------------ the film


@pytest.mark.slow
@pytest.mark.parametrize(("f", "start"), [(quartic, 2.0), (bowl, (2.0, 1.0))])
def test_a_film_has_a_picture_for_each_step(f, start, tmp_path):
    from PIL import Image

    film = viz.animate(f, start, 0.02, steps=3, file=tmp_path / "film.gif", interval=100)
    with Image.open(tmp_path / "film.gif") as image:
        assert image.n_frames == 4
        assert image.info["duration"] == 100
    assert "data:image/png" in film._repr_html_()


def test_a_film_of_an_unknown_format_is_refused_before_it_is_made(tmp_path):
    with pytest.raises(ValueError, match=r"one of \.gif, \.html"):
        viz.animate(quartic, 2.0, file=tmp_path / "film.mp4")
    viz.animate(bowl, (2.0, 1.0), steps=1, file=tmp_path / "film.html")
    assert (tmp_path / "film.html").read_text().startswith("\n<link")


# ------------------------------------------------------------------------------- the landscape


@pytest.fixture
def line():
    """A line through points, and its costs, which are a bowl."""
    model = nn.Linear(1, 1, rng=np.random.default_rng(0))
    x = np.linspace(-1, 1, 20, dtype="float32").reshape(-1, 1)
    return model, nn.MSELoss(), (x, 2 * x + 1)


def test_the_centre_is_the_cost_of_the_model_and_every_place_that_of_its_weights(line):
    model, loss, data = line
    ground = Ground(model, loss, data, ("weight[0, 0]", "bias[0]"), None, 0)
    x, y = ground.sides(2.0, 5)
    z, _ = ground.survey(x, y)
    assert z[2, 2] == loss(model(data[0]), Tensor(data[1])).item()
    for i, j in ((0, 0), (1, 4), (3, 2)):
        moved = nn.Linear(1, 1)
        moved.load_state_dict({"weight": model.weight.data + x[j], "bias": model.bias.data + y[i]})
        assert z[i, j] == pytest.approx(loss(moved(data[0]), Tensor(data[1])).item(), rel=1e-5)


def test_the_weights_are_put_back_to_the_bit_and_their_arrays_are_the_same(line):
    model, loss, data = line
    array, bits = model.weight.data, model.weight.data.tobytes()
    viz.landscape(model, loss, data, points=5)
    assert model.weight.data is array
    assert array.tobytes() == bits
    calls = []

    def fails(y, t):
        calls.append(1)
        if len(calls) > 3:
            raise RuntimeError("in the middle")
        return loss(y, t)

    with pytest.raises(RuntimeError, match="in the middle"):
        viz.landscape(model, fails, data, points=5)
    assert array.tobytes() == bits


def test_random_directions_are_as_long_as_the_filters():
    model = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 2))
    parameters = dict(model.named_parameters())
    step = random(parameters, np.random.default_rng(0))
    first = step[:15].reshape(3, 5)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), np.linalg.norm(model[0].weight.data, axis=1), rtol=1e-6)
    assert np.linalg.norm(step[15:18]) == pytest.approx(np.linalg.norm(model[0].bias.data), rel=1e-6)


def test_a_path_is_drawn_where_it_went(line):
    model, loss, data = line
    end = model.state_dict()
    states = [{"weight": end["weight"] + dw, "bias": end["bias"] + db} for dw, db in ((2, 1), (1, 1), (0.5, 0), (0, 0))]
    figure = viz.landscape(model, loss, data, directions=("weight[0, 0]", "bias[0]"), path=states, points=5)
    figure.canvas.draw()
    [path] = named(figure.axes[0], "path")
    ground = Ground(model, loss, data, "path", states, 0)
    assert all(0.0 in side for side in ground.sides(1.0, 6)), "the model itself is always one of the places"
    np.testing.assert_allclose(np.transpose(path.get_data()), [(2, 1), (1, 1), (0.5, 0), (0, 0)], atol=1e-6)
    assert "100% of the path" in figure.axes[0].get_title(loc="left")


def test_principal_directions_hold_more_of_the_path_than_random_ones():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(6, 8, rng=rng), nn.Tanh(), nn.Linear(8, 1, rng=rng))
    x = rng.random((30, 6)).astype("float32")
    target, loss = np.sin(x.sum(axis=1, keepdims=True)), nn.MSELoss()
    descent, states = optim.SGD(model.parameters(), lr=0.2), [model.state_dict()]
    for _ in range(10):
        descent.zero_grad()
        loss(model(x), target).backward()
        descent.step()
        states.append(model.state_dict())
    titles = [viz.landscape(model, loss, (x, target), directions=d, path=states, points=3, kind="map").axes[0].get_title(loc="left")
              for d in ("path", "random")]  # fmt: skip
    principal, chance = (float(t.split("%")[0]) for t in titles)
    assert principal > 90
    assert chance < 50


def test_kinds_and_directions_by_arrays(line):
    model, loss, data = line
    ones = {"weight": np.ones((1, 1))}, {"bias": [1.0]}
    for kind, n in (("map", 2), ("surface", 1), ("both", 3)):
        figure = viz.landscape(model, loss, data, directions=ones, points=4, kind=kind)
        figure.canvas.draw()
        assert len(figure.axes) == n


def test_a_vector_of_weights_is_all_of_them():
    model = nn.Linear(3, 2)
    parameters = dict(model.named_parameters())
    everything = flatten_weights(model.state_dict(), parameters)
    assert everything.shape == (8,)
    np.testing.assert_array_equal(everything[:6].reshape(2, 3), model.weight.data)


@pytest.mark.parametrize(("options", "says"), [
    ({"directions": "path"}, "three states or more"),
    ({"directions": "up"}, "'random', 'path', or a pair"),
    ({"directions": ("weight[0, 0]", "weight[0, 0]")}, "span no plane"),
    ({"directions": ("weight[0, 0]", "wait[0]")}, "no parameter 'wait'; there are weight, bias"),
    ({"directions": ("weight[0, 0]", "bias[1]")}, r"not a single weight: bias has shape \(1,\)"),
    ({"directions": ("weight[0, 0]", "bias")}, "not a single weight"),
    ({"directions": ("weight[0, 0]", {"b": 1})}, "not there: b"),
    ({"path": [{"weight": [[1.0]]}]}, "lacks bias"),
    ({"path": [{"weight": [1.0], "bias": [1.0]}]}, r"shape \(1,\) in this state"),
    ({"kind": "globe"}, "kind must be one of"),
    ({"reach": 0}, "positive reach"),
])  # fmt: skip
def test_mistakes_with_landscapes_are_said_in_words(line, options, says):
    with pytest.raises(ValueError, match=says):
        viz.landscape(*line, **options)


def test_a_cost_must_be_a_number_and_data_a_pair(line):
    model, loss, data = line
    with pytest.raises(ValueError, match="take its mean"):
        viz.landscape(model, lambda y, t: y - t, data)
    with pytest.raises(TypeError, match="a pair"):
        viz.landscape(model, loss, data[0])
    with no_grad():
        viz.landscape(model, loss, data, points=3, kind="map")


@pytest.mark.parametrize("f", [lambda x: math.sin(x), lambda x: float(x) ** 2])
def test_a_function_that_leaves_the_engine_has_no_valley(f):
    with pytest.raises(TypeError, match="turns a Tensor into a plain float"):
        viz.descent(f, 1.0, 0.1)
    viz.descent(lambda x: 3.0, 1.0, 0.1)  # level everywhere, which is another thing
