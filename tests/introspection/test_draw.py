"""draw: what the pictures say, that they can be made anywhere, and that drawing leaves no trace."""

from __future__ import annotations

import gc
import html
import os
import re
import sys
import threading
import weakref
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest
from graphviz.backend import dot_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, apply, draw, nn, no_grad, rule, sigmoid
from tinygrad_edu.introspection.drawing import DotNotFound, Picture, dot
from tinygrad_edu.introspection.drawing.labels import LONGEST, escape_label

renders = pytest.mark.skipif(
    dot.shutil.which("dot") is None and dot.find_bundled_program() is None, reason="no program to lay out graphs"
)
carried = pytest.mark.skipif(dot.find_bundled_program() is None, reason="graphviz-pure has no wheel for this platform")


def boxes(picture):
    """The boxes' lines of text, by their names in the DOT text."""
    found = re.findall(r"^\t+(n\d+) \[label=<(.*)> fillcolor=", picture.source, re.M)
    return {
        n: [html.unescape(re.sub("<[^>]*>", "", line)).replace("\\\\", "\\") for line in text.split("<BR/>")]
        for n, text in found
    }


def arrows(picture):
    return re.findall(r"^\t(n\d+) -> (n\d+)", picture.source, re.M)


def labels(picture):
    """What is written at the arrows."""
    return [
        (re.search(r'label="([^"]*)"', line) or ["", ""])[1] for line in picture.source.splitlines() if " -> " in line
    ]


def frames(picture):
    """The titles of frames, and the first lines of the boxes directly in each."""
    found, stack = {}, [[]]
    for line in picture.source.splitlines():
        text = html.unescape(
            re.sub("<[^>]*>", "", (re.search(r"label=<(.*?)>(?: \w+=|$)", line) or ["", ""])[1].split("<BR/>")[0])
        )
        if "subgraph cluster" in line:
            stack.append([])
        elif line.strip().startswith("graph [label=<<B>") and len(stack) > 1:
            found[text] = stack[-1]
        elif re.match(r"\t+n\d+ \[", line):
            stack[-1].append(text)
        elif line.strip() == "}" and len(stack) > 1:
            stack.pop()
    return found


def named(picture):
    """The boxes' remaining lines, by their first."""
    return {first: rest for first, *rest in boxes(picture).values()}


def svg_texts(svg):
    """What one reads in an SVG picture."""
    root = ElementTree.fromstring(svg)
    return ["".join(e.itertext()).replace("\xa0", " ").strip() for e in root.iter("{http://www.w3.org/2000/svg}text")]


def neuron():
    """A neuron, its cost, and the names that its author gave them."""
    x, target = Tensor(0.5), Tensor(1.0)
    w, b = Tensor(1.5, requires_grad=True), Tensor(-0.3, requires_grad=True)
    activation = sigmoid(x * w + b)
    cost = (activation - target) ** 2
    return cost, {"x": x, "w": w, "b": b, "activation": activation, "target": target, "cost": cost}


# -------------------------------------------------------------------------------------- what it says


def test_a_neuron_shows_names_values_operations_and_their_settings():
    cost, names = neuron()
    assert named(draw(cost, names=names)) == {
        "x": ["0.5"],
        "w": ["1.5"],
        "b": ["-0.3"],
        "target": ["1"],
        "*": ["0.75"],  # single numbers are kept for pictures, whether a derivative needs them or not
        "+": ["0.45"],
        "sigmoid": ["activation = 0.6106"],
        "-": ["-0.3894"],
        "** 2": ["cost = 0.1516"],
    }


def test_after_backward_it_shows_gradients_and_the_same_structure():
    cost, names = neuron()
    before = draw(cost, names=names)
    cost.backward()
    after = draw(cost, names=names)
    assert arrows(after) == arrows(before)
    texts = named(after)
    assert texts["w"] == ["1.5", "grad -0.09257"]
    assert texts["b"] == ["-0.3", "grad -0.1851"]
    assert texts["x"] == ["0.5"]  # a constant has none
    assert texts["sigmoid"] == ["activation = 0.6106"]
    assert texts["-"] == ["-0.3894"]  # single numbers outlive what backward() releases
    assert texts["** 2"] == ["cost = 0.1516"]


def test_values_and_gradients_can_be_left_out():
    cost, names = neuron()
    cost.backward()
    texts = named(draw(cost, names=names, values=False, gradients=False))
    assert texts["w"] == ["scalar float64"]
    assert texts["sigmoid"] == ["activation = scalar float64"]


def test_large_tensors_show_their_shape_and_the_norm_of_their_gradient():
    w = Tensor(np.full((3, 4), 2.0, "f"), requires_grad=True)
    (w * w).sum().backward()
    y = (w * w).sum()
    assert named(draw(y))["w"] == ["(3, 4) float32", "grad, norm 13.86"]
    assert boxes(draw(y))["n1"] == ["*"]
    assert labels(draw(y)) == ["", "", "(3, 4)"], "what flows is told by the arrow"
    assert boxes(draw(y, detail="full"))["n1"] == ["*", "(3, 4) float32"]


def test_small_arrays_are_shown_row_by_row():
    m = Tensor([[1.0, 2.5], [-3.0, 1 / 3]], requires_grad=True)
    v = Tensor([1, 2], name="v")
    y = m * v
    assert named(draw(y)) == {
        "m": ["[[1, 2.5],", " [-3, 0.3333]]"],
        "v": ["[1, 2]"],
        "*": ["y = [[1, 5],", " [-3, 0.6667]]"],
    }


def test_odd_numbers_and_shapes():
    for data, text in [
        ([np.nan, np.inf, -0.0], "[nan, inf, -0]"),
        (np.array(1e-30), "1e-30"),
        (np.array([True]), "[True]"),
        (np.array(12345678901), "12345678901"),
        (np.array(1 + 2j), "1+2j"),
        (np.zeros((0, 3)), "(0, 3) float64"),
        (np.zeros((1, 1, 2)), "(1, 1, 2) float64"),
        (np.zeros(7, "f4"), "(7,) float32"),
    ]:
        t = Tensor(data)
        assert boxes(draw(t, names={"t": t})) == {"n0": ["t", text]}


def test_the_gradient_of_a_huge_or_broken_tensor_is_still_drawn():
    x = Tensor(np.full(8, 2.0), requires_grad=True)
    for g, norm in [(1e300, "inf"), (np.nan, "nan")]:
        x.grad = Tensor(np.full(8, g))
        assert named(draw(x * 1))["x"][-1] == f"grad, norm {norm}"


def test_a_retained_gradient_is_shown():
    x = Tensor(3.0, requires_grad=True)
    h = x * x
    h.retain_grad()
    y = h * h
    y.backward()
    assert boxes(draw(y))["n1"] == ["*", "h = 9", "grad 18"]


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda x: x**2, "** 2"),
        (lambda x: 2.0**x, "2.0 **"),
        (lambda x: 1 - x, "1 -"),
        (lambda x: x * 2.0, "* 2.0"),
        (lambda x: x / np.float64(1 / 3), "/ 0.3333"),
        (lambda x: x.sum(axis=1, keepdims=True), "sum axis=1, keepdims=True"),
        (lambda x: x.sum(), "sum"),
        (lambda x: x[0, 1:], "getitem [0, 1:]"),
        (lambda x: x[..., ::-1, None], "getitem [..., ::-1, None]"),
        (lambda x: x.reshape(3, 2), "reshape shape=(3, 2)"),
        (lambda x: x.astype("f4"), "astype dtype=float32"),
        (lambda x: np.concatenate([x, x], 1), "concatenate axis=1"),
        (np.exp, "exp"),
    ],
)
def test_settings_are_part_of_the_operation(compute, text):
    x = Tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
    assert [lines[0] for lines in boxes(draw(compute(x))).values()] == ["x", text]


def test_an_argument_used_twice_is_one_box_with_two_arrows():
    x = Tensor(3.0, requires_grad=True)
    c = Tensor(2.0)
    assert arrows(draw(x * x)) == [("n0", "n1"), ("n0", "n1")]
    picture = draw(x * c + c)
    assert len(boxes(picture)) == 4
    assert arrows(picture) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3"), ("n1", "n3")]


def test_operands_are_told_apart_where_their_order_matters():
    x, z = Tensor(3.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    assert labels(draw(x - z)) == ["a", "b"]
    assert labels(draw(x + z)) == ["", ""]
    assert labels(draw(x - x)) == ["", ""]


def test_bare_arrays_and_lists_are_constants():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert named(draw(x * np.array([3.0, 4.0])))["constant"] == ["[3, 4]"]
    assert named(draw(x * [3.0, 4.0]))["constant"] == ["[3, 4]"]
    assert named(draw(x + np.arange(2.0)))["constant"] in ([["[0, 1]"]], ["(2,) float64"])


def test_a_tensor_without_a_graph_is_one_box():
    x = Tensor([1.0, 2.0])
    with no_grad():
        y = Tensor(1.0, requires_grad=True) * 2
    w = Tensor(1.0, requires_grad=True)
    assert boxes(draw(x)) == {"n0": ["x", "[1, 2]"]}
    assert boxes(draw(y)) == {"n0": ["y", "2"]}
    assert boxes(draw(w)) == {"n0": ["w", "1"]}
    assert boxes(draw(Tensor(5.0))) == {"n0": ["constant", "5"]}
    assert boxes(draw(Tensor(5.0), names={"x": x})) == {"n0": ["constant", "5"]}
    assert not arrows(draw(x))


def test_an_operation_of_ones_own():
    def cube(x):
        return x * x * x

    rule(cube, lambda g, y, x: g * 3 * x * x, name='cube <"³">')
    x = Tensor(2.0, requires_grad=True)
    assert named(draw(apply(cube, x)))['cube <"³">'] == ["8"]


def test_a_second_derivative_can_be_drawn():
    x = Tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    g = x.grad
    assert "g = 12" in str(boxes(draw(g)))


# --------------------------------------------------------------------------------------------- names


def test_a_training_step_is_named_after_the_network():
    model = nn.Sequential(nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 1))
    x, target = Tensor(np.ones((4, 3), "f")), Tensor(np.ones((4, 1), "f"))
    loss = nn.SumOfSquaresLoss()(model(x), target)
    loss.backward()
    assert [lines[0] for lines in boxes(draw(loss)).values()] == [
        "x", "model.0.weight", "model.0.bias", "linear", "sigmoid",
        "model.2.weight", "model.2.bias", "linear", "target", "squared_error divisor=4",
    ]  # fmt: skip
    assert "0.weight" in named(draw(loss, names=model))
    assert "net.0.weight" in named(draw(loss, names={"net": model, "irrelevant": 3}))


def test_a_path_in_a_module_goes_before_a_loop_variable():
    model = nn.Linear(2, 1)
    for p in model.parameters():
        p.grad = None
    assert {"model.weight", "model.bias"} < set(named(draw(model(Tensor([1.0, 2.0])).sum())))


def test_the_order_of_names():
    w = Tensor(1.0, requires_grad=True, name="own")
    v = w * 1
    assert "own" in named(draw(v))
    assert "given" in named(draw(v, names={"given": w}))
    v.name = "result"
    assert boxes(draw(v))["n1"][1] == "result = 1"
    _private, public = (Tensor(1.0, requires_grad=True),) * 2
    assert "public" in named(draw(public * 2))


def test_names_in_lists_and_dicts():
    weights = [Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)]
    others = {"first": Tensor(3.0, requires_grad=True)}
    layers = (nn.Linear(1, 1),)
    y = weights[0] * weights[1] * others["first"] * layers[0](Tensor([1.0])).sum()
    assert {"weights[0]", "weights[1]", "others['first']", "layers[0].weight"} < set(named(draw(y)))


everywhere = Tensor(4.0, requires_grad=True)


def test_variables_of_the_module_are_seen_unless_hidden():
    assert "everywhere" in named(draw(everywhere * 2))

    def hidden(everywhere, outer):
        return draw(everywhere * outer)

    texts = named(hidden(Tensor(5.0, requires_grad=True), everywhere))
    assert texts["everywhere"] == ["5"]
    assert texts["outer"] == ["4"]


def test_unnamed_tensors_say_what_they_are():
    assert set(named(draw(Tensor(1.0, requires_grad=True) * Tensor(2.0)))) == {"leaf", "constant", "*"}


def test_objects_that_pretend_are_not_asked():
    class Proxy:
        @property
        def __class__(self):
            raise RuntimeError("not now")

    proxy, x = Proxy(), Tensor(1.0, requires_grad=True)
    assert "x" in named(draw(x * 2))
    assert proxy is not None


HOSTILE = [
    "<b>bold</b>", "</B></FONT>", "<>", ">", "a & b &amp; &lt;", "\"quoted\" 'too'", "back\\slash\\N\\G\\\\n\\", "{a|b}",
    "two\nlines\ttab", "nul\0 bell\a", "\u202egnihtemos", "lone \ud800", "日本語", "שלום", "नमस्ते", "🎉", "digraph", " ",
    "]; evil [label=x", "--", "%n", "long " * 500, "\ufffe\uffff",
]  # fmt: skip


@renders
def test_hostile_names_are_harmless_text():
    total = Tensor(0.0)
    for name in HOSTILE:
        total = total + Tensor(1.0, requires_grad=True, name=name)
    picture = draw(total)
    titles = [lines[0] for lines in boxes(picture).values()]
    assert len(titles) == 2 * len(HOSTILE) + 1
    assert "<b>bold</b>" in titles
    assert r"back\slash\N\G\\n" + "\\" in titles
    assert r"two\nlines\ttab" in titles
    assert r"\u202egnihtemos" in titles
    assert max(map(len, titles)) == LONGEST
    seen = svg_texts(picture.pipe("svg"))
    assert not {t.strip() for t in titles if t.strip()} - set(seen)
    assert picture.pipe("png")[:4] == b"\x89PNG"


@pytest.mark.slow
@settings(max_examples=50)
@given(st.text())
def test_any_text_is_harmless(text):
    shown = ElementTree.fromstring(f"<B>{escape_label(text)}</B>").text or ""
    assert len(shown.replace("\\\\", "\\")) <= LONGEST
    assert shown.isprintable() or set(shown) & set("\u200c\u200d")
    assert len(re.findall(r"\\+", shown)) == len(re.findall(r"(?<!\\)(?:\\\\)+(?!\\)", shown))  # in pairs


# ------------------------------------------------------------------------------------------ its size


def long_chain():
    y = x = Tensor(1.0, requires_grad=True)
    for _ in range(10_000):
        y = y * 1.0001
    return x, y


def test_ten_thousand_operations():
    """It takes about a second; what is not proportional to the size would take minutes."""
    x, y = long_chain()
    assert draw(y, fold=False, gradients=True).source.count(" -> ") == 10_000
    folded = draw(y)
    assert list(boxes(folded).values()) == [["x", "1"], ["* 1.0001 × 10,000 in a row", "y = 2.718"]]
    rng, values = np.random.default_rng(0), [x]
    for _ in range(5_000):
        a, b = (values[i] for i in rng.integers(len(values), size=2))
        values.append(np.sin(a) + b)
    assert len(boxes(draw(values[-8:]))) > 20


def test_a_diamond_of_64_levels():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(64):
        y = y + y
    picture = draw(y, fold=False)
    assert len(boxes(picture)) == 65
    assert len(arrows(picture)) == 128


def test_a_leaf_that_is_gone_or_has_other_data_is_still_drawn():
    y = Tensor([1.0, 2.0], requires_grad=True, name="gone") * 1
    assert named(draw(y))["gone"] == ["(2,) float64"]
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    y = w * 1
    w.data = np.zeros(3)
    assert named(draw(y))["w"] == ["(2,) float64"]


def test_the_same_program_gives_the_same_text():
    def once():
        cost, names = neuron()
        cost.backward()
        return draw(cost, names=names).source

    assert once() == once()
    first = list(boxes(draw(neuron()[0])))
    assert first == [f"n{i}" for i in range(len(first))]


# --------------------------------------------------------------------------------------- its traces


def test_drawing_keeps_nothing_alive():
    y = Tensor(1.0, requires_grad=True) * Tensor([1.0, 2.0])
    tensor, node = weakref.ref(y), y._node
    parents = [weakref.ref(p.tensor()) for p in node.parents if getattr(p, "tensor", lambda: None)()]
    gc.disable()
    try:
        picture = draw(y)
        del y  # in a function, where Python keeps what f_locals hands out
        assert tensor() is None
        assert all(p() is None for p in parents)
        assert picture.source
    finally:
        gc.enable()


def test_the_users_own_locals_are_left_alone():
    x = Tensor(1.0, requires_grad=True)
    mine = locals()
    draw(x * 2)
    assert mine["x"] is x


def test_drawing_changes_nothing():
    x = Tensor([1.0, 2.0], requires_grad=True)
    c = Tensor([3.0, 4.0])
    y = (x * c).sum()
    before = [(t._array, t._node, t._source, t._shared, t._grad) for t in (x, c, y)]
    infos = [n.info for n in (x._node, y._node)]
    draw(y)
    after = [(t._array, t._node, t._source, t._shared, t._grad) for t in (x, c, y)]
    assert all(a is b for s, t in zip(before, after, strict=True) for a, b in zip(s, t, strict=True))
    assert [n.info for n in (x._node, y._node)] == infos
    y.backward()
    assert x.grad.data.tolist() == [3.0, 4.0]


# -------------------------------------------------------------------------------------------- files


@renders
def test_svg_png_and_dot_files(tmp_path):
    cost, names = neuron()
    for suffix in ("svg", "png", "dot", "gv", "jpg", "SVG"):
        file = tmp_path / f"graph.{suffix}"
        picture = draw(cost, file, names=names)
        assert isinstance(picture, graphviz.Digraph)
        content = file.read_bytes()
        if suffix.lower() == "svg":
            assert {"w", "sigmoid", "activation = 0.6106", "**", "2"} <= set(svg_texts(content))
        elif suffix == "png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
        elif suffix == "jpg":
            assert content.startswith(b"\xff\xd8")
        else:
            assert content.decode() == picture.source


def test_the_text_is_utf8_everywhere(tmp_path):
    x = Tensor(1.0, requires_grad=True, name="Gewicht für Ω")
    draw(x * 2, str(tmp_path / "g.dot"))
    assert "Gewicht für Ω" in (tmp_path / "g.dot").read_text(encoding="utf-8")


@renders
def test_the_picture_shows_itself_in_a_notebook():
    bundle = draw(neuron()[0])._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml"]
    assert "sigmoid" in svg_texts(bundle["image/svg+xml"])


@renders
def test_what_graphviz_offers_works(tmp_path, capfd):
    picture = draw(Tensor(1.0, requires_grad=True, name="日本") * 2)
    assert Path(picture.render(tmp_path / "g")).suffix == ".svg"
    assert Path(picture.render(outfile=tmp_path / "h.png")).read_bytes()[:4] == b"\x89PNG"
    assert Path(picture.save(tmp_path / "g.gv")).read_text(encoding="utf-8") == picture.source
    assert isinstance(picture.copy(), Picture)
    assert picture.pipe(encoding="utf-8").startswith("<?xml")
    assert capfd.readouterr().err == ""  # no murmuring about letter widths


@pytest.mark.parametrize("file", ["graph.bmp", "graph", "graph.svg.txt", ".svg"])
def test_an_unknown_format_is_refused_before_any_work(file, tmp_path):
    with pytest.raises(ValueError, match=r"suffix must name the picture's format, one of \.svg, \.png"):
        draw(Tensor(1.0), tmp_path / file)
    assert not list(tmp_path.iterdir())


def test_directions():
    x = Tensor(1.0)
    assert "rankdir=LR" in draw(x).source
    assert "rankdir=TB" in draw(x, direction="TB").source
    with pytest.raises(ValueError, match="direction must be one of LR, TB"):
        draw(x, direction="up")


@pytest.mark.parametrize("wrong", [np.ones(2), 3.0, None, [], [Tensor(1.0), 2]])
def test_only_tensors_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=r"draw\(\) wants a Tensor, got"):
        draw(wrong)


def test_a_model_is_to_be_called_first():
    with pytest.raises(TypeError, match=r"draw\(model, x\)"):
        draw(nn.Linear(2, 1))
    with pytest.raises(TypeError, match=r"names must be a mapping .* got list"):
        draw(Tensor(1.0), names=[1])


# ----------------------------------------------------------------------------------------- programs


@carried
def test_without_a_system_dot_the_carried_one_draws(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = draw(neuron()[0], tmp_path / "graph.svg")
    assert "sigmoid" in svg_texts((tmp_path / "graph.svg").read_bytes())
    assert "image/svg+xml" in picture._repr_mimebundle_()
    assert Path("dot") == dot_command.DOT_BINARY  # set back


@carried
def test_pdf_is_refused_where_the_program_has_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for attempt in (
        lambda: draw(Tensor(1.0), tmp_path / "graph.pdf"),
        lambda: draw(Tensor(1.0)).render(tmp_path / "graph", format="pdf"),
        lambda: draw(Tensor(1.0)).render(outfile=tmp_path / "graph.pdf"),
    ):
        with pytest.raises(ValueError, match="can't write PDF: save SVG or PNG, or install Graphviz"):
            attempt()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for dot")
def test_a_system_dot_is_preferred(tmp_path, monkeypatch):
    script = tmp_path / "dot"
    script.write_text('#!/bin/sh\nwhile read -r line; do :; done\necho "<svg>of the system</svg>"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "of the system" in draw(Tensor(1.0)).pipe(encoding="utf-8")
    assert b"of the system" in draw(Tensor(1.0)).pipe("pdf")  # which has every format


@carried
def test_the_users_choice_of_program_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(dot_command, "DOT_BINARY", tmp_path / "nowhere")
    with pytest.raises(graphviz.ExecutableNotFound, match="nowhere"):
        draw(Tensor(1.0)).pipe()


def test_with_no_program_at_all_the_text_is_there_and_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    def no_such_package(name):
        raise dot.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(dot.metadata, "files", no_such_package)
    picture = draw(neuron()[0], tmp_path / "graph.dot")
    assert "sigmoid" in picture.source
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == picture.source
    assert Path(picture.save(tmp_path / "saved.gv")).exists()
    for attempt in (
        picture.pipe,
        picture._repr_mimebundle_,
        lambda: picture.render(tmp_path / "graph"),
        lambda: draw(Tensor(1.0), tmp_path / "graph.svg"),
    ):
        with pytest.raises(DotNotFound, match=r"pip install graphviz-pure.*system's package manager") as caught:
            attempt()
        assert isinstance(caught.value, graphviz.ExecutableNotFound)
    assert not (tmp_path / "graph.svg").exists()


@carried
def test_threads_can_draw_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    picture, found = draw(neuron()[0]), []
    threads = [threading.Thread(target=lambda: found.append(picture.pipe("svg"))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_importing_the_package_does_not_import_graphviz():
    import subprocess

    code = "import sys, tinygrad_edu; assert 'graphviz' not in sys.modules; tinygrad_edu.draw; assert 'graphviz' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
