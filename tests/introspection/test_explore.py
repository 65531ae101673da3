"""explore: the page's data are the engine's numbers in the engine's order, no page is large, and no name does harm."""

import html
import json
import re
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, backpropagate, data, explore, nn, no_grad, relu, sigmoid, softmax, watch
from tinygrad_edu.__main__ import main
from tinygrad_edu.engine.node import Leaf
from tinygrad_edu.introspection.explorer.array_data import FEW, FULL, INFINITE, NAN, SIDE, Arrays
from tinygrad_edu.introspection.explorer.graph_data import cut_text, width_of
from tinygrad_edu.introspection.explorer.local_factor import factor_of
from tinygrad_edu.introspection.explorer.steps import Telling
from tinygrad_edu.introspection.formulas.explain_graph import build_story
from tinygrad_edu.introspection.formulas.symbol import Symbol, values_of
from tinygrad_edu.rules.indexing import scatter
from tinygrad_edu.testing import arrays, programs


def numbers(page, place):
    """The array at a place of the page's table, which must be small or it is not written out."""
    facts = page["arrays"][place]
    return np.array([float(x) for x in facts["numbers"]]).reshape(facts["shape"])


def box(page, name):
    return next(i for i, b in enumerate(page["boxes"]) if b["name"] == name)


def gradients(page):
    """The gradients that the page shows at its end, by the names of boxes."""
    return {page["boxes"][s["to"]]["name"]: s["after"] for s in page["steps"] if "to" in s}


def backward(page):
    return [s for s in page["steps"] if s["phase"] == "backward"]


def neuron():
    weights, bias = Tensor([1.5, -2.0], requires_grad=True), Tensor(-0.5, requires_grad=True)
    with watch():
        weighted = np.sum(weights * np.array([0.8, 0.3])) + bias
        activation = sigmoid(weighted)
        cost = (activation - 1.0) ** 2
    return explore(cost), cost, weights, bias


# ------------------------------------------------------------------------------ numbers of the engine


def test_the_gradients_are_those_of_backward():
    page, cost, weights, bias = neuron()
    cost.backward()
    shown = gradients(page.data)
    np.testing.assert_allclose(numbers(page.data, shown["weights"]), weights.grad.data, rtol=1e-12)
    np.testing.assert_allclose(numbers(page.data, shown["bias"]), bias.grad.data, rtol=1e-12)
    final = {page.data["boxes"][f["box"]]["name"]: f["value"] for f in page.data["steps"][-1]["final"]}
    assert final == {name: shown[name] for name in ("weights", "bias")}


def test_a_page_goes_forward_then_back():
    page = neuron()[0].data
    assert [s["phase"] for s in page["steps"]] == ["given", *["forward"] * 6, "seed", *["backward"] * 7, "end"]
    assert [page["boxes"][s["lit"][0]]["name"] for s in page["steps"][1:7]] == [
        "v1", "v2", "weighted", "activation", "v3", "cost"]  # fmt: skip


@given(program=programs(length=12, inputs=2))
def test_random_programs_show_what_the_engine_computes_in_the_order_of_its_walk(program):
    inputs = [Tensor(x, requires_grad=True) for x in program.inputs]
    with np.errstate(all="ignore"):
        with watch():
            outputs = [y for y in program(*inputs) if y._node is not None]
        telling = Telling(build_story(outputs, {}), {})
        nodes, page = telling.graph.boxes, telling.data

        walked, found = [], {}
        for node in nodes:
            if type(node) is not Leaf and hasattr(node, "plan"):

                def visit(g, node=node):
                    walked.append(node)
                    found[node] = np.array(g)

                node.note(hooks=(visit,))
        found |= backpropagate([(y._node, np.ones(y.shape, y.dtype)) for y in outputs], retain_graph=True)

    visits = [nodes[s["lit"][0]] for s in backward(page)]
    assert list(dict.fromkeys(visits)) == [n for n in walked if n.plan.vjps]
    for node in dict.fromkeys(visits):
        arguments = [nodes[s["to"]] for s in backward(page) if nodes[s["lit"][0]] is node]
        assert arguments == [node.parents[i] for i, _ in node.plan.vjps]
    shown = {nodes[s["to"]]: s["after"] for s in page["steps"] if "to" in s}
    for node, g in found.items():
        if isinstance(shown[node], int) and "numbers" in page["arrays"][shown[node]]:
            np.testing.assert_allclose(numbers(page, shown[node]), g, rtol=1e-6, atol=1e-9)


@given(program=programs(length=10, inputs=2))
def test_what_is_called_a_factor_is_one(program):
    inputs = [Tensor(x, requires_grad=True) for x in program.inputs]
    with np.errstate(all="ignore"):
        with watch():
            outputs = [y for y in program(*inputs) if y._node is not None]
        for done in build_story(outputs, {}).products:
            said, f = values_of(done.answer.said), factor_of(done.answer.said, done.coming)
            coming = values_of(done.coming if f.coming is None else f.coming)
            if f.kind == "product":
                product = coming * values_of(f.factor)
                if np.ndim(values_of(f.factor)):
                    np.testing.assert_allclose(np.broadcast_to(product, np.shape(said)), said, rtol=1e-9, atol=1e-12)
                else:  # and copied to places, or not
                    assert set(np.ravel(said).round(9)) <= set(np.ravel(product).round(9))
            elif f.kind in ("left", "right"):
                factors = (values_of(f.factor), coming) if f.kind == "left" else (coming, values_of(f.factor))
                product = np.dot(*factors) if max(map(np.ndim, factors)) < 3 else np.matmul(*factors)
                np.testing.assert_allclose(product.reshape(np.shape(said)), said, rtol=1e-9, atol=1e-12)
            elif f.kind in ("same", "moved"):
                assert set(np.ravel(said)) <= {*np.ravel(coming), 0.0}
            elif f.kind == "added":
                assert np.sum(said) == pytest.approx(np.sum(coming), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("rule", "kind", "factor"), [
    (lambda g, y, w: g, "same", None),
    (lambda g, y, w: -g, "product", -1),
    (lambda g, y, w: g * 2 * w, "product", "2 * w"),
    (lambda g, y, w: -g * y / w, "product", "-1 * y / w"),
    (lambda g, y, w: g / (2 * y), "product", "1 / (2 * y)"),
    (lambda g, y, w: np.where(y > 0, g, 0), "product", "where(y > 0, 1, 0)"),
    (lambda g, y, w: np.broadcast_to(g / 4, (2, 2)), "product", 0.25),
    (lambda g, y, w: g @ w.T, "right", "w.T"),
    (lambda g, y, w: y.T @ g, "left", "y.T"),
    (lambda g, y, w: np.broadcast_to(g, (3, 2, 2)), "copied", None),
    (lambda g, y, w: g.T, "moved", None),
    (lambda g, y, w: g[0], "moved", None),
    (lambda g, y, w: scatter(g, slice(2), (3, 2), np.dtype(float)), "moved", None),
    (lambda g, y, w: scatter(g, np.array([0, 0]), (3, 2), np.dtype(float)), "added", None),
    (lambda g, y, w: y * np.sum(g), "function", None),
    (lambda g, y, w: g * g, "function", None),
    (lambda g, y, w: y, "function", None),
])  # fmt: skip
def test_factors_are_read_off_the_rule(rule, kind, factor):
    g, y, w = (Symbol(np.ones((2, 2)), name) for name in "gyw")
    found = factor_of(rule(g, y, w), g)
    assert found.kind == kind
    assert (str(found.factor) if isinstance(factor, str) else found.factor) == factor


# ------------------------------------------------------------------------------- what is made visible


def test_a_sum_is_shown_where_paths_meet():
    x = Tensor(3.0, requires_grad=True)
    with watch():
        y = x * np.exp(x)
    page = explore(y).data
    first, *_, last = [s for s in backward(page) if s["to"] == box(page, "x")]
    assert "before" not in first
    before, share, after = (numbers(page, last[key]) for key in ("before", "flows", "after"))
    assert before + share == after == pytest.approx(np.exp(3) * 4)
    assert "Paths meet" in last["meeting"]


def test_a_sum_is_shown_where_an_argument_was_stretched():
    a, b = Tensor(np.ones((4, 3)), requires_grad=True), Tensor([1.0, 2.0, 3.0], requires_grad=True)
    with watch():
        y = np.sum(a * b)
    page = explore(y).data
    [step] = [s for s in backward(page) if s["to"] == box(page, "b")]
    assert "of shape (3,), was stretched to (4, 3)" in step["stretched"]
    assert "used 4 times" in step["stretched"]
    assert "over axis 0" in step["stretched"]
    np.testing.assert_array_equal(numbers(page, step["said"]).sum(0), numbers(page, step["flows"]))
    assert "stretched" not in next(s for s in backward(page) if s["to"] == box(page, "a"))


def test_numbers_stand_in_the_formulas():
    page = neuron()[0].data
    [step] = [s for s in backward(page) if s["to"] == box(page, "weighted")]
    text = html.unescape(re.sub("<[^>]*>", "", step["numbers"]))
    assert text == "−0.950042·0.524979·(1−0.524979)"
    assert "class='coming'" in step["numbers"]


def test_lines_and_modules_of_the_user():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

    def step(x):
        return model(x).sum()  # this very line

    page = explore(step, np.ones((1, 2), np.float32)).data
    first = page["boxes"][box(page, "v1")]
    file, line = first["line"]
    assert file == "test_explore.py"
    assert dict(page["sources"][0]["lines"])[line].strip() == "return model(x).sum()  # this very line"
    assert first["modules"] == ["model · Sequential", "model.0 · Linear"]
    assert [(f["name"], f["class"], f["outer"]) for f in page["folds"]] == [
        ("model", "Sequential", -1), ("model.0", "Linear", 0), ("model.1", "Tanh", 0)]  # fmt: skip
    assert page["boxes"][box(page, "model.0.weight")]["kind"] == "leaf"
    assert page["remarks"] == []


def test_a_page_of_what_was_not_watched_says_what_is_missing():
    x = Tensor(np.ones(3), requires_grad=True)
    y = np.sum(np.exp(x) * 2)
    y.backward()
    del x
    page = explore(y).data
    assert any("with tinygrad_edu.watch()" in remark for remark in page["remarks"])
    assert any("numbers are no longer known" in remark for remark in page["remarks"])
    assert "numbers" not in page["arrays"][page["boxes"][0]["value"]]
    assert page["sources"] == []


def test_a_graph_that_backward_released_is_explored_all_the_same():
    page, cost, weights, _ = neuron()
    cost.backward()
    again = explore(cost).data
    assert [s["phase"] for s in again["steps"]] == [s["phase"] for s in page.data["steps"]]
    np.testing.assert_array_equal(numbers(again, gradients(again)["weights"]), weights.grad.data)


def test_kinds_of_results():
    x = Tensor(np.arange(1.0, 4.0), requires_grad=True)
    with watch():
        two = [np.sum(x), x * 2]
    page = explore(two).data
    np.testing.assert_array_equal(numbers(page, gradients(page)["x"]), [3, 3, 3])
    z = Tensor([1 + 2j, 3j], requires_grad=True)
    with watch():
        length = np.sum(np.abs(z) ** 2)
    page = explore(length).data
    assert page["arrays"][gradients(page)["z"]]["shape"] == [2]
    with watch():
        spectrum = np.linalg.eigh(Tensor(np.diag([1.0, 2.0]), requires_grad=True)).eigenvalues.sum()
    assert any(isinstance(b["value"], list) for b in explore(spectrum).data["boxes"])


def test_functions_are_called_under_watch():
    with no_grad():
        page = explore(lambda x: softmax(relu(x)).max(), np.array([0.1, 0.7])).data
    assert page["sources"]
    assert box(page, "x") == 0
    with pytest.raises(TypeError, match="returns no Tensor"):
        explore(np.argmax, np.ones(3))
    with pytest.raises(TypeError, match="got int"):
        explore(3)
    with pytest.raises(TypeError, match="takes no other arguments"):
        explore(Tensor(1.0, requires_grad=True) * 1, 3)
    with pytest.raises(TypeError, match="no chain rule"):
        explore(Tensor(1.0))


# ------------------------------------------------------------------------------------------ arrays


def cells(facts):
    whole = np.frombuffer(b64decode(facts["cells"]), "<i2").reshape(facts["grid"]).astype(float)
    whole[whole == NAN] = np.nan
    whole[np.abs(whole) == INFINITE] *= np.inf
    return whole / FULL * facts["largest"]


@given(array=arrays(st.tuples(st.integers(1, 90), st.integers(1, 90)), float, layouts=["contiguous"]))
def test_thumbnails_are_means_of_blocks(array):
    table = Arrays()
    facts = table.table[table.add(array)]
    assert facts["shape"] == list(array.shape)
    if array.size <= FEW:
        np.testing.assert_array_equal(np.reshape(facts["numbers"], array.shape), array)
        return
    rows, columns = facts["grid"]
    r, c = facts["block"]
    assert max(rows, columns) <= SIDE
    for i in range(0, rows, 7):
        for j in range(0, columns, 7):
            block = array[i * r : (i + 1) * r, j * c : (j + 1) * c]
            assert cells(facts)[i, j] == pytest.approx(block.mean(), abs=facts["largest"] / FULL + 1e-300)
    assert facts["norm"] == pytest.approx(np.linalg.norm(array))


def test_thumbnails_keep_what_is_no_number():
    x = np.ones((10, 10))
    x[0, :3] = np.nan, np.inf, -np.inf
    table = Arrays()
    np.testing.assert_array_equal(cells(table.table[table.add(x)]), x)
    small = table.table[table.add(x[0])]
    assert small["numbers"][:4] == ["nan", "inf", "-inf", 1.0]
    json.dumps(table.table, allow_nan=False)


def test_equal_arrays_are_kept_once():
    table = Arrays()
    assert table.add(np.ones(3)) == table.add(np.ones(3)) != table.add(np.ones(3, np.float32))


@given(text=st.text(max_size=30), letters=st.integers(3, 20))
def test_titles_fit(text, letters):
    assert width_of(cut_text(text, letters)) <= letters
    assert cut_text(text, 60) == text


# ------------------------------------------------------------------------------------------ the page


class Elements(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self):
        super().__init__()
        self.found, self.scripts, self.addresses = [], [], []

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.addresses += [v for k, v in attributes if k in ("src", "href", "srcset", "action", "data")]
        assert not any(k.startswith("on") for k, _ in attributes), "scripts are in one place"
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.found[-1:] == ["script"]:
            self.scripts[-1] += text


def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser


HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>', "'); alert(1); ('", "<!--<script>",
           "\u2028\u2029", "&lt;b&gt;", "重み" * 200, "شبكة", "\ud800", "\x00\x1b[31m", "%%data%%", "${x}`", ""]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name):
    x = Tensor([1.0, 2.0], requires_grad=True, name=name)
    plain = Tensor([1.0, 2.0], requires_grad=True, name="two")

    def build(x):
        with watch():
            return explore(np.sum(x * np.tanh(x)))

    page, usual = build(x), build(plain)
    ours, theirs = elements(page.html), elements(usual.html)
    no_formulas = [sorted(tag for tag in e.found if tag[0] != "m" and tag != "tr") for e in (ours, theirs)]
    assert no_formulas[0] == no_formulas[1], "the name made elements"
    assert set(ours.found) <= {*theirs.found, "mover"}
    assert json.loads(ours.scripts[0]) == page.data
    page.html.encode("utf-8")
    inner = re.search(r'srcdoc="([^"]*)"', page._repr_html_())[1]
    assert html.unescape(inner) == page.html


def test_a_page_loads_nothing():
    page = neuron()[0].html
    assert all(a.startswith(("data:", "#")) for a in elements(page).addresses)
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|eval\(", page)
    assert set(re.findall(r"https?://[^\s\"'<]*", page)) == {"http://www.w3.org/2000/svg"}


def test_pages_are_small(tmp_path):
    page = neuron()[0]
    page.write(tmp_path / "neuron.html")
    assert (tmp_path / "neuron.html").stat().st_size < 180_000
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    cost, (images, labels) = nn.SumOfSquaresLoss(), data.mnist().test
    step = explore(lambda x, t: cost(model(x), t), images[:32], data.one_hot(labels[:32]))
    assert len(step.html) < 600_000  # all numbers of 32 images are in it


def test_a_long_chain_is_explored_and_an_endless_one_refused():
    x = Tensor(1.0, requires_grad=True)
    y = x
    with watch():
        for _ in range(300):
            y = np.sin(y)
    page = explore(y)
    assert len(page.data["steps"]) == 603
    assert len(page.html) < 1_200_000
    for _ in range(2000):
        y = np.sin(y)
    with pytest.raises(ValueError, match="shows 2,000 at most"):
        explore(y)


# ------------------------------------------------------------------------------------------ the command

SCRIPT = """
import sys
import numpy as np
from tinygrad_edu import Tensor, nn, optim
assert sys.argv == [__file__], sys.argv
import beside
def learn():
    model = nn.Linear(2, 1)
    descent = optim.SGD(model.parameters(), lr=0.1)
    for step in range(3):
        descent.zero_grad()
        loss = (model(np.ones((1, 2), np.float32)) ** 2).sum()
        loss.backward()
        descent.step()
learn()
other = Tensor(2.0, requires_grad=True)
twice = other * beside.two
sys.exit(0)
"""


def shown(file):
    return json.loads(elements(file.read_text("utf-8")).scripts[0])


def test_the_command_explores_what_backward_was_called_on(tmp_path, capsys):
    (tmp_path / "script.py").write_text(SCRIPT.replace("sys.exit(0)", ""))
    (tmp_path / "beside.py").write_text("two = 2")
    out = tmp_path / "page.html"
    assert main(["explore", str(tmp_path / "script.py"), "--out", str(out)]) == 0
    assert "loss: 3 operations" in capsys.readouterr().out
    assert {b["name"] for b in shown(out)["boxes"]} >= {"loss", "model.weight", "model.bias"}
    assert main(["explore", str(tmp_path / "script.py"), "--out", str(out), "--tensor", "twice"]) == 0
    assert shown(out)["title"] == "twice"
    assert main(["explore", str(tmp_path / "script.py"), "--tensor", "nothing"]) == 2
    assert "'nothing' is not a tensor" in capsys.readouterr().err
    assert Tensor.backward.__name__ == "backward"  # and not what remembered


def test_the_command_without_a_script(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tinygrad_edu", "explore"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "open it in a browser" in run.stdout
    page = shown(tmp_path / "explore.html")
    assert page["sources"][0]["file"] == "neuron.py"
    assert page["title"] == "cost"


def test_the_command_tells_what_went_wrong(tmp_path, capsys):
    assert main(["explore", str(tmp_path / "none.py")]) == 2
    assert "there is no script" in capsys.readouterr().err
    (tmp_path / "script.py").write_text("from tinygrad_edu import Tensor\ny = Tensor(1.0, requires_grad=True) * 2")
    assert main(["explore", str(tmp_path / "script.py")]) == 2
    assert "with --tensor; there are y" in capsys.readouterr().err
    (tmp_path / "script.py").write_text("1 / 0")
    assert main(["explore", str(tmp_path / "script.py")]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_numbers_are_inputs_if_there_is_nothing_else():
    assert "1 operations" in repr(explore(lambda a, b: a * b, 2, 0.5))


# ----------------------------------------------------------------------------------------- numbers that can be changed


class Rectified(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4, rng=np.random.default_rng(0))
        self.calls = nn.Buffer(np.zeros(1))

    def forward(self, x):
        self.calls += 1
        y = self.linear(x)
        return np.sum(np.where(y > 0, y, 0.1 * y) ** 2)


def test_a_mask_follows_if_the_function_can_be_run_again():
    model = Rectified()
    page = explore(model, np.ones((2, 3), np.float32))
    assert page.data["live"]["fixed"] == []
    assert "> 0" in page.html[page.html.index("function program") :]
    assert model.calls.data[0] == 1  # the second run has left no trace
    with watch():
        y = Rectified()(np.ones((2, 3), np.float32))
    assert explore(y).data["live"]["fixed"] != []


def test_a_second_run_leaves_a_module_as_it_was():
    class Keeping(Rectified):
        def forward(self, x):
            self.count = getattr(self, "count", 0) + 1
            self.last = self.linear(x)
            return super().forward(x)

    model = Keeping()
    assert explore(model, np.ones((2, 3), np.float32)).data["live"]["fixed"] == []
    assert model.count == 1
    assert type(model.last._array) is np.ndarray
    assert model.last.requires_grad


@pytest.mark.parametrize("decides", [False, True])
def test_a_list_that_a_function_fills_gets_arrays(decides):
    kept = []

    def f(x):
        kept.append(x * 2)
        if decides and float(x.data[0]) > 9:
            return x
        return np.sum(np.where(x > 0, x, 0) ** 2)

    explore(f, np.array([1.0, -1.0]))
    assert len(kept) == 2
    assert all(type(y._array) is np.ndarray for y in kept)


def test_a_function_that_can_only_be_run_on_numbers_keeps_its_masks():
    def decide(x):
        return np.sum(x[np.argsort(x.data)] * (1.0 if x.data.sum() > 0 else 2.0))

    live = explore(decide, np.array([3.0, 1.0, 2.0])).data["live"]
    assert len(live["fixed"]) == len(live["leaves"]) == 1


def test_parameters_learn_and_data_stay():
    page = explore(nn.Linear(2, 1), np.ones((3, 2), np.float32))
    names = {page.data["boxes"][leaf["box"]]["name"]: leaf["learns"] for leaf in page.data["live"]["leaves"]}
    assert names.pop("x") is False
    assert set(names.values()) == {True}


def test_what_is_too_large_is_not_alive(monkeypatch):
    monkeypatch.setattr("tinygrad_edu.introspection.explorer.replay.MOST_NUMBERS", 5)
    assert "more than 5" in explore(nn.Linear(2, 2), np.ones((3, 2), np.float32)).data["live"]["reason"]


# ------------------------------------------------------------------------------------------ folds and images


def quiet(page):
    return [b["operation"] for b in page["boxes"] if b.get("quiet")]


def test_a_module_holds_its_operations_and_its_own_leaves_and_not_what_it_is_given():
    model, cost = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5)), nn.MSELoss()
    points, wanted = np.ones((4, 2), np.float32), np.zeros((4, 3), np.float32)
    with watch():
        C = cost(model(points), wanted)
    page = explore(C).data
    folds = {f["class"]: {page["boxes"][i]["name"] for i in f["boxes"]} for f in page["folds"]}
    assert folds["Sequential"] == set()
    assert folds["Linear"] == {"model.0.weight", "model.0.bias", "v1"}
    assert len(folds["Dropout"]) == 2, "the mask is nobody else's"
    assert folds["MSELoss"] == {"C"}, "and wanted is the user's"


def test_a_module_that_is_called_twice_has_two_folds_and_shares_its_leaves():
    layer = nn.Linear(2, 2)
    with watch():
        y = layer(layer(np.ones((1, 2), np.float32))).sum()
    page = explore(y).data
    assert [f["name"] for f in page["folds"]] == ["layer", "layer"]
    assert [len(f["boxes"]) for f in page["folds"]] == [2, 1], "the input of the first is a constant of its own"
    inside = {page["boxes"][i]["name"] for f in page["folds"] for i in f["boxes"]}
    assert not inside & {"layer.weight", "layer.bias"}


def test_plumbing_only_arranges_numbers():
    x = Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    with watch():
        y = np.sum(np.exp(np.swapaxes(x.reshape(4, 3)[1:], 0, 1)).T * np.expand_dims(x[[0, 0]], 0)[0, :, :3].sum())
    page = explore(y).data
    assert sorted(quiet(page)) == ["expand_dims", "getitem", "getitem", "reshape", "swapaxes", "transpose"]
    [lookup] = [b for b in page["boxes"] if b["operation"] == "getitem" and not b.get("quiet")]
    assert page["arrays"][lookup["value"]]["shape"] == [2, 4], "a row that is taken twice gets two gradients"


def test_operations_have_the_names_of_the_field():
    net, cost = (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4)),
        nn.CrossEntropyLoss(),
    )
    page = explore(lambda x: cost(net(x), np.array([0, 1])), np.ones((2, 1, 8, 8), np.float32)).data
    names = [b["operation"] for b in page["boxes"] if b["operation"]]
    assert names == ["convolution", "sliding windows", "max", "reshape", "linear", "log softmax", "neg. log-likelihood"]
    windows = [b["window"] for b in page["boxes"] if "window" in b]
    assert windows == [
        {"kernel": [3, 3], "size": [6, 6], "stride": [1, 1], "before": [0, 0], "dilation": [1, 1]},
        {"kernel": [2, 2], "size": [3, 3], "stride": [2, 2], "before": [0, 0], "dilation": [1, 1]},
    ]


@given(
    array=arrays(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 40), st.integers(1, 40)),
        float,
        layouts=["contiguous"],
    )
)
def test_thumbnails_of_images_hold_some_images_whole(array):
    table = Arrays()
    facts = table.table[table.add(array)]
    if array.size <= FEW:
        return
    images, rows, columns = facts["grid"]
    assert 1 <= images <= len(array) * array.shape[1]
    assert max(rows, columns) <= SIDE
    r, c = facts["block"]
    whole = array.reshape(-1, *array.shape[2:])
    for i in range(0, rows, 5):
        for j in range(0, columns, 5):
            block = whole[images - 1, i * r : (i + 1) * r, j * c : (j + 1) * c]
            assert cells(facts)[images - 1, i, j] == pytest.approx(block.mean(), abs=facts["largest"] / FULL + 1e-300)


def test_rows_of_784_numbers_are_digits():
    images, _ = data.mnist().test
    table = Arrays()
    facts = table.table[table.add(images[:32])]
    assert facts["grid"] == [8, 28, 28]
    np.testing.assert_allclose(cells(facts), images[:8].reshape(8, 28, 28), atol=1 / FULL)
    assert table.table[table.add(images[0])]["grid"] == [1, 28, 28]
