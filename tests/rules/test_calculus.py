"""Differences, slopes, interpolation, ranges, floats, special functions: their special points, and what they refuse."""

import numpy as np
import pytest
from strategies import leaves

from tinygrad_edu import Tensor, gradcheck
from tinygrad_edu.rules.special import bessel, sinc_derivative

V = np.array([0.5, -1.0, 2.0, 0.25])


def gradients(f, *arrays):
    xs = leaves([np.array(a, float) for a in arrays])
    np.sum(f(*xs)).backward()
    return [x.grad.tolist() for x in xs]


def derivatives(f, x, n):
    """f, f', f'' ... of single numbers."""
    x = Tensor(x, requires_grad=True)
    y, found = f(x), []
    for _ in range(n):
        found.append(y.item())
        x.grad = None
        np.sum(y).backward(create_graph=True)
        y = x.grad
    return [*found, y.item()]


# ------------------------------------------------------------------------------ between the samples


def test_at_a_knot_the_slope_is_the_mean_of_those_beside_it():
    xp, fp = [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]
    x = [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0]
    [slopes] = gradients(lambda x: np.interp(x, xp, fp), x)
    assert slopes == [0, 0.5, 1, 2, 3, 1.5, 0]
    assert gradcheck(lambda x: np.interp(x, xp, fp), np.array(x))


def test_the_places_and_heights_of_the_knots_have_gradients():
    x, xp, fp = np.array([-1.0, 0.3, 1.7, 2.0, 5.0]), np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0])
    assert gradients(np.interp, x, xp, fp)[2] == pytest.approx([1.7, 0.6, 2.7])
    assert gradcheck(lambda xp, fp: np.interp(x[:3], xp, fp), [xp, fp], order=2)
    assert gradients(lambda left, right: np.interp(Tensor(x), xp, fp, left, right), 7, 8) == [1, 1]


def test_beyond_all_knots_nothing_is_infinite():
    xp = Tensor([0.0, 1.0], requires_grad=True)
    x = Tensor([-np.inf, np.inf, np.nan, 0.25], requires_grad=True)
    y = np.interp(x, xp, [1.0, 3.0])
    np.testing.assert_array_equal(y.data, [1, 3, np.nan, 1.5])
    y.backward(np.array([1.0, 1.0, 0.0, 1.0]))
    assert x.grad.tolist() == [0, 0, 0, 2]
    np.testing.assert_allclose(xp.grad.data, [-1.5, -0.5])


def test_complex_heights():
    xp, fp = np.array([0.0, 1.0, 2.5]), np.array([1 + 1j, 2 - 1j, 3j])
    assert gradcheck(lambda x, fp: np.interp(x, xp, fp), [np.array([0.3, 1.2]), fp])


@pytest.mark.parametrize(("error", "call"), [
    (ValueError, lambda x: np.interp(x, [], [])), (ValueError, lambda x: np.interp(x, [1.0, 2.0], [1.0])),
    (ValueError, lambda x: np.interp(x, x, x, period=0)), (TypeError, lambda x: np.interp(x * 1j, [1.0], [1.0])),
    (ValueError, lambda x: np.diff(x, -1)), (ValueError, lambda x: np.diff(x[0])), (ValueError,
    lambda x: np.diff(x, axis=1)), (ValueError, lambda x: np.diff(x, prepend=np.ones((2, 2)))), (TypeError,
    lambda x: np.ediff1d(x, to_end=[1j])), (ValueError, lambda x: np.gradient(x[:1])), (ValueError,
    lambda x: np.gradient(x[:2], edge_order=2)), (ValueError, lambda x: np.gradient(x, edge_order=3)), (ValueError,
    lambda x: np.gradient(x, [1.0, 2.0])), (TypeError, lambda x: np.gradient(x, 1.0, 2.0)), (ValueError,
    lambda x: np.gradient(x, np.ones((2, 2)))), (ValueError, lambda x: np.gradient(x, axis=1)), (ValueError,
    lambda x: np.gradient(x, axis=(0, 0))), (ValueError, lambda x: np.trapezoid(x, [1.0, 2.0, 4.0])), (ValueError,
    lambda x: np.linspace(x, 1.0, -1)), (TypeError, lambda x: np.linspace(x, 1.0, 2.5)), (ValueError,
    lambda x: np.linspace(x, 1.0, axis=2)), (ValueError, lambda x: np.geomspace(x, 0.0)), (ValueError,
    lambda x: np.linspace(x, [1.0, 2.0])), (TypeError, lambda x: np.i0(x * 1j)), (TypeError,
    lambda x: np.ldexp(x, 0.5)),
], ids=range(25))  # fmt: skip
def test_what_numpy_refuses_is_refused(error, call):
    for x in V, Tensor(V), Tensor(V, requires_grad=True):
        with pytest.raises(error):
            call(x)


# ------------------------------------------------------------------------------ differences and slopes


def test_even_coordinates_have_gradients_too():
    """NumPy takes one distance for all where they are equal. As functions of the coordinates they are not."""
    f, x = V, np.arange(4.0)
    for edge_order in 1, 2:
        assert gradcheck(lambda f, x, e=edge_order: np.gradient(f, x, edge_order=e), [f, x], order=2)


def test_a_parabola_has_its_slope_everywhere():
    x = np.array([0.0, 1.0, 1.5, 4.0, 4.25])
    y = np.gradient(Tensor(3 * x * x - x), x, edge_order=2)
    np.testing.assert_allclose(y.data, 6 * x - 1, rtol=1e-13)


def test_differences_of_truths_are_truths():
    assert np.diff(Tensor([True, True, False])).tolist() == [False, True]


def test_nothing_is_differenced_no_times():
    x = Tensor(V, requires_grad=True)
    assert np.diff(x, 0) is x


def test_complex_samples():
    z = V + 1j * V[::-1]
    for f in np.diff, np.gradient, np.trapezoid, lambda z: np.gradient(z, np.array([0.0, 1, 3, 4]), edge_order=2):
        assert gradcheck(f, z)


def test_whole_turns_say_nothing_about_slopes():
    assert gradients(np.unwrap, [0.0, 3.0, -3.0, 2.0]) == [[1, 1, 1, 1]]


# --------------------------------------------------------------------------------------------- ranges


@pytest.mark.parametrize("fn", [np.linspace, np.geomspace])
def test_a_range_ends_exactly_where_it_should(fn):
    start, stop = leaves([np.array(0.1), np.array(0.7)])
    y = fn(start, stop, 7)
    assert (y[0].item(), y[-1].item()) == (0.1, 0.7)
    y[-1].backward()
    assert (start.grad.item(), stop.grad.item()) == (0, 1)


def test_the_step_of_a_range_has_a_gradient():
    assert gradients(lambda a, b: np.linspace(a, b, 5, retstep=True)[1], 1.0, 3.0) == [-0.25, 0.25]
    assert gradients(lambda a, b: np.linspace(a, b, 5, False, True)[1], 1.0, 3.0) == [-0.2, 0.2]
    assert np.isnan(np.linspace(Tensor(1.0), 2.0, 1, retstep=True)[1])


def test_a_range_of_whole_numbers_leaves_the_graph():
    y = np.linspace(Tensor(1.0, requires_grad=True), 5.0, 4, dtype=int)
    assert y.tolist() == np.linspace(1, 5, 4, dtype=int).tolist()
    assert not y.requires_grad


def test_quotients_of_negative_and_complex_numbers():
    for ends in ([-1.0, -8.0], [1 + 1j, -3j], [-2 + 0j, 8j]):
        start, stop = (np.array(x) for x in ends)
        y = np.geomspace(Tensor(start), Tensor(stop), 5)
        np.testing.assert_allclose(y.data, np.geomspace(start, stop, 5), rtol=1e-13)
        assert gradcheck(lambda a, b: np.geomspace(a, b, 5), [start, stop])


def test_a_base_may_be_a_row_of_bases():
    assert gradcheck(
        lambda a, b, base: np.logspace(a, b, 3, base=base, axis=-1), [V[:2], np.array(1.0), V[2:]], order=2
    )


# --------------------------------------------------------------------------------------------- floats


def test_numbers_are_taken_apart_and_keep_their_gradients():
    x = [-2.5, 0.75, 3.0]
    assert gradients(lambda x: np.modf(x)[0] * 2 + np.modf(x)[1], x) == [[2, 2, 2]]
    assert gradients(lambda x: np.frexp(x)[0], x) == [[0.25, 1, 0.25]]
    assert gradients(lambda x: np.ldexp(*np.frexp(x)), x) == [[1, 1, 1]]
    assert gradients(lambda x: divmod(x, 2.0)[1] + np.divmod(x, 2.0)[0], x) == [[1, 1, 1]]


def test_exponents_are_plain():
    mantissa, exponent = np.frexp(Tensor([4.0, 0.3], requires_grad=True))
    assert (mantissa.tolist(), exponent.tolist()) == ([0.5, 0.6], [3, -1])
    assert type(exponent) is np.ndarray


def test_parts_of_what_is_infinite():
    fraction, whole = np.modf(Tensor([np.inf, -2.0, np.nan]))
    np.testing.assert_array_equal(fraction.data, [0, 0, np.nan])
    assert np.signbit(fraction.data[1])
    np.testing.assert_array_equal(whole.data, [np.inf, -2, np.nan])


def test_parts_can_be_delivered():
    x, fraction, whole = Tensor([1.5, -2.25]), Tensor(np.zeros(2)), np.zeros(2)
    np.modf(x, out=(fraction, whole))
    assert (fraction.tolist(), whole.tolist()) == ([0.5, -0.25], [1, -2])


# --------------------------------------------------------------------------- special functions


def test_all_derivatives_of_sinc_at_zero():
    pi = np.pi
    assert derivatives(np.sinc, 0.0, 4) == pytest.approx([1, 0, -(pi**2) / 3, 0, pi**4 / 5], abs=1e-13)


@pytest.mark.parametrize("x", [1e-200, 1e-9, 1e-4, 0.01, 0.999999, 1.0, 1.000001, 2.0, -3.3])
def test_derivatives_of_sinc_near_zero_and_far(x):
    """Against the integral of cos(π x t) over t from 0 to 1, which has no division in it."""
    t, w = np.polynomial.legendre.leggauss(40)
    t, w = np.pi * (t + 1) / 2, w / 2
    wanted = [np.sum(w * t**k * np.cos(x * t + k * np.pi / 2)) for k in range(4)]
    assert derivatives(np.sinc, x, 3) == pytest.approx(wanted, rel=1e-12, abs=1e-13)


def test_derivatives_of_sinc_keep_single_precision():
    x = np.array([0.0, 0.5, 3.0], np.float32)
    assert sinc_derivative(x, 2).dtype == np.float32
    np.testing.assert_allclose(sinc_derivative(x, 2), sinc_derivative(x.astype(float), 2), rtol=1e-5)


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.5, 7.9, 8.1, 29.9999, 30.0001, 100.0, -2.0, -40.0, 700.0])
def test_derivatives_of_the_bessel_function(x):
    """Against the integral of exp(x cos θ) cos(nθ) over a half turn, of which the trapezoid rule makes no error."""
    angle = (np.arange(400) + 0.5) * np.pi / 400
    scale = np.exp(-abs(x))
    orders = [np.mean(np.exp(x * np.cos(angle) - abs(x)) * np.cos(n * angle)) for n in range(5)]
    i0, i1, i2, i3, i4 = orders
    wanted = [i0, i1, (i0 + i2) / 2, (3 * i1 + i3) / 4]
    assert [y * scale for y in derivatives(np.i0, x, 3)] == pytest.approx(wanted, rel=1e-11, abs=1e-15)
    assert bessel(np.array([x]), 4)[0] * scale == pytest.approx(i4, rel=1e-9, abs=1e-15)


# ------------------------------------------------------------------------------ beyond the real numbers


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10", "arccos", "arcsin", "arctanh"])
def test_functions_that_leave_the_real_numbers_only_where_they_must(name):
    fn = getattr(np.emath, name)
    for x in (
        np.array([0.25, 0.5]),
        np.array([0.25, -2.0]),
        np.array([0.25, -2.0], "f"),
        np.array([1j - 2]),
        np.array(-3),
    ):
        y = fn(Tensor(x))
        assert y.dtype == fn(x).dtype
        np.testing.assert_allclose(y.data, fn(x), rtol=1e-6 if x.dtype == np.float32 else 1e-13)
    assert gradcheck(fn, np.array([1j - 2, 0.5 - 1j]))


def test_the_root_of_a_negative_number_has_an_imaginary_slope():
    assert gradients(lambda x: np.emath.sqrt(x).imag, [-4.0]) == [[-0.25]]
    assert gradients(lambda x: np.emath.sqrt(x).real, [-4.0]) == [[0]]


def test_whole_powers_below_zero():
    for x, p in (-2.0, -3), (np.array([1, 2]), -2), (np.array([2, -3]), np.array([-1, 0.5])):
        np.testing.assert_allclose(np.emath.power(Tensor(x), p).data, np.emath.power(x, p), rtol=1e-13)
