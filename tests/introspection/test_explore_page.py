"""The explorer's page in a real browser: it shows the engine's numbers, obeys keys, asks nothing of the network."""

import re

import numpy as np
import pytest

from tinygrad_edu import Tensor, explore, nn, sigmoid, watch

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def neuron():
    weights, bias = Tensor([1.5, -2.0], requires_grad=True), Tensor(-0.5, requires_grad=True)
    with watch():
        weighted = np.sum(weights * np.array([0.8, 0.3])) + bias
        activation = sigmoid(weighted)
        cost = (activation - 1.0) ** 2
    return explore(cost), cost, weights, bias


def network():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(40, 16, rng=rng), nn.Sigmoid(), nn.Linear(16, 5, rng=rng))
    cost = nn.MSELoss()
    return explore(lambda x: cost(model(x), np.zeros((8, 5), np.float32)), rng.normal(size=(8, 40)).astype(np.float32))


def read(text):
    """The numbers in a text of the page."""
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text.replace("−", "-"))]


def at(tab):
    return int(tab.locator("#scrub").input_value())


def heading(tab):
    return tab.locator("#panel .head > h2").inner_text()


def gradient(tab, name):
    return tab.locator(".box", has=tab.locator(f'text.name:text-is("{name}")')).locator(".gradient text")


# ------------------------------------------------------------------------------------------ numbers


def test_the_numbers_shown_are_those_of_the_engine(show):
    page, cost, weights, bias = neuron()
    tab = show(page)
    cost.backward()
    activation = float(sigmoid(0.1))
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
    assert heading(tab) == "Back through sigmoid, from activation to weighted"
    rows = [read(t)[-1] for t in tab.locator("table.ledger tr").all_inner_texts()]
    assert rows == pytest.approx([2 * (activation - 1), activation * (1 - activation), bias.grad.item()], rel=1e-5)
    assert rows[0] * rows[1] == pytest.approx(rows[2], rel=1e-5)
    assert read(tab.locator(".with-numbers").inner_text())[-1] == pytest.approx(bias.grad.item(), rel=1e-5)
    assert read(gradient(tab, "weighted").text_content()) == pytest.approx([bias.grad.item()], rel=1e-2)
    assert gradient(tab, "bias").count() == 0, "it has none yet"
    tab.keyboard.press("End")
    assert heading(tab) == "The gradients"
    final = tab.locator(".final").all()
    names = [f.locator("figcaption").first.inner_text().strip() for f in final]
    shown = dict(zip(names, [f.locator(".card").nth(1).locator(".body").inner_text() for f in final], strict=True))
    assert read(shown["bias"]) == pytest.approx([bias.grad.item()], rel=1e-5)
    assert read(shown["weights"]) == pytest.approx(list(weights.grad.data), rel=1e-3)


def test_a_visible_sum_where_paths_meet(show):
    x = Tensor(3.0, requires_grad=True)
    with watch():
        y = x * np.exp(x)
    tab = show(explore(y))
    tab.keyboard.press("End")
    tab.keyboard.press("ArrowLeft")
    assert "Paths meet" in tab.locator(".meeting p").inner_text()
    so_far, share, together = (read(t)[-1] for t in tab.locator(".meeting tr").all_inner_texts())
    assert so_far + share == pytest.approx(together, rel=1e-5)
    assert together == pytest.approx(4 * np.exp(3), rel=1e-5)
    assert read(gradient(tab, "x").text_content()) == pytest.approx([together], rel=1e-2), "the box has all of it"


def test_a_visible_sum_where_something_was_stretched(show):
    tab = show(network())
    texts = []
    for _ in range(25):
        if tab.locator(".stretched").count():
            texts.append(tab.locator(".stretched").inner_text())
        tab.keyboard.press("ArrowRight")
    assert any("of shape (5,), was stretched to (8, 5)" in t for t in texts)


def test_one_can_point_at_a_number(show):
    tab = show(neuron()[0])
    tab.keyboard.press("End")
    tab.keyboard.press("ArrowLeft")
    tab.locator("[data-kind=product] td[data-cell='1']").first.hover()
    a, b, c = read(tab.locator(".reading").inner_text().split(":")[1])
    assert a * b == pytest.approx(c, rel=1e-3)
    assert tab.locator(".pointed").count() == 3
    tab = show(network())
    tab.keyboard.press("End")
    tab.locator("#panel img.heat").first.hover()
    assert re.match(r"\[\d+:\d+, \d+:\d+\] mean|\[\d+, \d+(:\d+)?\] (=|mean)", tab.locator(".reading").inner_text())


# ------------------------------------------------------------------------------------------ the way


def test_keys(show):
    page = neuron()[0]
    tab, last = show(page), len(page.data["steps"]) - 1
    for key, step in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0), ("ArrowLeft", 0), ("b", 7),
                      ("End", last), ("ArrowRight", last)]:  # fmt: skip
        tab.keyboard.press(key)
        assert at(tab) == step, key
        assert f"step {step} of {last}" in tab.locator("#where").text_content()
    tab.locator("#scrub").focus()
    tab.keyboard.press("ArrowLeft")
    assert at(tab) == last - 1, "once, not twice"
    tab.keyboard.press("?")
    assert tab.locator("#help").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("#help").is_visible()


def test_play_goes_to_the_end_and_pause_stops_it(show):
    tab = show(neuron()[0])
    tab.clock.install()
    tab.keyboard.press(" ")
    assert tab.locator("#play").get_attribute("aria-label") == "Pause"
    tab.clock.run_for(4000)
    assert at(tab) == 2
    tab.keyboard.press(" ")
    tab.clock.run_for(9000)
    assert at(tab) == 2
    tab.locator("#play").click()
    tab.clock.run_for(60_000)
    assert heading(tab) == "The gradients"
    assert tab.locator("#play").get_attribute("aria-label") == "Play"


def test_what_is_lit(show):
    tab = show(neuron()[0])
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert tab.locator(".box.lit text.name").all_text_contents() == ["activation"]
    assert tab.locator(".box.future").count() == 2
    assert tab.locator(".arrow.lit.forward").count() == 1
    assert "activation = sigmoid(weighted)" in tab.locator("#source [aria-current]").inner_text()
    tab.keyboard.press("b")
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".box.lit text.name").all_text_contents() == ["cost"]
    assert tab.locator(".box.target").count() == 1
    assert tab.locator(".arrow.lit.backward").count() == 1


def test_the_story_of_a_box(show):
    tab = show(neuron()[0])
    tab.locator(".box", has_text="bias").click()
    assert heading(tab) == "bias"
    events = tab.locator(".events button").all_inner_texts()
    assert events == [
        "step 0 is given",
        "step 3 is used by add, weighted",
        "step 12 gets a gradient from add, weighted",
    ]
    tab.locator(".events button").last.click()
    assert at(tab) == 12
    tab.locator(".box", has_text="activation").focus()
    tab.keyboard.press("Enter")
    assert heading(tab) == "activation"
    assert "activation = sigmoid(weighted)" in tab.locator("dl.facts").inner_text()
    tab.keyboard.press("Escape")
    assert heading(tab).startswith("Back through add")


def test_a_link_can_name_a_step(show):
    tab = show(neuron()[0])
    tab.goto(tab.url + "#step-5")
    tab.reload()
    assert at(tab) == 5


# ------------------------------------------------------------------------------------- for everybody


def luminance(colour):
    parts = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    return np.dot(
        [0.2126, 0.7152, 0.0722], [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    )


COLOURS_OF_TEXT = """() => {
    const shown = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() &&
        !e.closest('svg, :disabled, #where') && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    return shown.map(e => {
        let behind = e, back;
        do { back = getComputedStyle(behind).backgroundColor; behind = behind.parentElement }
        while (behind && back.endsWith(', 0)'));
        return [getComputedStyle(e).color, back];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast(show, scheme):
    tab = show(neuron()[0], color_scheme=scheme)
    pairs = set()
    for step in 0, 4, 10, 15:
        tab.evaluate("s => { scrub.value = s; scrub.dispatchEvent(new Event('input')) }", step)
        pairs |= {tuple(pair) for pair in tab.evaluate(COLOURS_OF_TEXT)}
    assert len(pairs) > 4
    for front, back in pairs:
        if "rgba" not in back:
            light, dark = sorted([luminance(front), luminance(back)], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)
    assert tab.evaluate("getComputedStyle(document.body).colorScheme") == scheme
    tab.locator("#theme").click()
    assert tab.evaluate("getComputedStyle(document.body).colorScheme") != scheme


UNNAMED = """() => [...document.querySelectorAll('button, input, select, [role=button], img, [role=img]')].filter(
    e => !(e.getAttribute('aria-label') || e.getAttribute('alt') || e.textContent.trim() || e.labels?.length)
).map(e => e.outerHTML)"""
IDS = "() => [...document.querySelectorAll('[id]')].map(e => e.id)"


def test_all_that_can_be_used_has_a_name(show):
    tab = show(network())
    assert tab.evaluate(UNNAMED) == []
    ids = tab.evaluate(IDS)
    assert len(ids) == len(set(ids))
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"


@pytest.mark.parametrize("make", [lambda: neuron()[0], network])
def test_a_phone(show, make):
    page = make()
    tab = show(page, viewport=PHONE, has_touch=True, is_mobile=True)
    for step in range(len(page.data["steps"])):
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], (
            f"step {step} can be moved sideways"
        )
        tab.keyboard.press("ArrowRight")
    box = tab.locator("#next").bounding_box()
    assert min(box["width"], box["height"]) >= 40, "a thumb can hit it"
    tab.locator("#back").tap()
    assert at(tab) == len(page.data["steps"]) - 2


@pytest.mark.parametrize("calm", [True, False])
def test_motion_is_reduced_for_those_who_ask(show, calm):
    tab = show(neuron()[0], reduced_motion="reduce" if calm else "no-preference")
    for _ in range(2):
        tab.keyboard.press("ArrowRight")
    assert (tab.locator(".spark").get_attribute("visibility") == "hidden") is calm
    duration = tab.evaluate("getComputedStyle(document.querySelector('.box .halo')).transitionDuration")
    assert (duration == "0s") is calm


def test_on_paper_there_is_the_whole_story(show):
    tab = show(neuron()[0], color_scheme="dark")
    assert not tab.locator("#whole").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator("#whole table").is_visible()
    assert not tab.locator("footer").is_visible()
    assert len(tab.pdf()) > 10_000


def test_a_notebook_shows_it_in_a_frame(show, tmp_path):
    class Cell:
        def write(self, file):
            file.write_text(f"<!doctype html><link rel=icon href=data:,>{neuron()[0]._repr_html_()}")

    tab = show(Cell())
    frame = tab.frame_locator("iframe")
    frame.locator("#next").click()
    assert frame.locator("#panel .head > h2").inner_text() == "multiply computes v1"


def test_names_do_no_harm(show):
    evil = "</script><img src=x onerror=alert(1)>\"'`${alert(1)}"
    x = Tensor([1.0, 2.0], requires_grad=True, name=evil)
    y = Tensor(2.0, requires_grad=True, name="重み" * 100)
    with watch():
        z = np.sum(x * y)
    page = explore(z)
    tab = show(page)
    for _ in range(len(page.data["steps"])):
        tab.keyboard.press("ArrowRight")
    tab.locator(".box").nth(0).click()
    assert heading(tab) == evil[:31] + "…"
    assert tab.locator("img:not(.heat)").count() == 0


def test_a_large_graph_is_followed(show):
    x = Tensor(1.0, requires_grad=True)
    y = x
    with watch():
        for _ in range(120):
            y = np.sin(y)
    tab = show(explore(y))
    for key in "b", "End", "Home":
        tab.keyboard.press(key)
        for _ in range(3):
            tab.keyboard.press("ArrowRight" if key != "End" else "ArrowLeft")
        lit, pane = tab.locator(".box.lit .frame").bounding_box(), tab.locator("#graph").bounding_box()
        assert pane["x"] <= lit["x"] <= pane["x"] + pane["width"]
        assert pane["y"] <= lit["y"] <= pane["y"] + pane["height"]
        assert lit["height"] >= 25, "it can be read"


def unusual():
    """Computations of numbers that are none, of complex ones, of several results, of none at all, and forgotten ones."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    big = Tensor(np.ones((3, 40)), requires_grad=True)
    with watch(), np.errstate(all="ignore"):
        yield np.sum(np.log(x - 1.0) * np.inf)
        yield np.sum(np.abs(np.fft.fft(x)) ** 2)
        yield np.linalg.eigh(np.outer(x, x)).eigenvalues.sum()
        yield np.sum(x[:0]) + np.sum(x)
        yield x * 2
        yield np.sum(np.where(big.data > 2, big, -big) * np.full((3, 40), np.nan))
        yield np.sum(np.abs(np.fft.fft(big)))
    forgotten = np.sum(np.exp(Tensor(np.ones(70), requires_grad=True)) * 3)
    forgotten.backward()
    yield forgotten


def test_whatever_the_numbers_are_the_page_shows_them(show):
    for y in unusual():
        page = explore(y)
        tab = show(page)
        for i in range(int(tab.locator("#scrub").get_attribute("max")) + 1):
            assert at(tab) == i
            assert "undefined" not in tab.locator("body").inner_text()
            tab.keyboard.press("ArrowRight")
        tab.locator(".box").last.click()
        assert heading(tab) == "y"
