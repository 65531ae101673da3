"""The live pages of the course: who does what a chapter says sees what it promises."""

import html
import re
import sys
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
if not (DOCS / "explored.py").exists():
    pytest.skip("installed without docs", allow_module_level=True)
pytest.importorskip("docutils")
sys.path.append(str(DOCS))
from explored import EXAMPLES  # noqa: E402

pytestmark = pytest.mark.browser

PAGES = [DOCS / "teach.md", *sorted(DOCS.glob("learn/*.md"))]
FRAME = re.compile(r"^```\{live\} (\w+)\n:title: .+\n:at: (.+)\n```$", re.MULTILINE)
LINK = re.compile(r'explored/(\w+)\.html#([^"]+)"')


def found(pattern):
    """Each page that is shown or linked, and where it opens."""
    return {(page.name, *match) for page in PAGES for match in pattern.findall(html.unescape(page.read_text("utf-8")))}


page_of = cache(lambda name: EXAMPLES[name]())


def opened(show, name, at="step=0&change"):
    return Live(show(page_of(name), {"width": 1280, "height": 800}, f"#{at}"))


class Live:
    """A page with a reader in front of it."""

    def __init__(self, tab):
        self.tab = tab
        self.settle()

    def settle(self):
        self.tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def control(self, name):
        return self.tab.get_by_label(name, exact=True)

    def type(self, **numbers):
        for name, number in numbers.items():
            self.control(name.replace("rate", "learning rate")).fill(str(number))
        self.settle()

    def press(self, name):
        self.tab.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def hundred_steps(self):
        self.press("100 steps")
        self.tab.locator("#hundred", has_text="100 steps").wait_for()
        self.settle()

    def nudge(self, name):
        self.control(name).focus()
        self.press("Nudge")
        return self.said()

    def number(self, name):
        return float(self.control(name).input_value())

    def said(self):
        return self.tab.locator("#said").inner_text()

    def cost(self):
        return self.tab.locator("#cost").inner_text().partition(" = ")[2]

    def result(self):
        return self.tab.locator("#result").inner_text()


def told(chapter, *words):
    """The chapter promises these words."""
    [page] = [page for page in PAGES if page.name.startswith(chapter)]
    text = page.read_text(encoding="utf-8")
    for word in words:
        assert re.search(rf"(?<![\d.]){re.escape(word)}(?![\d]|\.\d)", text), f"{page.name} doesn't say {word}"


@pytest.mark.parametrize(("page", "name", "at"), sorted(found(FRAME) | found(LINK)))
def test_what_is_needed_at_an_address_is_in_view(show, page, name, at):
    live = opened(show, name, at)
    step = re.search(r"step=(\d+)", at)[1]
    assert live.tab.locator("#where").inner_text().startswith(f"step {step} of ")
    assert live.tab.locator("#change").is_visible() == ("change" in at)
    buttons = ["#nudge", "#one", "#hundred", "#guess", "#reset"] if "change" in at else []
    for needed in ["#graph", "#result", *buttons]:
        box = live.tab.locator(needed).bounding_box()
        assert box["y"] + box["height"] <= 740, needed  # there the buttons begin


def test_on_a_phone_every_number_can_be_reached(show):
    tab = show(page_of("three"), {"width": 390, "height": 844}, "#step=3&change")
    edges = tab.locator("#leaves .scrub").evaluate_all(
        "(all) => all.map((e) => [e.getBoundingClientRect().right, e.closest('fieldset').getBoundingClientRect().right])"
    )
    assert len(edges) == 20
    assert all(number <= frame <= 390 for number, frame in edges)


def test_what_descends_comes_first(show):
    live = opened(show, "three")
    assert live.tab.locator("#leaves legend").all_inner_texts() == ["given", "wanted"]


def test_every_live_page_is_used():
    assert {name for _, name, _ in found(FRAME)} >= {
        "neuron",
        "three",
        "valleys",
        "line",
        "smallest",
        "meeting",
        "layer",
        "digits",
    }
    assert {name for _, name, _ in found(FRAME) | found(LINK)} == EXAMPLES.keys() - {
        "paths",
        "convolution",
    }  # which explore.md links


def test_a_neuron(show):
    live = opened(show, "neuron", "step=5&change")
    for bias, activation in ("-0.6", "0.5"), ("-5", "0.012"), ("5", "0.996"):
        live.type(bias=bias)
        told("01", bias.replace("-", "−"), activation)
        assert activation in live.result()
    live.press("Reset")
    live.type(x1=0)
    told("01", "0.2497")
    assert "0.2497" in live.tab.locator("#graph").inner_text()
    before = live.result()
    live.type(w1=50)
    assert live.result() == before
    for weight, below, above in ("w1", "7", "7.3"), ("w2", "12.9", "13"):
        live.press("Reset")
        for number, enough in (below, False), (above, True):
            live.type(**{weight: number})
            assert (float(live.result().split()[-1]) > 0.99) == enough


def test_the_cost_of_one_example(show):
    live = opened(show, "three")
    told("02", "0.56", "0.31", "0.4", "1.31")
    assert live.cost() == "0.56"
    for name, number, cost in ("given[5]", 0, "0.31"), ("given[3]", 1, "0.4"), ("given[5]", 1, "1.31"):
        live.type(**{name: number})
        assert live.cost() == cost
        live.press("Reset")
    live.hundred_steps()
    assert "e−20" in live.cost()


def test_a_curve_with_two_valleys(show):
    live = opened(show, "valleys")
    told(
        "03",
        "0.02",
        "1.58",
        "0.3228",
        "1.131",
        "−1.07",
        "−1.301",
        "−3.514",
        "−2.2",
        "3.478",
        "6.706",
        "113.6",
        "0.2121",
    )
    live.type(rate=0.02)
    live.press("One step")
    assert live.control("x").input_value() == "1.58"
    assert "to 0.3228." in live.said()
    live.hundred_steps()
    assert live.number("x") == pytest.approx(1.131, abs=5e-4)
    assert "to −1.07. The last step changed nothing any more" in live.said()
    live.press("Reset")
    live.type(x=-2)
    live.hundred_steps()
    assert live.number("x") == pytest.approx(-1.301, abs=5e-4)
    assert "to −3.514." in live.said()
    live.press("Reset")
    live.type(rate=0.2)
    for x, height in (-2.2, "6.706"), (3.478, "113.6"):
        live.press("One step")
        assert live.number("x") == pytest.approx(x, abs=5e-4)
        assert f"to {height}. The last step went up" in live.said()
    live.hundred_steps()
    assert "After 4 steps" in live.said()
    live.press("Reset")
    assert "+0.2121" in live.nudge("x")


def test_newtons_steps_are_steps_with_the_right_rate(show):
    live = opened(show, "valleys")
    for rate, x in ("0.0238", "1.5"), ("0.0476", "1.238"):
        told("08", rate, x)
        live.type(rate=rate)
        live.press("One step")
        assert live.number("x") == pytest.approx(float(x), abs=5e-4)


def test_two_numbers_to_be_found(show):
    live = opened(show, "line")
    told("04", "2.96", "−0.0998", "0.00003", "1.6", "49,260", "77")
    live.press("One step")
    assert (live.control("w").input_value(), live.control("b").input_value(), live.cost()) == ("1", "0.6", "2.96")
    live.hundred_steps()
    assert (live.number("w"), live.number("b")) == pytest.approx((2, 1), abs=1e-4)
    live.press("Reset")
    assert "It changed by −0.0998." in live.nudge("w")
    for rate, end in (
        (0.3, "e−25."),
        (0.37, "to 3.114e−5."),
        (0.38, "to 1.639."),
        (0.39, "to 4.926e4."),
        (0.4, "After 77 steps"),
    ):
        live.press("Reset")
        live.type(rate=rate)
        live.hundred_steps()
        assert end in live.said()


def test_a_step_of_the_network_that_reads_digits(show):
    live = opened(show, "digits", "step=7&change")
    told("04", "2.304", "0.8865", "0.6833")
    live.type(rate=2)
    live.press("One step")
    assert "from 2.304 to 0.8865." in live.said()
    live.hundred_steps()
    assert "to 0.6833." in live.said()


def test_every_number_of_the_smallest_thing_that_learns_is_guessed(show):
    live = opened(show, "smallest")
    told("05", "6, 7, 2, 4", "1, 4, 4, 4, 4", "0.0804", "2.2", "0.6")
    live.press("Guess")
    for number in 6, 7, 2, 4, 1, 4, 4, 4, 4, 8:
        live.press("A step on")
        live.control("Your guess").fill(str(number))
        live.control("Your guess").press("Enter")
        assert "Exactly." in live.result()
    live.press("Guess")
    assert "+0.0804" in live.nudge("w")
    live.press("Reset")
    live.press("One step")
    assert (live.control("w").input_value(), live.control("b").input_value(), live.cost()) == ("2.2", "0.6", "0")


def test_where_paths_meet(show):
    live = opened(show, "meeting", "step=6&change")
    for step, (words, number) in {
        6: ("flowing on", "1"),
        7: ("together, so far", "4"),
        8: ("flowing on", "5"),
        9: ("together, so far", "9"),
    }.items():
        assert live.tab.locator("#where").inner_text().startswith(f"step {step} of 10")
        assert live.result().startswith(words)
        assert live.result().endswith(number)
        live.press("A step on")
    told("05", "0.0901", "13")
    assert "+0.0901" in live.nudge("x")
    live.type(x=5)
    assert live.result().endswith("13")


def test_a_layer(show):
    live = opened(show, "layer", "step=13&change")
    assert live.result().split("\n")[2].split() == ["3", "−1"]
    told("06", "0.04025", "0.0505")
    assert "+0.04025" in live.nudge("W[2, 0]")
    live.press("Reset")
    assert "+0.0505" in live.nudge("X[1, 2]")
    live.press("Reset")
    live.type(**{"X[0, 2]": 0, "X[1, 2]": 0})
    live.press("To the end")
    assert "0\t0" in live.tab.locator(".final").nth(1).inner_text()


def test_the_lecture_on_a_neuron(show):
    live = opened(show, "neuron", "step=7&change")
    told("teach", "−0.2369", "0.2256", "0.1408", "0.0016")
    assert "The gradient is −0.2369" in live.nudge("bias")
    live.press("Reset")
    live.type(rate=1)
    live.press("One step")
    assert "from 0.2256 to 0.1408." in live.said()
    live.hundred_steps()
    assert "to 0.001644." in live.said()


def test_the_lecture_on_a_transformer(show):
    live = opened(show, "transformer", "step=0")
    assert live.tab.locator("#where").inner_text().startswith("step 0 of 24")
    live = opened(show, "transformer", "step=6&open=m0.m1&change")
    told("teach", "0.43", "0.53", "1.968", "1.054", "0.00001", "0.16")

    def shares_of_the_last_word():
        rows = [[float(x) for x in row.split()] for row in live.result().split("\n") if len(row.split()) == 4]
        return rows[3], rows[7]

    first, second = shares_of_the_last_word()
    assert max(first) == first[3] == pytest.approx(0.43, abs=5e-3)
    assert max(second) == second[1] == pytest.approx(0.53, abs=5e-3)
    live.press("One step")
    assert "from 1.968 to 1.054." in live.said()
    live.hundred_steps()
    assert "to 1.207e−5." in live.said()
    assert shares_of_the_last_word()[0][0] == pytest.approx(0.16, abs=5e-3)
