"""The ends of the scale: values and gradients against mpmath's fifty digits, where a formula without cancellation exists."""

import mpmath as mp
import numpy as np
import pytest

from tinygrad_edu import Tensor, gradcheck, sigmoid
from tinygrad_edu.nn import functional as F

SIZES = [1e-300, 1e-100, 1e-17, 1e-8, 0.01, 0.3, 0.9, 1.0, 2.5, 3.4, 4.2, 5.0, 6.2, 8.0, 10.0, 17.0, 19.1, 26.0, 36.0, 100.0, 350.0, 700.0]
ENDS = [1e3, 1e100, 1e300]
sech2 = lambda x: mp.sech(x) ** 2
logistic = lambda x: 1 / (1 + mp.exp(-x))
slope = lambda x: logistic(x) * logistic(-x)
normal = lambda x: mp.ncdf(x) if abs(x) < 1e4 else int(x > 0)  # mpmath gives up further out
softplus = lambda x: mp.log1p(mp.exp(x))
EXACT = {  # function: value and derivative
    "tanh": (np.tanh, mp.tanh, sech2),
    "sigmoid": (sigmoid, logistic, slope),
    "expm1": (np.expm1, mp.expm1, mp.exp),
    "arctan": (np.arctan, mp.atan, lambda x: 1 / (1 + x * x)),
    "erf": (F.erf, mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "gelu": (F.gelu, lambda x: x * normal(x), lambda x: normal(x) + (x * mp.npdf(x) if abs(x) < 1e4 else 0)),
    "silu": (F.silu, lambda x: x * logistic(x), lambda x: logistic(x) + x * slope(x)),
    "mish": (F.mish, lambda x: x * mp.tanh(softplus(x)), lambda x: mp.tanh(softplus(x)) + x * sech2(softplus(x)) * logistic(x)),
    "elu": (F.elu, lambda x: x if x > 0 else mp.expm1(x), lambda x: 1 if x > 0 else mp.exp(x)),
    "softsign": (F.softsign, lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "softplus": (F.softplus, softplus, logistic),
    "logsigmoid": (F.logsigmoid, lambda x: -softplus(-x), lambda x: logistic(-x)),
}


def to_float(x):
    return 0.0 if abs(x) < 1e-320 else float(x)


def value_and_gradient(f, x):
    t = Tensor(x, requires_grad=True)
    y = f(t)
    y.backward(np.ones_like(x))
    return y.data, t.grad.data


def wanted(f, x):
    """To fifty digits more than the argument's exponential has, as a float."""
    with mp.workdps(50 + int(min(abs(x), 800))):
        return float(f(mp.mpf(float(x))))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 700), (np.float32, 80), (np.float16, 8)])
def test_values_and_gradients_have_all_their_digits(name, dtype, most):
    """But for what one rounding of the argument, or a number too small for full precision, makes of them."""
    f, value, derivative = EXACT[name]
    x = np.array([s * a for a in SIZES if (dtype == np.float64 or a >= 1e-3) and a <= most for s in (1, -1)], dtype)
    limits = np.finfo(dtype)
    bound = 1e-12 if dtype == np.float64 else (64 + 2 * float(max(abs(x)))) * limits.eps
    with np.errstate(over="ignore"):
        for got, exact in zip(value_and_gradient(f, x), (value, derivative)):
            want = np.array([wanted(exact, a) for a in x])
            usual = (abs(want) > limits.tiny / limits.eps) & (abs(want) < limits.max / 4)
            steep = np.maximum(1, x.astype(float) ** 2 / 8) if name in ("erf", "gelu") and dtype != np.float64 else 1
            np.testing.assert_array_less(abs(got - want)[usual] / abs(want)[usual], (bound * steep * np.ones(x.shape))[usual])


@pytest.mark.parametrize("name", sorted(EXACT.keys() - {"expm1", "elu"}))
def test_far_out_and_at_infinity_are_the_limits(name):
    f, value, derivative = EXACT[name]
    x = np.array([s * a for a in ENDS for s in (1, -1)])
    for got, exact in zip(value_and_gradient(f, x), (value, derivative)):
        np.testing.assert_allclose(got, [to_float(exact(mp.mpf(a))) for a in x], rtol=1e-12, atol=1e-300)
    ends, slopes = value_and_gradient(f, np.array([np.inf, -np.inf]))
    assert not np.isnan([ends, slopes]).any()
    with np.errstate(invalid="ignore"):  # which NumPy's own logaddexp says of a NaN
        assert np.isnan(value_and_gradient(f, np.array([np.nan]))).all()


@pytest.mark.parametrize("f", [np.tanh, sigmoid, F.gelu, F.silu, F.mish, F.softsign, F.erf], ids=lambda f: f.__name__)
def test_second_derivatives_go_on_far_out(f):
    assert gradcheck(f, np.array([-6.0, -3.5, -0.5, 0.25, 3.5, 6.0]), order=2)


def test_a_second_derivative_far_out_has_all_its_digits():
    for f, exact in (np.tanh, lambda x: -2 * mp.tanh(x) * sech2(x)), (sigmoid, lambda x: -slope(x) * mp.tanh(x / 2)):
        x = Tensor([-17.0, 1e-10, 20.0], requires_grad=True)
        f(x).sum().backward(create_graph=True)
        first, x.grad = x.grad, None
        first.sum().backward()
        np.testing.assert_allclose(x.grad.data, [wanted(exact, a) for a in x.data], rtol=1e-12)


def test_powers_and_angles_of_the_smallest_numbers():
    a, b = (Tensor(x, requires_grad=True) for x in (1e-310, -1e-10))
    (a**b).backward()
    assert a.grad.item() == pytest.approx(-1e300, rel=1e-6)  # of a number with so few digits
    x = Tensor([1e-310, -1e-310], requires_grad=True)
    np.angle(x).sum().backward()
    assert x.grad.tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_a_thousand(dtype):
    x = Tensor(np.array([[1000, -1000], [-1000, 1000]], dtype), requires_grad=True)
    F.cross_entropy(x, np.array([0, 0])).backward()
    assert x.grad.tolist() == [[0, 0], [-0.5, 0.5]]
    x.grad = None
    loss = F.binary_cross_entropy_with_logits(x, np.array([[1, 1], [0, 0]], dtype), reduction="sum")
    loss.backward()
    assert (loss.item(), x.grad.tolist()) == (2000, [[0, -1], [0, 1]])


# ------------------------------------------------------------------------------- sizes, and forms of calls


def test_a_long_running_product_with_a_zero_takes_linear_memory():
    x = Tensor(np.ones(20_000), requires_grad=True)
    x.data[7] = 0
    np.cumprod(x).sum().backward()
    assert x.grad.data[:9].tolist() == [7, 6, 5, 4, 3, 2, 1, 20_000 - 7, 0]


@pytest.mark.parametrize("fn", [np.var, np.std])
@pytest.mark.parametrize("ddof", [3, 4])
def test_no_degree_of_freedom_is_as_numpy_has_it(fn, ddof):
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        want = fn(x.data, ddof=ddof)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        y = fn(x, ddof=ddof)
    with np.errstate(all="ignore"):
        y.backward()
    np.testing.assert_array_equal(y.data, want)
    assert not np.isfinite(x.grad.data).all()


EMPTY = [
    lambda a: np.polymul(a[0], np.ones(2)), lambda a: np.logaddexp.reduce(np.reshape(a, (2, 0))), lambda a: np.logaddexp.reduce(a),
    lambda a: np.hypot.reduce(a, axis=1), lambda a: np.cumprod(a), lambda a: np.repeat(a, 2, axis=1),
]  # fmt: skip


@pytest.mark.parametrize("f", EMPTY)
def test_empty_arrays_are_what_numpy_makes_of_them(f):
    a = np.zeros((2, 0))
    x, want = Tensor(a, requires_grad=True), f(a)
    y = f(x)
    np.testing.assert_array_equal(y.data if isinstance(y, Tensor) else y, want)
    if isinstance(y, Tensor) and y.requires_grad:
        np.sum(y).backward()
        assert x.grad.shape == a.shape


def test_axes_by_number_and_single_numbers_with_an_axis():
    assert gradcheck(lambda x: np.transpose(x, 0), np.array([1.0, 2.0]))
    assert gradcheck(lambda x: np.transpose(x, [1, 0]), np.ones((2, 3)))
    for axis in 0, -1:
        x = Tensor(3.0, requires_grad=True)
        y = np.repeat(x, 4, axis=axis)
        np.testing.assert_array_equal(y.data, np.repeat(np.float64(3), 4, axis=axis))
        y.sum().backward()
        assert x.grad.item() == 4
