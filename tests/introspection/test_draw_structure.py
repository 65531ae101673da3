"""draw: frames around modules, folded repeats, gradients on arrows, the backward pass, themes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_draw import arrows, boxes, frames, labels, named, renders, svg_texts

from tinygrad_edu import Tensor, draw, enable_grad, func, nn, no_grad, sigmoid, watch
from tinygrad_edu.introspection.drawing.graph_model import Sketch
from tinygrad_edu.introspection.drawing.heat_map import heat_map, miniature, statistics_text
from tinygrad_edu.introspection.drawing.themes import THEMES, mix_colours
from tinygrad_edu.introspection.gradient_flow import Flows
from tinygrad_edu.introspection.naming import variables_of  # noqa: F401  (imported before counts of references are looked at)
from tinygrad_edu.testing import programs

rng = np.random.default_rng(0)


def attributes(picture, what):
    """For each arrow, one of its attributes, or None."""
    lines = [line for line in picture.source.splitlines() if " -> " in line]
    return [(re.search(rf'\b{what}="?([^"\s\]]+)', line) or [None, None])[1] for line in lines]


def network():
    model = nn.Sequential(nn.Linear(3, 5, rng=rng), nn.Sigmoid(), nn.Linear(5, 1, rng=rng), nn.Sigmoid())
    return model, Tensor(np.ones((4, 3), "f"), name="x"), Tensor(np.ones((4, 1), "f"), name="target")


class Net(nn.Module):
    """Functions between its layers."""

    def __init__(self):
        self.hidden, self.out = nn.Linear(3, 5, rng=rng), nn.Linear(5, 1, rng=rng)

    def forward(self, x):
        return self.out(np.tanh(self.hidden(x)) * 2) + 1


# ------------------------------------------------------------------------------------------- frames


def test_frames_are_the_calls_of_modules_when_watched():
    net = Net()
    with watch():
        y = np.sum(net(Tensor(np.ones((4, 3), "f"), name="x")))
    assert frames(draw(y)) == {
        "Net net": ["tanh", "* 2", "+ 1"],
        "Linear net.hidden": ["net.hidden.weight", "net.hidden.bias", "linear"],
        "Linear net.out": ["net.out.weight", "net.out.bias", "linear"],
    }


def test_frames_are_inferred_where_nobody_watched():
    net = Net()
    y = np.sum(net(Tensor(np.ones((4, 3), "f"), name="x")))
    assert frames(draw(y)) == {
        "Net net": ["tanh", "* 2"],  # what comes after its last layer might be anybody's
        "Linear net.hidden": ["net.hidden.weight", "net.hidden.bias", "linear"],
        "Linear net.out": ["net.out.weight", "net.out.bias", "linear"],
    }


def test_a_sequential_is_inferred_to_its_end():
    model, x, target = network()
    found = frames(draw(nn.MSELoss()(model(x), target)))
    assert found["Sequential model"] == ["sigmoid", "sigmoid"]
    assert list(found) == ["Sequential model", "Linear model.0", "Linear model.2"]
    assert "Linear 0" in frames(draw(nn.MSELoss()(model(x), target), names=model))


def test_a_penalty_on_weights_is_no_call_of_the_layer():
    model, x, _ = network()
    cost = np.sum(model(x)) + np.sum(model[0].weight ** 2)
    picture = draw(cost)
    assert frames(picture)["Linear model.0"][-1] == "linear"
    assert ["**" in "".join(found) for found in frames(picture).values()] == [False] * 3


def test_a_model_that_is_called_twice_has_two_calls():
    layer = nn.Linear(2, 2, rng=rng)
    x = Tensor(np.ones((1, 2), "f"), name="x")
    for mode in (watch, enable_grad):
        with mode():
            y = np.sum(layer(np.exp(layer(x))))
        picture = draw(y)
        assert picture.source.count("<B>Linear</B> layer>") == 2
        assert len([title for title in boxes(picture).values() if title[0] == "layer.weight"]) == 1, "it is shared"


def test_what_lies_between_two_calls_is_in_neither():
    net = nn.Sequential(nn.Linear(2, 2, rng=rng), nn.Linear(2, 2, rng=rng))
    found = frames(draw(net(np.exp(net(Tensor(np.ones((1, 2), "f"), name="x")))).sum()))
    assert set(found) == {"Linear net.0", "Linear net.1"}, (
        "two frames around all of it can't be inferred, one would be wrong"
    )


def test_a_tied_weight_tells_nothing():
    first, second = nn.Linear(2, 2, rng=rng), nn.Linear(2, 2, rng=rng)
    second.weight = first.weight
    found = frames(draw(second(first(Tensor(np.ones((1, 2), "f"), name="x"))).sum()))
    assert set(found) <= {"Linear first", "Linear second"}


def test_unnamed_modules_go_by_their_classes():
    def model():
        return nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Tanh()))

    picture = draw(model(), np.ones((1, 2), "f"))
    assert list(frames(picture)) == ["Sequential", "Sequential[0]", "Sequential[1]", "Sequential[1][0]"] or list(frames(picture)) == [
        "Sequential", "Linear Sequential[0]", "Sequential[1]", "Linear Sequential[1][0]",
    ]  # fmt: skip
    assert "Sequential.1.0.weight" in named(picture)


def test_depth_collapses_modules():
    model, x, target = network()
    with watch():
        loss = nn.SumOfSquaresLoss()(model(x), target)
    loss.backward()
    flat = draw(loss, depth=0)
    assert [lines[:2] for lines in boxes(flat).values()] == [
        ["x", "(4, 3) float32"], ["Sequential model", "26 parameters"], ["target", "[[1], [1], [1], [1]]"],
        ["SumOfSquaresLoss", f"loss = {loss.item():.4g}"],
    ]  # fmt: skip
    norm = np.sqrt(sum(float((p.grad.data**2).sum()) for p in model.parameters()))
    assert boxes(flat)["n1"][-1] == f"grad, norm {norm:.4g}"
    assert arrows(flat) == [("n0", "n1"), ("n1", "n3"), ("n2", "n3")]
    once = draw(loss, depth=1)
    assert frames(once) == {
        "Sequential model": ["Linear model.0", "Sigmoid model.1", "Linear model.2", "Sigmoid model.3"]
    }
    assert boxes(draw(loss, depth=2)) == boxes(draw(loss))
    with pytest.raises(ValueError, match="from 0 up"):
        draw(loss, depth=-1)


def test_large_networks_are_unfolded_as_far_as_can_be_read():
    def layers(n):
        return nn.Sequential(*(nn.Linear(k + 2, k + 3) for k in range(n)))

    deep = nn.Sequential(*(layers(n) for n in range(2, 12)))
    y = deep[0](Tensor(np.ones((1, 2), "f"))).sum()
    with watch():
        z = sum(part(np.ones((1, 2), "f")).sum() for part in deep)
    assert len(boxes(draw(y))) < 15
    assert len(boxes(draw(z))) <= 60
    assert "model" not in str(frames(draw(z))), "too many boxes: each part is one"
    assert len(boxes(draw(z, depth=9))) > 150


# -------------------------------------------------------------------------------------------- folded


class Block(nn.Module):
    def __init__(self, n):
        self.up, self.down = nn.Linear(n, 2 * n, rng=rng), nn.Linear(2 * n, n, rng=rng)

    def forward(self, x):
        return x + self.down(np.tanh(self.up(x)))


def test_equal_blocks_are_drawn_once():
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), *(Block(4) for _ in range(12)), nn.Linear(4, 1, rng=rng))
    x = Tensor(np.ones((2, 3), "f"), name="x")
    with watch():
        y = model(x).sum()
    picture = draw(y)
    assert "Block model.1 × 12 in a row" in frames(picture)
    assert {"model.0.weight", "model.1.up.weight", "model.13.weight"} < set(named(picture))
    assert "model.2.up.weight" not in named(picture)
    flat = draw(y, depth=1)
    assert [lines[0] for lines in boxes(flat).values()] == [
        "x", "Linear model.0", "Block model.1 × 12 in a row", "Linear model.13", "sum",
    ]  # fmt: skip
    assert arrows(flat) == [("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("n3", "n4")]
    assert "×" not in draw(y, fold=False).source


def test_side_by_side_is_no_row():
    x = Tensor(np.ones(3), requires_grad=True)
    y = np.stack([np.exp(x) for _ in range(5)]).sum()
    picture = draw(y, fold=True)
    assert ["exp × 5", "[2.718, 2.718, 2.718]"] in boxes(picture).values()
    assert len(arrows(picture)) == len(boxes(picture)) - 1, "five arrows are one"


def test_a_loop_is_folded_and_says_how_gradients_changed():
    w, h = Tensor(np.eye(2) / 2, requires_grad=True), Tensor(np.ones(2), requires_grad=True)
    y = h
    for _ in range(6):
        y = np.tanh(w @ y)
    y = y.sum()
    picture = draw(y, fold=True, gradients=True)
    assert list(frames(picture)) == ["repeated × 6 in a row"]
    first, last = boxes(picture)["n2"][-1].removeprefix("grad, norm ").split(" … ")
    assert float(first) < float(last) / 10, "they vanish"
    assert "×" not in draw(y).source, "it is small"


def test_what_is_connected_differently_is_not_folded():
    y = x = Tensor(1.0, requires_grad=True)
    for squared in (0, 0, 1, 0, 1, 1, 0):
        y = y * y if squared else y * x
    assert boxes(draw(y, fold=True)) == boxes(draw(y))


def test_what_is_folded_away_still_takes_what_is_not():
    x = Tensor(1.0, requires_grad=True)
    y = a, b, c = np.exp(x), np.sin(x), np.tanh(x)
    y = a * 1.0
    for value in (a, b, c):
        y = y + value
    picture = draw(y, fold=True)
    assert [lines[0] for lines in boxes(picture).values()] == ["x", "exp", "sin", "tanh", "* 1.0", "+ × 3 in a row"]
    assert {tail for tail, head in arrows(picture) if head == "n5"} == {"n1", "n2", "n3", "n4"}


def test_parts_within_parts():
    cell = nn.GRUCell(3, 4, rng=rng)
    h = Tensor(np.zeros((2, 4), "f"))
    for _ in range(8):
        h = cell(Tensor(rng.normal(size=(2, 3)).astype("f")), h)
    picture = draw(h.sum(), fold=True)
    assert "repeated × 8 in a row" in frames(picture)
    gates = next(name for name, lines in boxes(picture).items() if "× 6" in lines[0])
    linear = [name for name, lines in boxes(picture).items() if lines[0] == "linear"]
    assert {(name, gates) for name in linear} <= set(arrows(picture)), "three gates of each"
    ends = {name for pair in arrows(picture) for name in pair[:1]}
    assert len(set(boxes(picture)) - ends) == 1, "only the result leads nowhere"


def test_folding_keeps_the_result_and_says_where_settings_differ():
    y = Tensor(1.0, requires_grad=True)
    for i in range(4):
        y = y * (i + 2.0)
    picture = draw(y, fold=True)
    assert list(boxes(picture).values())[1] == ["* 2.0 … × 4 in a row", "y = 120"]
    assert "peripheries" in picture.source


# ----------------------------------------------------------------------------------------- gradients


def test_gradients_are_computed_for_the_picture_only():
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    h = w * x
    seen = []
    h.retain_grad()
    h._node.note(hooks=(*h._node.info.hooks, seen.append))
    y = np.sum(h * h)
    texts = named(draw(y, gradients=True))
    assert texts["w"] == ["[3, 4]", "grad [6, 32]"]
    assert boxes(draw(y, gradients=True))["n2"] == ["*", "h = [3, 8]", "grad [6, 16]"]
    assert w.grad is None
    assert h.grad is None
    assert not seen
    y.backward()
    assert w.grad.data.tolist() == [6.0, 32.0]
    assert h.grad.data.tolist() == [6.0, 16.0]


def test_a_watched_graph_knows_its_gradients_after_backward_too():
    w = Tensor([3.0, 4.0], requires_grad=True)
    with watch():
        y = np.sum(np.exp(w * 0.5))
    before = draw(y, gradients=True).source
    y.backward()
    w.grad = None
    assert draw(y, gradients=True).source == before
    w.data[:] = 0
    assert draw(y, gradients=True).source == before, "of what was computed"


def test_gradients_agree_with_backward_on_random_functions():
    a, b = Tensor(rng.normal(size=(3, 4)), requires_grad=True), Tensor(rng.normal(size=4), requires_grad=True)
    y = np.sum(np.linalg.norm(np.tanh(a * b + b[::-1]), axis=1) ** 3) * np.exp(-(b @ b))
    flows = Flows([y._node], Sketch([y], {}, {}, {}).operations)
    y.backward()
    for leaf in (a, b):
        np.testing.assert_allclose(flows.totals[leaf._node], leaf.grad.data, rtol=1e-12)
    z = Tensor(1 + 2j, requires_grad=True)
    y = np.real(z * z * 1j)
    flows = Flows([y._node], Sketch([y], {}, {}, {}).operations)
    y.backward()
    assert flows.totals[z._node] == z.grad.data


@given(data=st.data())
def test_any_program_can_be_drawn_in_any_way(data):
    """Random programs, of all dtypes: every box that is there is in one frame, every arrow leads from box to box."""
    program = data.draw(programs(20, dtypes=(np.float64, np.float32, np.complex128)))
    with data.draw(st.sampled_from([watch, enable_grad]))(), np.errstate(all="ignore"):
        leaves = [Tensor(x, requires_grad=True) for x in program.inputs]
        cost = sum(np.sum(np.abs(y) ** 2) for y in program(*leaves))
    options = {
        "detail": data.draw(st.sampled_from(["low", "normal", "full"])),
        "backward": data.draw(st.booleans()) and cost.dtype.kind == "f",
        "fold": data.draw(st.booleans()),
        "gradients": True,
    }
    picture = draw(cost, **options)
    names = set(boxes(picture))
    assert names == {name for arrow in arrows(picture) for name in arrow} | {"n0"}
    assert picture.source.count("{") == picture.source.count("}")
    flows = Flows([cost._node], Sketch([cost], {}, {}, {}).operations)
    with np.errstate(all="ignore"):
        cost.backward()
    for leaf in leaves:
        if leaf.grad is not None:
            np.testing.assert_array_equal(flows.totals[leaf._node], leaf.grad.data)
    assert set(boxes(draw(cost, fold=options["fold"]))) <= names


def test_arrows_are_as_wide_as_gradients():
    a, b, c = (Tensor(1.0, requires_grad=True, name=name) for name in "abc")
    y = a * 100.0 + b + c * 0.0 + a * Tensor(2.0, name="input")
    picture = draw(y, gradients=True)
    width = dict(zip(((boxes(picture)[t][0], boxes(picture)[h][0]) for t, h in arrows(picture)),
                     zip(attributes(picture, "penwidth"), attributes(picture, "style"), strict=True), strict=True))  # fmt: skip
    assert float(width["a", "* 100.0"][0]) == 5
    assert float(width["b", "+"][0]) < 1
    assert width["c", "* 0.0"] == (None, "dotted")
    assert width["input", "*"][1] == "dashed"
    assert not any(attributes(draw(y), "penwidth")), "before backward() there are none"
    y.backward()
    assert len([w for w in attributes(draw(y), "penwidth") if w]) >= 2, "b and c have them"
    assert not any(attributes(draw(y, gradients=False), "penwidth"))


def test_operations_of_several_results():
    a = Tensor(np.diag([1.0, 2.0]), requires_grad=True)
    values, vectors = np.linalg.eigh(a)
    picture = draw(values.sum() + vectors[0, 0], gradients=True)
    assert any("eigh" in lines[0] and "grad, norm 1.732" in lines for lines in boxes(picture).values())
    assert THEMES["light"].broken not in picture.source


def test_broken_gradients_stand_out():
    x = Tensor(0.0, requires_grad=True)
    with np.errstate(divide="ignore"):
        assert THEMES["light"].broken in draw(np.sqrt(x) * 2, gradients=True).source


def test_a_released_graph_is_drawn_as_far_as_it_is_known():
    w = Tensor(np.ones((3, 4)), requires_grad=True)
    y = np.sum(np.exp(w) * 2)
    y.backward()
    for options in {}, {"gradients": True}, {"detail": "full"}, {"fold": True}:
        texts = named(draw(y, **options))
        assert texts["w"][0] == "(3, 4) float64"
        assert any("grad" in line for line in texts["w"])
    assert "grad" in named(draw(y, gradients=True))["w"][-1]


def test_no_number_at_the_end_and_so_no_gradient():
    w = Tensor(np.ones((3, 4)), requires_grad=True)
    assert "grad" not in draw(w * 2, gradients=True).source
    assert "grad" not in draw(w * 2, gradients=True, detail="full").source


# ------------------------------------------------------------------------------------ calling it here


def test_functions_are_called_for_their_picture():
    texts = named(draw(lambda x, y: np.sin(x) * y, 2.0, 3))
    assert texts["x"] == ["2", "grad -1.248"]
    assert texts["y"] == ["3", "grad 0.9093"]
    assert {"first", "rest[0]", "rest[1]"} < set(
        named(draw(lambda first, *rest: first * rest[0] * rest[1], 1.0, 2.0, 3.0))
    )
    values = np.array([1.0, 2.0])
    assert named(draw(np.sum, values))["values"] == ["[1, 2]", "grad [1, 1]"]


def test_models_are_called_for_their_picture(tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, rng=rng))
    x = Tensor(np.ones((2, 2, 2), "f"))
    picture = draw(model, x, tmp_path / "model.gv")
    assert (tmp_path / "model.gv").read_text("utf-8") == picture.source
    assert list(frames(picture)) == ["Sequential model", "Linear model.1"]
    assert ["x", "(2, 2, 2) float32"] in boxes(picture).values()
    assert arrows(picture)[0] == ("n0", "n1"), "it goes into the Flatten"
    assert x._node is None
    assert x._array is x._array
    assert all(p.grad is None for p in model.parameters())
    ids = np.array([0, 2])
    assert "embedding" in str(list(frames(draw(nn.Sequential(nn.Embedding(3, 2)), ids)))).lower()


def test_several_results_have_one_picture():
    x = Tensor(2.0, requires_grad=True)
    a = x * 2
    b = np.exp(x)
    picture = draw({"a": a, "b": [b]})
    assert [lines[0] for lines in boxes(picture).values()] == ["x", "* 2", "exp"]
    assert picture.source.count("peripheries") == 2
    with no_grad():
        assert boxes(draw([x * 1, x * 2])) != {}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: draw(lambda x: 3.0, 1.0), "function returned something else"),
        (lambda: draw(Tensor(1.0), 2.0), "takes inputs only for a function or module"),
        (lambda: draw(Tensor(1.0), detail="most"), "detail must be one of low, normal, full"),
        (lambda: draw(Tensor(1.0), theme="blue"), "theme must be one of light, dark, print"),
        (lambda: draw(Tensor(1.0), backward=True), "requires"),
        (lambda: draw(Tensor([1.0, 2.0], requires_grad=True) * 2, backward=True), "reduce it first"),
    ],
)
def test_mistakes_are_said(call, says):
    with pytest.raises((TypeError, ValueError, RuntimeError), match=says):
        call()


# ------------------------------------------------------------------------------------ the way back


def test_the_backward_pass_beside_the_forward_one():
    w, b = Tensor(2.0, requires_grad=True), Tensor(1.0, requires_grad=True)
    start = w * 3.0  # which the walk calls its beginning
    y = sigmoid(start + b)
    picture = draw(y, backward=True)
    assert frames(picture)["forward"] == ["w", "* 3.0", "b", "+", "sigmoid"]
    assert frames(picture)["backward"][0] == "start" or "start" in frames(picture)["backward"]
    g = (s := y.item()) * (1 - s)
    texts = [" ".join(lines) for lines in boxes(picture).values()]
    assert f"* b.grad = {g:.4g}" in texts
    assert f"* 3.0 w.grad = {3 * g:.4g}" in texts
    ids = {" ".join(lines): name for name, lines in boxes(picture).items()}
    rank = next(
        line
        for line in picture.source.splitlines()
        if "rank=same" in line and f" {ids[f'sigmoid y = {s:.4g}']} " in line
    )
    assert ids[f"* b.grad = {g:.4g}"] in rank.strip(" }").split(), "it faces the sigmoid"
    assert "newrank=true" in picture.source
    assert w.grad is None


def test_sums_of_gradients_face_what_they_are_of():
    x = Tensor(2.0, requires_grad=True)
    picture = draw(np.exp(x) * np.sin(x) + x, backward=True)
    assert "x.grad" in str(boxes(picture))
    assert "+" in [title.split()[0] for title in frames(picture)["backward"]]
    assert all("grad" not in title for title in frames(picture)["forward"])


def test_derivatives_of_modules_have_frames_that_collapse():
    model, x, target = network()
    with watch():
        loss = nn.SumOfSquaresLoss()(model(x), target)
    loss.backward()
    picture = draw(loss, backward=True)  # released, but watched
    assert {"derivative of Linear model.0", "derivative of Sequential model"} < set(frames(picture))
    assert "model.0.weight.grad" in picture.source
    flat = draw(loss, backward=True, depth=0)
    assert {lines[0] for lines in boxes(flat).values()} >= {"Sequential model", "derivative of Sequential model"}
    assert len(boxes(flat)) == 7
    unwatched = nn.SumOfSquaresLoss()(model(x), target)
    unwatched.backward()
    with pytest.raises(RuntimeError, match="was released"):
        draw(unwatched, backward=True)


def test_a_gradient_of_ones_own_has_two_sides():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        (np.exp(x) * x).backward(create_graph=True)
    picture = draw(x.grad)
    assert set(frames(picture)) == {"forward", "backward"}
    assert "*" not in str(frames(picture)["forward"])
    inner = draw(lambda x: func.grad(np.sin)(x) ** 2, 1.0)
    assert "cos" in str(boxes(inner))


@renders
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_both_sides_can_be_laid_out(direction):
    model, x, target = network()
    picture = draw(lambda x: nn.MSELoss()(model(x), target), x, backward=True, direction=direction, legend=True)
    root = ElementTree.fromstring(picture.pipe("svg"))
    at = {}
    for g in root.iter("{http://www.w3.org/2000/svg}g"):
        if g.get("class") == "node":
            numbers = [
                float(v)
                for text in g.iter("{http://www.w3.org/2000/svg}text")
                for v in [text.get("x" if direction == "LR" else "y")]
            ]
            at[g.find("{http://www.w3.org/2000/svg}title").text] = np.mean(numbers)
    for rank in re.findall(r"rank=same ([n\d ]+)}", picture.source):
        places = [at[name] for name in rank.split()]
        assert np.ptp(places) < 150, "they face each other"


# ---------------------------------------------------------------------------------- details and looks


def test_details():
    model, x, _ = network()
    low, normal, full = (draw(model, x, detail=detail) for detail in ("low", "normal", "full"))
    assert all(len(lines) <= 2 for lines in boxes(low).values())
    assert not any(labels(low))
    assert "(4, 5)" in labels(normal)
    assert "kept for backward" not in normal.source
    assert "BGCOLOR" not in normal.source
    assert "BGCOLOR" in full.source
    assert "kept for backward" in full.source
    assert arrows(low) == arrows(normal) == arrows(full)


def test_what_is_kept_is_what_derivatives_read():
    x, w, b = (
        Tensor(2.0, name="x"),
        Tensor(3.0, requires_grad=True, name="w"),
        Tensor(3.0, requires_grad=True, name="b"),
    )
    for mode in (watch, enable_grad):
        with mode():
            y = sigmoid(w * x + b) * 2.0
        texts = named(draw(y, detail="full"))
        kept = {name for name, lines in texts.items() if "kept for backward" in lines}
        assert kept == {"x", "+", "sigmoid"}


def test_kinds_are_told_apart():
    w, x = Tensor([1.0], requires_grad=True, name="w"), Tensor([1.0], name="x")
    picture = draw(w * x + [1.0])
    looks = dict(re.findall(r"<B>(\S+)</B>.*?(fillcolor.*)\]$", picture.source, re.M))
    assert len(set(looks.values())) == 5
    assert looks["w"].startswith(f'fillcolor="{THEMES["light"].looks["parameter"]["fillcolor"]}"')
    assert "dashed" in looks["constant"]


@renders
@pytest.mark.parametrize("theme", list(THEMES))
def test_themes_and_legends(theme, tmp_path):
    model, x, target = network()
    with watch():
        loss = nn.MSELoss()(model(x), target)
    picture = draw(loss, tmp_path / "p.svg", theme=theme, detail="full", gradients=True, legend=True)
    words = svg_texts((tmp_path / "p.svg").read_bytes())
    assert {"input", "result", "leaf that requires gradients: a parameter"} <= set(words)
    assert "constant" not in words, "there are none"
    assert f'bgcolor="{THEMES[theme].paper}"' in picture.source or f"bgcolor={THEMES[theme].paper}" in picture.source
    assert not any("little" in word for word in svg_texts(draw(loss, legend=True, theme=theme).pipe("svg")))
    assert draw(loss, depth=0, legend=True).pipe("png")[:4] == b"\x89PNG"


def contrast(a, b):
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(color):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(share * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
                   for share, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))  # fmt: skip

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", list(THEMES))
def test_text_can_be_read_on_every_box(name):
    theme, plain = THEMES[name], {"white": "#ffffff", "black": "#000000"}
    for look in theme.looks.values():
        inside = plain.get(look["fillcolor"], look["fillcolor"])
        for ink in theme.ink, theme.gradient:
            assert contrast(plain.get(ink, ink), inside) > 4.5
    assert contrast(plain.get(theme.faint, theme.faint), plain.get(theme.paper, theme.paper)) > 4.5


def test_the_legend_explains_each_kind_of_arrow_in_the_picture():
    a, b, c = (Tensor(value, requires_grad=True) for value in (1.0, 2.0, 0.0))
    plain = draw(a * b, gradients=True, legend=True).source
    assert "nobody asked" not in plain
    assert "exactly 0" not in plain
    assert "not a number" not in plain
    assert "none: nobody asked for it" in draw(a * b * Tensor(3.0), gradients=True, legend=True, names={}).source
    assert "none: it is exactly 0" in draw(a + b * 0.0, gradients=True, legend=True).source
    with np.errstate(divide="ignore"):
        assert "not a number, or infinite" in draw(np.sqrt(c) + a, gradients=True, legend=True).source


def test_the_users_line_is_at_the_pointer():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        y = x * 2
    tip = re.search(r'tooltip="([^"]*)"', draw(y).source)[1]
    assert re.fullmatch(r"test_draw_structure\.py:\d+", tip), "the file's name, not where it lies"


HOSTILE = ['"];evil[label="', "<B>", "\\N\\", "&lt;", "long" * 200, "日本語", "\0\n", "]]>"]


@renders
def test_hostile_names_of_modules_are_harmless():
    modules = {name: nn.Sequential(nn.Linear(1, 1)) for name in HOSTILE}
    for name, model in modules.items():
        model.weird = None
        for cls in (type(name[:30], (nn.Sequential,), {}),) if "\0" not in name else ():
            model.__class__ = cls
    x = Tensor(np.ones((1, 1), "f"))
    with watch():
        y = sum(model(x).sum() for model in modules.values())
    for options in {}, {"depth": 0}, {"backward": True, "theme": "dark"}:
        texts = svg_texts(draw(y, names=modules, **options).pipe("svg"))
        assert any('"];evil[label=' in text for text in texts)
        assert max(map(len, texts)) < 120


# --------------------------------------------------------------------------------------- miniatures


def test_miniatures_are_means_of_blocks():
    ramp = np.arange(256.0).reshape(16, 16)
    np.testing.assert_allclose(miniature(ramp), ramp.reshape(8, 2, 8, 2).mean(axis=(1, 3)))
    assert miniature(np.arange(5.0)).shape == (1, 5)
    assert miniature(np.arange(100.0)).shape == (1, 16)
    assert miniature(np.ones((2, 3, 4, 5))).shape == (8, 5)
    assert miniature(np.ones((3000, 3000))).shape == (8, 8)
    for nothing in np.array(1.0), np.zeros((0, 3)), np.ones(3) * 1j:
        assert miniature(nothing) is None
        assert heat_map(nothing, THEMES["light"]) == ""
        assert statistics_text(nothing) == ""


def test_miniatures_diverge_around_zero():
    theme = THEMES["light"]
    low, zero, high = theme.heat
    cells = re.findall(r'BGCOLOR="(#\w+)"', heat_map(np.array([-2.0, 0.0, 1.0, 2.0, np.nan]), theme))
    assert cells == [low, zero, mix_colours(zero, high, 0.5), high, theme.broken]
    assert statistics_text(np.array([1.0, 3.0, np.inf])) == "mean 2, sd 1, 1 not finite"
    assert statistics_text(np.array([np.nan, np.nan])) == "2 not finite"
    assert set(re.findall(r'BGCOLOR="(#\w+)"', heat_map(np.zeros((3, 3)), theme))) == {zero}


def test_what_a_notebook_has_shown_is_called_by_its_name():
    layer = nn.Linear(2, 1)
    Out, net, _, _11 = {11: layer}, layer, layer, layer  # noqa: F841
    del layer
    with watch():
        y = net(np.ones((1, 2), np.float32))
    assert "<B>Linear</B> net>" in draw(y).source
    del net
    assert "Out[11]" not in draw(y).source
