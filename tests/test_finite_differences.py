"""gradcheck: it finds what is wrong, says where, and blames the right operation; it is silent when all is well."""

import re

import numpy as np
import pytest

from tinygrad_edu import GradcheckError, Tensor, apply, gradcheck, relu, rule
from tinygrad_edu.engine.tensor_base import to_arrays

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


def failure(f, inputs, **options):
    """The error that the check must end in."""
    with pytest.raises(GradcheckError) as caught:
        gradcheck(f, inputs, **options)
    return caught.value


def operation(value, *vjps):
    """A function with rules of its own, which may be wrong."""
    rule(value, *vjps)
    return lambda *args: apply(value, *args)


# ------------------------------------------------------------------------------------ what is right passes


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (np.sin, 0.5),
        (np.sin, X),
        (np.sin, Tensor(X)),
        (lambda x: np.sum(x**3), X.T),
        (lambda x: x[::-1] ** 2, X[::-1, ::2]),
        (np.matmul, [X, X.T]),
        (np.multiply, [X, X[0]]),
        (lambda x: (np.sin(x), np.cos(x) * x, 3.0), X),
        (lambda x: x * x, np.zeros((0, 3))),
        (lambda a, b: a * a, [X, X]),
        (lambda a: np.arange(3) > 1, X),
        (lambda a: 5.0, X),
        (lambda a: a, X),
        (lambda a: np.floor(a + 0.1), X),
    ],
    ids=["number", "array", "tensor", "transposed", "strided", "product", "broadcasting", "several outputs", "empty",
         "input that does not matter", "mask", "constant", "identity", "steps"],
)  # fmt: skip
def test_right_gradients_of_any_order_pass(f, inputs, order, fast):
    assert gradcheck(f, inputs, order, fast=fast)


def test_the_same_tensor_twice_is_two_inputs():
    x = Tensor(X, requires_grad=True)
    assert gradcheck(np.multiply, [x, x], order=2)
    assert x.grad is None


def test_a_closure_over_parameters_is_allowed():
    w = Tensor(X, requires_grad=True)
    assert gradcheck(lambda x: x @ w.T, X, order=2)
    assert w.grad is None


def test_large_values_and_large_inputs_are_judged_by_their_own_rounding():
    assert gradcheck(lambda x: 1e6 * np.sin(x) + 1e8, X)
    assert gradcheck(np.log, np.array([1e-2, 1.0, 1e6]))


def test_it_says_the_same_every_time():
    wrong = operation(lambda x: x**3, lambda g, y, x: g * 2 * x)
    assert str(failure(wrong, X)) == str(failure(wrong, X))
    assert failure(wrong, X).reverse != failure(wrong, X, seed=1).reverse


# ------------------------------------------------------------------------------------ what is wrong is found

WRONG = {
    "sign": lambda g, y, a, b: -g * b,
    "factor": lambda g, y, a, b: 2 * g * b,
    "a little": lambda g, y, a, b: g * b * 1.0001,
    "other argument": lambda g, y, a, b: g * a,
    "zero": lambda g, y, a, b: 0 * g * b,
    "one element": lambda g, y, a, b: g * np.where(np.arange(b.size).reshape(b.shape) == 4, 1, b),
    "wrong order of elements": lambda g, y, a, b: np.flip(g * b, -1),
    "nan": lambda g, y, a, b: g * b * np.nan,
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("vjp", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_rule_is_found_and_named(vjp, fast):
    def product(a, b):
        return a * b

    times = operation(product, vjp, lambda g, y, a, b: g * a)
    error = failure(lambda a, b: np.tanh(times(np.sin(a), np.exp(b))), [X, X + 0.1], fast=fast)
    assert error.input == 0
    assert (error.element is None) == fast
    assert error.operation.startswith("product, argument 0, at ")
    assert re.search(r"test_finite_differences\.py:\d+$", error.operation)


def test_the_error_tells_everything():
    square = operation(lambda x: x * x, lambda g, y, x: g * np.where(x == 2, 5 * x, 2 * x))
    error = failure(lambda a, x: a + square(x), [1.0, X])
    assert (error.input, error.element) == (1, (0, 2))
    assert error.reverse == pytest.approx(error.differences * 5 / 2)
    for part in (
        "the gradient with respect to input 1 is wrong at element [0, 2]",
        f"{error.reverse:.12g}",
        f"{error.differences:.12g}",
        "rtol=1e-05, atol=1e-07",
        "the operation to blame is <lambda>, argument 0, at ",
    ):
        assert part in str(error)


def test_a_rule_that_can_not_be_differentiated_again_is_found_at_second_order():
    """It computes outside the graph, so its own derivative is lost."""

    def cube(x):
        return x**3

    f = operation(cube, lambda g, y, x: g * 3 * to_arrays(x) ** 2)
    assert gradcheck(f, X)
    error = failure(f, X, order=2)
    assert "derivative of order 2" in str(error)
    assert error.operation.startswith("cube, argument 0")


def test_a_value_that_leaves_the_graph_is_nobodys_fault():
    error = failure(lambda x: x * x.detach(), X)
    assert error.operation == ""
    assert "each recorded operation is right by itself" in str(error)


def test_a_rule_that_breaks_is_reported_by_the_walk():
    f = operation(lambda x: x * 2, lambda g, y, x: g[..., :1, 0])
    with pytest.raises(ValueError, match="shape"):
        gradcheck(f, X)


def test_tolerances_are_the_users():
    f = operation(lambda x: x * x, lambda g, y, x: g * 2.001 * x)
    assert failure(f, X)
    assert gradcheck(f, X, rtol=1e-2)
    assert gradcheck(f, X, atol=1e-1)


# ------------------------------------------------------------------------------------ where nothing is right


def test_a_kink_is_called_a_kink():
    error = failure(relu, 0.0)
    assert "f has a kink at input 0 at element []: its gradient does not exist there" in str(error)
    assert "slope 0 on the left, 1 on the right" in str(error)
    assert error.operation.startswith("relu")


def test_a_kink_that_no_operation_has_by_itself():
    error = failure(lambda x: np.where(x >= 0, 3 * x, x), np.array([1.0, 0.0]))
    assert "f has a kink at input 0 at element [1]" in str(error)
    assert error.operation == ""


def test_a_jump_is_called_a_jump():
    assert "f jumps at input 0 at element [0]" in str(failure(np.floor, np.array([2.0])))


def test_the_edge_of_the_domain_is_called_so():
    assert "not finite on both sides of input 0 at element [1]" in str(failure(np.sqrt, np.array([1.0, 1e-9])))


def test_a_steep_but_smooth_function_is_not_called_a_kink():
    wrong = operation(np.copy, lambda g, y, x: -g)
    assert "is wrong at element" in str(failure(lambda x: np.exp(wrong(x) * 20), np.array([0.3, 0.5])))


def test_a_function_that_is_none():
    rng = np.random.default_rng(0)
    assert "is it random?" in str(failure(lambda x: x * rng.normal(), X))


# ------------------------------------------------------------------------------------ what it will not judge


@pytest.mark.parametrize("x", [np.float32(1), X.astype(np.float16), np.array([1, 2]), 3, True, Tensor(X.astype("f"))])
def test_differences_need_double_precision(x):
    with pytest.raises(TypeError, match=r"input 0 is \w+: differences .* float64.*convert=True"):
        gradcheck(np.sin, x)
    assert gradcheck(np.sin, x, convert=True)


def test_so_do_results():
    with pytest.raises(TypeError, match="the result of f is float32"):
        gradcheck(lambda x: x.astype(np.float32), X)


def test_a_loss_of_precision_on_the_way_is_found():
    error = failure(lambda x: np.sin(x).astype(np.float32).astype(float), X)
    assert error.operation.startswith("astype")


# ------------------------------------------------------------------------------------ what it costs


def test_the_fast_check_calls_the_function_a_fixed_number_of_times():
    def calls(n, fast):
        count = 0

        def f(x):
            nonlocal count
            count += 1
            return x * x

        gradcheck(f, np.ones(n), fast=fast)
        return count

    assert calls(1000, True) == calls(10, True) <= 5
    assert calls(20, False) > 20
