"""The explorer's page of real networks: modules fold, plumbing is quiet, results are in view, images are images."""

import json
import random
import re
from importlib.resources import files

import numpy as np
import pytest

from tinygrad_edu import Tensor, data, explore, nn, sigmoid, watch

pytestmark = pytest.mark.browser
SIZES = [(1280, 800), (1024, 768), (390, 844)]


def rng():
    return np.random.default_rng(0)


def neuron():
    weights, bias = Tensor([1.5, -2.0], requires_grad=True), Tensor(-0.5, requires_grad=True)
    with watch():
        cost = (sigmoid(np.sum(weights * np.array([0.8, 0.3])) + bias) - 1.0) ** 2
    return explore(cost)


def three_layers():
    random = rng()
    layers = [nn.Linear(n, m, rng=random) for n, m in [(4, 5), (5, 5), (5, 3)]]
    network, cost = nn.Sequential(*(part for layer in layers for part in (layer, nn.Sigmoid()))), nn.MSELoss()
    x, wanted = random.normal(size=(8, 4)).astype(np.float32), np.zeros((8, 3), np.float32)
    with watch():
        C = cost(network(x), wanted)
    return explore(C)


def digits():
    random = rng()
    layers = [nn.Linear(n, m, rng=random) for n, m in [(784, 16), (16, 16), (16, 10)]]
    network, cost = nn.Sequential(*(part for layer in layers for part in (layer, nn.Sigmoid()))), nn.SumOfSquaresLoss()
    images, labels = data.mnist().test
    images, wanted = images[:32], data.one_hot(labels[:32])
    with watch():
        C = cost(network(images), wanted)
    return explore(C)


def lstm():
    random = rng()
    memory, x = nn.LSTM(3, 4, rng=random), random.normal(size=(2, 3, 3)).astype(np.float32)
    with watch():
        y, _ = memory(x)
        C = np.mean(y**2)
    return explore(C)


def cnn():
    random = rng()
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=random), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 13 * 13, 10, rng=random))  # fmt: skip
    images, labels = data.mnist().test
    images, cost = images[:4].reshape(4, 1, 28, 28), nn.CrossEntropyLoss()
    with watch():
        C = cost(network(images), labels[:4])
    return explore(C)


def transformer(dropout=0.1, shape=(2, 5, 8)):
    random = rng()
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=dropout, rng=random)
    x = Tensor(random.normal(size=shape).astype(np.float32), requires_grad=True)
    with watch():
        C = np.mean(layer(x) ** 2)
    return explore(C)


def small_transformer():
    return transformer(0, (1, 6, 8))


EXAMPLES = [neuron, three_layers, digits, lstm, cnn, transformer, small_transformer]


def heading(tab):
    return tab.locator("#panel .head > h2").inner_text()


def at(tab):
    return int(tab.locator("#scrub").input_value())


def last(tab):
    return int(tab.locator("#scrub").get_attribute("max"))


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def go_to(tab, step):
    tab.evaluate("s => { scrub.value = s; scrub.dispatchEvent(new Event('input')) }", step)


def modules(tab):
    return tab.locator(".box.module text.name").all_text_contents()


# ------------------------------------------------------------------------------- the result is in view

IN_VIEW = """function inView() {
    const of = (e) => e.getBoundingClientRect(), result = document.getElementById('result');
    const top = innerWidth > 800 ? of(panel).top : of(graph).bottom, bottom = of(document.querySelector('footer')).top;
    const seen = [...result.children].map(of).every(c => c.top >= top - 1 && c.bottom <= bottom + 1 && c.right <= innerWidth);
    const whole = [result, ...result.querySelectorAll('.body')].every(e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1);
    return result.children.length > 0 && seen && whole;
}"""
HIDDEN = f"""() => {{
    {IN_VIEW}
    const hidden = [];
    for (let step = 0; step <= scrub.max; step++) {{
        scrub.value = step;
        scrub.dispatchEvent(new Event('input'));
        if (!inView()) hidden.push(where.textContent);
    }}
    return hidden;
}}"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_result_of_each_step_is_in_view_without_scrolling(show, example):
    page = example()
    for width, height in SIZES:
        for address in "#step=0", "#step=0&open=all&plumbing":
            tab = show(page, {"width": width, "height": height}, address, reduced_motion="reduce")
            assert tab.evaluate(HIDDEN) == [], f"at {width} x {height}, {address}"
            assert at(tab) == last(tab)


def test_long_panels_scroll_by_key_and_keep_the_result(show):
    for size in SIZES:
        tab = show(three_layers(), dict(zip(("width", "height"), size, strict=True)), "#step=9")
        rule = tab.locator(".formulas").bounding_box()["y"]
        press(tab, "PageDown")
        assert tab.locator(".formulas").bounding_box()["y"] < rule
        assert tab.evaluate(IN_VIEW)
        press(tab, "PageUp")
        assert tab.locator(".formulas").bounding_box()["y"] == rule


# ------------------------------------------------------------------------------------------ folding


def test_long_stories_are_folded_and_short_ones_told_in_full(show):
    for example in neuron, three_layers, digits:
        page = example()
        tab = show(page)
        assert last(tab) + 1 == len(page.data["steps"]) <= 30
        assert modules(tab) == []
    for example in lstm, transformer:
        page = example()
        tab = show(page)
        assert last(tab) + 1 <= 25 < len(page.data["steps"])


@pytest.mark.parametrize("training", [True, False])
def test_a_transformer_layer_takes_25_steps_at_its_top_level(show, training):
    layer = nn.TransformerEncoderLayer(8, 2, 16, rng=rng()).train(training)
    tab = show(explore(layer, rng().normal(size=(2, 5, 8)).astype(np.float32)))
    assert last(tab) + 1 <= 25
    inner = [
        "self_attn",
        "norm1",
        "linear1",
        "linear2",
        "norm2",
        *(["dropout1", "dropout", "dropout2"] if training else []),
    ]
    assert sorted(modules(tab)) == sorted(inner)


def test_one_step_takes_a_whole_module_and_its_numbers_are_the_engines(show):
    random = rng()
    layer = nn.TransformerEncoderLayer(2, 1, 2, dropout=0, rng=random)
    x = Tensor(random.normal(size=(1, 2, 2)).astype(np.float32), requires_grad=True)
    with watch():
        C = np.sum(layer(x) ** 2)
    tab = show(explore(C), address="#step=0&open=none")
    assert modules(tab) == ["layer"]
    box = tab.locator(".box.module")
    assert box.locator("text.class").text_content() == "TransformerEncoderLayer"
    assert box.locator("text.does").text_content() == "(1, 2, 2)"
    press(tab, "ArrowRight")
    assert heading(tab).startswith("layer · TransformerEncoderLayer computes")
    press(tab, "End", "ArrowLeft")
    assert heading(tab).startswith("Back through layer · TransformerEncoderLayer")
    C.backward()
    cards = tab.locator("#result .card").all()
    names = [card.locator(".short").get_attribute("title").removeprefix("the gradient of ") for card in cards]
    assert names[0] == "x", "inputs come first"
    assert set(names) <= {"x", *(f"layer.{name}" for name, _ in layer.named_parameters())}
    for card, name in zip(cards, names, strict=True):
        wanted = x.grad if name == "x" else dict(layer.named_parameters())[name.removeprefix("layer.")].grad
        cell = card.locator("[data-cell='0'], img.heat").first
        cell.hover(position={"x": 2, "y": 2})
        [number] = re.findall(r"= (\S+)$", tab.locator(".reading").inner_text().replace("−", "-"))
        assert float(number) == pytest.approx(wanted.data.ravel()[0], rel=2e-3, abs=1e-12), name
    assert "coming in" in tab.locator("#panel").inner_text()


def test_one_steps_into_a_module_and_out_of_it(show):
    tab = show(transformer(), address="#step=1&open=none")
    whole = last(tab)
    press(tab, "ArrowDown")
    assert set(modules(tab)) >= {"self_attn", "norm1", "linear2"}
    assert heading(tab).startswith("self_attn · MultiheadAttention computes"), "the first of what is in it"
    press(tab, "ArrowDown")
    assert heading(tab).startswith("linear computes")
    assert "self_attn" not in modules(tab)
    press(tab, "ArrowUp")
    assert heading(tab).startswith("self_attn · MultiheadAttention computes")
    tab.get_by_role("button", name="Step out").click()
    assert (heading(tab).split(" computes")[0], last(tab)) == ("layer · TransformerEncoderLayer", whole)
    tab.get_by_role("button", name="Step into").click()
    tab.locator(".box.module", has_text="norm1").click()
    assert "norm1" not in modules(tab)
    tab.locator(".fold[data-fold]", has_text="norm1").click()
    assert "norm1" in modules(tab)


def test_all_is_folded_and_unfolded_by_keys_and_buttons(show):
    page = transformer()
    tab = show(page)
    press(tab, "p", "u")
    assert last(tab) + 1 == len(page.data["steps"])
    assert modules(tab) == []
    press(tab, "f")
    assert modules(tab) == ["layer"]
    tab.locator("#unfold-all").click()
    assert modules(tab) == []
    tab.locator("#fold-all").click()
    assert modules(tab) == ["layer"]
    assert tab.locator("#fold-all").is_disabled()


def test_modules_fold_by_keyboard_and_keep_the_focus(show):
    tab = show(transformer(), address="#step=0&open=m0")
    tab.locator(".box.module", has_text="norm1").focus()
    press(tab, "Enter")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "fold layer.norm1"
    press(tab, "Enter")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "layer.norm1, LayerNorm: unfold it"
    press(tab, "ArrowRight")
    tab.get_by_role("button", name="Step into").focus()
    press(tab, "ArrowRight")
    assert tab.evaluate("document.activeElement.textContent") == "Step into"
    assert tab.evaluate(
        "[...document.querySelectorAll('button, [role=button]')].every(b => b.ariaLabel || b.textContent.trim())"
    )


def test_the_place_in_the_story_is_kept_when_something_folds(show):
    tab = show(transformer(), address="#step=20&open=all")
    here = heading(tab)
    press(tab, "f")
    assert heading(tab).startswith("layer · TransformerEncoderLayer computes")
    press(tab, "u")
    assert (at(tab), heading(tab)) == (20, here)


def test_an_operation_of_a_long_story_goes_back_in_one_step_or_in_several(show):
    tab = show(transformer(), address="#step=0&open=m0")
    while not heading(tab).startswith("Back through add"):
        press(tab, "ArrowRight")
    assert tab.locator("#result .card").count() == 2, "both gradients at once"
    steps = last(tab)
    press(tab, "ArrowDown")
    assert last(tab) == steps + 1
    assert re.fullmatch(r"Back through add, from v\d+ to \w+", heading(tab))


def test_plumbing_is_quiet(show):
    x = Tensor(np.arange(6.0), requires_grad=True)
    with watch():
        y = np.sum(np.exp(x.reshape(2, 3).T)[0])
    tab = show(explore(y))
    assert tab.locator(".box.quiet text").all_text_contents() == ["reshape", "transpose", "getitem"]
    assert last(tab) == 6, "given, exp, sum, the seed, sum, exp, the end"
    told = []
    for _ in range(7):
        told.append(heading(tab))
        press(tab, "ArrowRight")
    assert not any(word in " ".join(told) for word in ("reshape", "transpose", "getitem"))
    tab.locator("#plumbing").click()
    assert last(tab) == 12
    press(tab, "p")
    assert last(tab) == 6


# ---------------------------------------------------------------------- whatever is open: pure functions


def run_scripts(tab, page, code, *names):
    """Run scripts of the page on its data, outside of it."""
    folder = files("tinygrad_edu.introspection.explorer") / "page"
    scripts = "".join((folder / name).read_text("utf-8") for name in names)
    stub = "const document = { getElementById: () => ({ textContent: input }) };"
    return tab.evaluate(f"(input) => {{ {stub} {scripts} {code} }}", json.dumps(page.data))


@pytest.mark.parametrize("example", [lstm, cnn, transformer])
def test_whatever_is_open_each_step_is_told_once_and_boxes_keep_apart(show, example):
    page = example()
    keys = [f"m{n}" for n in range(len(page.data["folds"]))] + [f"b{i}" for i in range(len(page.data["boxes"]))]
    chosen = [random.Random(i).sample(keys, random.Random(i).randrange(len(keys))) for i in range(12)]
    told = run_scripts(show(neuron()), page, f"""
        return {json.dumps([[], keys, *chosen])}.map((keys) => {{
            const open = new Set(keys), {{ items, frames, arrows }} = itemsOf({{ open }});
            for (const item of items) Object.assign(item, {{ width: 100 + (item.time % 7) * 10, height: 46 }});
            const layouts = ["LR", "TB"].map((way) => layOut(items, frames, arrows.map(({{ ends }}) => ends), way));
            return {{
                steps: [true, false].map((plumbing) => stopsOf({{ open, plumbing }}).flatMap((stop) => stop.steps)),
                layouts: layouts.map(({{ size, places, borders, paths }}) => ({{ size, paths, places: Object.fromEntries(places),
                    borders: Object.fromEntries(borders) }})),
                homes: Object.fromEntries(items.map(({{ key, home }}) => [key, home])),
                outers: Object.fromEntries(frames.map(({{ key, outer }}) => [key, outer])),
            }};
        }})""", "numbers.js", "folds.js", "layers.js", "layout.js")  # fmt: skip
    for view in told:
        for steps in view["steps"]:
            assert steps == list(range(len(page.data["steps"])))
        for layout in view["layouts"]:
            check_layout(layout, view["homes"], view["outers"])


def check_layout(layout, homes, outers):
    def edges(r):
        return r["x"] - r["width"] / 2, r["y"] - r["height"] / 2, r["x"] + r["width"] / 2, r["y"] + r["height"] / 2

    boxes = {key: edges(r) for key, r in layout["places"].items()}
    frames = {int(key): edges(r) for key, r in layout["borders"].items()}
    assert boxes.keys() == homes.keys()
    for key, home in homes.items():
        around = set()
        while home != -1:
            around.add(home)
            home = outers[str(home)]
        a, b, c, d = boxes[key]
        assert a >= -1e-6 <= b
        assert c <= layout["size"][0] + 1e-6
        assert d <= layout["size"][1] + 1e-6
        for n, (left, top, right, bottom) in frames.items():
            if n in around:
                assert left < a < c < right, f"{key} lies within frame {n}"
                assert top < b < d < bottom, f"{key} lies within frame {n}"
            else:
                assert c <= left or right <= a or d <= top or bottom <= b, f"{key} lies outside frame {n}"
        for other, (left, top, right, bottom) in boxes.items():
            assert key == other or c <= left or right <= a or d <= top or bottom <= b, f"{key} and {other} overlap"
    for path in layout["paths"]:
        assert re.fullmatch(r"(?:[MLC](?:-?\d+\.\d ?)+)+", path), path


# --------------------------------------------------------------------------- the address, and the view


def test_the_address_remembers_the_step_and_what_is_open(show):
    tab = show(transformer())
    press(tab, "ArrowRight", "ArrowRight")
    assert tab.url.endswith("#step=2")
    press(tab, "ArrowLeft", "ArrowDown", "p")
    assert re.search(r"#step=\d+&open=m0&plumbing$", tab.url)
    here, there = heading(tab), tab.url
    tab.reload()
    assert (heading(tab), tab.url) == (here, there)
    for _ in range(2):
        tab.go_back()
    assert tab.url.endswith("#step=1")
    assert modules(tab) == ["layer"]
    tab.go_back()
    assert at(tab) == 2
    tab.go_forward()
    assert at(tab) == 1
    tab.goto(tab.url.split("#")[0] + "#step=3&open=m99.rubbish")
    assert at(tab) == 3


def view(tab):
    return [float(n) for n in tab.locator("#graph > svg").get_attribute("viewBox").split()]


def test_the_wheel_zooms_at_the_pointer_and_dragging_moves(show):
    tab = show(three_layers())
    pane = tab.locator("#graph > svg").bounding_box()
    x, y = pane["x"] + pane["width"] / 4, pane["y"] + pane["height"] * 3 / 4
    left, top, width, height = view(tab)
    tab.mouse.move(x, y)
    tab.mouse.wheel(0, -240)
    tab.wait_for_function("old => document.querySelector('#graph > svg').viewBox.baseVal.width < old - 1", arg=width)
    closer = view(tab)
    assert closer[0] + closer[2] / 4 == pytest.approx(left + width / 4, abs=0.5)
    assert closer[1] + closer[3] * 3 / 4 == pytest.approx(top + height * 3 / 4, abs=0.5)
    tab.mouse.down()
    tab.mouse.move(x + 60, y - 30, steps=4)
    tab.mouse.up()
    moved, scale = view(tab), pane["width"] / closer[2]
    assert (closer[0] - moved[0]) * scale == pytest.approx(60, abs=1)
    assert (closer[1] - moved[1]) * scale == pytest.approx(-30, abs=1)


# ------------------------------------------------------------------------------------------- images


def test_digits_are_shown_as_digits(show):
    tab = show(digits(), address="#step=1")
    picture = tab.locator(".card", has_text="(32, 784)").locator("img.heat")
    assert picture.get_attribute("alt").startswith("images, (32, 784)")
    assert picture.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [4 * 29 - 1, 2 * 29 - 1]
    images, _ = data.mnist().test
    pixels = picture.evaluate("""i => { const c = Object.assign(document.createElement('canvas'), { width: i.naturalWidth, height: i.naturalHeight });
        const context = c.getContext('2d'); context.drawImage(i, 0, 0); return [...context.getImageData(0, 0, c.width, c.height).data] }""")
    pixels = np.reshape(pixels, (57, 115, 4))
    for n in 0, 5:
        row, column = n // 4 * 29, n % 4 * 29
        blue = pixels[row : row + 28, column : column + 28, 2]
        assert np.array_equal(blue < 255, images[n].reshape(28, 28) > 1 / 64000)
    picture.scroll_into_view_if_needed()
    picture.hover(position={"x": 3, "y": 3})
    assert re.match(r"\[0, \d+\] = 0$", tab.locator(".reading").inner_text())


@pytest.mark.parametrize("calm", [True, False])
def test_a_convolution_is_a_window_that_moves(show, calm):
    tab = show(cnn(), address="#step=1", reduced_motion="reduce" if calm else "no-preference")
    assert heading(tab).startswith("convolution computes")
    window, output = tab.locator(".plane .mark").all()
    first, small = window.bounding_box(), output.bounding_box()
    assert first["width"] == pytest.approx(3 * small["width"], abs=0.1)
    if calm:
        result = tab.locator(".plane img").last
        result.scroll_into_view_if_needed()
        result.hover(position={"x": 50, "y": 50})
    else:
        tab.wait_for_function("old => document.querySelector('.plane .mark').style.left !== old", arg="0px")
    assert "The window at 0, 0" not in tab.locator(".sliding p").inner_text()


def test_small_arrays_show_their_numbers(show):
    x = Tensor(np.arange(24.0).reshape(2, 3, 4) / 8, requires_grad=True)
    with watch():
        y = np.sum(np.exp(x))
    tab = show(explore(y), address="#step=0")
    press(tab, "ArrowRight")
    shown = tab.locator("#result td").all_inner_texts()
    np.testing.assert_allclose([float(n) for n in shown], np.exp(x.data).ravel(), rtol=5e-3)
    assert tab.locator("#result table").count() == 2, "a matrix each"
