"""The debug mode: the first operation that makes a NaN or an infinity is named, with the user's own line."""

import inspect

import numpy as np
import pytest

from tinygrad_edu import Tensor, apply, debug, nn, no_grad, rule


def leaf(*values):
    return Tensor(list(values), requires_grad=True)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def here(offset=0):
    """This file and the caller's line, as errors name them."""
    return f"test_debug.py:{inspect.currentframe().f_back.f_lineno + offset}"


def test_the_operation_that_makes_the_first_infinity_is_named_with_its_line():
    x = leaf(1.0, 0.0)
    with debug(), pytest.raises(FloatingPointError, match=r"^log made -inf at \[1\] from finite arguments") as caught:
        np.log(x * 2) + 1
    assert str(caught.value).endswith(here(-1))


def test_the_place_of_the_first_bad_number_is_named():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    with debug(), pytest.raises(FloatingPointError, match=r"divide made nan at \[0, 2\]"):
        (x * np.array([1.0, 1.0, 0.0])) / np.array([1.0, 1.0, 0.0])


def test_a_line_deep_within_the_users_functions_is_the_innermost_of_them():
    def divide(a):
        return 1 / a

    line = here(-2)
    with debug(), pytest.raises(FloatingPointError, match=line):
        divide(leaf(0.0))


def test_a_line_within_a_module_of_the_package_is_the_users_call_of_it():
    model = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
    model[0].weight.data[...] = 1e38
    with debug(), pytest.raises(FloatingPointError, match="linear made inf") as caught:
        model(np.array([[1e38]], np.float32))
    assert str(caught.value).endswith(here(-1))


def test_bad_numbers_that_were_there_before_are_not_blamed_on_an_operation():
    x = leaf(1.0, np.nan)
    with debug():
        y = x * 2 + np.inf
    assert np.isnan(y.data[1])


def test_constants_are_watched_too():
    with debug(), pytest.raises(FloatingPointError, match="sqrt made nan"):
        np.sqrt(Tensor([-1.0]))


def test_a_derivative_that_makes_a_bad_number_is_named_with_the_operations_line():
    x = leaf(4.0, 0.0)
    with debug():
        y = np.sqrt(x).sum()
        line = here(-1)
        with pytest.raises(
            FloatingPointError, match=r"derivative of sqrt with respect to argument 0 made inf at \[1\]"
        ) as caught:
            y.backward()
    assert str(caught.value).endswith(line)
    assert x.grad is None


def test_a_derivative_of_an_operation_from_outside_is_named_without_its_line():
    y = np.sqrt(leaf(0.0)).sum()
    with debug(), pytest.raises(FloatingPointError, match=r"derivative of sqrt .* outside debug"):
        y.backward()


def test_derivatives_of_derivatives_are_watched():
    x = leaf(0.0)
    with debug():
        (x**1.5).sum().backward(create_graph=True)
        with pytest.raises(FloatingPointError, match="derivative of power"):
            x.grad.sum().backward()


def test_operations_of_ones_own_are_watched():
    def wave(x):
        return np.sin(x)

    rule(wave, lambda g, y, x: g / 0)
    with debug(), pytest.raises(FloatingPointError, match="derivative of wave with respect to argument 0"):
        apply(wave, leaf(1.0)).sum().backward()


def test_debugging_computes_the_same():
    def program():
        x, w = leaf(1.0, 2.0, 3.0), leaf(0.5, 0.25, 0.125)
        y = (np.tanh(x * w) @ w + x.mean() * x[0]) / np.exp(x).sum()
        y.backward()
        return [y.data, x.grad.data, w.grad.data]

    plain = program()
    with debug():
        debugged = program()
    for a, b in zip(plain, debugged):
        np.testing.assert_array_equal(a, b)


def test_outside_the_mode_nothing_is_watched():
    with debug():
        pass
    assert np.isinf(np.log(leaf(0.0)).data[0])


def test_the_mode_decorates_functions_and_ends_with_exceptions():
    @debug()
    def f(x):
        return np.log(x)

    with pytest.raises(FloatingPointError):
        f(leaf(0.0))
    assert np.isinf(np.log(leaf(0.0)).data[0])


def test_names_and_retained_gradients_survive_the_mode():
    with debug():
        y = leaf(1.0) * 2
        y.name = "y"
        y.retain_grad()
        y.sum().backward()
    assert y.name == "y"
    assert y.grad.tolist() == [1]


def test_nothing_is_recorded_under_no_grad():
    with debug(), no_grad():
        assert not (leaf(1.0) * 2).requires_grad
