"""The explorer's numbers, changed in a real browser: all values and gradients follow, and are the engine's."""

import numpy as np
import pytest
from test_explore_page import neuron, read

from tinygrad_edu import Tensor, explore, nn, sigmoid, watch

pytestmark = pytest.mark.browser


def cost_of(weights, bias, inputs=(0.8, 0.3)):
    weights, bias = Tensor(np.array(weights, float), requires_grad=True), Tensor(float(bias), requires_grad=True)
    cost = (sigmoid(np.sum(weights * np.array(inputs)) + bias) - 1.0) ** 2
    cost.backward()
    return cost.item(), weights.grad.data, bias.grad.item()


def change(tab):
    tab.click("#tab-change")
    return tab


def control(tab, name):
    return tab.get_by_label(name, exact=True)


def cost(tab):
    return read(tab.locator("#cost").inner_text().partition("=")[2])[0]


def settled(tab):
    """Wait until what follows from a change is drawn."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def final_gradients(tab):
    if tab.locator("#last").is_enabled():
        tab.click("#last")
    cards = tab.locator(".final").all()
    return {
        card.locator("figcaption").first.inner_text().strip(): read(card.locator(".body").last.inner_text())
        for card in cards
    }


def check_page(tab, weights, bias, inputs=(0.8, 0.3)):
    value, slope, slope_of_bias = cost_of(weights, bias, inputs)
    assert cost(tab) == pytest.approx(value, rel=1e-4)
    shown = final_gradients(tab)
    assert shown["weights"] == pytest.approx(list(slope), rel=1e-3)
    assert shown["bias"] == pytest.approx([slope_of_bias], rel=1e-5)


def test_a_number_is_typed(show):
    tab = change(show(neuron()[0]))
    control(tab, "weights[1]").fill("0.75")
    settled(tab)
    check_page(tab, [1.5, 0.75], -0.5)


def test_a_number_is_stepped_by_keys(show):
    tab = change(show(neuron()[0]))
    control(tab, "bias").press("ArrowUp")  # half of it, so in steps of 0.01
    control(tab, "bias").press("ArrowUp")
    settled(tab)
    check_page(tab, [1.5, -2.0], -0.48)


def test_a_number_is_dragged_while_a_step_is_shown(show):
    tab = change(show(neuron()[0]))
    for _ in range(4):
        tab.click("#next")
    title, box = tab.locator("#panel h2").inner_text(), control(tab, "weights[0]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 40, y, steps=4)
    tab.mouse.up()
    settled(tab)
    now = float(control(tab, "weights[0]").input_value())
    assert now == pytest.approx(2.5)
    assert tab.locator("#panel h2").inner_text() == title  # one stays where one was
    check_page(tab, [now, -2.0], -0.5)


def test_a_constant_can_be_changed_too(show):
    tab = change(show(neuron()[0]))
    constant = tab.locator("#leaves fieldset.constant .scrub").first
    constant.fill("-1")
    settled(tab)
    check_page(tab, [1.5, -2.0], -0.5, (-1, 0.3))


def test_numbers_in_formulas_follow(show):
    tab = change(show(neuron()[0]))
    for _ in range(3):
        tab.click("#next")
    control(tab, "bias").fill("-3")
    settled(tab)
    numbers = tab.locator(".with-numbers").inner_text().replace("\n", "")
    assert read(numbers) == pytest.approx([0.6, -3, -2.4])
    assert "(−3)" in numbers


def test_a_nudge_says_what_was_predicted_and_what_happened(show):
    tab = change(show(neuron()[0]))
    control(tab, "weights[1]").focus()
    tab.click("#nudge")
    settled(tab)
    slope, at = cost_of([1.5, -2.0], -0.5)[1][1], [cost_of([1.5, w], -0.5)[0] for w in (-2.0, -1.99)]
    gradient, predicted, happened = [read(b)[0] for b in tab.locator("#said b").all_inner_texts()]
    assert (gradient, predicted, happened) == pytest.approx((slope, slope * 0.01, at[1] - at[0]), rel=1e-3)


def test_gradient_descent(show):
    tab = change(show(neuron()[0]))
    control(tab, "learning rate").fill("0.5")
    tab.click("#one")
    settled(tab)
    weights, bias = np.array([1.5, -2.0]), -0.5
    _, slope, slope_of_bias = cost_of(weights, bias)
    weights, bias = weights - 0.5 * slope, bias - 0.5 * slope_of_bias
    check_page(tab, weights, bias)
    tab.click("#hundred")
    tab.locator("#said", has_text="101 steps").wait_for()
    for _ in range(100):
        _, slope, slope_of_bias = cost_of(weights, bias)
        weights, bias = weights - 0.5 * slope, bias - 0.5 * slope_of_bias
    check_page(tab, weights, bias)
    assert tab.locator("#curve polyline").get_attribute("points").count(",") == 102
    tab.click("#reset")
    settled(tab)
    check_page(tab, [1.5, -2.0], -0.5)
    assert tab.locator("#curve").is_hidden()


def test_a_learning_rate_that_is_too_large_is_said(show):
    w = Tensor([3.0], requires_grad=True)
    with watch():
        cost = np.sum(w**2)
    tab = change(show(explore(cost)))
    control(tab, "learning rate").fill("30")
    tab.click("#hundred")
    tab.locator("#said", has_text="too large").wait_for()


def test_a_guess(show):
    tab = change(show(neuron()[0]))
    tab.click("#guess")
    for _ in range(3):
        tab.click("#next")
    form = tab.locator("form.guess")
    assert not tab.locator("#cost").is_visible()
    form.get_by_label("Your guess").fill("-0.1")
    form.get_by_role("button", name="Guess").click()
    assert "sign" in form.locator("[role=status]").inner_text()
    form.get_by_label("Your guess").fill("0.1")
    form.get_by_role("button", name="Guess").click()
    assert tab.locator("#result .right").inner_text() == "Yes: 0.1."
    assert tab.locator("form.guess").count() == 0


def test_a_large_leaf_is_picked_from(show):
    rng = np.random.default_rng(0)
    model = nn.Linear(40, 3, rng=rng)
    tab = change(show(explore(lambda x: np.sum(model(x) ** 2), rng.normal(size=(2, 40)).astype(np.float32))))
    tab.get_by_label("model.weight, index along axis 0").fill("2")
    tab.get_by_label("model.weight, index along axis 1").fill("7")
    number = tab.get_by_label("model.weight[2, 7]", exact=True)
    assert float(number.input_value()) == pytest.approx(float(model.weight.data[2, 7]), rel=1e-3)
    before = cost(tab)
    number.fill("3")
    settled(tab)
    assert cost(tab) != before


def test_what_the_page_cannot_compute_is_said(show):
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    with watch():
        y = np.sum(np.sort(x) ** 2)
    tab = change(show(explore(y)))
    assert "sort" in tab.locator("#change").inner_text()
    assert tab.locator("#change input").count() == 0
    tab.click("#next")
    assert "sort" in tab.locator("#panel h2").inner_text()


def test_numbers_that_are_none_are_no_trouble(show):
    x = Tensor([1.0, np.nan, np.inf], requires_grad=True)
    with watch():
        y = np.sum(x * 2)
    tab = change(show(explore(y)))
    assert control(tab, "x[1]").get_attribute("placeholder") == "nan"
    tab.click("#one")
    settled(tab)
    assert "to begin with" in tab.locator("#said").inner_text()
    control(tab, "x[1]").fill("2")
    control(tab, "x[2]").fill("3")
    settled(tab)
    assert cost(tab) == 12
