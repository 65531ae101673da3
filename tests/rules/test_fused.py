"""The fused operations at the ends of their range: no overflow, no warning, and the right limit."""

import numpy as np
import pytest

from tinygrad_edu import Tensor, linear, log_softmax, relu, sigmoid, softmax, squared_error

FLOATS = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(), (1,), (3, 2)])
def test_sigmoid_of_huge_numbers_is_0_or_1_and_flat(dtype, shape):
    big = np.finfo(dtype).max
    for value, limit in ((big, 1), (-big, 0), (np.inf, 1), (-np.inf, 0)):
        x = Tensor(np.full(shape, value, dtype), requires_grad=True)
        y = sigmoid(x)
        assert y.dtype == dtype
        assert (y == limit).all()
        y.backward(np.ones(shape, dtype))
        assert (x.grad == 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_sigmoid_keeps_its_relative_precision_far_from_0(dtype):
    x = np.linspace(-9, 9, 37).astype(dtype)
    exact = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    np.testing.assert_allclose(sigmoid(x), exact.astype(float), rtol=8 * np.finfo(dtype).eps)
    assert sigmoid(np.float64(-700)) == pytest.approx(np.exp(-700.0), rel=1e-12)


@pytest.mark.parametrize(
    "x", [1, True, 0.5, np.int8(100), np.uint8(200), np.arange(-100, 100, 50, np.int8), np.bool_(False)]
)
def test_sigmoid_of_numbers_and_integers(x):
    y = sigmoid(x)
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-np.asarray(x, float))), rtol=1e-12)
    assert np.asarray(y).dtype == np.float64


def test_sigmoid_leaves_its_argument_alone():
    x = np.linspace(-1, 1, 5)
    before = x.copy()
    sigmoid(x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_and_its_logarithm_do_not_overflow(dtype):
    big = np.finfo(dtype).max / 4
    x = np.array([[big, -big, big], [0, 0, 0]], dtype)
    np.testing.assert_allclose(softmax(x), [[0.5, 0, 0.5], [1 / 3] * 3], rtol=1e-3)
    y = log_softmax(np.array([[1000, 0], [0, 1000]], dtype))
    np.testing.assert_array_equal(y, [[0, -1000], [-1000, 0]])


def test_nan_stays_nan():
    x = np.array([np.nan, 1.0])
    for f in (sigmoid, relu, softmax, log_softmax):
        assert np.isnan(f(x)[0]), f


def test_linear_is_a_product_and_a_sum_for_any_number_of_leading_axes():
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(4, 3)), rng.normal(size=4)
    for shape in ((3,), (2, 3), (5, 2, 3), (0, 3), (2, 0, 3)):
        x = rng.normal(size=shape)
        np.testing.assert_allclose(linear(x, w, b), x @ w.T + b)
        np.testing.assert_allclose(linear(x, w), x @ w.T)


def test_linear_changes_neither_argument_nor_the_dtype():
    x, w, b = np.ones((2, 3), np.float32), np.ones((4, 3), np.float32), np.ones(4, np.float32)
    assert linear(x, w, b).dtype == np.float32
    assert linear(x, w, b.astype(float)).dtype == np.float64
    np.testing.assert_array_equal(b, 1)


def test_squared_error_is_a_single_number_of_the_arguments_dtype():
    a, b = np.array([[1, 2]], np.float32), np.array([[3, 5]], np.float32)
    assert squared_error(a, b) == 13
    assert squared_error(a, b, 2).dtype == np.float32
    assert squared_error(a, b, 2).shape == ()
    assert squared_error(a, 1.0) == 1


def test_squared_error_compares_each_number_with_its_own():
    for a, b in (np.zeros((3, 1)), np.zeros(3)), (np.zeros(3), np.zeros((1, 3))), (np.zeros((2, 3)), np.zeros(3)):
        for x in a, Tensor(a, requires_grad=True):
            with pytest.raises(ValueError, match="must be equal"):
                squared_error(x, b)
